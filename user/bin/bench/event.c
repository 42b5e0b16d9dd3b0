/* event.c - row signal: from the system call that signals an event to the return of the thread of
 * higher priority, in another process, that waits for it.
 *
 * The waiter reads the counter; where the signaller began stands in memory that both share.
 */
#include <octavo/calls.h>

#include "bench.h"
#include "counter.h"
#include "peer.h"

enum { SAMPLES = 200, PAGE_BYTES = 4096, BIT = 1 };

struct shared {
    volatile uint64_t start; /* counter before the signal */
    volatile uint64_t end;   /* counter when the waiter runs */
};

static int event = HANDLE_NONE;
static struct shared *shared;
static struct peer waiter;

static void wait_for_ever(void)
{
    while (event_wait(event, BIT, DEADLINE_NONE, NULL) == 0)
        shared->end = counter_read();
}

static long set_priority(uint64_t priority)
{
    return thread_control(HANDLE_NONE, THREAD_SET_PRIORITY, priority);
}

static long prepare(void)
{
    struct mapping mapping = {
        .length = PAGE_BYTES, .flags = MAP_READ | MAP_WRITE | MAP_SHARE, .memory = HANDLE_NONE};
    long memory = memory_create(PAGE_BYTES, MEMORY_ANONYMOUS, HANDLE_NONE);

    if (memory < 0)
        return memory;
    mapping.memory = (int)memory;
    long address = vm_map(HANDLE_SPACE, &mapping);
    handle_close((int)memory);
    if (address < 0)
        return address;
    shared = (struct shared *)address;
    long made = event_create();
    if (made < 0)
        return made;
    event = (int)made;
    long result = peer_start(&waiter, wait_for_ever);
    if (result < 0)
        return result;
    /* The waiter has what the benchmark had, and goes to wait as soon as this thread has less. */
    return set_priority(PRIORITY_DEFAULT - 1) < 0 ? -E_PERM : 0;
}

/* What the measurement itself costs: the counter, and the store of where it began. */
static long overhead(void)
{
    shared->start = counter_read();
    return (long)(counter_read() - shared->start);
}

static long sample(unsigned batch)
{
    int to = event;
    (void)batch;

    shared->end = 0;
    shared->start = counter_read();
    long result = event_signal(to, BIT);
    if (result < 0)
        return result;
    if (shared->end == 0)
        return -E_AGAIN;
    /* Less than the overhead: a debugger (make profile) has stopped the guest between two readings.
     */
    long used = (long)(shared->end - shared->start) - overhead();
    return used > 0 ? used : 0;
}

static void finish(void)
{
    set_priority(PRIORITY_DEFAULT);
    peer_stop(&waiter);
    if (event != HANDLE_NONE)
        handle_close(event);
    event = HANDLE_NONE;
    if (shared != NULL)
        vm_unmap(HANDLE_SPACE, CALL_POINTER(shared), PAGE_BYTES);
    shared = NULL;
}

const struct row event_rows[] = {
    {"signal", "signal", 1, SAMPLES, prepare, sample, finish},
    {0},
};
