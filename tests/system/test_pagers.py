"""The two programs that show what pagers are for: what they print is the same each time."""

import re


def test_pager_file(machine):
    result = machine.run("pager_file /bin/sh")
    assert result.status == 0, result.output
    size, pages = map(int, re.search(r"(\d+) bytes, (\d+) pages", result.output).groups())
    assert pages == -(-size // 4096)
    readers = re.findall(r"reader \d: sum (\d+), (\d+) pages, (\d+) of them shared", result.output)
    # The same bytes, and the same pages: the second reader asked for none.
    assert len(readers) == 2 and len(set(readers)) == 1, result.output
    assert readers[0][1:] == (str(pages), str(pages))
    asked = re.findall(r"asked (\d+) times so far, supplied (\d+) pages", result.output)
    assert asked == [(str(-(-pages // 8)), str(pages))] * 2


def test_pager_swap(machine):
    result = machine.run("pager_swap 1024 128")
    assert result.status == 0, result.output
    uses = re.findall(r"^(.+): (\d+) pages in, \d+ looks of the clock, (\d+) pages out, contents "
                      r"right$", result.output, re.MULTILINE)
    assert [name for name, _, _ in uses] == ["write all", "read all", "read some often"]
    came = [int(count) for _, count, _ in uses]
    wrote = [int(count) for _, _, count in uses]
    # Each page comes once; what was written last is written out when it has to go.
    assert came[:2] == [1024, 1024] and wrote == [1024 - 128, 128, 0]
    # Pages that are used often stay: without the clock, of nine steps in ten most would miss.
    assert came[2] < 20000 / 5, result.output


def test_pager_programs_refuse_nonsense(machine):
    assert machine.run("pager_file /nowhere").status == 1
    assert machine.run("pager_swap 4096 none").status == 2
