"""trees.py - seeded random trees of files: odd names, links of both kinds, holes, modes, times."""

import os
import random

ODD_NAMES = ["-r", "--", "-", "a b", " lead", "trail ", "new\nline", "tab\there", "q'uote",
             'dou"ble', "$HOME", "*", "?", "a\\b", ".hidden", "..twice", "x" * 255, "%s"]
TIME_START = 1_000_000_000
MODES = [0o644, 0o600, 0o755, 0o444, 0o640, 0o4755]
FOLDER_MODES = [0o755, 0o700, 0o555, 0o1777]


class Maker:
    """Makes one tree; the same seed makes the same."""

    def __init__(self, root, seed, count):
        self.random = random.Random(seed)
        self.folders = [root]
        self.files = []
        self.left = count
        os.mkdir(root)

    def name(self):
        if self.random.random() < 0.4:
            return self.random.choice(ODD_NAMES)
        return "".join(self.random.choices("abcdefgh", k=self.random.randint(1, 12)))

    def contents(self, path):
        kind = self.random.random()
        with open(path, "wb") as file:
            if kind < 0.15:
                return
            if kind < 0.3:
                file.seek(self.random.randrange(1, 300_000))
                file.write(b"end")
            elif kind < 0.4:
                file.truncate(self.random.randrange(1, 200_000))
            else:
                file.write(self.random.randbytes(self.random.choice([1, 80, 4096, 70_000])))

    def add(self):
        """Adds one file, folder or link somewhere."""
        folder = self.random.choice(self.folders)
        path = os.path.join(folder, self.name())
        if os.path.lexists(path):
            return
        kind = self.random.random()
        if kind < 0.3:
            os.mkdir(path)
            self.folders.append(path)
        elif kind < 0.4:
            os.symlink(self.random.choice(["nowhere", ".", "..", "a", "/"]), path)
        elif kind < 0.5 and self.files:
            os.link(self.random.choice(self.files), path)
        else:
            self.contents(path)
            os.chmod(path, self.random.choice(MODES))
            self.files.append(path)
        self.left -= 1

    def finish(self):
        """Modes of folders, and times, from the innermost outwards."""
        for path in reversed(self.folders):
            os.chmod(path, self.random.choice(FOLDER_MODES))
            for name in sorted(os.listdir(path)):
                self.stamp(os.path.join(path, name))
        self.stamp(self.folders[0])

    def stamp(self, path):
        when = (TIME_START + self.random.randrange(10**8)) * 10**9 + self.random.randrange(10**9)
        os.utime(path, ns=(when, when), follow_symlinks=False)


def make(root, seed, count=60):
    """Makes the tree `root`."""
    maker = Maker(root, seed, count)
    while maker.left > 0:
        maker.add()
    maker.finish()


def make_deep(root, depth, name):
    """Makes folders in each other, with a file in the last; no path of it needs to be short."""
    os.mkdir(root)
    at = os.open(root, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=at)
        below = os.open(name, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    file = os.open("end", os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=at)
    os.write(file, b"deep\n")
    os.close(file)
    os.close(at)


def depth_of(root, name):
    """How deep the folders are, and what the file in the last holds."""
    at, depth = os.open(root, os.O_RDONLY), 0
    while name in os.listdir(at):
        below = os.open(name, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at, depth = below, depth + 1
    file = os.open("end", os.O_RDONLY, dir_fd=at)
    text = os.read(file, 100)
    os.close(file)
    os.close(at)
    return depth, text
