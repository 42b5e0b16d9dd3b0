"""The shell and each program of /bin, typed at as a new user would, wrong arguments included."""

import os
import re
import subprocess
import time

import pexpect
import pytest

from machine import CTRL_C, CTRL_D, CTRL_T, CTRL_U, ROOT

# Each: what is typed, the status, and a regular expression that the whole output must match.
COMMANDS = [
    ("echo", 0, r""),
    ("echo hello", 0, r"hello"),
    ("echo 'a  b' \"c  $HOME\" d\\ e", 0, r"a  b c  / d e"),
    ("echo -n no newline", 0, r"no newline"),
    ("echo $NOTHING-${HOME}-$?", 0, r"-/-0"),
    ("cat /etc/servers", 0, r"(?s)# /etc/servers.*console.*"),
    ("cat /nofile", 1, r"cat: /nofile: No such file or directory"),
    ("cat /bin", 1, r"cat: /bin: Is a directory"),
    ("cat /etc/servers/x", 1, r"cat: /etc/servers/x: Not a directory"),
    ("cat --no-such-option", 1, r"(?s).*usage: cat.*"),
    ("ls /", 0, r"(?s).*bin.*etc.*init.*servers.*tests.*"),
    ("ls /bin/true", 0, r"/bin/true"),
    ("ls -l /bin/true", 0, r"-rwxr-xr-x +1 +\d+ 1970-01-01 00:00 /bin/true"),
    ("mount", 0, r"initrd on / type initfs \(ro\)\nram on /tmp type ramfs \(rw\)"),
    ("mount ram /bin", 1, r"mount: /bin: Device or resource busy"),
    ("mount nobody /bin", 1, r"mount: nobody: No such file or directory"),
    ("mount /bin", 2, r"(?s)usage: mount.*"),
    ("umount /bin", 1, r"umount: /bin: not mounted"),
    ("cd /tmp && umount /tmp; cd ..", 0, r"umount: /tmp: Device or resource busy"),
    ("umount /tmp && mount -t ext2 ram /tmp; mount -t ramfs ram /tmp", 0,
     r"mount: /tmp: not a .* type ext2"),
    ("umount", 2, r"(?s)usage: umount.*"),
    ("df", 0, r"(?s)Filesystem +1K-blocks .*initrd +\d+ +\d+ +0 100% /\nram +65536 .* /tmp"),
    ("df -hT /tmp/..", 0, r"Filesystem +Type +Size .*\ninitrd +initfs +[\d.]+M .* 100% /"),
    ("df /nofile", 1, r"(?s)Filesystem.*df: /nofile: No such file or directory"),
    ("df -z", 2, r"(?s)df: .*usage: df.*"),
    ("echo over > /tmp/f && cd /tmp && cat f && cd .. && ls /tmp", 0, r"over\nf"),
    ("ls /nofile", 2, r"ls: cannot access '/nofile': No such file or directory"),
    ("ls -z", 2, r"(?s)ls: .*usage: ls.*"),
    ("ps", 0, r"(?s) +PID .*\d+ .* init\n.* initfs\n.* console\n.* sh\n.* ps"),
    ("ps -w", 0, r"(?s) +PID .*RECV .* console\n.*CHILD .* sh\n +\d+ +0 +16 +0 RUN .* ps"),
    ("ps -h", 0, r"HART +ID +BUSY .*\n +0 +0 .* ps \(\d+/0\)"),
    ("ps extra", 2, r"(?s).*usage: ps.*"),
    ("ps -w -h", 2, r"(?s).*usage: ps.*"),
    ("kill", 2, r"(?s)usage: kill.*"),
    ("kill abc", 2, r"kill: abc: .+"),
    ("kill 99999", 1, r"kill: 99999: No such process"),
    ("free", 0, r"(?s).*total +\d+ .*managed.*used.*free +\d+ .*zeroed +\d+ .*committed +\d+ +\d+"),
    ("free -v", 0, r"(?s).*total +\d+ .*committed.*order .* in smaller\n +0 .* 0\.0%\n.*"),
    ("free -h", 0, r"(?s).*Mi.*"),
    ("free x", 2, r"(?s).*usage: free.*"),
    ("uptime", 0, r"up .*\d+ processes.*"),
    ("sleep 0.1", 0, r""),
    ("sleep", 2, r"(?s)usage: sleep.*"),
    ("sleep long", 2, r"(?s)sleep: .*long.*"),
    ("true", 0, r""),
    ("false", 1, r""),
    ("/bin/true", 0, r""),
    ("/bin/false", 1, r""),
    ("true extra arguments", 0, r""),
    ("env", 0, r"(?s).*PATH=/bin:/tests.*"),
    ("env -i A=b env", 0, r"A=b"),
    ("env no-such-program", 127, r"env: no-such-program: No such file or directory"),
    ("pmap", 0, r"(?s)ADDRESS +PERM .*[0-9a-f]{10}-[0-9a-f]{10} r-x. .*\ntotal +\d+ .*"),
    ("pmap -t", 0, r"(?s)root: 0x.* -> .*U.*"),
    ("pmap 1", 0, r"(?s)ADDRESS .*\ntotal .*"),
    ("pmap -t 1", 0, r"(?s)root: 0x.*"),
    ("pmap 99999", 1, r"pmap: 99999: No such process"),
    ("pmap abc", 2, r"(?s)pmap: .*"),
    ("prio 5 ps -w", 0, r"(?s).*\n +\d+ +0 +5 +0 RUN .* ps"),
    ("prio 0 echo lowest", 0, r"lowest"),
    ("prio 17 echo", 1, r"prio: 17: above the ceiling, or not permitted"),
    ("prio -c 3 sh -c 'prio 4 true; prio 3 echo three'", 0, r"prio: 4: above .*\nthree"),
    ("prio 5 no-such-program", 127, r"prio: no-such-program: No such file or directory"),
    ("prio 5 /etc/servers", 126, r"prio: /etc/servers: .+"),
    ("prio -p 2", 0, r"process 2 thread 0: priority 20"),
    ("prio -p 2 19 && prio -p 2; prio -p 2 20 && prio -p 2", 0, r".* 19\n.* priority 20"),
    ("prio -p 2 21", 1, r"prio: 21: above the ceiling, or not permitted"),
    ("prio -p 99999", 1, r"prio: 99999: No such process"),
    ("prio -p 99999 5", 1, r"prio: 99999: No such process"),
    ("prio -p abc 5", 2, r"prio: abc: not a process number"),
    ("prio -p 0", 2, r"prio: 0: not a process number"),
    ("prio", 2, r"usage: prio .*"),
    ("prio 5", 2, r"usage: prio .*"),
    ("prio -p 2 5 6", 2, r"usage: prio .*"),
    ("prio -c -p 2", 2, r"usage: prio .*"),
    ("prio -z 5 true", 2, r"(?s)prio: .*usage: prio .*"),
    ("prio 32 true", 2, r"prio: 32: not a priority from 0 to 31"),
    ("prio 5x true", 2, r"prio: 5x: not a priority .*"),
    ("prio '' true", 2, r"prio: : not a priority .*"),
    ("prio 99999999999999999999 true", 2, r"prio: 9+: not a priority .*"),
    ("pin 0 echo here", 0, r"here"),
    ("pin all echo here", 0, r"here"),
    ("pin 0-0,0 ps -w", 0, r"(?s).*\n +\d+ +0 +16 +0 RUN .* ps"),
    ("pin 0 no-such-program", 127, r"pin: no-such-program: No such file or directory"),
    ("pin 0 /etc/servers", 126, r"pin: /etc/servers: .+"),
    ("pin -p 3", 0, r"process 3 thread 0: harts 0"),
    ("pin -p 3 0 && pin -p 3 all", 0, r""),
    ("pin 0,63 true", 1, r"pin: 0,63: some of these do not run; harts that do: 0"),
    ("pin -p 99999", 1, r"pin: 99999: No such process"),
    ("pin -p 99999 0", 1, r"pin: 99999: No such process"),
    ("pin -p abc", 2, r"pin: abc: not a process number"),
    ("pin", 2, r"usage: pin .*"),
    ("pin 0", 2, r"usage: pin .*"),
    ("pin -p 3 0 0", 2, r"usage: pin .*"),
    ("pin 1-0 true", 2, r"pin: 1-0: not a list of harts, such as 0,2-3"),
    ("pin 64 true", 2, r"pin: 64: not a list of harts, such as 0,2-3"),
    ("vmstat", 0, r"(?s)COUNTER +SINCE BOOT\nfaults +[1-9]\d* .*\nzeroed +\d+ .*"),
    ("vmstat .1 2", 0, r"(?s)(COUNTER +SINCE BOOT +A SECOND\nfaults +\d+ +\d+\.\d .*){2}"),
    ("vmstat 0", 2, r"usage: vmstat.*"),
    ("vmstat 1 0", 2, r"usage: vmstat.*"),
    ("vmstat 1 1 1", 2, r"usage: vmstat.*"),
    ("top -n 1", 0, r"(?s)up 00:.* processes, .* since boot\nload%  0:.*\nmemory .* top.*"),
    ("top -t -n 1", 0, r"(?s).*\n +PID +TID PRI .*\n +\d+ +0 +16 +0 RUN +.* top.*"),
    ("top -d .2 -n 2", 0, r"(?s).* since boot\n.* over the last \d+\.\d s\n.* top.*"),
    ("top extra", 2, r"usage: top.*"),
    ("top -z", 2, r"(?s)top: .*usage: top.*"),
    ("top -n 0", 2, r"top: 0: not a count from 1 on"),
    ("top -n 2x", 2, r"top: 2x: not a count from 1 on"),
    ("top -d 0.01", 2, r"top: 0\.01: not a time from 0\.1 to 3600 seconds"),
    ("top -d 1h", 2, r"top: 1h: not a time from .*"),
    ("top -d nan", 2, r"top: nan: not a time from .*"),
    ("top -d 3601", 2, r"top: 3601: not a time from .*"),
    ("help", 0, r"(?s)Octavo.*shutdown.*"),
    ("pwd", 0, r"/"),
    ("uname", 0, r"Octavo"),
    ("uname -a", 0, r"Octavo riscv64, .*1 of 1 hart, Sv\d\d"),
    ("shutdown extra", 2, r"(?s).*usage: shutdown.*"),
    ("reboot extra", 2, r"(?s).*usage: reboot.*"),
    ("no-such-program", 127, r"sh: no-such-program: command not found"),
    ("/no/such/program", 127, r"sh: /no/such/program: .+"),
    ("/etc/servers", 126, r"sh: /etc/servers: .+"),
    ("/bin", 126, r"sh: /bin: .+"),
    ("true && echo yes || echo no", 0, r"yes"),
    ("false && echo yes || echo no", 0, r"no"),
    ("! true", 1, r""),
    ("A=b env | cat", None, r"(?s).*sh: .*"),
    ("A=b; echo $A; unset A; echo \"<$A>\"", 0, r"b\n<>"),
    ("export B=c; env", 0, r"(?s).*B=c.*"),
    ("unset B", 0, r""),
    ("cd /bin && pwd && cd /", 0, r"/bin"),
    ("cd /nofile", 1, r"sh: cd: .*/nofile: No such file or directory"),
    ("cd /etc/servers", 1, r"sh: cd: .*Not a directory"),
    ("cat < /etc/servers", 0, r"(?s)# /etc/servers.*"),
    ("cat < /nofile", 1, r"sh: /nofile: No such file or directory"),
    ("echo x > /x", 1, r"sh: /x: Read-only file system"),
    ("echo x >> /etc/servers", 1, r"sh: /etc/servers: Read-only file system"),
    ("echo seen > /dev/console", 0, r"seen"),
    ("cat /nofile 2> /dev/console", 1, r"cat: /nofile: No such file or directory"),
    ("sh -c 'echo inner $0 $1; exit 7' name first", 7, r"inner name first"),
    ("sh /nofile", 127, r"sh: /nofile: No such file or directory"),
    ("(", 2, r"sh: .*"),
    ("echo a &&; echo b", 2, r"sh: .*syntax.*"),
    ("if true", 2, r"sh: .*"),
    ("# only a comment", None, r""),
    ("   ", None, r""),
]


@pytest.mark.parametrize("part", range(4))
def test_commands(machine, part):
    wrong = []
    for command, status, pattern in COMMANDS[part::4]:
        result = machine.run(command)
        output = result.output.strip("\n")
        if status is not None and result.status != status:
            wrong.append(f"{command!r}: status {result.status}, not {status}: {output!r}")
        if not re.fullmatch(pattern, output):
            wrong.append(f"{command!r}: {output!r} is not /{pattern}/")
    assert not wrong, "\n".join(wrong)


def test_every_program_explains_itself(machine):
    programs = machine.run("ls -1 /bin").output.split()
    assert len(programs) >= 15
    for program in programs:
        if program in ("echo", "true", "false", "sh"):
            continue
        result = machine.run(f"/bin/{program} --help")
        assert result.status == 0, program
        assert f"usage: {program}" in result.output
    assert machine.run("sh --help").output


def test_scripted_session():
    """What README promises to whoever has only a pipe."""
    script = "echo hello\nls /bin\nps\nfree -v\npmap -t\nshutdown\n"
    environment = {name: value for name, value in os.environ.items() if name != "MAKEFLAGS"}
    done = subprocess.run(["make", "--no-print-directory", "qemu", "SETUP=:"], cwd=ROOT,
                          env=environment, input=script.encode(), capture_output=True, timeout=120)
    output = done.stdout.decode(errors="replace").replace("\r", "")
    assert done.returncode == 0, output
    for expected in (r"\$ echo hello\nhello\n", r"\nbench +\S+ .* true.*\n\$ ps\n",
                     r" 0 .* init\n", r" ps\n", r"\norder +block", r"\nroot: 0x", r"DA_U_WRV\n",
                     r"\$ shutdown\n"):
        assert re.search(expected, output, re.DOTALL), f"{expected!r} is not in:\n{output}"


def test_a_script_as_a_file_of_many_lines(machine):
    """Typed ahead all at once: no byte may be lost while programs run and modes change."""
    count = 60
    machine.type("".join(f"echo line {n}; true {n}\n" for n in range(count)) + "echo the-end-$?\n")
    output = machine.expect(r"the-end-0")
    machine.wait_for_prompt()
    for n in range(count):
        assert f"\nline {n}\n" in output, n


# ---- harts --------------------------------------------------------------------------------------

def hart_of(machine, pid):
    """What `ps -w` says of a process of one thread: where it runs, or ran last."""
    row = re.compile(rf"^ +{pid} +0 +\d+ .{{4}} +(\d+) [A-Z]+ ", re.MULTILINE)
    for _ in range(20):  # a program that has just been executed may have run nowhere yet
        if match := row.search(machine.run("ps -w").output):
            return match.group(1)
    return None


@pytest.mark.boot(smp=4)
def test_pin_says_where_a_command_runs(machine):
    for harts, shown in (("1", "1"), ("3,2", "2-3"), ("3,0", "0,3"), ("all", "0-3")):
        output = machine.run(f"pin {harts} sh -c 'pin -p $$'").output
        assert output.endswith(f"thread 0: harts {shown}\n"), output
    for harts, allowed in (("1", "1"), ("2-3", "23"), ("3,0", "03")):
        for command in ("ps -w", "sh -c 'true; ps -w'"):
            output = machine.run(f"pin {harts} {command}").output
            assert re.search(rf" 16 +[{allowed}] RUN .* ps$", output, re.MULTILINE), output
    result = machine.run("pin 0,4 true")
    assert result.status == 1 and result.output.strip().endswith("harts that do: 0-3")


@pytest.mark.boot(smp=4)
def test_pin_moves_a_process_that_runs(machine):
    for hart in "3012":
        found = None
        for _ in range(5):  # on a busy host it may be done, and sleep, before it is looked at
            if found == hart:
                break
            pid = start_computing(machine)
            output = machine.run(f"pin -p {pid} {hart} && pin -p {pid}").output
            assert output.endswith(f"s {hart}\n"), output
            found = hart_of(machine, pid)
            output = machine.run(f"pin -p {pid} all; pin -p {pid}").output
            assert output.endswith("harts 0-3\n"), output
            stop_computing(machine, pid)
        assert found == hart


@pytest.mark.boot(smp=4)
def test_ps_shows_every_hart(machine):
    rows = machine.run("ps -h").lines[1:]
    assert [row.split()[0] for row in rows] == ["0", "1", "2", "3"]
    assert sorted(row.split()[1] for row in rows) == ["0", "1", "2", "3"]
    assert all(re.fullmatch(r"( +\d+){2} +\d+\.\d%( +\d+){4} (idle|\w+ \(\d+/\d+\))", row)
               for row in rows), rows
    assert sum(" ps (" in row for row in rows) == 1


# ---- top ----------------------------------------------------------------------------------------

def start_computing(machine, before=""):
    """A program that executes another a thousand times is busy for as long as this takes. Returns
    its pid; stop_computing() ends it."""
    machine.run("A='env env env env env env env env'; B=\"$A $A $A $A $A $A $A $A\"")
    machine.run(before + " ".join(["$B"] * 16) + " sleep 1000 &")
    return machine.run("echo $!").output.strip()


def stop_computing(machine, pid):
    machine.run(f"kill {pid}; wait; unset A; unset B")


def test_top_finds_who_computes(machine):
    pid = start_computing(machine)
    first, second = machine.run("top -n 2 -d 0.5").output.split("\nup ")
    stop_computing(machine, pid)
    shares = {}
    for line in second.splitlines():
        if match := re.match(r" *(\d+) +\d+ +\d+K +(\d+\.\d) +\d+\.\d{3} \w+$", line):
            shares[match.group(1)] = float(match.group(2))
    assert list(shares.values()) == sorted(shares.values(), reverse=True)
    assert sum(shares.values()) <= 150, second  # an emulator that stands still meanwhile adds some
    assert shares[pid] > 10, second
    assert "since boot" in first and "over the last" in second


@pytest.mark.boot(smp=4)
def test_top_shows_which_hart_is_busy(machine):
    pid = start_computing(machine, "pin 3 ")
    second = machine.run("top -n 2 -d 0.5").output.split("\nup ")[1]
    stop_computing(machine, pid)
    loads = re.findall(r"  (\d): *(\d+\.\d)", second.splitlines()[1])
    assert [number for number, _ in loads] == ["0", "1", "2", "3"], second
    assert 10 < float(loads[3][1]) <= 100, second


def test_top_obeys_its_keys(machine):
    machine.type("top -d 0.4\n")
    machine.expect(r"(?s)t threads  i hide .*every 0\.400 s.*THREADS +MEMORY")
    machine.type("t")
    machine.expect(r"(?s)t processes .* PID +TID PRI LENT HART STATE")
    machine.type("i")
    machine.expect(r"i show idle ones")
    machine.type("+")
    machine.expect(r"every 0\.800 s")
    machine.type("--")
    machine.expect(r"every 0\.200 s")
    machine.type("x")
    machine.expect(r"over the last \d+\.\d s")
    # What is typed behind the last key is the shell's, which gets its own modes back.
    machine.type("qecho after-$?\n")
    machine.expect(r"\nafter-0\r")
    machine.wait_for_prompt()


def test_top_gives_the_terminal_back(machine):
    """To a script, which unlike the shell at its prompt does not set the modes itself."""
    machine.type("sh -c 'top; cat'\n")
    machine.expect(r"keys: q quit")
    machine.type("q")
    machine.expect(r"\x1b\[J$")
    machine.type("echoed\n")
    machine.expect(r"echoed\r*\n.*echoed\r*\n")
    machine.type(CTRL_D)
    machine.wait_for_prompt()


def test_top_draws_over_one_screen(machine):
    machine.type("top -d 0.2\n")
    screens = [machine.expect(r"\x1b\[H") for _ in range(4)][1:]
    machine.type("q")
    machine.wait_for_prompt()
    for screen in screens:
        assert screen.startswith("up ") and len(screen.splitlines()) <= 23
        assert max(len(line) for line in screen.splitlines()) <= 80


def test_top_is_ended_by_ctrl_c(machine):
    machine.type("top\n")
    machine.expect(r"keys: q quit")
    machine.type(CTRL_C)
    machine.wait_for_prompt()
    assert machine.run("echo $?").output.strip() == "130"


def test_top_with_a_count_reads_no_keys(machine):
    machine.type("top -n 2 -d 0.3\necho kept-$?\n")
    machine.expect(r"(?s)over the last .*\nkept-0\r")
    machine.wait_for_prompt()


# ---- the line editor ----------------------------------------------------------------------------

LEFT, RIGHT, UP, DOWN = b"\x1b[D", b"\x1b[C", b"\x1b[A", b"\x1b[B"
HOME, END, DELETE = b"\x1b[H", b"\x1b[F", b"\x1b[3~"


@pytest.mark.parametrize("keys, line", [
    (b"echo helo" + LEFT + b"l", "hello"),
    (b"echo hxello" + LEFT * 4 + b"\x7f", "hello"),
    (b"echo hxello" + LEFT * 5 + DELETE, "hello"),
    (b"ho hello" + HOME + b"ec" + END, "hello"),
    (b"ho hello" + b"\x01" + b"ec" + b"\x05", "hello"),
    (b"rubbish" + CTRL_U + b"echo hello", "hello"),
    (b"echo hello world" + b"\x17", "hello"),
    (b"echo hello world" + LEFT * 6 + b"\x0b", "hello"),
    (b"ech\to hello"[:3] + b"\t hello", "hello"),
], ids=["insert", "backspace", "delete", "home", "ctrl-a", "ctrl-u", "ctrl-w", "ctrl-k", "tab"])
def test_line_editing(machine, keys, line):
    machine.type(keys + b"\n")
    machine.expect(rf"\n{line} *\r*\n")
    machine.wait_for_prompt()


def test_history(machine):
    for word in ("one", "two", "three"):
        machine.run(f"echo {word}")
    # run() asks for the status after each: two lines of history a command.
    machine.type(UP * 4 + b"\n")
    machine.expect(r"\ntwo\r*\n")
    machine.wait_for_prompt()
    machine.type(UP * 3 + DOWN * 3 + b"echo fresh\n")
    machine.expect(r"\nfresh\r*\n")
    machine.wait_for_prompt()


def test_completion(machine):
    machine.type("shutd\t")
    machine.expect("shutdown ")
    machine.type(CTRL_U + b"cat /etc/ser\t\n")
    machine.expect("# /etc/servers")
    machine.wait_for_prompt()
    machine.type("hostile_\t\t")
    machine.expect("hostile_calls")
    machine.expect("hostile_pointers")
    machine.type(CTRL_C)
    machine.wait_for_prompt()


def test_a_long_line(machine):
    text = "0123456789" * 150
    machine.type(f"echo {text}\n")
    machine.expect(rf"\n{text}\r*\n")
    machine.wait_for_prompt()


# ---- keys and jobs ------------------------------------------------------------------------------

def test_ctrl_c_ends_the_program_and_what_it_started(machine):
    machine.type("sh -c 'sleep 1000; echo survived'\n")
    machine.expect(r"\n")
    with pytest.raises(pexpect.TIMEOUT):
        machine.expect(r"\$ $", seconds=1)
    machine.type(CTRL_C)
    machine.wait_for_prompt(20)
    result = machine.run("ps")
    assert "sleep" not in result.output and "survived" not in result.output


def test_ctrl_c_at_the_prompt(machine):
    machine.type(b"echo not-run" + CTRL_C)
    output = machine.wait_for_prompt()
    assert "\nnot-run" not in output
    assert machine.run("echo $?").output.strip() == "130"


def test_ctrl_d_ends_input_and_shell(machine):
    machine.type("cat\n")
    machine.expect("\n")
    machine.type("typed\n")
    machine.expect(r"typed\r*\n.*typed\r*\n")
    machine.type(CTRL_D)
    machine.wait_for_prompt()
    # The first shell ends, and init starts another.
    machine.type(CTRL_D)
    machine.expect(r"init: .*sh .*starting another")
    machine.wait_for_prompt()
    assert machine.run("cd / && echo again").output.strip() == "again"


def test_ctrl_t_shows_who_waits_for_whom(machine):
    machine.type("cat\n")
    machine.type("ready\n")
    machine.expect(r"ready\r*\n.*ready\r*\n")
    for _ in range(50):  # cat has printed its line, but may not have asked for the next one yet
        machine.type(CTRL_T)
        output = machine.expect(r" cat\r*\n")
        if re.search(r"(READY|RUN) .*$", output) is None:
            break
        time.sleep(0.1)
    assert re.search(r"REPLY +console[^\n]*$", output), output
    machine.type(CTRL_D)
    machine.wait_for_prompt()


def test_background_jobs(machine):
    result = machine.run("sleep 1000 &")
    pid = re.search(r"\[1\] (\d+)", result.output).group(1)
    assert re.search(r"\[1\] +Running +sleep 1000", machine.run("jobs").output)
    assert machine.run(f"kill {pid}").status == 0
    machine.run("sleep 0.1")
    assert re.search(r"\[1\].*(Killed|Terminated).*sleep 1000", machine.log_text())
    assert "sleep" not in machine.run("jobs").output

    machine.run("sleep 0.5 &")
    assert machine.run("wait").status == 0
    assert "sleep" not in machine.run("ps").output


def test_killed_programs_have_their_status(machine):
    machine.type("sh -c 'kill -9 $$'\n")
    output = machine.wait_for_prompt()
    assert "Killed" in output
    result = machine.run("sh -c 'kill -9 $$'; echo status-$?")
    assert "status-137" in result.output
