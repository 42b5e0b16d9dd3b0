/* print.c - an address space as text: `root: 0x<ppn>`, then the tree of its lower half.
 *
 *   root: 0x80400
 *     0x0..0x40000000 -> 0x80401 _______V
 *       0x0..0x200000 -> 0x80402 _______V
 *         0x10000..0x13000 -> 0x80510 _A_UX_RV
 */
#include "address_space.h"

#include <inttypes.h>
#include <stdio.h>

struct printer {
    struct text_sink *sink;
    unsigned top; /* level of the root */
};

/* One line: `count` neighbouring entries of `level`, the first of which is `entry` and maps vpn. */
static void print_entries(const struct printer *printer, pte_t entry, vpn_t vpn, unsigned level,
                          uint64_t count)
{
    const vpn_t start = {vpn.v & ~(level_pages(level) - 1)}; /* a walk may enter midway */
    const vpn_t end = vpn_add(start, count * level_pages(level));
    const int indent = 2 * (int)(printer->top - level + 1);
    char flags[VM_FLAGS_TEXT_SIZE];
    char line[96]; /* 10 of indent, 2 addresses of 16 digits, a page of 11, 8 flags */

    vm_flags_text(pte_flags(entry), flags);
    const int length =
        snprintf(line, sizeof line, "%*s0x%" PRIx64 "..0x%" PRIx64 " -> 0x%" PRIx64 " %s\n", indent,
                 "", vpn_address(start).v, vpn_address(end).v, pte_ppn(entry).v, flags);
    printer->sink->write(printer->sink, line, length);
}

/* How many entries from `first` on are one mapping. */
static size_t mapping_length(const struct const_entry_run *run, size_t first)
{
    const uint64_t step = level_pages(run->level) << PTE_PPN_SHIFT;
    size_t count = 1;

    while (first + count < run->count &&
           run->entry[first + count].v == run->entry[first].v + count * step)
        count++;
    return count;
}

static bool print_arrive(void *self, const struct const_entry_run *run)
{
    for (size_t i = 0; i < run->count;) {
        if (!pte_is_valid(run->entry[i])) {
            i++;
            continue;
        }
        const size_t count = mapping_length(run, i);
        print_entries(self, run->entry[i], vpn_add(run->vpn, i), run->level, count);
        i += count;
    }
    return true;
}

static enum walk_step print_meet(void *self, const pte_t *entry, vpn_t vpn, unsigned level)
{
    print_entries(self, *entry, vpn, level, 1);
    return WALK_ENTER;
}

static enum walk_step print_block(void *self, const pte_t *entry, vpn_t vpn, unsigned level)
{
    if (pte_is_shared_table(*entry))
        return WALK_ENTER;
    if (pte_is_valid(*entry))
        print_entries(self, *entry, vpn, level, 1);
    return WALK_SKIP;
}

void address_space_print(const struct address_space *space, struct text_sink *sink)
{
    static const struct page_table_visitor visitor = {print_arrive, print_meet, print_block, NULL};
    const struct page_range all = {{0}, mode_user_pages(space->table.mode)};
    struct printer printer = {.sink = sink, .top = space->table.mode};
    char line[32];
    const int length =
        snprintf(line, sizeof line, "root: 0x%" PRIx64 "\n", address_space_root_ppn(space).v);

    sink->write(sink, line, length);
    page_table_visit(&space->table, all, 0, &visitor, &printer);
}
