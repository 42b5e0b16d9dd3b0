#pragma once
/* help.h - what several test programs need of the system: time, shared memory, a look at threads.
 */
#include <octavo/calls.h>
#include <octavo/ipc.h>

#include <stdbool.h>

#include "tests/lib/tap.h"

enum { PAGE = 4096 };

#define MILLISECONDS(n) ((uint64_t)(n)*1000000u)

static inline uint64_t deadline_in_ms(uint64_t ms) { return clock_get() + MILLISECONDS(ms); }

static inline void sleep_ms(uint64_t ms) { clock_sleep(deadline_in_ms(ms)); }

/* Maps zeroed pages of the process's own; flags of MAP_. Returns NULL, with a failed check, if it
 * cannot. */
void *map_pages(uint64_t length, uint32_t flags);

/* Memory that this process shares with the children that it forks from now on. */
static inline void *map_shared(uint64_t length) { return map_pages(length, MAP_WRITE | MAP_SHARE); }

void unmap_pages(void *address, uint64_t length);

/* Free frames of the whole system. */
uint64_t free_frames(void);

/* Makes every page of this process, but for very large mappings, its own where it may write and
 * within reach where it may read, so that it works on when no memory is left. */
void own_pages(void);

/* Runs `body` in a child that may use up all memory: it begins when this process has its pages for
 * itself again, and needs none until the child has ended and its memory is back. Returns the
 * child's wait status. */
int run_hog(void (*body)(void *argument), void *argument);

/* Is there, within two seconds, a thread of the process (a descendant) with the lowest number not
 * below `index` in that state? Checks it. */
bool thread_reaches(int pid, int index, enum thread_state state);

/* Starts a thread on a stack of its own inside `stack`; returns its handle. */
int start_thread(void (*entry)(void *argument), void *argument, void *stack, uint64_t size);

/* A server in a child process: serves `port` by `handle`, which gives the status, until killed.
 * The reply carries what `handle` leaves in *reply; if its handle cannot ride, the caller gets that
 * error instead. Returns the child's pid. */
int serve(int port, long (*handle)(struct message *request, struct message *reply));

/* One call with a label and three words, no buffer; the status. */
long call_words(int channel, uint64_t label, uint64_t w0, uint64_t w1, uint64_t w2);

/* A child that may do anything: hang, fork, fill the memory. It shares `progress` with its parent
 * and counts there what it does; when the count has stood still for `patience_ms`, the child and
 * its descendants are killed. */
struct suspect {
    uint64_t *progress; /* of map_shared() */
    uint64_t patience_ms;
    void (*body)(void *argument);
    void *argument;
};

/* Runs it to its end; returns its wait status. Its checks do not count. */
int run_suspect(const struct suspect *suspect);
