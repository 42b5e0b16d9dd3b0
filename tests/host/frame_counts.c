/* frame_counts.c - see frame_counts.h. */
#include "frame_counts.h"

#include <stdlib.h>

void frame_counts_start(struct frame_counts *counts, const struct machine *machine)
{
    const uint64_t pages = machine->buddy.pages;

    counts->machine = machine;
    counts->holds = calloc(pages, sizeof *counts->holds);
    counts->written_to = calloc(pages, sizeof *counts->written_to);
    assert_non_null(counts->holds);
    assert_non_null(counts->written_to);
}

static size_t index_of(const struct frame_counts *counts, ppn_t page)
{
    const uint64_t index = page.v - counts->machine->buddy.first.v;

    assert_true(index < counts->machine->buddy.pages);
    return index;
}

/* `reached`: each entry on the way is valid, so a hart gets here. */
static void add_entries(struct frame_counts *counts, const pte_t *entry, size_t count,
                        unsigned level, bool reached);

static void add_leaf(struct frame_counts *counts, pte_t leaf, unsigned level, bool reached)
{
    const size_t first = index_of(counts, pte_ppn(leaf));

    for (size_t i = 0; i < level_pages(level); i++) {
        counts->holds[first + i]++;
        if (reached && (leaf.v & PTE_W) && !(leaf.v & PTE_SHARED))
            counts->written_to[first + i] = true;
    }
}

static void add_table(struct frame_counts *counts, pte_t entry, unsigned level, bool reached)
{
    const pte_t *table = machine_page(counts->machine, pte_ppn(entry));
    const size_t index = index_of(counts, pte_ppn(entry));

    assert_true(entry.v & PTE_OWNED);
    if (counts->holds[index]++ == 0)
        add_entries(counts, table, TABLE_ENTRIES, level - 1, reached && pte_is_valid(entry));
}

static void add_entries(struct frame_counts *counts, const pte_t *entry, size_t count,
                        unsigned level, bool reached)
{
    for (size_t i = 0; i < count; i++) {
        if (entry[i].v == 0)
            continue;
        if (pte_is_leaf(entry[i])) {
            if (entry[i].v & PTE_OWNED)
                add_leaf(counts, entry[i], level, reached);
        } else {
            assert_true(level > 0);
            add_table(counts, entry[i], level, reached);
        }
    }
}

void frame_counts_add_space(struct frame_counts *counts, const struct address_space *space)
{
    const struct page_table *table = &space->table;

    frame_counts_add_pages(counts, address_space_root_ppn(space), 1);
    add_entries(counts, table->root, TABLE_ENTRIES / 2, table->mode, true);
}

void frame_counts_add_pages(struct frame_counts *counts, ppn_t first, uint64_t pages)
{
    const size_t index = index_of(counts, first);

    for (uint64_t i = 0; i < pages; i++)
        counts->holds[index + i]++;
}

void frame_counts_finish(struct frame_counts *counts)
{
    const struct buddy *buddy = &counts->machine->buddy;
    uint64_t used = 0;

    for (size_t i = 0; i < buddy->pages; i++) {
        const struct frame *frame = &buddy->frames[i];
        const bool in_use = frame->state == FRAME_USED;
        const uint32_t holds = in_use ? frame->references : 0;
        if (holds != counts->holds[i])
            fail_msg("page %zu: count %u, held by %u", i, holds, counts->holds[i]);
        if (counts->written_to[i] && holds != 1)
            fail_msg("page %zu is held by %u, and one may write to it", i, holds);
        used += in_use;
    }
    assert_int_equal(buddy->free_pages + used, buddy->managed_pages);
    free(counts->holds);
    free(counts->written_to);
}

pte_t leaf_behind(const struct address_space *space, vpn_t vpn, unsigned *level)
{
    const pte_t *entry = &space->table.root[vpn_index(vpn, space->table.mode)];

    for (*level = space->table.mode; !pte_is_leaf(*entry) && entry->v != 0 && *level > 0;) {
        const pte_t *table = page_pointer(space->table.manager, pte_ppn(*entry));
        assert_non_null(table);
        entry = &table[vpn_index(vpn, --*level)];
    }
    return *entry;
}
