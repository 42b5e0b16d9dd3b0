"""Several harts: the stress programs of /tests, and others that must not mind, with 2, 4 and 8.

Fairness is asked in real time there, and in exact time with one hart: with -icount QEMU runs harts
in turn, each for as long as no timer is due, so that several never run at once.
"""

import pytest

from test_programs import PROGRAMS, STRESS, check_tap

SECONDS = 400
BOOTS = [{"smp": 2}, {"smp": 4}, {"smp": 8}, {"smp": 4, "debug": True}]
FAIR_BOOTS = [{"smp": 2}, {"smp": 4}]

FAIRNESS = "smp_fairness"
STRESS = [name for name in STRESS if name != FAIRNESS]
# What else is about several threads or processes, or about kernels that somebody attacks.
OTHERS = ["event", "fork", "futex", "kill", "message"]
OTHERS += [name for name in PROGRAMS if name.startswith("hostile_")]


def boot_name(fields):
    return f"{fields['smp']}-{'debug' if fields.get('debug') else 'release'}"


def run_tests(guest, name, seed):
    result = guest.run(f"/tests/{name} {seed}", seconds=SECONDS)
    check_tap(result.output)
    assert result.status == 0
    return result.output


@pytest.mark.parametrize("machine", BOOTS, ids=boot_name, indirect=True)
@pytest.mark.parametrize("name", STRESS)
def test_stress(machine, seed, name):
    run_tests(machine, name, seed)


@pytest.mark.boot(smp=4)
@pytest.mark.parametrize("name", OTHERS)
def test_others_on_4_harts(machine, seed, name):
    run_tests(machine, name, seed)


@pytest.mark.parametrize("machine", FAIR_BOOTS, ids=boot_name, indirect=True)
def test_fairness(machine, seed):
    run_tests(machine, FAIRNESS, seed)


def test_fairness_in_exact_time(exact_machine, seed):
    assert "1 harts, time is exact" in run_tests(exact_machine, FAIRNESS, seed)
