"""The utilities for files, in the guest, on the file system that one can write: that their calls,
the C library and the servers fit together. What each option does is compared on the host, case by
case (tests/host/utilities)."""

import re

import pytest

FOLDER = "/tmp/utilities"
MODE = "-rw-r--r--"
LONG_NAME = "n" * 200
LONG_PATH = "/".join([LONG_NAME] * 12)  # longer than any message to a file server may be

# Each group begins in an empty folder. A row: what is typed, the status, and a regular expression
# that the whole output must match.
GROUPS = {
    "copy": [
        ("mkdir -p d/sub && echo one > d/f && ln d/f d/g && ln -s f d/l", 0, r""),
        ("cp -a d e", 0, r""),
        ("ls -1RA e", 0, r"e:\nf\ng\nl\nsub\n\ne/sub:"),
        ("stat -c '%h %s %F' e/g e/l", 0, r"2 4 regular file\n1 1 symbolic link"),
        ("cat e/l; cmp d/f e/g", 0, r"one"),
        ("cp -v d/f x", 0, r"'d/f' -> 'x'"),
        ("cp d y", 1, r"cp: -r not specified; omitting directory 'd'"),
        ("cp -r d d/sub", 1, r"cp: cannot copy a directory, 'd', into itself, 'd/sub/d'"),
        ("cp x x", 1, r"cp: 'x' and 'x' are the same file"),
        ("cp /bin/ls . && cmp /bin/ls ls && ./ls -d .", 0, r"\."),
        ("cp nothing x", 1, r"cp: cannot stat 'nothing': No such file or directory"),
        ("cp x /bin", 1, r"cp: cannot create regular file '/bin/x': Read-only file system"),
        ("echo two > two; echo n > no; cp -i two x < no; cat x", 0, r"cp: overwrite 'x'\? one"),
        ("cp two x -f; cat x", 0, r"two"),
    ],
    "move": [
        ("echo a > a; echo b > b; mkdir d", 0, r""),
        ("mv -v a c", 0, r"renamed 'a' -> 'c'"),
        ("mv b c d; cat d/b d/c", 0, r"b\na"),
        ("mv d d/e", 1, r"mv: cannot move 'd' to a subdirectory of itself, 'd/e'"),
        ("mv nothing x", 1, r"mv: cannot stat 'nothing': No such file or directory"),
        ("mv /etc/servers x", 1, r"mv: cannot remove '/etc/servers': Read-only file system"),
        ("cmp x /etc/servers", 0, r""),
        ("mv d/b d/c; ls d; cat d/c", 0, r"c\nb"),
    ],
    "remove": [
        ("mkdir -p d/e/f; touch d/x d/e/y -- -z", 0, r""),
        ("rm d", 1, r"rm: cannot remove 'd': Is a directory"),
        ("rmdir d", 1, r"rmdir: failed to remove 'd': Directory not empty"),
        ("rm -r .", 1, r"rm: refusing to remove '\.' or '\.\.' directory: skipping '\.'"),
        ("rm -r /", 1, r"rm: it is dangerous to operate recursively on '/'"),
        ("rm -v -- -z; rm nothing", 1, r"removed '-z'\nrm: cannot remove 'nothing': No such .*"),
        ("rm -f nothing; rm d/e/f -r; ls d/e", 0, r"y"),
        ("rm -r d; ls -A", 0, r""),
        ("mkdir -p a/b/c; rmdir -p a/b/c; ls", 0, r""),
    ],
    "deep": [
        (f"mkdir -p {LONG_PATH}", 0, r""),
        (f"cp -r {LONG_NAME} copy && rm -r {LONG_NAME}", 0, r""),
        ("du -s copy; rm -r copy; ls", 0, r"0\tcopy"),
    ],
    "bytes": [
        ("echo one > a; echo two >> a; echo three >> a; cat -n a", 0,
         r"     1\tone\n     2\ttwo\n     3\tthree"),
        ("head -1 a; tail -n 1 a; tail -n +2 a", 0, r"one\nthree\ntwo\nthree"),
        ("wc a; wc -l < a", 0, r" 3  3 14 a\n3"),
        ("hexdump -C -n 4 a", 0, r"00000000  6f 6e 65 0a {39}\|one\.\|\n00000004"),
        ("dd if=a of=b bs=4 skip=1 count=1 status=none; cat b", 0, r"two"),
        ("dd if=b of=a bs=4 conv=notrunc,fsync; cat a", 0,
         r"1\+0 records in\n1\+0 records out\n4 bytes \(4\) copied, .*\ntwo\ntwo\nthree"),
        ("cmp a b", 1, r"cmp: EOF on b after byte 4, line 1"),
        ("tee c d < a > e; cmp c d && cmp a e", 0, r""),
        ("sync; sync a; sync nothing", 1, r"sync: error opening 'nothing': No such .*"),
        ("cat a >> a", 1, r"cat: a: input file is output file"),
    ],
    "status": [
        ("touch -d @1000000000.25 t; stat -c '%n %s %a %y' t", 0,
         r"t 0 644 2001-09-09 01:46:40\.250000000 \+0000"),
        ("touch -r t u; ls -l", 0, rf"total 0\n{MODE} 1 0 2001-09-09 01:46 t\n{MODE} .* u"),
        ("touch -c nothing; ln -s t l; ln t h; ls", 0, r"h +l +t +u"),
        ("touch -d @5 a; ls -l l t; ls -1t a t u; ls -1r", 0,
         rf"lrwxrwxrwx 1 1 .* l -> t\n{MODE} 2 0 .* t\nt\nu\na\nu\nt\nl\nh\na"),
        ("mktemp ./XXXXXX -q > name; wc -c name; rm name", 0, r"9 name"),
        ("mkdir -m 700 d; stat -c %A d; stat nothing", 1,
         r"drwx------\nstat: cannot statx 'nothing': No such file or directory"),
    ],
}


@pytest.mark.parametrize("group", GROUPS)
def test_utilities(machine, group):
    wrong = []
    assert machine.run(f"mkdir {FOLDER} && cd {FOLDER}").status == 0
    for command, status, pattern in GROUPS[group]:
        result = machine.run(command)
        output = result.output.strip("\n")
        if result.status != status:
            wrong.append(f"{command!r}: status {result.status}, not {status}: {output!r}")
        if not re.fullmatch(pattern, output):
            wrong.append(f"{command!r}: {output!r} is not /{pattern}/")
    assert machine.run(f"cd / && rm -r {FOLDER}").status == 0
    assert not wrong, "\n".join(wrong)
