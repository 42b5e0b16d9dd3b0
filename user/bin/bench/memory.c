/* memory.c - rows map, touch and free: pages into an address space, and out of it again.
 *
 * map: a memory object of 511 pages by one call that enters each of them in a page table
 * (MAP_POPULATE): one page more, and a larger page might stand for them all. The pages are there
 * before: neither finding nor zeroing them is counted, as it is not in the figures of the others.
 * The two page tables that the range needs are.
 *
 * touch: a store to each page of a fresh mapping: faults (one may bring several pages), zeroing;
 * free: one call that unmaps them when all have been touched. MAP_SPARSE, so that pages are of 4
 * KiB. Making the mapping is not counted; page tables are, on both sides.
 */
#include <octavo/calls.h>

#include "bench.h"
#include "counter.h"

enum { PAGES = 512, MAP_PAGES = PAGES - 1, PAGE_BYTES = 4096, SAMPLES = 40 };

/* Far from everything else. */
#define FREE_PLACE 0x3000000000ull

static int memory = HANDLE_NONE;

static long map_prepare(void)
{
    long made = memory_create(MAP_PAGES * PAGE_BYTES, MEMORY_ANONYMOUS, HANDLE_NONE);

    memory = made < 0 ? HANDLE_NONE : (int)made;
    return made < 0 ? made : 0;
}

static long map_sample(unsigned batch)
{
    struct mapping mapping = {.address = FREE_PLACE,
                              .length = batch * PAGE_BYTES,
                              .flags = MAP_READ | MAP_WRITE | MAP_SHARE | MAP_POPULATE | MAP_EXACT,
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

static long map_fresh(unsigned pages)
{
    struct mapping mapping = {.length = pages * PAGE_BYTES,
                              .flags = MAP_READ | MAP_WRITE | MAP_SPARSE,
                              .memory = HANDLE_NONE};

    return vm_map(HANDLE_SPACE, &mapping);
}

/* Two instructions a round besides the store and the step to the next page. */
static inline void touch(long address, unsigned pages)
{
    volatile uint64_t *page = (volatile uint64_t *)address;

    COUNTER_LOOP(pages)
    {
        *page = 1;
        page += PAGE_BYTES / sizeof *page;
    }
}

static long touch_sample(unsigned batch)
{
    long address = map_fresh(batch);

    if (address < 0)
        return address;
    uint64_t start = counter_read();
    touch(address, batch);
    uint64_t used = counter_read() - start - counter_loop_overhead(batch);
    long result = vm_unmap(HANDLE_SPACE, (uint64_t)address, batch * PAGE_BYTES);
    return result < 0 ? result : (long)used;
}

static long free_sample(unsigned batch)
{
    long address = map_fresh(batch);

    if (address < 0)
        return address;
    touch(address, batch);
    uint64_t start = counter_read();
    long result = vm_unmap(HANDLE_SPACE, (uint64_t)address, batch * PAGE_BYTES);
    uint64_t used = counter_read() - start - counter_overhead();
    return result < 0 ? result : (long)used;
}

const struct row memory_rows[] = {
    {"touch", "page", PAGES, SAMPLES, NULL, touch_sample, NULL},
    {"free", "page", PAGES, SAMPLES, NULL, free_sample, NULL},
    {"map", "page", MAP_PAGES, SAMPLES, map_prepare, map_sample, map_finish},
    {0},
};
