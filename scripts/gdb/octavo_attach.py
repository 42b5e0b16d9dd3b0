"""octavo_attach.py - the connection to QEMU and to the guest's console."""
import socket

import gdb
import octavo_symbols

CONSOLE = None  # the socket of the shared console, as oct-attach was told


class Attach(gdb.Command):
    """oct-attach SOCKET [CONSOLE]: connect to a stopped QEMU (make gdb does it)."""

    def __init__(self):
        super().__init__("oct-attach", gdb.COMMAND_RUNNING)

    def invoke(self, argument, from_tty):
        global CONSOLE
        arguments = gdb.string_to_argv(argument)
        if len(arguments) not in (1, 2):
            raise gdb.GdbError(self.__doc__)
        CONSOLE = arguments[1] if len(arguments) == 2 else None
        connect(arguments[0])
        octavo_symbols.BOOT.load()


def connect(path):
    """QEMU makes its socket a moment after it starts: gdb is to wait for it."""
    for _ in range(100):
        try:
            gdb.execute(f"target remote {path}", to_string=True)
            return
        except gdb.error:
            gdb.execute("shell sleep 0.1")
    raise gdb.GdbError(f"oct-attach: nobody answers at {path}")


class Type(gdb.Command):
    """oct-type TEXT: type a line at the guest's console; it arrives while the guest runs."""

    def __init__(self):
        super().__init__("oct-type", gdb.COMMAND_RUNNING)

    def invoke(self, argument, from_tty):
        if CONSOLE is None:
            raise gdb.GdbError("oct-type: only under make gdb")
        with socket.socket(socket.AF_UNIX) as console:
            console.connect(CONSOLE)
            console.sendall(argument.encode() + b"\n")


class Console(gdb.Command):
    """oct-console: print what the guest has said so far."""

    def __init__(self):
        super().__init__("oct-console", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        with open(octavo_symbols.build_path("console.log"), "rb") as log:
            print(log.read().decode(errors="replace"), end="")


COMMANDS = (Attach, Type, Console)
