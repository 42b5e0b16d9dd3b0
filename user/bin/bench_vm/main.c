/* main.c - how what virtual memory costs grows with what there is of it.
 *
 * A line is `row SERIES X FIGURE`. scripts/bench-vm runs this under -icount for each way to fork,
 * draws the curves, and says what they mean (docs/measuring.md).
 */
#include "bench_vm.h"

#include <stdlib.h>

#include "bin/utility.h"

static const char usage[] =
    "usage: bench_vm SERIES LIMIT\n"
    "Measures virtual memory in instructions, up to the limit: fork MEBIBYTES,\n"
    "touch PAGES, areas AREAS. Exact only under QEMU's -icount. And harts MILLISECONDS:\n"
    "faults a second, of one hart up to all, each for that time. See `make bench-vm`.\n";

static const struct series {
    const char *name;
    long (*measure)(uint64_t limit);
} all_series[] = {
    {"fork", fork_measure},
    {"touch", touch_measure},
    {"areas", areas_measure},
    {"harts", harts_measure},
};

void row_print(const char *series, uint64_t x, double figure)
{
    printf("row %s %llu %.2f\n", series, (unsigned long long)x, figure);
    fflush(stdout);
}

long fresh_map(uint64_t pages, uint32_t flags)
{
    struct mapping mapping = {
        .length = pages * PAGE_BYTES, .flags = MAP_READ | MAP_WRITE | flags, .memory = HANDLE_NONE};

    return vm_map(HANDLE_SPACE, &mapping);
}

long fresh_unmap(long address, uint64_t pages)
{
    return vm_unmap(HANDLE_SPACE, (uint64_t)address, pages * PAGE_BYTES);
}

static const struct series *find(const char *name)
{
    for (size_t i = 0; i < sizeof all_series / sizeof all_series[0]; i++)
        if (strcmp(all_series[i].name, name) == 0)
            return &all_series[i];
    return NULL;
}

int main(int argc, char **argv)
{
    if (utility_help(argc, argv, usage))
        return 0;
    const struct series *series = argc == 3 ? find(argv[1]) : NULL;
    uint64_t limit = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    if (series == NULL || limit == 0)
        return utility_misuse(usage);
    long result = series->measure(limit);
    return utility_finish("bench_vm",
                          result < 0 ? utility_fail("bench_vm", series->name, (int)-result) : 0);
}
