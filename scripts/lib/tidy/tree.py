"""tree.py - the source files that are checked, read once."""
import functools
import os

FOLDERS = ("kernel", "vm", "user", "tests", "labs", "scripts", "docs", ".vscode", ".github", ".ci")
SKIPPED = ("__pycache__", "build")


class Tree:
    def __init__(self, root):
        self.root = root
        self.paths = sorted(self._walk())

    def _walk(self):
        for name in os.listdir(self.root):
            if os.path.isfile(os.path.join(self.root, name)):
                yield name
        for folder in FOLDERS:
            for where, folders, names in os.walk(os.path.join(self.root, folder)):
                folders[:] = [name for name in folders if name not in SKIPPED]
                for name in names:
                    yield os.path.relpath(os.path.join(where, name), self.root)

    def select(self, *endings):
        """The paths with one of the endings."""
        return [path for path in self.paths if path.endswith(endings)]

    def scripts(self):
        """Programs without an ending: what begins with #!."""
        return [path for path in self.paths
                if "." not in os.path.basename(path) and self.text(path).startswith("#!")]

    def exists(self, path):
        return os.path.exists(os.path.join(self.root, path))

    @functools.lru_cache(maxsize=None)
    def text(self, path):
        """The file as text; a file that is none is empty."""
        try:
            with open(os.path.join(self.root, path), encoding="utf-8") as file:
                return file.read()
        except UnicodeDecodeError:
            return ""

    def lines(self, path):
        """(number, line) of each line."""
        return enumerate(self.text(path).splitlines(), 1)
