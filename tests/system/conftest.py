"""Fixtures of the system tests: machines, shared where a test does not harm them.

`machine` is a running guest at its prompt. Tests with the same boot share it; after each test the
frames and objects in use must be what they were before, and a guest that hangs or that a test shut
down is replaced. When a test fails, the console log is kept in build/test-logs under the test's
name, its tail is shown, and a command that repeats the test.
"""

import os
import re
import shlex
import shutil
import sys

import pytest

sys.dont_write_bytecode = True

import census  # noqa: E402
import machine as machines  # noqa: E402

TAIL_LINES = 60
SEED = os.environ.get("OCTAVO_SEED", "1")


@pytest.fixture(scope="session")
def seed():
    """The seed of all that is random; OCTAVO_SEED sets another."""
    return SEED


class Pool:
    """At most one idle machine for each way of booting."""

    def __init__(self):
        self._idle = {}

    def take(self, config):
        guest = self._idle.pop(config, None)
        if guest is None or not guest.alive():
            guest = machines.Machine(config)
            guest.wait_for_prompt(machines.BOOT_SECONDS)
            # The shell's current directory is the root's own channel until it first changes.
            guest.run("cd /")
        return guest

    def give_back(self, guest):
        for other in self._idle.values():
            other.stop()
        self._idle = {guest.config: guest}

    def close(self):
        for guest in self._idle.values():
            guest.stop()


@pytest.fixture(scope="session")
def pool():
    machines_pool = Pool()
    yield machines_pool
    machines_pool.close()


def config_of(request):
    mark = request.node.get_closest_marker("boot")
    fields = dict(mark.kwargs) if mark else {}
    return machines.Config(**{**fields, **getattr(request, "param", {})})


@pytest.fixture
def machine(request, pool):
    """A machine at its prompt, shared with other tests."""
    guest = pool.take(config_of(request))
    request.node.guest = guest
    before = census.take(guest)
    yield guest
    if request.node.failed_call or not guest.alive():
        guest.stop()
        return
    complaint = census.compare(before, guest)
    if complaint:
        guest.stop()
        pytest.fail(complaint)
    pool.give_back(guest)


@pytest.fixture
def exact_machine(request):
    """A machine of the test's own in which an instruction takes a nanosecond."""
    guest = machines.Machine(machines.ExactConfig(**getattr(request, "param", {})))
    request.node.guest = guest
    guest.wait_for_prompt(machines.BOOT_SECONDS)
    yield guest
    guest.stop()


@pytest.fixture
def boot(request):
    """boot(**config) starts a machine of the test's own and does not wait for anything."""
    guests = []

    def start(**fields):
        guest = machines.Machine(machines.Config(**fields))
        guests.append(guest)
        request.node.guest = guest
        return guest

    yield start
    for guest in guests:
        guest.stop()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if call.when == "setup":
        item.failed_call = report.failed
    if call.when == "call":
        item.failed_call = report.failed
    if report.failed:
        explain(item, report)


def explain(item, report):
    """Adds to a failure what one needs to look into it."""
    flags = shlex.quote(f"-n0 -k {shlex.quote(item.name)}")
    repeat = f"OCTAVO_SEED={SEED} make test-system PYTESTFLAGS={flags}"
    report.sections.append(("to repeat it", repeat))
    guest = getattr(item, "guest", None)
    if guest is None:
        return
    kept = machines.LOGS / (re.sub(r"[^\w.-]+", "-", item.name) + ".log")
    text = guest.log_text()
    shutil.copyfile(guest.log_path, kept)
    report.sections.append(("console log", f"{kept.relative_to(machines.ROOT)}"))
    tail = "\n".join(machines.plain(text.encode()).splitlines()[-TAIL_LINES:])
    report.sections.append((f"console, last {TAIL_LINES} lines", tail))
