"""Disks: the program /tests/block with four of them attached, and what it left in the images.

One disk fails on purpose, by QEMU's blkdebug. Both virtio transports, one hart and four.
"""

import struct

import pytest

from machine import BOOT_SECONDS
from test_programs import check_tap

SECTOR = 512
SIZES = {"scratch": 16 << 20, "second": 8 << 20, "read-only": 2 << 20, "fails": 1 << 20}
PATTERN_SECTOR, PATTERN_SECTORS = 24576, 64  # as in user/tests/block
FAILS_READ, FAILS_WRITE = 64, 128
SECONDS = 900

MODERN = ("-global", "virtio-mmio.force-legacy=false")
# Without tables of descriptors, so that the ring gets full, and few buffers in a request.
NARROW = ("-global", "virtio-blk-device.indirect_desc=off",
          "-global", "virtio-blk-device.queue-size=16")
BOOTS = {
    "legacy": {"smp": 1},
    "legacy-4": {"smp": 4},
    "modern": {"smp": 1, "qemu": MODERN},
    "modern-4": {"smp": 4, "qemu": MODERN},
    "modern-4-debug": {"smp": 4, "qemu": MODERN, "debug": True},
    "narrow-4": {"smp": 4, "qemu": NARROW},
}


def sectors(first, count, generation):
    """Contents of sectors, as user/tests/block/device.c makes them."""
    words = SECTOR // 8
    values = ((n * 0x9E3779B97F4A7C15 & (1 << 64) - 1) ^ generation
              for n in range(first * words, (first + count) * words))
    return struct.pack(f"<{count * words}Q", *values)


def fault(event, sector):
    return f'[inject-error]\nevent = "{event}"\nsector = "{sector}"\nerrno = "5"\nonce = "off"\n'


@pytest.fixture
def images(tmp_path):
    """Paths by name; all zero but the one that cannot be written."""
    paths = {name: tmp_path / f"{name}.img" for name in SIZES}
    for name, path in paths.items():
        with open(path, "wb") as image:
            image.truncate(SIZES[name])
    paths["read-only"].write_bytes(sectors(0, SIZES["read-only"] // SECTOR, 1))
    faults = fault("read_aio", FAILS_READ) + fault("write_aio", FAILS_WRITE)
    (tmp_path / "faults").write_text(faults)
    return paths


def disks(images):
    folder = images["fails"].parent
    return (
        str(images["scratch"]),
        f"file={images['second']},format=raw,discard=unmap",
        f"file={images['read-only']},format=raw,readonly=on",
        "driver=raw,file.driver=blkdebug,file.image.driver=file,rerror=report,werror=report,"
        f"file.config={folder}/faults,file.image.filename={images['fails']}",
    )


@pytest.mark.parametrize("fields", BOOTS.values(), ids=BOOTS)
def test_block(boot, images, seed, fields):
    guest = boot(disks=disks(images), **fields)
    guest.wait_for_prompt(BOOT_SECONDS)
    result = guest.run(f"/tests/block {seed}", seconds=SECONDS)
    check_tap(result.output)
    assert result.status == 0
    assert guest.shut_down() == 0
    assert "of no use" not in guest.log_text()
    with open(images["scratch"], "rb") as image:
        image.seek(PATTERN_SECTOR * SECTOR)
        assert image.read(PATTERN_SECTORS * SECTOR) == sectors(PATTERN_SECTOR, PATTERN_SECTORS, 1)
    assert images["read-only"].read_bytes() == sectors(0, SIZES["read-only"] // SECTOR, 1)


def test_no_disk(machine):
    """Whoever looks for a disk learns that there is none, and so does the test program."""
    result = machine.run("/tests/block")
    assert result.status == 0 and "1..0 # SKIP" in result.output
    assert machine.run("cat /dev/disk0").status == 1
    assert "virtio_blk" not in machine.run("ps").output


def test_bytes_of_a_disk(boot, images):
    """What ordinary programs see of a disk."""
    images["scratch"].write_bytes(b"a line\n" + bytes(SECTOR - 7))
    guest = boot(disks=(str(images["scratch"]),))
    guest.wait_for_prompt(BOOT_SECONDS)
    assert guest.run("cat /dev/disk0").output.startswith("a line")
    assert guest.run("cat /dev/disk1").status == 1
    assert guest.run("echo another > /dev/disk0").status == 0
    assert guest.run("cat /dev/disk0").output.startswith("another")
    assert guest.shut_down() == 0
    assert images["scratch"].read_bytes() == b"another\n" + bytes(SECTOR - 8)
