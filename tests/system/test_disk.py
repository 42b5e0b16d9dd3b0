"""The file system on a disk: what was written is there after a shutdown, and after the plug was
pulled; judged by e2fsck and debugfs, which nobody here wrote."""

import os
import subprocess
import time

import pytest

from machine import ROOT, build_folder

SMP = [1, 4]
TOOLS = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}
OLD_SECONDS = 5  # then it is written by itself: TICK_NS of user/servers/ext2/main.c


@pytest.fixture
def image(tmp_path):
    """A new disk with the programs on it."""
    path = tmp_path / "disk.img"
    subprocess.run([ROOT / "scripts" / "image", build_folder() / "root", path, "64M"], check=True)
    return path


def check(image):
    """The judge finds nothing to mend, and nothing left to replay."""
    result = subprocess.run(["e2fsck", "-fn", image], env=TOOLS, text=True, check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert result.returncode == 0, result.stdout


def read(image, path):
    return subprocess.run(["debugfs", "-R", f"cat {path}", image], env=TOOLS, check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def start(boot, image, **fields):
    guest = boot(disks=(str(image),), **fields)
    guest.wait_for_prompt()
    return guest


@pytest.mark.parametrize("smp", SMP)
def test_root_is_on_the_disk_and_a_shutdown_leaves_it_clean(boot, image, smp):
    guest = start(boot, image, smp=smp)
    assert guest.run("mount").lines[0] == "fs0 on / type ext2 (rw)"
    assert guest.run("echo persistent > f").status == 0
    assert guest.run("cat f").lines == ["persistent"]
    guest.shut_down()
    check(image)
    assert read(image, "/f") == b"persistent\n"
    guest = start(boot, image, smp=smp)
    assert guest.run("cat f").lines == ["persistent"]
    guest.shut_down()


def test_what_was_synced_survives_the_plug(boot, image):
    guest = start(boot, image)
    assert guest.run("echo persistent > f").status == 0
    assert guest.run("sync").status == 0
    guest.stop()
    guest = start(boot, image)
    assert guest.run("cat f").lines == ["persistent"]
    guest.shut_down()
    check(image)


def test_what_is_old_survives_the_plug(boot, image):
    guest = start(boot, image)
    assert guest.run("echo persistent > f").status == 0
    time.sleep(2 * OLD_SECONDS)
    guest.stop()
    guest = start(boot, image)
    assert guest.run("cat f").lines == ["persistent"]
    guest.shut_down()
    check(image)


@pytest.mark.parametrize("smp", SMP)
def test_the_root_outlives_its_servers(boot, image, smp):
    guest = start(boot, image, smp=smp)
    assert guest.run("echo persistent > f && sync").status == 0
    for name in ("fs0", "virtio_blk", "fs0"):
        pid = next(line.split()[0] for line in guest.run("ps").lines if line.endswith(f" {name}"))
        # What init says of it would run into a prompt. The second sleep comes from the new server.
        guest.run(f"kill -9 {pid}; sleep 1; sleep 2")
        assert guest.run("cat f").lines[-1] == "persistent"
        assert guest.run("cp f g && cmp f g").status == 0
    guest.shut_down()
    check(image)


def test_without_a_disk_or_when_told_the_root_is_the_initrd(boot, image):
    guest = boot()
    guest.wait_for_prompt()
    assert guest.run("mount").lines[0] == "initrd on / type initfs (ro)"
    guest.stop()
    guest = start(boot, image, append="root=initrd")
    assert guest.run("mount").lines[0] == "initrd on / type initfs (ro)"
    assert guest.run("mount fs0 /initrd").status == 0
    assert "echo" in guest.run("ls /initrd/bin").output.split()
    assert guest.run("umount /initrd").status == 0
    guest.stop()
    check(image)


def test_a_disk_that_holds_nothing_known_is_left_alone(boot, tmp_path):
    path = tmp_path / "noise.img"
    noise = bytes(range(256)) * 4096
    path.write_bytes(noise)
    guest = start(boot, path)
    assert guest.run("mount").lines[0] == "initrd on / type initfs (ro)"
    assert "ext2: disk0: " in guest.log_text()
    guest.shut_down()
    assert path.read_bytes() == noise
