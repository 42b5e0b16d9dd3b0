"""format.py - clang-format agrees with the layout of all C.

Versions of clang-format differ in what they do with the same settings, so only one of them judges.
"""
import re
import shutil
import subprocess

NAME = "C is formatted as clang-format 14 does"

VERSION = 14


def formatter():
    """The clang-format that counts, or None."""
    for name in (f"clang-format-{VERSION}", "clang-format"):
        if shutil.which(name):
            output = subprocess.run([name, "--version"], capture_output=True, text=True, check=True)
            if re.search(rf"version {VERSION}\.", output.stdout):
                return name
    return None


def sources(tree):
    return [path for path in tree.select(".c", ".h") if path.startswith(
        ("kernel/", "vm/", "user/", "tests/", "labs/"))]


def check(tree):
    name = formatter()
    if name is None:
        print(f"  note: there is no clang-format {VERSION}; the layout of C goes unchecked")
        return
    result = subprocess.run([name, "--dry-run", *sources(tree)], cwd=tree.root,
                            capture_output=True, text=True, check=False)
    seen = set()
    for path, line in re.findall(r"^([^:\n]+):(\d+):\d+: warning", result.stderr, re.MULTILINE):
        if path not in seen:
            seen.add(path)
            yield path, int(line), "is not formatted from here on: run `make format`"


def apply(tree):
    """Formats all C in place."""
    name = formatter()
    if name is None:
        raise SystemExit(f"tidy: there is no clang-format {VERSION}")
    subprocess.run([name, "-i", *sources(tree)], cwd=tree.root, check=True)
