/* free.c - shows how much memory there is, and how the free part is split into blocks. */
#include <inttypes.h>
#include <octavo/calls.h>

#include "utility.h"

static const char usage[] = "usage: free [-h]\n"
                            "Shows memory in KiB, and the free blocks by buddy order: a block of\n"
                            "order n is 2^n pages of 4 KiB.\n"
                            "  -h   sizes in units that are easy to read\n";

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

static void memory_print(const struct system_memory *memory, bool human)
{
    uint64_t used = memory->managed_pages - memory->free_pages;

    printf("%-10s %12s %12s\n", "", "pages", human ? "size" : "KiB");
    printf("%-10s %12" PRIu64 " %12s\n", "total", memory->total_pages,
           size_format(memory->total_pages, human));
    printf("%-10s %12" PRIu64 " %12s\n", "managed", memory->managed_pages,
           size_format(memory->managed_pages, human));
    printf("%-10s %12" PRIu64 " %12s\n", "used", used, size_format(used, human));
    printf("%-10s %12" PRIu64 " %12s\n", "free", memory->free_pages,
           size_format(memory->free_pages, human));
}

static void orders_print(const struct system_memory *memory, bool human)
{
    printf("\n%5s %12s %12s %12s\n", "order", human ? "block" : "block KiB", "free blocks",
           human ? "size" : "KiB");
    for (int order = 0; order < MEMORY_ORDERS; order++) {
        uint64_t blocks = memory->free_blocks[order];

        if (blocks != 0) {
            printf("%5d %12s %12" PRIu64 " %12s\n", order, size_format(UINT64_C(1) << order, human),
                   blocks, size_format(blocks << order, human));
        }
    }
}

int main(int argc, char **argv)
{
    struct system_memory memory;
    bool human = argc == 2 && strcmp(argv[1], "-h") == 0;

    if (utility_help(argc, argv, usage))
        return 0;
    if (argc > 2 || (argc == 2 && !human))
        return utility_misuse(usage);
    long result = system_info(HANDLE_SYSTEM, INFO_MEMORY, &memory, sizeof memory);
    if (result < 0)
        return utility_fail("free", "memory information", (int)-result);
    memory_print(&memory, human);
    orders_print(&memory, human);
    return utility_finish("free", 0);
}
