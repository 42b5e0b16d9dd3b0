"""trace.py - lists every instruction that the guest executes between two places.

gdb stops the guest at the first place and has QEMU log each instruction until the last. The log
goes through a pipe, for it is far larger than what is kept of it: how often each address was
executed. Executed means executed: unlike the counters, it does not run on while the guest idles.
"""
import collections
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import guest

SECONDS = 600
TRIES = 3
LISTENING = "00010000"  # in /proc/net/unix, column Flags: SO_ACCEPTCON
EXECUTED = re.compile(r"Trace \d+: \S+ \[[0-9a-f]+/([0-9a-f]+)/")
# QEMU names a block when it enters it, and takes it back if an interrupt comes first.
TAKEN_BACK = re.compile(r"Stopped execution of TB chain before \S+ \[([0-9a-f]+)\]")


def _read_log(path, counts):
    with open(path, encoding="ascii", errors="replace") as log:
        for line in log:
            if match := EXECUTED.match(line):
                counts[int(match.group(1), 16)] += 1
            elif match := TAKEN_BACK.match(line):
                counts[int(match.group(1), 16)] -= 1


def _gdb_script(socket, pipe, start, skip, stops):
    """Commands that go to the (skip + 1)-th time at start, then to each of stops in turn."""
    yield from ("set architecture riscv:rv64", f"set remotetimeout {SECONDS}")
    yield f"target remote {socket}"
    yield from (f"break *{start:#x}", f"ignore 1 {skip}", "continue", "delete")
    yield from (f"monitor logfile {pipe}", "monitor log exec,nochain", "monitor singlestep on")
    for stop in stops:
        yield from (f"break *{stop:#x}", "continue", "delete")
    yield from ("monitor log none", "monitor quit")


def _listens(path):
    """Does somebody accept connections there? The socket exists a moment before."""
    with open("/proc/net/unix", encoding="utf-8", errors="replace") as table:
        return any(line.endswith(f" {path}\n") and line.split()[3] == LISTENING for line in table)


def _run_gdb(machine, socket, pipe, places):
    while not _listens(socket) and machine.process.poll() is None:
        time.sleep(0.02)
    line = [guest.setting("GDB", "gdb-multiarch"), "-nx", "-batch"]
    for text in _gdb_script(socket, pipe, *places):
        line += ["-ex", text]
    done = subprocess.run(line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=SECONDS, check=False,
                          encoding="utf-8", errors="replace")
    return done.stdout


def count(command, start, stops, skip=0):
    """count_once, again if there was nothing: now and then QEMU closes gdb's connection."""
    for _ in range(TRIES):
        if counts := count_once(command, start, stops, skip):
            break
    return counts


def count_once(command, start, stops, skip):
    """Runs QEMU with a command line of guest.command, and counts from the (skip + 1)-th time that
    it is at the address start until it has been at each of stops in turn. -> Counter of executed
    addresses"""
    counts = collections.Counter()
    folder = tempfile.mkdtemp(prefix="octavo-trace-")
    socket, pipe = os.path.join(folder, "gdb"), os.path.join(folder, "log")
    os.mkfifo(pipe)
    # Open for both: the reader need not wait for a writer, and comes to the end when this closes.
    held_open = os.open(pipe, os.O_RDWR)
    reader = threading.Thread(target=_read_log, args=(pipe, counts), daemon=True)
    reader.start()
    machine = guest.Guest([*command, *guest.gdb_socket(socket)], lambda data: None)
    try:
        words = _run_gdb(machine, socket, pipe, (start, skip, stops))
    finally:
        machine.stop()
        os.close(held_open)
        reader.join()
        shutil.rmtree(folder)
    if not counts:
        print(f"gdb said:\n{words}", file=sys.stderr)
    return counts
