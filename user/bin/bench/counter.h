#pragma once
/* counter.h - the instruction counter, and what measuring with it costs.
 *
 * User mode reads instret (The RISC-V Instruction Set Manual, volume I, chapter "Zicntr"); the
 * kernel allows it. It counts the instructions of the hart, whoever runs: the program, the kernel,
 * a server. Under QEMU's -icount it is exact, but runs on while the guest idles.
 */
#include <stdint.h>

/* -> instret. A measurement is two calls of this function in a row, in whatever process; that is
 * how `make profile` finds where one begins and ends, so it is called for nothing else. */
uint64_t counter_read(void);

/* -> the difference of two calls with nothing between them. */
uint64_t counter_overhead(void);

/* -> what a loop of `count` rounds around nothing costs, with the two calls around it. */
uint64_t counter_loop_overhead(unsigned count);

/* Runs a statement `count` times, in two instructions a round besides its own. */
#define COUNTER_LOOP(count) for (unsigned left_ = (count); left_ != 0; left_--)
