"""locks.py - the table of docs/locking.md and the locks of the kernel are the same.

The table has a row for each lock, in the order of enum lock_rank:

    | `RANK_X` | `name` in `kernel/file.c` | what it guards |

with the name that LOCK_INIT or lock_init() gives the lock in that file, or `none` for a rank that
no lock has. In the kernel, a field's comment that begins with `lock` means the lock of its struct,
and a word such as tree_lock, in a comment or in the document, is one of the code's.
"""
import re

NAME = "docs/locking.md has each lock with its rank; comments name locks that exist"

TABLE = "docs/locking.md"
HEADER = "kernel/lock.h"
# What makes locks of any name and rank.
MAKERS = (HEADER, "kernel/lock.c")

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
RANKS = re.compile(r"enum lock_rank \{(.*?)\}", re.DOTALL)
RANK = re.compile(r"\bRANK_\w+")
VARIABLE = re.compile(r"^\s*(?:static )?struct lock (\w+)(?:\[[^\]]*\])*(?: = \w+|;)", re.MULTILINE)
MADE = re.compile(r"\b(LOCK_INIT\(|lock_init\(([^;,]*),)([^;]*?)\)")
ARGUMENTS = re.compile(r'\s*(?:"([^"]+)"|(\w+)),\s*(RANK_\w+)$')
ROW = re.compile(r"\| `(RANK_\w+)` \| (?:none|`([^`]+)` in `([^`]+)`) \| [^|]+ \|$")
STRUCT = re.compile(r"^(?:static )?struct[^\n;=()]*\{\n.*?^\}", re.DOTALL | re.MULTILINE)
GUARDED = re.compile(r";\s*/\* (?:this and all below: )?lock(?: \*/|:)")
OWN_LOCK = re.compile(r"\bstruct lock lock;")
LOCK_WORD = re.compile(r"\b[a-z]\w*_lock\b")


def check(tree):
    ranks, table = ranks_of(tree), list(rows(tree))
    sources = [path for path in tree.select(".c", ".h") if path.startswith("kernel/")]
    locks = [lock for path in sources if path not in MAKERS for lock in locks_of(tree, path)]
    yield from against_source(tree, table, ranks, locks)
    yield from against_table(table, ranks, locks)
    yield from unnamed(tree, sources)
    yield from comments(tree, sources)


def line_at(text, position):
    return text.count("\n", 0, position) + 1


def code_of(tree, path):
    """The file with its comments blanked, so that positions and lines stay."""
    return COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), tree.text(path))


def ranks_of(tree):
    """{rank: line number}, outermost first."""
    text = code_of(tree, HEADER)
    body = RANKS.search(text)
    return {rank.group(): line_at(text, rank.start())
            for rank in RANK.finditer(text, *body.span(1))} if body else {}


def locks_of(tree, path):
    """Yields (rank, name, path, line number) of each lock that the file makes; without a rank and
    a name if they are not written there."""
    text = code_of(tree, path)
    for made in MADE.finditer(text):
        arguments = ARGUMENTS.match(made.group(3))
        string, parameter, rank = arguments.groups() if arguments else (None, None, None)
        yield rank, string or parameter, path, line_at(text, made.start())


def rows(tree):
    """Yields (rank, name, path, line number) of each row of the table; all None but the number if
    it has not the form of one."""
    inside = False
    for number, line in tree.lines(TABLE):
        if line.startswith("| rank |"):
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and not line.startswith("| ---"):
            match = ROW.match(line)
            yield *(match.groups() if match else (None, None, None)), number


def against_source(tree, table, ranks, locks):
    """Each row names what is there, and stands where its rank says."""
    order, places = list(ranks), {lock[:3] for lock in locks}
    last = None
    for rank, name, path, number in table:
        if rank is None:
            yield TABLE, number, "a row is: | `RANK_X` | `name` in `path` | what it guards |"
            continue
        if rank not in ranks:
            yield TABLE, number, f"{HEADER} has no {rank}"
            continue
        if last is not None and order.index(rank) < order.index(last):
            yield TABLE, number, f"{rank} comes before {last} in {HEADER}"
        last = rank
        if name is None:
            if any(lock[0] == rank for lock in locks):
                yield TABLE, number, f"there is a lock of {rank}"
        elif not tree.exists(path):
            yield TABLE, number, f"there is no {path}"
        elif (rank, name, path) not in places:
            others = [lock[0] for lock in locks if lock[1:3] == (name, path)]
            yield TABLE, number, (f"{path} gives the lock {name} {others[0]}" if others
                                  else f"{path} makes no lock {name}")


def against_table(table, ranks, locks):
    """Each rank and each lock has its row, and just one."""
    listed = [row[:3] for row in table]
    for rank, number in ranks.items():
        if rank not in (row[0] for row in table):
            yield HEADER, number, f"{rank} is not in the table of {TABLE}"
    for rank, name, path, number in locks:
        if rank is None:
            yield path, number, "write the name and the rank of the lock here"
        elif (rank, name, path) not in listed:
            yield path, number, f"the lock {name} of {rank} is not in the table of {TABLE}"
    for position, row in enumerate(listed):
        if row[0] and row in listed[:position]:
            yield TABLE, table[position][3], "this row stands there twice"


def unnamed(tree, sources):
    """A lock that nobody makes would have the outermost rank and no name."""
    codes = {path: code_of(tree, path) for path in sources if path not in MAKERS}
    everything = "\n".join(codes.values())
    made = set(re.findall(r"(\w+) = LOCK_INIT\(", everything))
    for match in MADE.finditer(everything):
        made.update(re.findall(r"\w+", match.group(2) or ""))
    for path, text in codes.items():
        for variable in VARIABLE.finditer(text):
            if variable.group(1) not in made:
                yield path, line_at(text, variable.start(1)), \
                    f"{variable.group(1)} needs LOCK_INIT or lock_init()"


def comments(tree, sources):
    words = set(LOCK_WORD.findall("\n".join(code_of(tree, path) for path in sources)))
    for path in sources:
        text = tree.text(path)
        for struct in STRUCT.finditer(text):
            if not OWN_LOCK.search(struct.group()):
                for guarded in GUARDED.finditer(struct.group()):
                    yield path, line_at(text, struct.start() + guarded.start()), \
                        "this struct has no lock of its own"
    for path in [*sources, TABLE]:
        for number, line in tree.lines(path):
            for word in LOCK_WORD.findall(line):
                if word not in words:
                    yield path, number, f"there is no {word}"
