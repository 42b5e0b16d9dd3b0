#pragma once
/* child.h - a process that init keeps alive: when to start it again, and when to give up.
 *
 * A child that dies soon after its start waits before the next, longer each time, so that a broken
 * program costs no more than a few starts; one that lived for a while starts again at once.
 */
#include <stdbool.h>
#include <stdint.h>

#define CHILD_QUICK_NS 2000000000ull /* a death sooner than this after the start is quick */
#define CHILD_DELAY_NS                                                         \
    100000000ull /* before the start after the first quick death; then doubled \
                  */

enum { CHILD_QUICK_MAX = 5 }; /* quick deaths in a row after which init gives up */

struct child {
    int pid;                /* 0: not running */
    unsigned quick_deaths;  /* in a row */
    uint64_t started_ns;    /* when it was last started */
    uint64_t start_next_ns; /* when to start it; DEADLINE_NONE: not at all */
};

/* It runs since `now` as process `pid`. */
void child_started(struct child *child, int pid, uint64_t now);

/* It died at `now`. Sets when to start it next. False: too often, it will not start again. */
bool child_died(struct child *child, uint64_t now);

/* It ended and shall not be started again. */
void child_finished(struct child *child);

/* Is it time to start it? */
bool child_is_due(const struct child *child, uint64_t now);

/* "exited with status 1", "was killed by signal 11"; `text` has room for CHILD_CAUSE_MAX bytes.
 * status: as process_wait gives it. */
void child_describe_end(int status, char *text);
enum { CHILD_CAUSE_MAX = 64 };
