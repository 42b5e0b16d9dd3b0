"""The file calls, judged by the host's: /tests/posix_files runs on both, and prints a line for each
case with the result of every call.

The host runs it in a directory of its own file system, as root, as everything is root's in Octavo.
Cases that map files are not compared where the server says that it maps none.
"""

import os
import re
import subprocess

import pytest

from machine import ROOT

SOURCES = ROOT / "user" / "tests" / "posix_files"
CASES_AT_LEAST = 300
SECONDS = 600

# Where Octavo scratches, and the file server that this judges.
SERVERS = {"ramfs": "/tmp/posix_files"}

# Cases in which the two differ, and why that is right.
DIFFERENCES = {}


def cases(text):
    """Names and lines of the cases in the output of posix_files, in their order."""
    lines = re.findall(r"^(([a-z0-9_]+):(?: \w+=\S+)+)$", text, re.MULTILINE)
    return {name: line for line, name in lines}


@pytest.fixture(scope="session")
def host_cases(tmp_path_factory):
    """What the host's file system does."""
    if os.geteuid() != 0:
        pytest.skip("only root may do all that the cases do")
    folder = tmp_path_factory.mktemp("posix_files")
    program = folder / "posix_files"
    compiler = [os.environ.get("HOSTCC", "gcc"), "-std=gnu17", "-D_GNU_SOURCE", "-O1", "-Wall"]
    sources = [str(path) for path in sorted(SOURCES.glob("*.c"))]
    subprocess.run([*compiler, *sources, "-o", str(program)], check=True)
    run = subprocess.run(
        [str(program), str(folder / "scratch")], check=True, capture_output=True, timeout=SECONDS
    )
    return cases(run.stdout.decode())


def differences(host, guest):
    """One line for each case that differs and may not; and how many were skipped."""
    wrong, skipped = [], 0
    for name, line in host.items():
        found = guest.get(name, "nothing")
        if "(skipped)" in found:
            skipped += 1
        elif found != line and name not in DIFFERENCES:
            wrong.append(f"host:  {line}\nguest: {found}")
    return wrong, skipped


@pytest.mark.parametrize("server", SERVERS)
def test_calls_do_what_the_host_does(machine, host_cases, server):
    result = machine.run(f"/tests/posix_files {SERVERS[server]}", seconds=SECONDS)
    guest = cases(result.output)
    wrong, skipped = differences(host_cases, guest)
    print(f"{len(host_cases)} cases on {server}, {skipped} of them skipped: no files are mapped")
    assert len(host_cases) >= CASES_AT_LEAST
    assert list(guest) == list(host_cases)
    assert not wrong, "\n".join(wrong)
    assert result.status == 0
