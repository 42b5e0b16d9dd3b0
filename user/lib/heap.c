/* heap.c - memory for malloc: sbrk over a part of the address space that nothing else uses.
 *
 * The heap lies above all programs and below the place where the kernel puts mappings that name no
 * address. [HEAP_START, top) is given out and [HEAP_START, mapped) is there, HEAP_START <= top <=
 * mapped <= HEAP_END. It grows by at least the heap's own size up to HEAP_STEP_MAX, so that a
 * growing heap costs few system calls and few mappings, and it never shrinks. Guarded by the C
 * library's lock, which malloc holds already (it is recursive).
 */
#include "posix.h"

#include <errno.h>
#include <octavo/calls.h>
#include <stdbool.h>
#include <sys/lock.h>
#include <unistd.h>

#define HEAP_START    0x0400000000ull
#define HEAP_END      0x1000000000ull
#define HEAP_STEP_MIN (64 * 1024ull)
#define HEAP_STEP_MAX (1024 * 1024ull)

static uint64_t top = HEAP_START;
static uint64_t mapped = HEAP_START;

static uint64_t round_up(uint64_t bytes, uint64_t unit) { return (bytes + unit - 1) / unit * unit; }

static bool map_more(uint64_t bytes)
{
    struct mapping more = {.address = mapped,
                           .length = bytes,
                           .flags = MAP_READ | MAP_WRITE | MAP_EXACT,
                           .memory = HANDLE_NONE};

    if (vm_map(HANDLE_SPACE, &more) < 0)
        return false;
    mapped += bytes;
    return true;
}

/* How much to map when `need` bytes are missing: as much again as there is, within bounds. */
static uint64_t step_for(uint64_t need)
{
    uint64_t step = mapped - HEAP_START;

    if (step < HEAP_STEP_MIN)
        step = HEAP_STEP_MIN;
    if (step > HEAP_STEP_MAX)
        step = HEAP_STEP_MAX;
    return step > need ? step : need;
}

static bool move_top(ptrdiff_t increment)
{
    uint64_t used = top - HEAP_START;
    uint64_t need;

    if (increment <= 0) {
        if ((uint64_t)-increment > used)
            return false;
        top += (uint64_t)increment;
        return true;
    }
    if ((uint64_t)increment > HEAP_END - top)
        return false;
    if (top + (uint64_t)increment > mapped) {
        need = round_up(top + (uint64_t)increment - mapped, HEAP_STEP_MIN);
        /* Where the generous step does not fit, the least may. */
        if (!map_more(step_for(need)) && !map_more(need))
            return false;
    }
    top += (uint64_t)increment;
    return true;
}

void *sbrk(ptrdiff_t increment)
{
    uint64_t old;
    bool moved;

    __LIBC_LOCK();
    old = top;
    moved = move_top(increment);
    __LIBC_UNLOCK();
    if (!moved) {
        errno = ENOMEM;
        return (void *)-1;
    }
    return (void *)old;
}
