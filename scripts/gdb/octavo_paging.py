"""octavo_paging.py - walks page tables in physical memory, for any address space (RISC-V privileged
specification, "Supervisor Address Translation and Protection Register" and "Sv39", "Sv48", "Sv57").
"""
import gdb
import octavo_kernel
import octavo_view

LEVELS = {8: 3, 9: 4, 10: 5}  # satp.MODE: levels of tables
FLAGS = "VRWXUGAD"
OWNED = 1 << 8


def flags_text(entry):
    """The low bits as letters, O for a page that the space owns."""
    letters = "".join(letter if entry >> bit & 1 else "-" for bit, letter in enumerate(FLAGS))
    return letters + ("O" if entry & OWNED else "-")


def walk(root, levels, address):
    """Yields (level, physical address of the entry, entry) from the root down to what decides."""
    table = root
    for level in reversed(range(levels)):
        index = address >> 12 + 9 * level & 511
        place = table + 8 * index
        entry = octavo_view.read_physical(place, 8)
        yield level, place, entry
        if not entry & 1 or entry & 0xE:
            return
        table = (entry >> 10 & (1 << 44) - 1) << 12


def current_root():
    """(physical address of the root, levels) of the space that the selected hart uses."""
    satp = octavo_view.register("satp")
    if satp >> 60 not in LEVELS:
        raise gdb.GdbError("oct-pt: paging is off")
    return (satp & (1 << 44) - 1) << 12, LEVELS[satp >> 60]


class PageTable(gdb.Command):
    """oct-pt VA [PID]: how an address is translated, in the hart's space or in a process's."""

    def __init__(self):
        super().__init__("oct-pt", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        arguments = gdb.string_to_argv(argument)
        if len(arguments) not in (1, 2):
            raise gdb.GdbError(self.__doc__)
        address = int(gdb.parse_and_eval(f"(unsigned long)({arguments[0]})"))
        root, levels = current_root()
        if len(arguments) == 2:
            root, levels = octavo_kernel.space_root(int(arguments[1]))
        self.show(address, root, levels)

    def show(self, address, root, levels):
        print(f"{address:#x} in Sv{12 + 9 * levels}, root table at physical {root:#x}")
        for level, place, entry in walk(root, levels, address):
            target = (entry >> 10 & (1 << 44) - 1) << 12
            print(f"  level {level}  entry at {place:#x} = {entry:#018x}  "
                  f"{target:#x} {flags_text(entry)}")
        if not entry & 1:
            print("  not mapped")
            return
        inside = address & (1 << 12 + 9 * level) - 1
        print(f"  physical address {target + inside:#x}")


COMMANDS = (PageTable,)
