"""guest.py - how QEMU is started, and its console on pipes.

The make variables QEMU, BIOS, MEM, SMP, APPEND, DISK, QEMUFLAGS and O come through the environment.
"""
import os
import shlex
import subprocess
import sys
import threading


def setting(name, default):
    """A make variable from the environment; an empty one counts as not set."""
    return os.environ.get(name) or default


def build_path(name):
    """Where the build put a file."""
    return os.path.join(setting("O", "build"), name)


def disk_options(images):
    """The options that attach disks: each image a raw file, or a list of -drive's own options
    (`file=x.img,format=raw,readonly=on`). The first becomes disk0 in the guest: it has the first
    slot of the virtio bus."""
    line = []
    for number, image in enumerate(images):
        drive = image if "=" in image else f"file={image},format=raw"
        line += ["-drive", f"{drive},if=none,id=disk{number}", "-device",
                 f"virtio-blk-device,drive=disk{number},bus=virtio-mmio-bus.{number},"
                 f"serial=octavo-disk{number}"]
    return line


def command(*console):
    """QEMU's command line; console says what the serial port and the monitor are tied to."""
    for name in ("kernel.elf", "initrd.cpio"):
        if not os.path.exists(build_path(name)):
            sys.exit(f"there is no {build_path(name)}: run `make all` first")
    memory = setting("MEM", "128M")  # not reserved: the guest may have more than the host
    line = [setting("QEMU", "qemu-system-riscv64"), "-machine", "virt,memory-backend=ram",
            "-object", f"memory-backend-ram,id=ram,size={memory},reserve=off",
            "-bios", setting("BIOS", "default"),
            "-kernel", build_path("kernel.elf"), "-initrd", build_path("initrd.cpio"),
            "-append", os.environ.get("APPEND", ""),
            "-m", memory, "-smp", setting("SMP", "1"), *console,
            *disk_options(os.environ.get("DISK", "").split()),
            *shlex.split(os.environ.get("QEMUFLAGS", ""))]
    if os.environ.get("V") == "1":
        print(shlex.join(line), file=sys.stderr)
    return line


# The console on pipes that we hold, and no monitor that a byte in them could reach.
ON_PIPES = ("-display", "none", "-monitor", "none", "-serial", "stdio")


def gdb_socket(path):
    """The options for a QEMU that stops before its first instruction and serves gdb on a socket."""
    return ("-S", "-gdb", f"unix:{path},server=on,wait=off")


class Guest:
    """A running QEMU. What it prints goes to output(bytes), called from a thread.

    What is typed is held back until the guest has printed something. Firmware clears the serial
    port's receive buffer when it starts, so a byte that came earlier would be lost.
    """

    def __init__(self, line, output):
        self.process = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        bufsize=0)
        self.output = output
        self.speaks = threading.Event()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while data := os.read(self.process.stdout.fileno(), 65536):
            self.speaks.set()
            self.output(data)
        self.speaks.set()  # it is gone: nobody need wait any more

    def type(self, data):
        """Types bytes at the console; returns when QEMU has taken them, or is gone."""
        self.speaks.wait()
        while data:
            try:
                data = data[os.write(self.process.stdin.fileno(), data):]
            except (BrokenPipeError, ValueError):
                return

    def wait(self):
        """Waits until QEMU ends and all it printed is out; returns its status as a shell does."""
        status = self.process.wait()
        self.reader.join()
        return status if status >= 0 else 128 - status

    def stop(self):
        """Ends QEMU if it still runs, without the word that it has for a polite end."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
