#pragma once
/* census.h - counts what is alive in the whole system, to see whether a test gave all back. */
#include <stdbool.h>
#include <stdint.h>

enum { CENSUS_OBJECT_KINDS = 8 };

struct census {
    uint64_t free_frames;
    uint64_t objects[CENSUS_OBJECT_KINDS]; /* alive, by enum object_kind */
    uint64_t areas;
    uint64_t handles;   /* open in this process */
    uint64_t own_pages; /* that each process has to itself, together; not part of equality */
};

void census_take(struct census *census);

/* Waits, at most a few seconds, until the counts stand still: servers hear of closed
 * channels, and init of orphans, a little later. */
void census_settle(void);

bool census_equal(const struct census *a, const struct census *b);

/* Prints each count that differs as a comment line of TAP. */
void census_print_difference(const struct census *before, const struct census *after);
