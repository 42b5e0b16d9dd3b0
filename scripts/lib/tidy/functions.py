"""functions.py - sizes of files and functions, and the preprocessor kept out of code.

Functions are found by their format, which clang-format guarantees: in this style a brace alone in
the first column opens the body of a function and nothing else, and one closes it.
"""
import re

NAME = "functions of at most 60 lines and five parameters, files of 500, no #if in code"

FUNCTION_LINES = 60
FILE_LINES = 500
PARAMETERS = 5
# The design of vm/, and POSIX, fix these signatures.
GIVEN = ("address_space_map", "mmap")
# The contract of vm/ names these arguments one by one.
AS_CONTRACTED = ("enum error address_space_map(",)
CONDITION = re.compile(r"\s*#\s*(if|ifdef|ifndef|elif|else)\b")
# What picks a configuration, and what C and assembly share.
CONFIGURATION = re.compile(r"(^|/)config\.h$")
SHARED_WITH_ASSEMBLY = re.compile(r"\s*#\s*ifndef __ASSEMBLER__$")


def parameters(signature):
    """How many parameters a function of this signature has."""
    start = signature.find("(")
    depth, commas = 0, 0
    for character in signature[start:]:
        depth += {"(": 1, ")": -1}.get(character, 0)
        commas += character == "," and depth == 1
        if depth == 0:
            break
    inside = signature[start + 1:].strip()
    return 0 if inside.startswith((")", "void)")) else commas + 1


def name_of(signature):
    return re.search(r"(\w+)\s*\(", signature).group(1)


def functions(lines):
    """Yields (first line, last line, signature) of each function with a body of several lines."""
    signature, first, opened = [], 0, False
    for number, line in lines:
        if opened:
            if line.startswith("}"):
                yield first, number, " ".join(signature)
                signature, opened = [], False
        elif line == "{":
            opened = True
        elif not line or line[0] in "#/}*" or line.endswith((";", "*/")):
            signature = []
        else:
            first = first if signature else number
            signature.append(line.strip())


def check(tree):
    for path in tree.select(".c", ".h", ".S", ".py"):
        count = len(tree.text(path).splitlines())
        if count > FILE_LINES:
            yield path, count, f"{count} lines, {FILE_LINES} at most"
    for path in tree.select(".c", ".h"):
        for first, last, signature in functions(tree.lines(path)):
            if last - first + 1 > FUNCTION_LINES:
                yield path, first, f"{last - first + 1} lines, {FUNCTION_LINES} at most"
            if signature.startswith(AS_CONTRACTED):
                continue
            if parameters(signature) > PARAMETERS and name_of(signature) not in GIVEN:
                yield path, first, f"{parameters(signature)} parameters, {PARAMETERS} at most"
        yield from conditions(tree, path)


def conditions(tree, path):
    if CONFIGURATION.search(path):
        return
    for number, line in tree.lines(path):
        allowed = path.endswith(".h") and SHARED_WITH_ASSEMBLY.match(line)
        if CONDITION.match(line) and not allowed:
            yield path, number, "the preprocessor decides here; only config.h may ask it"
