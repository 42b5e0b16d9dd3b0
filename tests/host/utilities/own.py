"""own.py - what our utilities must do where the host's is no judge: any depth, few files open,
other file systems, and what is refused."""

import os
import shutil
import tempfile

from cases_bytes import HEXDUMP, TEXT
from compare import environment, shell
from trees import depth_of, make_deep

DEPTH = 700
LONG_NAME = "n" * 200  # in folders of this depth a path would have 140 KB
FEW_FILES = "ulimit -n 30; "
# Another file system than that of the scratch folder, where the host has one.
OTHER = "/dev/shm"
UTILITIES = ("cat cmp cp dd du head hexdump ln ls mkdir mktemp mv rm rmdir stat sync tail tee "
             "touch wc").split()


class Own:
    """The tests; each gets a folder of its own and raises AssertionError."""

    def __init__(self, ours):
        self.environment = environment(ours)

    def run(self, command, folder):
        result = shell(command, folder, self.environment)
        return result.returncode, result.stdout.decode(), result.stderr.decode()

    def expect(self, command, folder, status=0, complaint=""):
        got = self.run(command, folder)
        assert got[0] == status and complaint in got[2] and (complaint or not got[2]), \
            f"{command}: {got}"
        return got[1]

    def test_deep_tree_is_copied_measured_moved_and_removed(self, folder):
        make_deep(os.path.join(folder, "deep"), DEPTH, LONG_NAME)
        self.expect(FEW_FILES + "cp -a deep copy", folder)
        assert depth_of(os.path.join(folder, "copy"), LONG_NAME) == (DEPTH, b"deep\n")
        assert len(self.expect(FEW_FILES + "du deep", folder).splitlines()) == DEPTH + 1
        assert self.expect(FEW_FILES + "ls -R copy", folder).count(":\n") == DEPTH + 1
        self.expect(FEW_FILES + "rm -r deep; rm -r copy", folder)
        assert not os.listdir(folder)

    def test_long_path_is_made(self, folder):
        path = "/".join([LONG_NAME] * 30)
        self.expect(f"mkdir -p {path}", folder)
        self.expect(f"mkdir -p {path}/", folder)
        depth = 0
        at = os.open(folder, os.O_RDONLY)
        while os.listdir(at):
            below = os.open(LONG_NAME, os.O_RDONLY, dir_fd=at)
            os.close(at)
            at, depth = below, depth + 1
        os.close(at)
        assert depth == 30
        self.expect(f"rm -r {LONG_NAME}", folder)

    def test_root_and_dots_stay(self, folder):
        self.expect("rm -rf /", folder, 1, "it is dangerous to operate recursively on '/'")
        self.expect("ln -s / root; rm -r root/", folder, 1, "dangerous")
        self.expect("rm -r .", folder, 1, "refusing to remove")

    def test_copy_into_itself_makes_nothing(self, folder):
        self.expect("mkdir -p d/e", folder)
        self.expect("cp -r d d/e/new", folder, 1, "into itself")
        self.expect("cp -r d d", folder, 1, "into itself")
        self.expect("ln -s d/e l; cp -r d l", folder, 1, "into itself")
        assert os.listdir(os.path.join(folder, "d", "e")) == []

    def test_move_to_another_file_system(self, folder):
        assert os.stat(OTHER).st_dev != os.stat(folder).st_dev
        other = tempfile.mkdtemp(dir=OTHER)
        try:
            self.expect("mkdir d; echo x > d/f; ln d/f d/g; ln -s f d/l; touch -d @7 d/f d", folder)
            self.expect(f"mv d {other}/e", folder)
            assert not os.listdir(folder)
            shown = self.expect("stat -c '%Y %h' e/g; cat e/l; stat -c %Y e", other)
            assert shown == "7 2\nx\n7\n", shown
            self.expect(f"mkdir {other}/d {other}/full; touch {other}/full/x; mkdir d full", folder)
            self.expect(f"echo new > f; echo old > {other}/f; mv f d {other}", folder)
            assert self.expect(f"cat {other}/f", folder) == "new\n"
            self.expect(f"mv full {other}", folder, 1, "unable to remove target")
            assert os.listdir(folder) == ["full"]
        finally:
            shutil.rmtree(other)

    def test_failed_move_keeps_the_file(self, folder):
        assert os.stat(OTHER).st_dev != os.stat(folder).st_dev
        other = tempfile.mkdtemp(dir=OTHER)
        try:
            self.expect("head -c 100000 /dev/zero > f", folder)
            self.expect(f"ulimit -f 8; trap '' XFSZ; mv f {other}/f", folder, 1, "error writing")
            assert os.path.getsize(os.path.join(folder, "f")) == 100000
        finally:
            shutil.rmtree(other)

    def test_read_only_target_needs_force(self, folder):
        self.expect("mkdir d; echo x > f; cp f d/f; chmod 555 d", folder)
        self.expect("cp -f f d/f; cp -a f d/f", folder)

    def test_link_is_replaced_at_once(self, folder):
        self.expect("echo a > a; ln -s a l; ln -sf b l", folder)
        assert sorted(os.listdir(folder)) == ["a", "l"]
        self.expect("ln -f a none/x", folder, 1, "failed to create hard link")

    def test_wrong_options_are_explained(self, folder):
        for name in UTILITIES:
            if name != "dd":
                status, output, complaint = self.run(f"{name} -@", folder)
                assert status == (2 if name in ("cmp", "ls") else 1), f"{name}: {status}"
                assert f"usage: {name} " in complaint and not output, f"{name}: {complaint}"
            status, output, complaint = self.run(f"{name} --help", folder)
            assert status == 0 and output.startswith(f"usage: {name} ") and not complaint, name

    def test_dd_explains_and_stops(self, folder):
        for operand, said in (("what=ever", "unrecognized operand 'what=ever'"),
                              ("bs=0", "invalid number: '0'"), ("bs=x", "invalid number: 'x'"),
                              ("count=-1", "invalid number: '-1'"),
                              ("conv=sync,nonsense", "invalid conversion: 'nonsense'"),
                              ("oflag=weird", "invalid output flag: 'weird'"),
                              ("status=loud", "invalid status level: 'loud'"),
                              ("seek=9E bs=1", "too large"), ("bs=9E", "invalid number"),
                              ("bs=99999999999999999999", "invalid number")):
            self.expect(f"dd {operand}", folder, 1, said)

    def test_sparse_copy_stays_sparse(self, folder):
        self.expect("truncate -s 50M f; cp f g; cmp f g", folder)
        assert os.stat(os.path.join(folder, "g")).st_blocks < 100


def _hexdump_test(command, output):
    def test(own, folder):
        assert shell(TEXT, folder, environment()).returncode == 0
        assert own.run(command, folder)[1] == output, own.run(command, folder)
    return test


for _number, (_command, _output) in enumerate(HEXDUMP.items()):
    setattr(Own, f"test_hexdump_{_number}", _hexdump_test(_command, _output))
