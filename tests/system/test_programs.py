"""The programs in /tests of the guest: each prints TAP, which is checked line by line here."""

import re

import pytest

from machine import ROOT

# Programs of /tests that are tools, not tests; and one that wants disks: test_block.py has them.
TOOLS = {"census", "posix_files"}
WITH_DISKS = {"block"}
SECONDS = 300


def test_programs():
    """The test programs in the source tree: user/tests/NAME.c or user/tests/NAME/."""
    entries = (ROOT / "user" / "tests").iterdir()
    names = {entry.stem for entry in entries if entry.suffix == ".c" or entry.is_dir()}
    return sorted(names - TOOLS - WITH_DISKS - {"lib"})


# The longest first, so that the two workers end together.
LONG = ["hostile_calls", "many", "fork", "hostile_elf"]
PROGRAMS = sorted(test_programs(), key=lambda name: (name not in LONG, name))
del test_programs

# These run in test_smp.py, on several harts.
STRESS = [name for name in PROGRAMS if name.startswith("smp_")]
PROGRAMS = [name for name in PROGRAMS if name not in STRESS]
assert STRESS


def check_tap(output):
    """Is this a complete TAP document in which everything is ok? Lines of the kernel's log may
    stand between its lines."""
    plan = re.findall(r"^1\.\.(\d+)$", output, re.MULTILINE)
    results = re.findall(r"^(ok|not ok) (\d+) - (.+)$", output, re.MULTILINE)
    failed = [name for verdict, _, name in results if verdict != "ok"]
    assert "Bail out!" not in output, output
    assert not failed, f"not ok: {', '.join(failed)}"
    assert len(plan) == 1, f"no plan: {output}"
    numbers = [int(number) for _, number, _ in results]
    assert numbers == list(range(1, int(plan[0]) + 1)), f"incomplete: {output}"


@pytest.mark.parametrize("machine", [{}, {"debug": True}], ids=["release", "debug"], indirect=True)
@pytest.mark.parametrize("name", PROGRAMS)
def test_program(machine, seed, name):
    result = machine.run(f"/tests/{name} {seed}", seconds=SECONDS)
    check_tap(result.output)
    assert result.status == 0
