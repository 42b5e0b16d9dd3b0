"""text.py - what holds for each file as plain text."""
import os
import re

NAME = "lines of at most 100 columns, no blanks at their ends, no tabs in C, no leftovers"

COLUMNS = 100
LEFTOVER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
HERE = "scripts/lib/tidy/text.py"
MAKE = ("Makefile", ".mk")


def check(tree):
    code = tree.select(".c", ".h", ".S", ".ld", ".py", ".sh", *MAKE) + tree.scripts()
    for path in sorted(set(code + tree.select(".md", ".yml", ".json"))):
        text = tree.text(path)
        if text and (not text.endswith("\n") or text.endswith("\n\n")):
            yield path, len(text.splitlines()), "must end with exactly one newline"
        for number, line in tree.lines(path):
            if len(line) > COLUMNS and path in code:
                yield path, number, f"{len(line)} columns, {COLUMNS} at most"
            if line != line.rstrip():
                yield path, number, "blanks at the end"
            if "\t" in line and not path.endswith(MAKE):
                yield path, number, "a tab"
            if LEFTOVER.search(line) and path != HERE:
                yield path, number, "a leftover: do it, or leave it out"
    yield from heads(tree)


def heads(tree):
    """Each file says first what it is for."""
    for path in tree.select(".c", ".h", ".S", ".ld"):
        text = tree.text(path).removeprefix("#pragma once\n")
        name = os.path.basename(path)
        if not re.match(rf"/\* ([\w/]+/)?{re.escape(name)} - ", text):
            yield path, 1, f"must begin with /* {name} - what it is for"
    for path in tree.select(".h"):
        if not tree.text(path).startswith("#pragma once\n"):
            yield path, 1, "a header begins with #pragma once"
    for path in tree.select(".py", ".sh", *MAKE) + tree.scripts():
        text = re.sub(r"^#!.*\n", "", tree.text(path))
        if text and not text.startswith(("# ", '"""')):
            yield path, 1, "must begin with a comment that says what it is for"
