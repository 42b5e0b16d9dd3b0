"""octavo.py - what gdb needs to know about Octavo. Load it with `gdb -nx -x scripts/gdb/octavo.py`.

Each file beside this one adds some commands; `help user-defined` does not list them, but
`oct-help` does.
"""
import importlib
import os
import sys

import gdb

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

MODULES = ("symbols", "attach", "view", "paging", "kernel")
COMMANDS = []
for name in MODULES:
    COMMANDS += importlib.import_module(f"octavo_{name}").COMMANDS


class Help(gdb.Command):
    """oct-help: list the commands that Octavo adds to gdb."""

    def __init__(self):
        super().__init__("oct-help", gdb.COMMAND_SUPPORT)

    def invoke(self, argument, from_tty):
        for command in COMMANDS:
            print("  " + command.__doc__.strip().splitlines()[0])


for setting in ("confirm off", "pagination off", "print pretty on"):
    gdb.execute("set " + setting)
for command in COMMANDS:
    command()
Help()
