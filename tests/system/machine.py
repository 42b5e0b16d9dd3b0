"""One emulated machine: boots it, types at its shell, and remembers all that it printed.

QEMU is started directly, with the same arguments as scripts/run gives it, on a pseudo-terminal of
pexpect. A machine ends only the process that it started, by its process id.
"""

import dataclasses
import itertools
import os
import re
import shlex
import sys
from pathlib import Path

import pexpect

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "lib"))
import guest  # noqa: E402

LOGS = ROOT / "build" / "test-logs"

# Generous: a test may share two cores with a build.
BOOT_SECONDS = 60
COMMAND_SECONDS = 60

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
PROMPT = re.compile(rb"\$ (?:\x1b\[[0-9;?]*[A-Za-z])*$")

# The guest ends a line with both; the pseudo-terminal adds a return of its own.
LINE_END = r"\r+\n"

CTRL_C, CTRL_D, CTRL_T, CTRL_U = b"\x03", b"\x04", b"\x14", b"\x15"

_serial_numbers = itertools.count(1)


def build_folder(debug=False):
    """Where the build under test is; `make` names it in O."""
    folder = Path(os.environ.get("O", "build"))
    if debug and folder.name != "debug":
        folder = folder / "debug"
    return folder if folder.is_absolute() else ROOT / folder


@dataclasses.dataclass(frozen=True)
class Config:
    """What distinguishes one boot from another. A path in `initrd` replaces the built archive, an
    empty one leaves it out; `disks` are images or -drive options, and `qemu` more of QEMU's own."""

    mem: str = "128M"
    smp: int = 1
    append: str = ""
    debug: bool = False
    initrd: str | None = None
    disks: tuple[str, ...] = ()
    qemu: tuple[str, ...] = ()

    def __str__(self):
        parts = [self.mem, f"smp{self.smp}"]
        parts += [self.append] if self.append else []
        parts += ["debug"] if self.debug else []
        return "-".join(parts)

    def command(self):
        folder = build_folder(self.debug)
        initrd = folder / "initrd.cpio" if self.initrd is None else self.initrd
        command = [os.environ.get("QEMU", "qemu-system-riscv64"), "-machine", "virt"]
        command += ["-bios", os.environ.get("BIOS", "default")]
        command += ["-m", self.mem, "-smp", str(self.smp)]
        command += ["-kernel", str(folder / "kernel.elf")]
        command += ["-initrd", str(initrd)] if initrd else []
        append = " ".join(filter(None, [self.append, os.environ.get("APPEND")]))
        command += ["-append", append, "-display", "none", "-monitor", "none"]
        command += ["-chardev", "stdio,id=uart,signal=off", "-serial", "chardev:uart"]
        return [*command, *guest.disk_options(self.disks), *self.qemu]


@dataclasses.dataclass(frozen=True)
class ExactConfig(Config):
    """A boot in which an instruction takes a nanosecond."""

    def command(self):
        return [*super().command(), "-icount", "shift=0"]


@dataclasses.dataclass
class Result:
    """What a command at the prompt printed, without escape sequences, and its status."""

    output: str
    status: int

    @property
    def lines(self):
        return self.output.splitlines()


class Machine:
    """A running guest. `log` grows by all that it prints; `seconds` limits each wait."""

    def __init__(self, config):
        LOGS.mkdir(parents=True, exist_ok=True)
        self.config = config
        self.log_path = LOGS / f"console-{os.getpid()}-{next(_serial_numbers)}.log"
        self._log = open(self.log_path, "wb")
        command = config.command()
        self._log.write(f"# {shlex.join(command)}\n".encode())
        self._log.flush()
        self.child = pexpect.spawn(
            command[0], command[1:], cwd=str(ROOT), timeout=COMMAND_SECONDS, maxread=1 << 16
        )
        self.child.delaybeforesend = None
        self.child.logfile_read = self._log

    def expect(self, pattern, seconds=COMMAND_SECONDS):
        """Waits for a regular expression in what the guest prints; returns the text before it."""
        if isinstance(pattern, str):
            pattern = re.compile(pattern.encode())
        self.child.expect(pattern, timeout=seconds)
        return plain(self.child.before)

    @property
    def match(self):
        """The match object of the last expect()."""
        return self.child.match

    def wait_for_prompt(self, seconds=COMMAND_SECONDS):
        return self.expect(PROMPT, seconds)

    def type(self, text):
        self.child.send(text)

    def run(self, command, seconds=COMMAND_SECONDS):
        """Runs a command line at the prompt and asks the shell for its status."""
        self.type(command + "\n")
        self.expect(LINE_END, seconds)
        output = self.wait_for_prompt(seconds)
        self.type("echo status=$?\n")
        # The echo of what was typed holds `status=$`, the answer holds a number.
        self.expect(r"status=(\d+)" + LINE_END, seconds)
        status = int(self.match.group(1))
        self.wait_for_prompt(seconds)
        return Result(output, status)

    def shut_down(self, command="shutdown", seconds=COMMAND_SECONDS):
        """Types `shutdown`; returns QEMU's exit status."""
        self.type(command + "\n")
        return self.wait_for_end(seconds)

    def wait_for_end(self, seconds=COMMAND_SECONDS):
        """Waits until QEMU ends; returns its exit status."""
        self.expect(pexpect.EOF, seconds)
        self.child.close()
        return self.child.exitstatus

    def alive(self):
        return self.child.isalive()

    def stop(self):
        """Ends this machine's own QEMU, if it still runs."""
        self.child.close(force=True)
        self._log.close()

    def log_text(self):
        if not self._log.closed:
            self._log.flush()
        return self.log_path.read_bytes().decode(errors="replace")


def plain(raw):
    """Guest output as text with plain line ends and without escape sequences."""
    text = re.sub(LINE_END, "\n", raw.decode(errors="replace")).replace("\r", "")
    return ESCAPES.sub("", text)
