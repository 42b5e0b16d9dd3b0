#pragma once
/* smp.h - what the stress programs share: crews of threads, harts, numbers at random for each. */
#include <octavo/thread.h>

#include <stdbool.h>
#include <stdint.h>

/* How many harts run. */
unsigned hart_count(void);

/* Lets the calling thread run on the harts with a bit in `harts` only. Checks it. */
void run_on(uint64_t harts);

/* The hart that runs the calling process's first thread, asked by that thread; -1: unknown. */
int current_hart(void);

/* So many rounds, or a few of them while the test warms up. */
unsigned rounds_of(unsigned rounds);

/* Pseudo-random numbers for a thread of its own; *state begins with what tap_random() gave and
 * something that tells the thread from its fellows. */
uint64_t random_next(uint64_t *state);
uint64_t random_below(uint64_t *state, uint64_t limit);

enum { CREW_MAX = 64 };

/* Threads of one process that do the same, each with a number from 0. */
struct crew {
    unsigned count;
    struct thread thread[CREW_MAX];
};

/* Starts `count` threads that run body(number). Checks it. */
void crew_start(struct crew *crew, unsigned count, void *(*body)(void *number));
void crew_join(struct crew *crew);

/* Both at once. */
void crew_run(unsigned count, void *(*body)(void *number));

/* Waits until the word has this value, at first without giving the hart away: who waits sees the
 * change as soon as it can be seen. */
void spin_until(const uint32_t *word, uint32_t value);
