"""cases_lists.py - command lines of the utilities that say what files there are."""

from compare import Case

FILES = ("echo one > a; seq 1 9999 > big; mkdir d; echo x > d/f; mkdir d/sub; ln -s a l; "
         "ln -s d ld; ln -s none dead; echo > .hidden; ln a h; touch -d @1000000000 a; "
         "touch -d @1000000001 big; touch -h -d @5 l ld dead; touch -d @9 .hidden d/f d/sub; "
         "touch -d @7 d; chmod 4711 big; chmod 1777 d; touch -d @8 .")
# Our -l has no owners, and times as the host's long-iso.
LONG = "ls -goG --time-style=long-iso "

CASES = {
    "stat": [
        Case("stat -c '%n %s %F %a %A %h %u %g' a big d l dead", FILES),
        Case("stat -c '%U %G' /"),
        Case("stat -c %N a l 'x y'", FILES + "; touch 'x y'"),
        Case("stat -c '%X %Y %y' a big; stat -c '%i %d %b %B %o %f' a > /dev/null", FILES),
        Case("stat -c '%f %D' a d l | cut -c 1-4", FILES),
        Case("stat -L -c '%n %s %F' l ld", FILES),
        Case("stat -L dead; stat none a -c %n", FILES),
        Case("stat -c '[%10s|%-10s|%04a|%5u]%%' a", FILES),
        Case("stat -c '%F' e; stat -c %F /dev/null", "touch e"),
        Case("stat a d l | grep -v -e Uid -e Inode -e Birth -e ^Change -e IO", FILES),
        Case("stat a | grep -c -e Inode -e IO"),
        Case("stat"),
        Case("stat -z a"),
        Case("stat -c %n -- -x ''", "touch -- -x"),
        Case("stat -c %n a > /dev/full", FILES),
        *[Case("cd t; find . -print0 | xargs -0 stat -c '%n %s %a %Y %h'", tree=seed)
          for seed in range(50, 52)],
    ],
    "du": [
        Case("du d", FILES),
        Case("du -a . | sort", FILES),
        Case("du -s d a big", FILES),
        Case("du -sh d big; du -h d", FILES),
        Case("du -k", FILES),
        Case("du none d", FILES),
        Case("du -as", messages=False),
        Case("du -z"),
        Case("du a h; du -a d", FILES),
        Case("du -s l ld", FILES),
        Case("du d > /dev/full", FILES, messages=False),
        Case("du -- -x", "mkdir -- -x"),
        *[Case("du -a t | sort; du -sh t", tree=seed) for seed in range(60, 64)],
    ],
}

# Each twice: how the host is asked, and how ours.
LISTS = [
    ("ls", "ls"), ("ls -a", "ls -a"), ("ls -A", "ls -A"), ("ls -1 d", "ls -1 d"),
    ("ls -d d", "ls -d d"), ("ls -d", "ls -d"), ("ls -R", "ls -R"), ("ls -aR d", "ls -aR d"),
    ("ls -t a big", "ls -t a big"), ("ls -tr", "ls -tr"), ("ls -S", "ls -S"),
    ("ls -Sr a big", "ls -Sr a big"), ("ls -r", "ls -r"), ("ls a none d", "ls a none d"),
    ("ls d a", "ls d a"), ("ls ld", "ls ld"), ("ls dead l", "ls dead l"), ("ls d/", "ls d/"),
    ("ls -z", "ls -z"), ("ls -i a | wc -w", "ls -i a | wc -w"), ("ls ''", "ls ''"),
    (LONG + "a big d l dead", "ls -l a big d l dead"), (LONG + "d", "ls -l d"),
    (LONG + "-a d | grep -v '\\.\\.'", "ls -la d | grep -v '\\.\\.'"),
    (LONG + "ld", "ls -l ld"), (LONG + "-h big a", "ls -lh big a"), (LONG + "-d d", "ls -ld d"),
    (LONG + "-h d", "ls -lh d"), ("ls > /dev/full", "ls > /dev/full"),
    ("ls none > /dev/full", "ls none > /dev/full"), ("ls -- -x", "ls -- -x"),
]
TREE_LISTS = [("ls -aR t", "ls -aR t"), (LONG + "-R t", "ls -lR t"), ("ls -tR t", "ls -tR t"),
              ("ls -SrA t", "ls -SrA t")]
TREE_SEEDS = (70, 71)
