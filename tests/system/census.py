"""What is alive in the guest, before and after a test, as /tests/census counts it.

Frames are compared together with the pages that processes have to themselves: the heap of the
shell or of a server may grow, which is no leak. The tests inside the guest compare exactly
(user/tests/lib).
"""

import dataclasses
import re
import time

# Page tables and bookkeeping of a heap that has grown.
SLACK_PAGES = 8
SETTLE_SECONDS = 5


@dataclasses.dataclass(frozen=True)
class Census:
    pages: int  # free, or a process's own
    areas: int
    objects: str


def take(guest):
    result = guest.run("/tests/census")
    match = re.search(r"free=(\d+) pages=(\d+) areas=(\d+) objects=(\S+)", result.output)
    assert match, f"census said: {result.output!r}"
    free, pages, areas = (int(match.group(n)) for n in (1, 2, 3))
    return Census(free + pages, areas, match.group(4))


def same(before, after):
    return before.objects == after.objects and before.pages - after.pages <= SLACK_PAGES


def compare(before, guest):
    """None, or what differs although the guest had time to settle."""
    end = time.monotonic() + SETTLE_SECONDS
    after = take(guest)
    while not same(before, after) and time.monotonic() < end:
        after = take(guest)
    return None if same(before, after) else f"before: {before}, after: {after}"
