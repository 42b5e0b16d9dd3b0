"""Hostile programs at the shell: what they take comes back when they end, and the shell works on.

The hostile test programs in /tests run with the others in test_programs.py; here are those that a
person ends by a key, and program files that are none.
"""

import random

import pexpect
import pytest

import archive
from machine import CTRL_C, build_folder


def test_fork_bomb_ends_with_ctrl_c(machine):
    machine.type("/tests/hostile_memory --bomb\n")
    machine.expect(r"\n")
    with pytest.raises(pexpect.TIMEOUT):
        machine.expect("never printed", seconds=2)
    machine.type(CTRL_C)
    machine.wait_for_prompt(120)
    assert machine.run("ls /bin").status == 0
    assert "hostile" not in machine.run("ps").output


def test_loop_without_end_ends_with_ctrl_c(machine):
    machine.type("sh -c 'while true' ; cat\n")
    machine.expect(r"\n")
    machine.type(CTRL_C)
    machine.wait_for_prompt()


def bad_programs(seed):
    """Files that look like programs, by name: cut short, noise, mutated."""
    good = (build_folder() / "root" / "bin" / "true").read_bytes()
    numbers = random.Random(seed)
    files = {
        "empty": b"",
        "magic": good[:4],
        "header": good[:64],
        "headers": good[:64 + 56 * 3],
        "half": good[:len(good) // 2],
        "short": good[:-1],
        "noise": bytes(numbers.randrange(256) for _ in range(5000)),
        "noise-behind-header": good[:64] + bytes(numbers.randrange(256) for _ in range(5000)),
        "script-of-itself": b"#!/tests/bad/script-of-itself\n",
        "script-of-nothing": b"#!/no/such/interpreter\n",
        "script-without-end": b"#!" + b"x" * 5000,
        "large-zeros": bytes(1 << 20),
    }
    for n in range(20):
        mutant = bytearray(good)
        for _ in range(numbers.randrange(1, 4)):
            mutant[numbers.randrange(64 + 56 * 4)] = numbers.randrange(256)
        files[f"mutant-{n}"] = bytes(mutant)
    return files


def test_bad_program_files(boot, tmp_path, seed):
    """The loader refuses them with a message and a status; what it accepts may die, alone."""
    files = bad_programs(int(seed, 0))
    paths = {f"tests/bad/{name}": content for name, content in files.items()}
    guest = boot(initrd=archive.make(tmp_path, paths))
    guest.wait_for_prompt(60)
    for name in files:
        result = guest.run(f"/tests/bad/{name}")
        # A text that is no program is a script for the shell, and an empty one does nothing.
        if not name.startswith("mutant") and name not in ("short", "empty"):
            assert result.status != 0, f"{name}: {result}"
        assert guest.run("true").status == 0
    assert guest.run("ls /bin").status == 0
    assert guest.shut_down() == 0


def test_commands_of_noise(machine, seed):
    """What a cat on the keyboard types: any printable bytes, then a line that must work."""
    numbers = random.Random(int(seed, 0))
    alphabet = "abc $\"'\\;&|<>(){}*?~#!=%0123456789/.-\t"
    for _ in range(40):
        noise = "".join(numbers.choice(alphabet) for _ in range(numbers.randrange(1, 60)))
        machine.type(noise + "\n")
        # Ctrl-C ends a program that waits, an open quote, a line that goes on.
        machine.type(CTRL_C)
        machine.type(CTRL_C)
    machine.type("wait; echo the-end-of-noise\n")
    machine.expect(r"\nthe-end-of-noise")
    machine.wait_for_prompt()
    machine.run("cd /")
