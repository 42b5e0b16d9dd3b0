/* gather.c - flush once, then free. Runs of pages, as neighbours tend to be neighbours. */
#include "gather.h"

struct gather gather_start(struct address_space *space)
{
    struct gather gather;

    gather.space = space; /* the array is not cleared: it is a kilobyte */
    gather.dead = (struct table_chain){{0}};
    gather.start = gather.end = (vpn_t){0};
    gather.runs = 0;
    return gather;
}

static void flush(struct gather *gather)
{
    struct address_space *space = gather->space;
    const struct page_range range = {gather->start, gather->end.v - gather->start.v};
    const bool tables = gather->dead.head.v != 0;

    if (space->flush && (range.pages > 0 || tables))
        space->flush(space, range, tables ? FLUSH_TABLES : FLUSH_WEAKER);
    gather->start = gather->end;
}

static void free_pages(struct gather *gather)
{
    struct page_manager *manager = gather->space->table.manager;

    for (size_t i = 0; i < gather->runs; i++)
        manager->operations->deallocate(manager, gather->run[i].first, gather->run[i].pages);
    gather->runs = 0;
}

static void add_run(struct gather *gather, pte_t leaf, uint64_t pages)
{
    if (gather->runs > 0) {
        const size_t last = gather->runs - 1;
        const uint64_t end = pte_ppn(gather->run[last].first).v + gather->run[last].pages;
        if (pte_ppn(leaf).v == end) {
            gather->run[last].pages += pages;
            return;
        }
    }
    if (gather->runs == GATHER_RUNS) {
        flush(gather);
        free_pages(gather);
    }
    gather->run[gather->runs].first = leaf;
    gather->run[gather->runs].pages = pages;
    gather->runs++;
}

void gather_leaf(struct gather *gather, pte_t leaf, vpn_t vpn, uint64_t pages)
{
    if (leaf.v & PTE_OWNED)
        add_run(gather, leaf, pages);
    if (gather->start.v == gather->end.v)
        gather->start = vpn;
    gather->end = vpn_add(vpn, pages);
}

void gather_finish(struct gather *gather)
{
    flush(gather);
    free_pages(gather);
    page_table_free_chain(&gather->space->table, &gather->dead);
}
