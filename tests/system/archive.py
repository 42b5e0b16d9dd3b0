"""Initial RAM disks that differ from the built one: files added, replaced, left out."""

import os
import shutil
import subprocess

import machine


def make(folder, files, remove=()):
    """Packs a copy of the built root with `files` ({path: bytes}) over it; returns the archive."""
    root = folder / "root"
    shutil.copytree(machine.build_folder() / "root", root)
    for path in remove:
        (root / path).unlink()
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        target.write_bytes(content)
        target.chmod(0o755)
    names = "\n".join(sorted(str(path.relative_to(root)) for path in root.rglob("*")))
    archive = folder / "initrd.cpio"
    with open(archive, "wb") as output:
        subprocess.run(["cpio", "--create", "--format=newc", "--quiet", "--owner=+0:+0"], cwd=root,
                       input=names.encode(), stdout=output, check=True,
                       env={**os.environ, "LC_ALL": "C"})
    return str(archive)
