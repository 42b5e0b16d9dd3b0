"""counted.py - runs the guest under -icount, where instruction counts are exact, and counts.

One hart, and one virtual nanosecond an instruction. MEM and APPEND are the measurement's own.
"""
import os
import subprocess
import sys

import guest
import symbols
import trace

ICOUNT = ("-icount", "shift=0")
ROWS_MEMORY, BOOT_MEMORY = "512M", "128M"  # the rows with a large heap need it
SECONDS = 300
BOOT = "boot"  # the one row that /bin/bench cannot measure


def _command(append, memory):
    """QEMU's command line for a counted run."""
    os.environ.update(APPEND=append, MEM=memory, SMP="1")
    return guest.command(*guest.ON_PIPES, *ICOUNT)


def rows_command(names):
    """QEMU's command line that runs /bin/bench with these rows; none: all."""
    return _command("run=" + ",".join(["/bin/bench", *names]), ROWS_MEMORY)


def _parse(line):
    """A line of /bin/bench -> name and figures; figures None: Octavo does not have it."""
    words = line.split()
    if words[1:] == ["-"]:
        return words[0], None
    name, median, minimum, batch, samples, *unit = words
    return name, {"instructions": float(median), "minimum": float(minimum), "batch": int(batch),
                  "rounds": int(batch) * int(samples), "unit": " ".join(unit)}


def run_rows(names):
    """Runs /bin/bench with these rows; none: all. -> {name: figures or None}"""
    found = {}
    try:
        result = subprocess.run(rows_command(names), stdin=subprocess.DEVNULL, text=True,
                                stdout=subprocess.PIPE, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        print(f"bench: the guest did not end in {SECONDS} s", file=sys.stderr)
        return found
    for line in result.stdout.splitlines():
        if line.startswith("row "):
            name, figures = _parse(line[len("row "):])
            found[name] = figures
        elif line.startswith("bench:"):
            print(line, file=sys.stderr)
    return found


def _entry():
    """Where the firmware enters the kernel: the physical address of its first instruction."""
    kernel = guest.build_path("kernel.elf")
    return symbols.address(kernel, "_start") - symbols.address(kernel, "KERNEL_OFFSET")


def trace_boot():
    """Counts from the kernel's entry until the shell asks for its first key: by then the console
    has sent the prompt, for a write returns when its last byte is out. -> Counter of executed
    addresses, empty if it did not get there"""
    shell = symbols.program("bin/sh")
    stops = [symbols.address(shell, name) for name in ("editor_start", "read")]
    return trace.count(_command("", BOOT_MEMORY), _entry(), stops)


def boot_figures(counts):
    """The row of a boot that trace_boot counted; None if it counted nothing."""
    total = float(sum(counts.values()))
    if total == 0:
        return None
    return {"instructions": total, "minimum": total, "batch": 1, "rounds": 1, "unit": "boot"}


def measure(names):
    """Measures the rows; none: all. -> {name: figures, or None for what Octavo does not have}; a
    row that failed is not in it."""
    rows = [name for name in names if name != BOOT]
    found = run_rows(rows) if rows or not names else {}
    if BOOT in names or not names:
        figures = boot_figures(trace_boot())
        if figures is not None:
            found[BOOT] = figures
    return found
