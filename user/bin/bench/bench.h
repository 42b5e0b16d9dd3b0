#pragma once
/* bench.h - what a row of the benchmark is.
 *
 * A sample is `batch` operations between two calls of counter_read(). A thread is always ready to
 * run meanwhile, for an idle machine would be counted too.
 */
#include <stdint.h>

struct row {
    const char *name; /* as docs/measuring.md has it */
    const char *unit; /* what one operation is: "call", "page" ... */
    unsigned batch;   /* operations in a sample */
    unsigned samples; /* after one in four as many for warming up */

    /* Makes what the samples need. -> 0 or a negated error. NULL: nothing. */
    long (*prepare)(void);

    /* -> instructions of one sample, without what loop and counter cost; or a negated error. NULL:
     * Octavo does not have this operation yet. */
    long (*sample)(unsigned batch);

    /* Gives back what prepare made, also when it failed half-way. NULL: nothing. */
    void (*finish)(void);
};

/* The rows of each file, in the order in which they are shown; a row without a name ends them. */
extern const struct row call_rows[];    /* call.c: null, yield */
extern const struct row message_rows[]; /* message.c: ipc_... */
extern const struct row event_rows[];   /* event.c: signal */
extern const struct row memory_rows[];  /* memory.c: touch, free, map */
extern const struct row pager_rows[];   /* pager.c: pager */
extern const struct row process_rows[]; /* process.c: fork, exec */
extern const struct row later_rows[];   /* later.c: what Octavo does not have yet */
