"""The memory of programs: the vm_ programs of /tests under each policy of fork, with little memory,
and how long others wait for the end of much of it.

On one hart, under the policy that is the default, they run with the others in test_programs.py.
"""

import pytest

from test_programs import PROGRAMS
from test_smp import run_tests

LATENCY = "vm_end"
# What fork does shows in all of these.
POLICY_TESTS = [name for name in PROGRAMS if name.startswith("vm_") and name != LATENCY]
POLICY_TESTS += ["fork", "memory"]
POLICIES = [{"smp": 4, "append": f"clone={policy}"} for policy in ("copy", "cow", "share")]
# Where all of memory is soon used up.
SMALL = [{"smp": 2, "mem": "32M"}]
SMALL_TESTS = ["vm_pressure", "vm_fork"]


def boot_name(fields):
    return "-".join(str(value) for value in fields.values())


@pytest.mark.parametrize("machine", POLICIES, ids=boot_name, indirect=True)
@pytest.mark.parametrize("name", POLICY_TESTS)
def test_policy(machine, seed, name):
    run_tests(machine, name, seed)


@pytest.mark.parametrize("machine", SMALL, ids=boot_name, indirect=True)
@pytest.mark.parametrize("name", SMALL_TESTS)
def test_little_memory(machine, seed, name):
    run_tests(machine, name, seed)


@pytest.mark.parametrize("exact_machine", [{"mem": "256M"}], ids=boot_name, indirect=True)
def test_end_of_much_memory_in_exact_time(exact_machine, seed):
    output = run_tests(exact_machine, LATENCY, seed)
    assert "late by" in output and "not exact" not in output
