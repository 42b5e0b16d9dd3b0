/* areas.c - what operations cost against the number of areas in the space.
 *
 * Pages that are writable and read-only by turns are an area each; half of them lie below a window,
 * half above it. areas_protect: the last vm_protect that made two areas out of one; areas_map: a
 * vm_map in the window, and its vm_unmap; areas_fault: the first touch of a page of the window.
 */
#include "bench_vm.h"

/* Where nothing else is. */
#define BELOW  0x2800000000ull
#define WINDOW 0x2c00000000ull
#define ABOVE  0x3000000000ull

enum { WINDOW_PAGES = 512, TEN = 10 };

static long map_at(uint64_t address, uint64_t pages)
{
    struct mapping mapping = {.address = address,
                              .length = pages * PAGE_BYTES,
                              .flags = MAP_READ | MAP_WRITE | MAP_SPARSE | MAP_EXACT,
                              .memory = HANDLE_NONE};

    return vm_map(HANDLE_SPACE, &mapping);
}

/* Makes so many areas of a page each. *used: instructions of the last call that made some. */
static long areas_make(uint64_t address, uint64_t areas, uint64_t *used)
{
    long result = areas == 0 ? 0 : map_at(address, areas);

    for (uint64_t i = 0; i < areas && result >= 0; i += 2) {
        uint64_t start = instructions();
        result = vm_protect(HANDLE_SPACE, address + i * PAGE_BYTES, PAGE_BYTES, MAP_READ);
        *used = instructions() - start;
    }
    return result < 0 ? result : 0;
}

static long window_measure(uint64_t areas)
{
    uint64_t start = instructions();
    long result = map_at(WINDOW, WINDOW_PAGES);

    if (result >= 0)
        result = fresh_unmap(WINDOW, WINDOW_PAGES);
    uint64_t used = instructions() - start;
    if (result == 0)
        result = map_at(WINDOW, WINDOW_PAGES);
    if (result < 0)
        return result;
    start = instructions();
    pages_touch(WINDOW, WINDOW_PAGES, 1);
    row_print("areas_fault", areas, (double)(instructions() - start) / WINDOW_PAGES);
    row_print("areas_map", areas, (double)used);
    return fresh_unmap(WINDOW, WINDOW_PAGES);
}

static long measure_count(uint64_t areas)
{
    uint64_t below = areas / 2, above = areas - below, used = 0;
    long result = areas_make(BELOW, below, &used);

    if (result == 0)
        result = areas_make(ABOVE, above, &used);
    if (result == 0)
        row_print("areas_protect", areas, (double)used);
    if (result == 0)
        result = window_measure(areas);
    vm_unmap(HANDLE_SPACE, BELOW, areas * PAGE_BYTES);
    vm_unmap(HANDLE_SPACE, ABOVE, areas * PAGE_BYTES);
    return result;
}

long areas_measure(uint64_t areas)
{
    long result = measure_count(1); /* warms up; its rows are printed again */

    for (uint64_t count = 1; count <= areas && result == 0; count *= TEN)
        result = measure_count(count);
    return result;
}
