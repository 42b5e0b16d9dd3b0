/* free.c - shows how much memory there is, and how the free part is broken up into blocks. */
#include <inttypes.h>
#include <octavo/calls.h>
#include <unistd.h>

#include "utility.h"

static const char usage[] =
    "usage: free [-h] [-v]\n"
    "Shows memory in KiB. Committed is what has been promised to programs: pages come when\n"
    "they are touched, so it may be more than there is. Zeroed pages are free ones that idle\n"
    "harts have cleared.\n"
    "  -h   sizes in units that are easy to read\n"
    "  -v   the free blocks by buddy order too: a block of order n is 2^n pages of 4 KiB, and\n"
    "       what lies in smaller blocks is no use to who needs one\n";

enum { PAGE_KIB = 4 };

/* A number of pages as text, in a buffer that the next but three call uses again. */
static const char *size_format(uint64_t pages, bool human)
{
    static char buffers[4][24];
    static unsigned next;
    static const char units[] = "KMGT";
    char *buffer = buffers[next++ % 4];
    uint64_t kib = pages * PAGE_KIB, tenths = kib * 10;
    size_t unit = 0;

    if (!human) {
        snprintf(buffer, sizeof buffers[0], "%" PRIu64, kib);
        return buffer;
    }
    while (tenths >= 10 * 1024 && units[unit + 1] != '\0') {
        tenths /= 1024;
        unit++;
    }
    snprintf(buffer, sizeof buffers[0], "%" PRIu64 ".%d%ci", tenths / 10, (int)(tenths % 10),
             units[unit]);
    return buffer;
}

static void line_print(const char *name, uint64_t pages, bool human)
{
    printf("%-10s %12" PRIu64 " %12s\n", name, pages, size_format(pages, human));
}

static void memory_print(const struct system_memory *memory, bool human)
{
    printf("%-10s %12s %12s\n", "", "pages", human ? "size" : "KiB");
    line_print("total", memory->total_pages, human);
    line_print("managed", memory->managed_pages, human);
    line_print("used", memory->managed_pages - memory->free_pages, human);
    line_print("free", memory->free_pages, human);
    line_print("zeroed", memory->zeroed_pages, human);
    line_print("committed", memory->committed_pages, human);
}

/* What share of the pages lies in blocks below each order tells how broken up free memory is. */
static void orders_print(const struct system_memory *memory, bool human)
{
    uint64_t total = 0, below = 0;

    for (int order = 0; order < MEMORY_ORDERS; order++)
        total += memory->free_blocks[order] << order;
    printf("\n%5s %12s %12s %12s %12s\n", "order", human ? "block" : "block KiB", "free blocks",
           human ? "size" : "KiB", "in smaller");
    for (int order = 0; order < MEMORY_ORDERS; order++) {
        uint64_t blocks = memory->free_blocks[order];
        double smaller = total == 0 ? 0 : 100.0 * (double)below / (double)total;

        printf("%5d %12s %12" PRIu64 " %12s %11.1f%%\n", order,
               size_format(UINT64_C(1) << order, human), blocks,
               size_format(blocks << order, human), smaller);
        below += blocks << order;
    }
}

int main(int argc, char **argv)
{
    struct system_memory memory;
    bool human = false, verbose = false;
    int option;

    if (utility_help(argc, argv, usage))
        return 0;
    while ((option = getopt(argc, argv, "hv")) != -1) {
        if (option == '?')
            return utility_misuse(usage);
        human = human || option == 'h';
        verbose = verbose || option == 'v';
    }
    if (optind < argc)
        return utility_misuse(usage);
    long result = system_info(HANDLE_SYSTEM, INFO_MEMORY, &memory, sizeof memory);
    if (result < 0)
        return utility_fail("free", "memory information", (int)-result);
    memory_print(&memory, human);
    if (verbose)
        orders_print(&memory, human);
    return utility_finish("free", 0);
}
