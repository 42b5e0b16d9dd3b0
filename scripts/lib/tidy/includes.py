"""includes.py - who may include whom. The layers, lowest first:

    kernel/abi  <  vm  <  headers of kernel/riscv  <  kernel
    kernel/abi  <  user/proto  <  user/lib  <  each program of user/

Headers of the C library belong to no layer and are open to all.
"""
import os
import re

NAME = "includes go downwards only, foo.c includes foo.h first, no header includes itself"

INCLUDE = re.compile(r'\s*#\s*include(?:_next)?\s*([<"])([^>"]+)[>"]')
KERNEL_SEARCH = ("", "kernel/abi")
USER_SEARCH = ("user/lib/include", "user", "kernel/abi", "")

# The first row that matches the including file says below which folders the included must be.
LAYERS = (
    (r"kernel/abi/", ("kernel/abi/",)),
    (r"vm/", ("vm/", "kernel/abi/")),
    (r"kernel/riscv/.*\.h$", ("kernel/riscv/", "vm/", "kernel/abi/", "kernel/config.h")),
    (r"kernel/", ("kernel/", "vm/")),
    (r"user/proto/", ("user/proto/", "kernel/abi/")),
    (r"user/lib/", ("user/lib/", "user/proto/", "kernel/abi/")),
    (r"user/tests/", ("user/tests/", "user/lib/", "user/proto/", "kernel/abi/")),
    # Programs of one file share headers that stand beside them.
    (r"user/bin/[^/]+$", ("user/bin/", "user/lib/", "user/proto/", "kernel/abi/")),
    (r"user/(servers|bin)/", ("user/lib/", "user/proto/", "kernel/abi/")),
)


def resolve(tree, path, quote, name):
    """The file of the tree that an include means, or None: one of the C library."""
    search = USER_SEARCH if path.startswith("user/") else KERNEL_SEARCH
    places = ([os.path.dirname(path)] if quote == '"' else []) + list(search)
    for place in places:
        candidate = os.path.normpath(os.path.join(place, name))
        # A header that wraps the C library's of the same name includes that one, not itself.
        if tree.exists(candidate) and candidate != path:
            return candidate
    return None


def includes(tree, path):
    """Yields (line number, name, file of the tree or None) of each include."""
    for number, line in tree.lines(path):
        if match := INCLUDE.match(line):
            yield number, match.group(2), resolve(tree, path, *match.groups())


def check(tree):
    graph = {}
    for path in tree.select(".c", ".h", ".S"):
        if path.startswith(("tests/", "labs/")):
            continue
        found = list(includes(tree, path))
        graph[path] = [target for _, _, target in found if target]
        yield from layers(path, found)
        yield from own_header(tree, path, found)
    yield from cycles(graph)


def layers(path, found):
    allowed = next((below for pattern, below in LAYERS if re.match(pattern, path)), ("",))
    # A program's folder, and the one where the small programs of its kind lie.
    own = os.path.dirname(path), re.sub(r"^(user/\w+)/.*", r"\1", path)
    for number, name, target in found:
        if target and not target.startswith(allowed) and os.path.dirname(target) not in own:
            yield path, number, f"{name} is not below this layer"


def own_header(tree, path, found):
    header = os.path.splitext(path)[0] + ".h"
    if path.endswith(".c") and tree.exists(header) and (not found or found[0][2] != header):
        yield path, found[0][0] if found else 1, f"{os.path.basename(header)} comes first"


def cycles(graph):
    done, current = set(), []

    def visit(path):
        if path in current:
            yield path, 1, "includes itself: " + " -> ".join(current[current.index(path):] + [path])
        elif path not in done:
            current.append(path)
            for target in graph.get(path, ()):
                yield from visit(target)
            current.pop()
            done.add(path)

    for path in sorted(graph):
        yield from visit(path)
