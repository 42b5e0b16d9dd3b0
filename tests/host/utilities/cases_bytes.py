"""cases_bytes.py - command lines of the utilities that read and write what is in files."""

from compare import Case

TEXT = ("seq 1 100 > n; printf 'one\\ntwo\\nthree' > s; : > e; mkdir d; "
        "printf 'a b  c\\n\\n  d\\te\\n' > w")
BIG = "seq 1 60000 > big; printf '%070000d' 5 > long"
PAIR = "printf 'same\\nlines\\n' > a; cp a b; printf 'same\\nlimes\\n' > c; printf same > p; : > e"

CASES = {
    "cat": [
        Case("cat n s", TEXT),
        Case("cat - s < n", TEXT),
        Case("cat none s", TEXT),
        Case("cat d n", TEXT),
        Case("cat -n s n", TEXT),
        Case("cat -n e; cat -n < s", TEXT),
        Case("cat -z"),
        Case("cat s > /dev/full", TEXT),
        Case("cat big | tail -c 9; cat big long | wc -c", BIG),
        Case("cat < n; cat n - < s", TEXT),
        Case("cat s >> s; cat s", TEXT),
        Case("cat -- -x", "echo dash > -x"),
        Case("cat n/x", TEXT),
    ],
    "head": [
        Case("head n", TEXT),
        Case("head -n 3 n s e", TEXT),
        Case("head -n 1 < n; head -c 5 n", TEXT),
        Case("head -n 0 n; head -c 0 n", TEXT),
        Case("head -5 n; head -n 1k n | wc -l", TEXT, messages=False),
        Case("head -q -n 1 n s; head -v -n 1 n", TEXT),
        Case("head none n", TEXT),
        Case("head d", TEXT),
        Case("head -n x n", TEXT),
        Case("head -c x n; head -@", TEXT),
        Case("(head -n 2; cat) < n | head -n 4", TEXT),
        Case("head -n 30000 big | tail -n 1; head -c 100001 big | wc", BIG),
        Case("head n > /dev/full", TEXT),
        Case("head -n 2 - s < n", TEXT),
        Case("head -c 1K big | wc -c; head -c 2kB big | wc -c; head -c 1b big | wc -c", BIG),
    ],
    "tail": [
        Case("tail n", TEXT),
        Case("tail -n 3 n s e", TEXT),
        Case("tail -n 2 < s; cat s | tail -n 2", TEXT),
        Case("tail -n +98 n; tail -c +5 s; cat n | tail -n +99", TEXT),
        Case("tail -c 4 n; cat n | tail -c 4", TEXT),
        Case("tail -n 0 n; tail -c 0 n; cat n | tail -n 0; cat n | tail -c 0", TEXT),
        Case("tail -5 n; tail -n -2 n", TEXT),
        Case("tail none", TEXT),
        Case("tail d", TEXT),
        Case("tail -n x n; tail -@", TEXT),
        Case("tail -n 20000 big | cksum; cat big | tail -n 20000 | cksum", BIG),
        Case("tail -n 1 long | cksum; cat long big | tail -c 100000 | cksum", BIG),
        Case("tail -n 1000000 big | cksum; cat big | tail -n 1000000 | cksum", BIG),
        Case("tail -n +0 s; tail -n +1 s; tail -c +0 s; tail -n +1000 s", TEXT),
        Case("tail n > /dev/full", TEXT),
        Case("(head -n 95 > /dev/null; tail -n 20) < n", TEXT),
        Case("tail -n 3 e; printf '\\n\\n\\n' > x; tail -n 2 x | wc -c", TEXT),
        Case("tail -q -n 1 n s; tail -v -n 1 n", TEXT),
    ],
    "wc": [
        Case("wc n s e w", TEXT),
        Case("wc -l n; wc -w w; wc -c s", TEXT),
        Case("wc < n; wc -l < n", TEXT),
        Case("wc -lc n s; wc -wl n", TEXT),
        Case("wc none n", TEXT),
        Case("wc d", TEXT),
        Case("cat n | wc; cat n | wc - s", TEXT),
        Case("wc -z", TEXT),
        Case("wc big long", BIG),
        Case("wc -- -x", "echo dash > -x"),
        Case("wc n > /dev/full", TEXT, messages=False),
    ],
    "cmp": [
        Case("cmp a b", PAIR),
        Case("cmp a c", PAIR),
        Case("cmp a p", PAIR),
        Case("cmp p a; cmp e a", PAIR),
        Case("cmp -s a c; echo $?; cmp -s a b; echo $?", PAIR),
        Case("cmp -l a c; cmp -l a p", PAIR),
        Case("cmp none a", PAIR),
        Case("cmp -s none a", PAIR, messages=False),
        Case("cmp a - < b; cmp a < c", PAIR),
        Case("cmp a d", PAIR + "; mkdir d"),
        Case("cmp", messages=False),
        Case("cmp -z a b", PAIR),
        Case("cmp big other; cmp -l big other | wc -l", "head -c 200000 /dev/zero > big; "
             "cp big other; printf x | dd of=other bs=1 seek=150000 conv=notrunc status=none"),
        Case("printf 'one\\ntwo\\n' > x; cmp x y", "printf 'one\\n' > y"),
        Case("cmp a c > /dev/full", PAIR, messages=False),
    ],
    "tee": [
        Case("echo x | tee a b"),
        Case("echo x | tee -a a; echo y | tee -a a", "echo old > a"),
        Case("tee a < n; tee < n | tail -n 1", TEXT),
        Case("echo x | tee none/a b"),
        Case("echo x | tee d b", TEXT, messages=False),
        Case("echo x | tee a > /dev/full", messages=False),
        Case("cat big long | tee a | cksum", BIG),
        Case("tee -z"),
        Case("echo x | tee -- -x"),
    ],
    "sync": [
        Case("sync a b", "touch a b"),
        Case("sync none"),
        Case("sync d", "mkdir d"),
        Case("sync -d a", "touch a"),
        Case("sync -d"),
        Case("sync -z"),
        Case("sync none a; sync a none", "touch a"),
        Case("sync -- -x", "touch -- -x"),
    ],
    "dd": [
        Case("dd if=n of=o status=none", TEXT),
        Case("dd if=n of=o bs=100 2>&1 | head -n 2", TEXT),
        Case("dd bs=10 count=2 skip=1 status=none < n", TEXT),
        Case("dd if=n of=o bs=1 count=5 seek=3 conv=notrunc status=none", TEXT + "; cp s o"),
        Case("dd if=s of=o bs=4 seek=1 status=none", TEXT + "; cp n o"),
        Case("dd if=s of=o bs=64 conv=sync 2>&1 | head -n 2", TEXT),
        Case("dd if=none of=o", TEXT),
        Case("dd if=d", TEXT, messages=False),
        Case("dd if=n of=none/o", TEXT),
        Case("dd if=n of=/dev/full status=none", TEXT),
        Case("dd bs=0; dd bs=x; dd count=-1", messages=False),
        Case("dd what=ever; dd conv=nonsense; dd status=loud; dd oflag=weird", messages=False),
        Case("dd if=big bs=1K count=20 status=none | cksum; dd if=big bs=4k skip=70 status=none |"
             " cksum", BIG),
        Case("dd if=big of=o bs=1M oflag=sync conv=fsync status=none; cmp big o", BIG),
        Case("dd if=e of=o 2>&1 | head -n 2; dd if=n of=o count=0 status=none", TEXT),
        Case("dd if=/dev/zero bs=64K count=3 2>/dev/null | wc -c"),
        Case("dd if=n skip=100 status=none", TEXT),
        Case("dd status=progress if=n of=o 2>&1 | head -n 2", TEXT),
    ],
}

# The host's hexdump is in another package, which need not be there: what it prints stands here.
HEXDUMP = {
    "hexdump w": "0000000 2061 2062 6320 0a0a 2020 0964 0a65     \n000000e\n",
    "hexdump -C w": "00000000  61 20 62 20 20 63 0a 0a  20 20 64 09 65 0a        "
                    "|a b  c..  d.e.|\n0000000e\n",
    "hexdump e": "",
    "hexdump -n 3 n": "0000000 0a31 0032" + " " * 30 + "\n0000003\n",
    "hexdump -s 290 n": "0000122 0a30" + " " * 35 + "\n0000124\n",
    "head -c 100 /dev/zero | hexdump":
        "0000000 0000 0000 0000 0000 0000 0000 0000 0000\n*\n"
        "0000060 0000 0000" + " " * 30 + "\n0000064\n",
    "head -c 40 /dev/zero | hexdump -vC":
        "00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n"
        "00000010  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n"
        "00000020  00 00 00 00 00 00 00 00                           |........|\n00000028\n",
    "hexdump -C -s 12 -n 4 w s":
        "0000000c  65 0a 6f 6e" + " " * 39 + "|e.on|\n00000010\n",
    "cat n | hexdump -s 288 -n 2": "0000120 3031" + " " * 35 + "\n0000122\n",
    "head -c 33 /dev/zero | hexdump -C":
        "00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n*\n"
        "00000020  00" + " " * 48 + "|.|\n00000021\n",
    "hexdump -n 0x w 2> o || cat o | head -n 1": "hexdump: invalid number: '0x'\n",
    "hexdump none w 2>&1; echo $?": "hexdump: none: No such file or directory\n"
        "0000000 2061 2062 6320 0a0a 2020 0964 0a65     \n000000e\n1\n",
    "hexdump d 2>&1": "hexdump: d: Is a directory\n",
    "hexdump w 2>&1 > /dev/full": "hexdump: write error: No space left on device\n",
}
