/* heap.c - memory for malloc: sbrk over a part of the address space that nothing else uses.
 *
 * The heap lies above all programs and below the place where the kernel puts mappings that name no
 * address. [HEAP_START, top) is given out and [HEAP_START, mapped) is there, HEAP_START <= top <=
 * mapped <= HEAP_END. It grows by at least its own size up to HEAP_STEP_MAX: pages that nobody
 * touches cost nothing, so a growing heap needs few system calls. When it shrinks, all whole pages
 * above the new top go back to the kernel. Guarded by the C library's lock, which malloc holds
 * already (it is recursive).
 */
#include "posix.h"

#include <errno.h>
#include <octavo/calls.h>
#include <stdbool.h>
#include <sys/lock.h>
#include <unistd.h>

#define HEAP_START    0x0400000000ull
#define HEAP_END      0x1000000000ull
#define HEAP_STEP_MIN (1024 * 1024ull)
#define HEAP_STEP_MAX (16 * 1024 * 1024ull)
#define PAGE_BYTES    4096ull

static uint64_t top = HEAP_START;
static uint64_t mapped = HEAP_START;

static uint64_t round_up(uint64_t bytes, uint64_t unit) { return (bytes + unit - 1) / unit * unit; }

static bool map_more(uint64_t bytes)
{
    struct mapping more = {.address = mapped,
                           .length = bytes,
                           .flags = MAP_READ | MAP_WRITE | MAP_EXACT | MAP_SPARSE,
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
    if (step > HEAP_END - mapped)
        step = HEAP_END - mapped;
    return step > need ? step : need;
}

static bool grow(uint64_t bytes)
{
    uint64_t need;

    if (bytes > HEAP_END - top)
        return false;
    if (top + bytes > mapped) {
        need = round_up(top + bytes - mapped, PAGE_BYTES);
        /* Where the generous step does not fit, the least may. */
        if (!map_more(step_for(need)) && !map_more(need))
            return false;
    }
    top += bytes;
    return true;
}

static bool shrink(uint64_t bytes)
{
    uint64_t kept;

    if (bytes > top - HEAP_START)
        return false;
    kept = round_up(top - bytes, PAGE_BYTES);
    if (kept < mapped && vm_unmap(HANDLE_SPACE, kept, mapped - kept) < 0)
        return false;
    mapped = kept;
    top -= bytes;
    return true;
}

void *sbrk(ptrdiff_t increment)
{
    uint64_t old;
    bool moved;

    __LIBC_LOCK();
    old = top;
    moved = increment < 0 ? shrink(-(uint64_t)increment) : grow((uint64_t)increment);
    __LIBC_UNLOCK();
    if (!moved) {
        errno = ENOMEM;
        return (void *)-1;
    }
    return (void *)old;
}
