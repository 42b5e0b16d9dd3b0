/* touch.c - the first touch of each page of a fresh mapping, for a page, against their number:
 * touch_small with pages of 4 KiB, touch_large where larger ones may come.
 */
#include "bench_vm.h"

static const uint64_t counts[] = {1, 4, 16, 64, 256, 512, 1024, 4096, 16384};

/* Writes to each 4 KiB of a fresh mapping. -> 0 or a negated error. */
static long touch_fresh(uint64_t pages, uint32_t flags, uint64_t *used)
{
    long address = fresh_map(pages, flags);

    if (address < 0)
        return address;
    uint64_t start = instructions();
    pages_touch(address, pages, 1);
    *used = instructions() - start;
    return fresh_unmap(address, pages);
}

static long measure_count(const char *series, uint64_t pages, uint32_t flags)
{
    uint64_t used;
    long result = touch_fresh(pages, flags, &used); /* once to warm up */

    if (result == 0)
        result = touch_fresh(pages, flags, &used);
    if (result == 0)
        row_print(series, pages, (double)used / (double)pages);
    return result;
}

long touch_measure(uint64_t pages)
{
    long result = 0;

    for (size_t i = 0; i < sizeof counts / sizeof counts[0] && counts[i] <= pages; i++) {
        if (result == 0)
            result = measure_count("touch_small", counts[i], MAP_SPARSE);
        if (result == 0)
            result = measure_count("touch_large", counts[i], 0);
    }
    return result;
}
