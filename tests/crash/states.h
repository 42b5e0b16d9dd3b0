#pragma once
/* states.h - what a disk may hold after a loss of power, as far as its log says.
 *
 * A disk with a volatile cache keeps what was written before the last flush. Of what was written
 * later any part may be there, in whole sectors. The states of a log are: after each write, with
 * everything before it; and for each epoch between two flushes, chosen by chance, some of the
 * writes of which some are torn.
 */
#include "ext2/memory_disk.h"
#include "untrusted.h"

struct crash_point {
    size_t event;    /* the power went before this event of the log */
    uint64_t marked; /* the last mark before it; 0: none */
    bool in_order;   /* everything that was written is there */
};

struct crash_plan {
    const struct disk_log *log;
    struct memory_disk *disk; /* holds what was there before the log; `keeps` is set */
    struct chance *chance;
    size_t every;  /* of the states after a write, one of so many is visited, at least the last */
    size_t chosen; /* states by chance for each epoch */
    /* The disk is in that state; what it writes to it is taken back afterwards. */
    void (*check)(void *context, struct memory_disk *disk, const struct crash_point *point);
    void *context;
};

/* Visits states of the log. The disk is as before afterwards. -> how many. */
size_t crash_states(const struct crash_plan *plan);

/* Changes `bytes`, which hold what was there before the log, to one state chosen by chance. */
void crash_one_state(const struct disk_log *log, struct chance *chance, uint8_t *bytes);
