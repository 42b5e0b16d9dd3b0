"""symbols.py - the symbols of the kernel and of the programs, by address."""
import bisect
import os
import subprocess

import guest

CODE = "tTwW"
PROGRAM_END = " __text_end"  # the symbol behind the last function


def _read(path):
    """The symbols of an ELF file: (address, type, name), sorted by address."""
    line = [guest.setting("CROSS", "riscv64-unknown-elf-") + "nm", "--numeric-sort", path]
    text = subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True).stdout
    for fields in map(str.split, text.splitlines()):
        if len(fields) == 3:
            yield int(fields[0], 16), fields[1], fields[2]


def address(path, name):
    """Where the symbol is; KeyError if it is not there."""
    for place, _, symbol in _read(path):
        if symbol == name:
            return place
    raise KeyError(f"{path}: no symbol {name}")


def program(name):
    """The file with the symbols of a program, by its path in the initrd: bin/sh."""
    return guest.build_path(os.path.join("user", name + ".elf"))


class Table:
    """Finds the function of an address, in the kernel or in any program."""

    def __init__(self):
        found = [(place, f"kernel {name}") for place, kind, name
                 in _read(guest.build_path("kernel.elf")) if kind in CODE]
        with open(guest.build_path("programs.txt"), encoding="ascii") as programs:
            for _, path, file in map(str.split, programs):
                found += [(place, f"{os.path.basename(path)} {name}")
                          for place, kind, name in _read(file) if kind in CODE]
        found.sort()
        self.places = [place for place, _ in found]
        self.names = [name for _, name in found]

    def find(self, place):
        index = bisect.bisect_right(self.places, place) - 1
        if index < 0 or self.names[index].endswith(PROGRAM_END):
            return "firmware, or the kernel before paging"
        return self.names[index]
