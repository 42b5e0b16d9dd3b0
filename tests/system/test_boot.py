"""Booting: each size of memory, number of harts, kind of paging, with checks on and off; and what
happens when there is nothing to boot into."""

import itertools

import pexpect
import pytest

import archive
from machine import ROOT
from test_programs import check_tap

MATRIX = itertools.product(["32M", "128M", "4G"], [1, 4], ["sv39", "sv48", "sv57"], [False, True])


@pytest.mark.parametrize("mem, smp, mmu, debug", MATRIX)
def test_matrix(boot, mem, smp, mmu, debug):
    guest = boot(mem=mem, smp=smp, append=f"mmu={mmu} panic=exit", debug=debug)
    banner = guest.wait_for_prompt(60)
    size = {"32M": "32 MiB", "128M": "128 MiB", "4G": "4096 MiB"}[mem]
    assert size in banner and mmu in banner
    assert f"{smp} of {smp} hart" in guest.run("uname -a").output
    for program in ("handle", "memory", "hostile_pointers"):
        check_tap(guest.run(f"/tests/{program}").output)
    assert guest.shut_down() == 0


def test_runs_one_program(boot):
    guest = boot(append="run=/tests/handle panic=exit")
    assert guest.wait_for_end() == 0
    check_tap(guest.log_text().replace("\r", ""))


@pytest.mark.parametrize("program", ["/bin/false", "/no/such/program", "/etc/servers"])
def test_program_that_fails_is_a_failure_of_the_machine(boot, program):
    assert boot(append=f"run={program}").wait_for_end() not in (0, None)


def test_reboot(boot):
    guest = boot()
    guest.wait_for_prompt(60)
    guest.type("reboot\n")
    guest.expect("OpenSBI")
    guest.wait_for_prompt(60)
    assert guest.run("echo alive").output.strip() == "alive"
    assert guest.shut_down() == 0


def test_paging_that_does_not_exist_is_not_chosen(boot):
    guest = boot(append="mmu=sv32")
    guest.wait_for_prompt(60)
    assert "Sv" in guest.run("uname -a").output


# ---- panics -------------------------------------------------------------------------------------

def check_panic(guest, message):
    """A panic names its cause, shows a backtrace with names, and ends QEMU with a failure."""
    assert guest.wait_for_end(60) not in (0, None)
    log = guest.log_text()
    assert "panic" in log and message in log, log[-2000:]
    assert "kernel_main" in log, log[-2000:]


def test_panic_without_an_initrd(boot):
    check_panic(boot(initrd="", append="panic=exit"), "initrd")


def test_panic_with_an_initrd_that_is_none(boot, tmp_path):
    noise = tmp_path / "noise"
    noise.write_bytes(bytes((n * 7 + n // 256) % 256 for n in range(100000)))
    check_panic(boot(initrd=str(noise), append="panic=exit"), "init")


@pytest.mark.parametrize("content", [b"", b"not a program", b"\x7fELF" + bytes(200)],
                         ids=["empty", "text", "zeros"])
def test_panic_with_an_init_that_is_no_program(boot, tmp_path, content):
    initrd = archive.make(tmp_path, {"init": content})
    check_panic(boot(initrd=initrd, append="panic=exit"), "init")


def test_panic_without_an_init(boot, tmp_path):
    initrd = archive.make(tmp_path, {}, remove=["init"])
    check_panic(boot(initrd=initrd, append="panic=exit"), "init")


def test_panic_waits_for_a_debugger(boot):
    guest = boot(initrd="")
    guest.expect("panic")
    with pytest.raises(pexpect.TIMEOUT):
        guest.wait_for_end(2)
    assert guest.alive()


# ---- servers that fail --------------------------------------------------------------------------

def test_server_that_is_killed_is_started_again(boot):
    guest = boot()
    guest.wait_for_prompt(60)
    pid = next(line.split()[0] for line in guest.run("ps").lines if line.endswith(" initfs"))
    guest.run(f"kill -9 {pid}")
    assert guest.run("cat /etc/servers").status == 0
    lines = guest.run("ps").lines
    assert any(line.endswith(" initfs") and line.split()[0] != pid for line in lines)
    assert "initfs" in guest.log_text() and "killed" in guest.log_text()


def test_mounts_outlive_the_servers_on_both_sides(boot):
    guest = boot()
    guest.wait_for_prompt(60)
    for name in ("initfs", "ram"):
        pid = next(line.split()[0] for line in guest.run("ps").lines if line.endswith(f" {name}"))
        guest.run(f"kill -9 {pid}")
        assert guest.run("echo text > /tmp/f && cat /tmp/f").output.strip() == "text"
        assert guest.run("cd /tmp && cd .. && cat etc/mounts").status == 0


def test_bad_lines_of_the_servers_table_are_named(boot, tmp_path):
    table = (ROOT / "user" / "etc" / "servers").read_text()
    first_bad = len(table.splitlines()) + 1
    table += "nonsense\nmissing /servers/missing none - 20 never\nx /bin/true x y z w\n"
    guest = boot(initrd=archive.make(tmp_path, {"etc/servers": table.encode()}))
    guest.wait_for_prompt(60)
    log = guest.log_text()
    assert f"init: /etc/servers:{first_bad}: " in log
    assert f"init: /etc/servers:{first_bad + 2}: " in log
    assert "/servers/missing: " in log
    assert guest.run("echo alive").output.strip() == "alive"
