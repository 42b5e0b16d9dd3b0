#pragma once
/* progress.h - says on the terminal how far a long copy has come. */
#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *name;
    uint64_t total; /* bytes; 0: not known */
    uint64_t done;
    uint64_t begin_ns, shown_ns;
    bool is_shown; /* there is a line to end */
};

/* Begins; nothing is shown before a second has passed, nor without a terminal. */
void progress_begin(struct progress *progress, const char *name, uint64_t total);

/* Counts `bytes` more and shows a line, once a second at most. */
void progress_add(struct progress *progress, uint64_t bytes);

/* Removes the line, if there is one. */
void progress_end(struct progress *progress);

/* Nanoseconds of a clock that goes on evenly. */
uint64_t progress_clock(void);
