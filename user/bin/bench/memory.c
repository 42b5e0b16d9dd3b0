/* memory.c - row map: mapping a memory object of 512 pages by one call.
 *
 * The pages are there before: neither finding nor zeroing them is counted, as it is not in the
 * figures of the others. Page tables that the range needs are.
 */
#include <octavo/calls.h>

#include "bench.h"
#include "counter.h"

enum { PAGES = 512, PAGE_BYTES = 4096, SAMPLES = 40 };

static int memory = HANDLE_NONE;

static long prepare(void)
{
    long made = memory_create(PAGES * PAGE_BYTES, MEMORY_ANONYMOUS, HANDLE_NONE);

    memory = made < 0 ? HANDLE_NONE : (int)made;
    return made < 0 ? made : 0;
}

static long sample(unsigned batch)
{
    struct mapping mapping = {
        .length = batch * PAGE_BYTES, .flags = MAP_READ | MAP_WRITE | MAP_SHARE, .memory = memory};
    uint64_t start = counter_read();
    long address = vm_map(HANDLE_SPACE, &mapping);
    uint64_t used = counter_read() - start - counter_overhead();

    if (address < 0)
        return address;
    long result = vm_unmap(HANDLE_SPACE, (uint64_t)address, mapping.length);
    return result < 0 ? result : (long)used;
}

static void finish(void)
{
    if (memory != HANDLE_NONE)
        handle_close(memory);
    memory = HANDLE_NONE;
}

const struct row memory_rows[] = {
    {"map", "page", PAGES, SAMPLES, prepare, sample, finish},
    {0},
};
