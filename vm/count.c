/* count.c - how many pages of a range are there, and of which sort. */
#include "operations.h"

struct counter {
    struct page_manager *manager;
    struct page_counts counts;
    vpn_t end;           /* of the range */
    vpn_t shared_until;  /* entries before it stand in a table that others have, too */
    vpn_t distant_until; /* entries before it are behind one that is not valid */
};

/* `pages` of the pages of a leaf, from vpn on, which is that of `leaf`'s page. */
static void count_pages(struct counter *counter, pte_t leaf, vpn_t vpn, uint64_t pages)
{
    struct page_manager *manager = counter->manager;
    const bool in_shared = vpn.v < counter->shared_until.v;
    const uint64_t step = 1ull << PTE_PPN_SHIFT;

    counter->counts.resident += pages;
    if ((leaf.v & PTE_W) && vpn.v >= counter->distant_until.v)
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
            count_pages(self, run->entry[i], vpn_add(run->vpn, i), 1);
    return true;
}

/* First page behind what an entry stands for. */
static vpn_t entry_end(vpn_t vpn, unsigned level)
{
    return (vpn_t){(vpn.v | (level_pages(level) - 1)) + 1};
}

static enum walk_step count_meet(void *self, const pte_t *entry, vpn_t vpn, unsigned level)
{
    struct counter *counter = self;
    struct page_manager *manager = counter->manager;

    if (!pte_is_shared_table(*entry))
        return WALK_ENTER;
    if (counter->distant_until.v <= vpn.v)
        counter->distant_until = entry_end(vpn, level);
    if (counter->shared_until.v <= vpn.v && manager->operations->is_shared(manager, *entry))
        counter->shared_until = entry_end(vpn, level);
    return WALK_ENTER;
}

/* Of a larger page, the range may have a part. */
static enum walk_step count_block(void *self, const pte_t *entry, vpn_t vpn, unsigned level)
{
    const uint64_t past = vpn.v & (level_pages(level) - 1);
    struct counter *counter = self;
    vpn_t end = entry_end(vpn, level);

    if (pte_is_shared_table(*entry))
        return WALK_ENTER;
    if (entry->v == 0)
        return WALK_SKIP;
    if (end.v > counter->end.v)
        end = counter->end;
    counter->counts.large += end.v - vpn.v;
    count_pages(counter, (pte_t){entry->v + (past << PTE_PPN_SHIFT)}, vpn, end.v - vpn.v);
    return WALK_SKIP;
}

struct page_counts address_space_count(const struct address_space *space, struct page_range range)
{
    static const struct page_table_visitor visitor = {count_arrive, count_meet, count_block, NULL};
    struct counter counter = {.manager = space->table.manager, .end = range_end(range)};

    VM_ASSERT(space_range_is_valid(space, range));
    page_table_visit(&space->table, range, 0, &visitor, &counter);
    return counter.counts;
}
