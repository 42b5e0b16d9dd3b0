"""documents.py - what the documents name must exist.

Checked are: the target of each link inside the tree, each `path/in/backticks` that has a slash and
does not begin with one (those are paths of the guest), and each `function()` in backticks. A word
in capitals, as in `user/bin/NAME.c`, stands for any.
"""
import glob
import os
import re

NAME = "each path, link and function that a document names exists"

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
CODE = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"[\w.*-]+(/[\w.*-]+)*/[\w.*-]*$")
FUNCTION = re.compile(r"(\w+)\(\)$")
FENCE = re.compile(r"^\s*(```|~~~)")
MADE = ("build/",)


def check(tree):
    words = set()
    for path in tree.select(".c", ".h", ".S", ".py") + tree.scripts():
        words.update(re.findall(r"\w+", tree.text(path)))
    for path in tree.select(".md"):
        fenced = False
        for number, line in tree.lines(path):
            if FENCE.match(line):
                fenced = not fenced
            elif not fenced:
                for message in problems(tree, path, line, words):
                    yield path, number, message


def problems(tree, path, line, words):
    for target in LINK.findall(line):
        if ":" not in target and not tree.exists(os.path.join(os.path.dirname(path), target)):
            yield f"the link {target} leads nowhere"
    for code in CODE.findall(line):
        function = FUNCTION.match(code)
        if function and function.group(1) not in words:
            yield f"there is no function {code}"
        if PATH.match(code) and not code.startswith(MADE) and not named(tree, path, code):
            yield f"there is no {code}"


def named(tree, path, name):
    """A name counts from the top of the tree or from the document's folder; * stands for any."""
    name = re.sub(r"\b(NAME|PID|X)\b", "*", name)
    return any(glob.glob(os.path.join(tree.root, base, name))
               for base in ("", os.path.dirname(path)))
