/* table.c - the path that one page needs, and the end of trees of tables.
 *
 * The walker (page_table.h) is for ranges; a fault needs one path, and builds here what is missing
 * of it. entry_drop ends whole trees, which may be shared with others: a table is looked into only
 * by whoever gives up the last hold on it.
 */
#include "gather.h"
#include "operations.h"

static pte_t *find_entry(const struct page_table *table, vpn_t vpn, unsigned *level)
{
    return table->manager->window.pages ? page_table_find_by(table, vpn, level, page_in_window)
                                        : page_table_find(table, vpn, level);
}

enum error table_reach(struct address_space *space, vpn_t vpn, unsigned level, pte_t **entry,
                       unsigned *found)
{
    enum error error = E_OK;

    while (error == E_OK) {
        pte_t *const at = find_entry(&space->table, vpn, found);
        *entry = at;
        if (pte_is_shared_table(*at))
            error = table_unshare(space, at, *found, vpn);
        else if (*found <= level || at->v != 0)
            break;
        else
            error = page_table_build(&space->table, at);
    }
    return error;
}

void table_prune(struct address_space *space, vpn_t vpn)
{
    struct gather gather = gather_start(space);

    page_table_prune(&space->table, (struct page_range){vpn, 1}, &gather.dead);
    gather_finish(&gather);
}

/* --- the end ---------------------------------------------------------------------------------- */

enum { PAGES_FOR_ONE = 4 }; /* of a larger page count as one entry in a budget */

/* The first area with pages at or behind vpn. */
static const struct area *area_with_pages(const struct area_set *areas, vpn_t vpn)
{
    struct area *area = area_set_find_from(areas, vpn);

    while (area && area->high.v <= (area->low.v > vpn.v ? area->low.v : vpn.v))
        area = area_set_next(areas, area);
    return area;
}

bool table_next_span(const struct area_set *areas, vpn_t base, unsigned level, struct span *span)
{
    const unsigned shift = TABLE_BITS * level;
    const vpn_t from = {base.v + (span->end << shift)};
    const struct area *area;
    uint64_t first, last;

    if (span->end >= TABLE_ENTRIES)
        return false;
    area = area_with_pages(areas, from);
    if (!area)
        return false;
    first = area->low.v > from.v ? (area->low.v - base.v) >> shift : span->end;
    if (first >= TABLE_ENTRIES)
        return false;
    last = (area->high.v - 1 - base.v) >> shift;
    *span = (struct span){first, last < TABLE_ENTRIES ? last + 1 : TABLE_ENTRIES};
    return true;
}

/* Drops leaves of a last-level table, in runs of pages. */
static void drop_leaves(struct page_manager *manager, const pte_t *leaf, struct span span)
{
    for (size_t i = span.first; (i = next_used(leaf, i, span.end)) < span.end;) {
        const pte_t first = leaf[i++];
        size_t count = 1;
        if (!(first.v & PTE_OWNED))
            continue;
        while (i < span.end && (leaf[i].v & PTE_OWNED) &&
               pte_ppn(leaf[i]).v == pte_ppn(first).v + count)
            i++, count++;
        manager->operations->deallocate(manager, first, count);
    }
}

/* Drops what is in a table that nobody else holds. `level` is that of its entries. */
static bool drop_entries(const struct address_space *space, pte_t *entry, unsigned level,
                         vpn_t base, uint64_t *budget)
{
    struct span span = {0, 0};

    while (table_next_span(&space->areas, base, level, &span)) {
        if (level == 0) {
            const uint64_t cost = span.end - span.first;
            drop_leaves(space->table.manager, entry, span);
            *budget -= *budget < cost ? *budget : cost;
            continue;
        }
        for (size_t i = span.first; (i = next_used(entry, i, span.end)) < span.end; i++) {
            const vpn_t vpn = {base.v + i * level_pages(level)};
            if (!entry_drop(space, &entry[i], level, vpn, budget))
                return false;
        }
    }
    return true;
}

bool entry_drop(const struct address_space *space, pte_t *entry, unsigned level, vpn_t vpn,
                uint64_t *budget)
{
    struct page_manager *manager = space->table.manager;
    const uint64_t cost = pte_is_leaf(*entry) ? level_pages(level) / PAGES_FOR_ONE + 1 : 1;
    const vpn_t base = {vpn.v & ~(level_pages(level) - 1)};

    if (*budget == 0)
        return false;
    if (pte_is_leaf(*entry)) {
        if (entry->v & PTE_OWNED)
            manager->operations->deallocate(manager, *entry, level_pages(level));
    } else if (manager->operations->release(manager, *entry)) {
        pte_t *table = page_pointer(manager, pte_ppn(*entry));
        if (!drop_entries(space, table, level - 1, base, budget))
            return false;
        manager->operations->deallocate(manager, *entry, 1);
    }
    *entry = (pte_t){0};
    *budget -= *budget < cost ? *budget : cost; /* not on the way down: the least gets on */
    return true;
}

bool space_drop_tables(struct address_space *space, uint64_t *budget)
{
    return drop_entries(space, space->table.root, space->table.mode, (vpn_t){0}, budget);
}
