"""octavo_symbols.py - symbols of programs, and of the kernel before paging.

A breakpoint knows no address space, so two programs at one address could not be told apart. That
is why the build gives each a link address of its own and lists them in programs.txt.
"""
import os

import gdb
import octavo_view

# The image is linked at its load address plus this (kernel/riscv/layout.h, KERNEL_OFFSET).
KERNEL_OFFSET = 0xFFFFFFFF00000000


def kernel_path():
    return gdb.current_progspace().filename


def build_path(name):
    return os.path.join(os.path.dirname(kernel_path()), name)


def programs():
    """What programs.txt lists: {path in the initrd: file with symbols}."""
    with open(build_path("programs.txt"), encoding="ascii") as lines:
        return {name: elf for _, name, elf in (line.split() for line in lines)}


class BootSymbols:
    """The kernel's symbols a second time, at the addresses where it is loaded. The start-up code
    runs there until it turns paging on; from the first stop after that they would only be in the
    way, each breakpoint having two places."""

    def __init__(self):
        self.start = None  # where _start is loaded, while the symbols are
        gdb.events.stop.connect(self.on_stop)

    def load(self):
        """To be called before any program is added: they have a _start, too."""
        self.start = int(gdb.parse_and_eval("(unsigned long)&_start")) - KERNEL_OFFSET
        offset = -KERNEL_OFFSET & (1 << 64) - 1
        gdb.execute(f"add-symbol-file {kernel_path()} -o {offset:#x}", to_string=True)

    def on_stop(self, _event):
        if self.start is not None and octavo_view.paging():
            gdb.execute(f"remove-symbol-file -a {self.start:#x}", to_string=True)
            self.start = None


BOOT = BootSymbols()


class BootSymbolsCommand(gdb.Command):
    """boot-symbols: load the kernel's symbols where it runs before paging (make gdb does it)."""

    def __init__(self):
        super().__init__("boot-symbols", gdb.COMMAND_FILES)

    def invoke(self, argument, from_tty):
        if BOOT.start is None:
            BOOT.load()


class AddProgram(gdb.Command):
    """add-program NAME...: load the symbols of programs: sh, bin/sh, init, console."""

    def __init__(self):
        super().__init__("add-program", gdb.COMMAND_FILES)

    def invoke(self, argument, from_tty):
        known = programs()
        for name in gdb.string_to_argv(argument) or [""]:
            found = [path for path in known if path == name.lstrip("/")] or [
                path for path in known if os.path.basename(path) == name]
            if len(found) != 1:
                raise gdb.GdbError("add-program: one of " + " ".join(known))
            gdb.execute(f"add-symbol-file {known[found[0]]}", to_string=True)
            print(f"symbols of /{found[0]}")

    def complete(self, text, word):
        return [name for path in programs() for name in (path, os.path.basename(path))
                if name.startswith(text)]


COMMANDS = (BootSymbolsCommand, AddProgram)
