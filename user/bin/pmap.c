/* pmap.c - shows address spaces: a line for each mapping, or the tree that the kernel prints. */
#include <ctype.h>
#include <inttypes.h>
#include <octavo/calls.h>
#include <stdlib.h>

#include "utility.h"

static const char usage[] =
    "usage: pmap [-t] [PID...]\n"
    "Shows the mappings of the processes; none: its own. Sizes are in KiB:\n"
    "  RESIDENT  pages that are there; the others come when they are touched\n"
    "  SHARED    of these, in other mappings as well, of any process\n"
    "  DIRTY     of these, written to, or open for writing\n"
    "  LARGE     of these, in pages of 2 MiB and more\n"
    "  -t        the page table as a tree instead, with physical pages and flags\n";

enum { TEXT_BYTES_FIRST = 4096, PAGE_KIB = 4 };

/* ---- the tree -------------------------------------------------------------------------------- */

/* Prints the tree of `pid`, 0 for the authority's own. Returns a negated error or 0. */
static long tree_show(int authority, int pid)
{
    size_t size = TEXT_BYTES_FIRST;
    char *text = NULL;
    long length;

    /* The space may grow between two looks at it, so ask again until the text fits. */
    for (;;) {
        char *larger = realloc(text, size);

        if (larger == NULL) {
            free(text);
            return -ENOMEM;
        }
        text = larger;
        length = space_print(authority, pid, text, size);
        if (length < 0 || (size_t)length <= size)
            break;
        size = (size_t)length;
    }
    if (length > 0)
        fwrite(text, 1, (size_t)length, stdout);
    free(text);
    return length < 0 ? length : 0;
}

/* ---- the table ------------------------------------------------------------------------------- */

static const char *kind_name(uint32_t kind)
{
    static const char *const names[] = {
        [VM_AREA_ZERO] = "zero", [VM_AREA_MEMORY] = "memory", [VM_AREA_DEVICE] = "device"};

    return kind < sizeof names / sizeof names[0] ? names[kind] : "?";
}

static void counts_print(const struct vm_area *area)
{
    printf(" %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64 "\n",
           area->length / 1024, area->resident * PAGE_KIB, area->shared * PAGE_KIB,
           area->dirty * PAGE_KIB, area->large * PAGE_KIB);
}

static void area_print(const struct vm_area *area)
{
    printf("%010" PRIx64 "-%010" PRIx64 " %c%c%c%c %-6s", area->address,
           area->address + area->length, (area->flags & MAP_READ) != 0 ? 'r' : '-',
           (area->flags & MAP_WRITE) != 0 ? 'w' : '-', (area->flags & MAP_EXECUTE) != 0 ? 'x' : '-',
           (area->flags & MAP_SHARE) != 0 ? 's' : '-', kind_name(area->kind));
    counts_print(area);
}

static void area_add(struct vm_area *total, const struct vm_area *area)
{
    total->length += area->length;
    total->resident += area->resident;
    total->shared += area->shared;
    total->dirty += area->dirty;
    total->large += area->large;
}

/* The same as tree_show, as a table. What changes meanwhile shows or does not. */
static long table_show(int authority, int pid)
{
    struct vm_area area, total = {0};
    long result = vm_query(authority, pid, 0, &area);

    if (result < 0 && result != -E_NOENT)
        return result;
    printf("%-21s %-4s %-6s %9s %9s %9s %9s %9s\n", "ADDRESS", "PERM", "KIND", "SIZE", "RESIDENT",
           "SHARED", "DIRTY", "LARGE");
    while (result >= 0) {
        area_print(&area);
        area_add(&total, &area);
        result = vm_query(authority, pid, area.address + area.length, &area);
    }
    printf("%-33s", "total");
    counts_print(&total);
    return result == -E_NOENT ? 0 : result;
}

/* ---- arguments ------------------------------------------------------------------------------- */

static int named_show(long (*show)(int authority, int pid), const char *argument, bool with_heading)
{
    char *end;
    long pid = strtol(argument, &end, 10);

    if (!isdigit((unsigned char)argument[0]) || *end != '\0' || pid <= 0 || pid > INT32_MAX) {
        fprintf(stderr, "pmap: %s: not a process number\n", argument);
        return UTILITY_MISUSE;
    }
    if (with_heading)
        printf("%ld:\n", pid);
    long result = show(HANDLE_SYSTEM, (int)pid);
    return result < 0 ? utility_fail("pmap", argument, (int)-result) : 0;
}

int main(int argc, char **argv)
{
    bool tree = argc > 1 && strcmp(argv[1], "-t") == 0;
    long (*show)(int authority, int pid) = tree ? tree_show : table_show;
    int first = tree ? 2 : 1, status = 0;

    if (utility_help(argc, argv, usage))
        return 0;
    if (argc > first && argv[first][0] == '-')
        return utility_misuse(usage);
    if (argc == first) {
        long result = show(HANDLE_SELF, 0);

        status = result < 0 ? utility_fail("pmap", "own space", (int)-result) : 0;
    }
    for (int i = first; i < argc; i++) {
        int one = named_show(show, argv[i], argc > first + 1);

        status = one > status ? one : status;
    }
    return utility_finish("pmap", status);
}
