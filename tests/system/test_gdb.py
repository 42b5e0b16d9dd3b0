"""`make gdb` as a script: breakpoints before paging, in the kernel and in a program; a backtrace from
the kernel through the system call into the user's frames; the commands of scripts/gdb."""

import os
import re
import shlex
import subprocess

from machine import ROOT

SECONDS = 180


def run_gdb(*commands):
    """Runs gdb's commands in a batch session of `make gdb`; returns what it printed."""
    flags = ["-batch"]
    for command in commands:
        flags += ["-ex", command]
    environment = {name: value for name, value in os.environ.items() if name != "MAKEFLAGS"}
    done = subprocess.run(["make", "--no-print-directory", "gdb", "SETUP=:",
                           "GDBFLAGS=" + shlex.join(flags)], cwd=ROOT, env=environment,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=SECONDS)
    output = done.stdout.decode(errors="replace")
    assert done.returncode == 0, output
    assert "Python Exception" not in output, output
    return output


def frames(output):
    """The names of the functions in the last backtrace."""
    last = output[output.rindex("\n#0 "):]
    return re.findall(r"^#\d+ +(?:0x[0-9a-f]+ in )?(\w+) ", last, re.MULTILINE)


def test_backtrace_from_clone_into_the_shell():
    output = run_gdb("add-program sh", "break run_program", "oct-type ls /bin", "continue",
                     "break address_space_clone_self", "continue", "bt")
    assert re.search(r"Breakpoint \d+.*, run_program ", output), output
    assert re.search(r"Breakpoint \d+.*, address_space_clone_self ", output), output
    names = frames(output)
    assert names[0] == "address_space_clone_self", output
    for wanted in ("sys_process_fork", "syscall_dispatch", "fork", "run_program", "main"):
        assert wanted in names, f"{wanted} is not in {names}"
    assert names.index("syscall_dispatch") < names.index("fork") < names.index("main")


def test_breakpoints_before_and_after_paging():
    output = run_gdb("break _start", "continue", "delete", "break kernel_main", "continue", "bt")
    assert re.search(r"Breakpoint \d.*, _start ", output), output
    assert frames(output)[0] == "kernel_main", output


def test_commands():
    output = run_gdb("add-program sh", "break run_program", "oct-type ls", "continue", "delete",
                     "break sys_process_wait", "continue",
                     "oct-ps", "oct-space 1", "oct-buddy", "oct-pt 0x3ffffff000", "oct-pt 0 1")
    for wanted in (r"\binit\b", r"\bconsole\b", r"\bsh\b", r"0x[0-9a-f]+ *(?:\.\.|-) *0x[0-9a-f]+"):
        assert re.search(wanted, output), f"{wanted} is not in:\n{output}"
    assert "Error" not in output, output
