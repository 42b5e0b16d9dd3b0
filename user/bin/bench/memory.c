/* memory.c - rows map, touch and free: pages into an address space, and out of it again.
 *
 * map: a memory object of 512 pages by one call that enters them all (MAP_POPULATE). The pages are
 * there before: neither finding nor zeroing them is counted, as it is not in the figures of the
 * others. Page tables that the range needs are.
 *
 * touch: a store to each page of a fresh mapping, so a fault for each, and finding and zeroing it;
 * free: one call that unmaps them when all have been touched. MAP_SPARSE, so that pages are of 4
 * KiB. Making the mapping is not counted; page tables are, on both sides.
 */
#include <octavo/calls.h>

#include "bench.h"
#include "counter.h"

enum { PAGES = 512, PAGE_BYTES = 4096, SAMPLES = 40 };

static int memory = HANDLE_NONE;

static long map_prepare(void)
{
    long made = memory_create(PAGES * PAGE_BYTES, MEMORY_ANONYMOUS, HANDLE_NONE);

    memory = made < 0 ? HANDLE_NONE : (int)made;
    return made < 0 ? made : 0;
}

static long map_sample(unsigned batch)
{
    struct mapping mapping = {.length = batch * PAGE_BYTES,
                              .flags = MAP_READ | MAP_WRITE | MAP_SHARE | MAP_POPULATE,
                              .memory = memory};
    uint64_t start = counter_read();
    long address = vm_map(HANDLE_SPACE, &mapping);
    uint64_t used = counter_read() - start - counter_overhead();

    if (address < 0)
        return address;
    long result = vm_unmap(HANDLE_SPACE, (uint64_t)address, mapping.length);
    return result < 0 ? result : (long)used;
}

static void map_finish(void)
{
    if (memory != HANDLE_NONE)
        handle_close(memory);
    memory = HANDLE_NONE;
}

/* What one round of mapping, touching and unmapping took. */
struct round {
    uint64_t touch, unmap;
};

static long run_round(unsigned pages, struct round *round)
{
    struct mapping mapping = {.length = pages * PAGE_BYTES,
                              .flags = MAP_READ | MAP_WRITE | MAP_SPARSE,
                              .memory = HANDLE_NONE};
    long address = vm_map(HANDLE_SPACE, &mapping);

    if (address < 0)
        return address;
    volatile uint64_t *page = (volatile uint64_t *)address;
    uint64_t start = counter_read();
    COUNTER_LOOP(pages)
    {
        *page = 1;
        page += PAGE_BYTES / sizeof *page;
    }
    round->touch = counter_read() - start - counter_loop_overhead(pages);
    start = counter_read();
    long result = vm_unmap(HANDLE_SPACE, (uint64_t)address, mapping.length);
    round->unmap = counter_read() - start - counter_overhead();
    return result;
}

static long touch_sample(unsigned batch)
{
    struct round round;
    long result = run_round(batch, &round);

    return result < 0 ? result : (long)round.touch;
}

static long free_sample(unsigned batch)
{
    struct round round;
    long result = run_round(batch, &round);

    return result < 0 ? result : (long)round.unmap;
}

const struct row memory_rows[] = {
    {"touch", "page", PAGES, SAMPLES, NULL, touch_sample, NULL},
    {"free", "page", PAGES, SAMPLES, NULL, free_sample, NULL},
    {"map", "page", PAGES, SAMPLES, map_prepare, map_sample, map_finish},
    {0},
};
