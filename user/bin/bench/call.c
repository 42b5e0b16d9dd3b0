/* call.c - rows null and yield: the cheapest system call, and switching to another process.
 *
 * The calls are bare: the library's stubs set all registers that a system call may take, which is
 * more than these two need.
 */
#include <octavo/calls.h>

#include "bench.h"
#include "counter.h"
#include "peer.h"

enum { NULL_BATCH = 64, YIELD_BATCH = 100, SAMPLES = 40 };

/* Nothing but the number and `ecall`, 64 times; the result is not looked at. */
static long null_sample(unsigned batch)
{
    uint64_t start = counter_read();

    __asm__ volatile(".rept %1\n"
                     "li a7, %0\n"
                     "ecall\n"
                     ".endr" ::"i"(SYS_PROCESS_ID),
                     "i"(NULL_BATCH)
                     : "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", SYSTEM_CALL_CLOBBERS);
    (void)batch;
    return (long)(counter_read() - start - counter_overhead());
}

static inline void yield(void)
{
    __asm__ volatile("li a7, %0\n"
                     "ecall" ::"i"(SYS_THREAD_YIELD)
                     : "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", SYSTEM_CALL_CLOBBERS);
}

static struct peer other;

static void yield_for_ever(void)
{
    for (;;)
        yield();
}

static long yield_prepare(void) { return peer_start(&other, yield_for_ever); }

/* One yield here and one there are a round trip. */
static long yield_sample(unsigned batch)
{
    uint64_t start = counter_read();

    COUNTER_LOOP(batch)
    yield();
    return (long)(counter_read() - start - counter_loop_overhead(batch));
}

static void yield_finish(void) { peer_stop(&other); }

const struct row call_rows[] = {
    {.name = "null",
     .unit = "call",
     .batch = NULL_BATCH,
     .samples = SAMPLES,
     .sample = null_sample},
    {.name = "yield",
     .unit = "round trip",
     .batch = YIELD_BATCH,
     .samples = SAMPLES,
     .prepare = yield_prepare,
     .sample = yield_sample,
     .finish = yield_finish},
    {0},
};
