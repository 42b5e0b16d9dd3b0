"""octavo_view.py - seeing memory that the hart, as it stands, may not see.

gdb reads memory through QEMU with the rights of the stopped hart. A hart in user mode cannot read
the kernel, one in the kernel cannot read its user's pages (SUM is 0 in sstatus: RISC-V privileged
specification, "Supervisor Status Register"), and no hart can read another space. So here are views:

    with kernel_mode(): ...    kernel addresses, wherever the hart stopped
    with physical(): ...       physical addresses

and at each stop in the kernel SUM is set, so that `bt` and `print` reach the user's frames; it is
cleared again before the hart goes on.
"""
import contextlib

import gdb

SUPERVISOR = 1
SUM = 1 << 18
# Commands that let the hart go on.
RESUMING = ("continue", "step", "next", "stepi", "nexti", "finish", "until", "advance", "jump",
            "detach", "kill")


def register(name):
    return int(gdb.parse_and_eval(f"(unsigned long)${name}"))


def set_register(name, value):
    gdb.execute(f"set ${name} = {value:#x}", to_string=True)


def paging():
    return register("satp") >> 60 != 0


@contextlib.contextmanager
def kernel_mode():
    """The kernel half is in every space; what hides it is the mode alone."""
    if not paging():
        raise gdb.GdbError("paging is still off: the kernel's addresses are not yet mapped")
    before = register("priv")
    set_register("priv", SUPERVISOR)
    try:
        yield
    finally:
        set_register("priv", before)


@contextlib.contextmanager
def physical():
    """QEMU takes addresses as physical ones (gdb 12 and later can tell it to)."""
    connection = gdb.selected_inferior().connection
    connection.send_packet("Qqemu.PhyMemMode:1")
    try:
        yield
    finally:
        connection.send_packet("Qqemu.PhyMemMode:0")


def read_physical(address, size):
    with physical():
        data = gdb.selected_inferior().read_memory(address, size)
    return int.from_bytes(bytes(data), "little")


class UserMemory:
    """Sets SUM while a hart is stopped in the kernel."""

    def __init__(self):
        self.changed = []  # threads of gdb, which are harts
        gdb.events.stop.connect(self.on_stop)
        for command in RESUMING:
            gdb.execute(f"define hook-{command}\npython octavo_view.USER_MEMORY.hide()\nend")

    def each(self, harts, action):
        """Runs action() with each hart selected in turn."""
        selected = gdb.selected_thread()
        for hart in harts:
            hart.switch()
            action(hart)
        if selected is not None:
            selected.switch()

    def on_stop(self, _event):
        self.each(gdb.selected_inferior().threads(), self._show)

    def _show(self, hart):
        status = register("sstatus")
        if register("priv") == SUPERVISOR and paging() and not status & SUM:
            set_register("sstatus", status | SUM)
            self.changed.append(hart)

    def hide(self):
        changed, self.changed = self.changed, []
        self.each([hart for hart in changed if hart.is_valid()],
                  lambda _hart: set_register("sstatus", register("sstatus") & ~SUM))


USER_MEMORY = UserMemory()
gdb.execute("python import octavo_view")
COMMANDS = ()
