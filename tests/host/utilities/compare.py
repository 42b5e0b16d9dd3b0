"""compare.py - runs a command line with our utilities and with the host's, in equal folders.

What must be equal: the output, the complaints, the status, and all that is in the folder
afterwards. Lines of usage are left out of the complaints: each says in its own way how it is
called.
"""

import hashlib
import os
import stat
import subprocess
from dataclasses import dataclass

import trees

SECONDS = 60
HOST_PATH = "/usr/bin:/bin"
SANITIZERS = {"ASAN_OPTIONS": "exitcode=99", "UBSAN_OPTIONS": "halt_on_error=1"}


@dataclass(frozen=True)
class Case:
    """A command line of sh, and one that prepares its folder with the host's tools. With
    `tree`, a seeded tree is there as `t`; with `times`, the times of files must be equal;
    `messages` False: of the complaints only whether there are any."""

    command: str
    setup: str = ""
    tree: int | None = None
    times: bool = False
    messages: bool = True
    files: bool = True


@dataclass
class Outcome:
    """What a command did."""

    output: bytes
    complaints: list
    status: int
    files: dict

    def differences(self, other):
        """Lines that say what is not equal; `self` is the host's."""
        for name in ("output", "complaints", "status"):
            host, ours = getattr(self, name), getattr(other, name)
            if host != ours:
                yield f"{name}: host {host!r}"
                yield f"{name}: ours {ours!r}"
        for path in sorted(set(self.files) | set(other.files)):
            host, ours = self.files.get(path), other.files.get(path)
            if host != ours:
                yield f"file {path!r}: host {host}"
                yield f"file {path!r}: ours {ours}"


def environment(folder=None):
    """Of programs: the host's, or ours from `folder` before them."""
    path = f"{folder}:{HOST_PATH}" if folder else HOST_PATH
    return {"PATH": path, "LC_ALL": "C", "TZ": "UTC", **SANITIZERS}


def shell(command, cwd, env):
    return subprocess.run(["/bin/sh", "-c", command], cwd=cwd, env=env, timeout=SECONDS,
                          stdin=subprocess.DEVNULL, capture_output=True, check=False)


def describe(directory, name, status, case):
    """What is known of a file, in a form that can be compared."""
    facts = [stat.filemode(status.st_mode)]
    if not stat.S_ISDIR(status.st_mode):
        facts.append(status.st_nlink)
    if case.times:
        facts.append(status.st_mtime_ns)
    if stat.S_ISREG(status.st_mode):
        file = os.open(name, os.O_RDONLY, dir_fd=directory)
        with open(file, "rb") as opened:
            facts.append(status.st_size)
            facts.append(hashlib.sha256(opened.read()).hexdigest()[:16])
    if stat.S_ISLNK(status.st_mode):
        facts.append(os.readlink(name, dir_fd=directory))
    return facts


def snapshot(folder, case):
    """All files below the folder, by their paths."""
    files = {}
    for path, folders, names, directory in os.fwalk(os.fsencode(folder)):
        for name in folders + names:
            status = os.stat(name, dir_fd=directory, follow_symlinks=False)
            relative = os.path.relpath(os.path.join(path, name), os.fsencode(folder))
            files[relative] = describe(directory, name, status, case)
    return files


def complaints(raw, case):
    lines = raw.decode(errors="replace").splitlines()
    if not case.messages:
        return [bool(lines)]
    return [line for line in lines if "Try '" not in line and not line.startswith("usage: ")]


def run(case, command, folder, env):
    os.makedirs(folder)
    if case.tree is not None:
        trees.make(os.path.join(folder, "t"), case.tree)
    if case.setup:
        prepared = shell(case.setup, folder, environment())
        if prepared.returncode != 0:
            raise RuntimeError(f"setup failed: {case.setup}: {prepared.stderr.decode()}")
    result = shell(command, folder, env)
    files = snapshot(folder, case) if case.files else {}
    return Outcome(result.stdout, complaints(result.stderr, case), result.returncode, files)


def compare(case, host_command, scratch, ours):
    """Runs the case with both, the host by `host_command` if there is one; returns lines that say
    how they differ."""
    host = run(case, host_command or case.command, os.path.join(scratch, "host", "w"),
               environment())
    mine = run(case, case.command, os.path.join(scratch, "ours", "w"), environment(ours))
    found = list(host.differences(mine))
    return found and [f"in: {case.command}", *found]
