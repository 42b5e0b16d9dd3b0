/* count.c - how many pages of a range are there, and of which sort. */
#include "operations.h"

struct counter {
    struct page_manager *manager;
    struct page_counts counts;
    vpn_t shared_until; /* entries before it stand in a table that is shared */
};

static void count_leaf(struct counter *counter, pte_t leaf, vpn_t vpn, uint64_t pages)
{
    struct page_manager *manager = counter->manager;
    const bool in_shared = vpn.v < counter->shared_until.v;
    const uint64_t step = 1ull << PTE_PPN_SHIFT;

    counter->counts.resident += pages;
    if (pages > 1)
        counter->counts.large += pages;
    if ((leaf.v & PTE_W) && !in_shared)
        counter->counts.writable += pages;
    if (!(leaf.v & PTE_OWNED))
        return;
    for (uint64_t i = 0; i < pages; i++, leaf.v += step)
        counter->counts.shared += in_shared || manager->operations->is_shared(manager, leaf);
}

static bool count_arrive(void *self, const struct const_entry_run *run)
{
    for (size_t i = 0; i < run->count; i++)
        if (run->entry[i].v != 0)
            count_leaf(self, run->entry[i], vpn_add(run->vpn, i), 1);
    return true;
}

static enum walk_step count_meet(void *self, const pte_t *entry, vpn_t vpn, unsigned level)
{
    struct counter *counter = self;
    struct page_manager *manager = counter->manager;
    const uint64_t pages = level_pages(level);

    if (pte_is_shared_table(*entry) && manager->operations->is_shared(manager, *entry) &&
        counter->shared_until.v <= vpn.v)
        counter->shared_until.v = (vpn.v | (pages - 1)) + 1;
    return WALK_ENTER;
}

static enum walk_step count_block(void *self, const pte_t *entry, vpn_t vpn, unsigned level)
{
    if (pte_is_shared_table(*entry))
        return WALK_ENTER;
    if (entry->v != 0)
        count_leaf(self, *entry, vpn, level_pages(level));
    return WALK_SKIP;
}

struct page_counts address_space_count(const struct address_space *space, struct page_range range)
{
    static const struct page_table_visitor visitor = {count_arrive, count_meet, count_block, NULL};
    struct counter counter = {.manager = space->table.manager};

    VM_ASSERT(space_range_is_valid(space, range));
    page_table_visit(&space->table, range, 0, &visitor, &counter);
    return counter.counts;
}
