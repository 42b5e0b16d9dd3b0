/* table.c - the path that one page needs, and the end of trees of tables.
 *
 * The walker (page_table.h) is for ranges; a fault needs one path, and builds here what is missing
 * of it. entry_drop ends whole trees, which may be shared with others: a table is looked into only
 * by whoever gives up the last hold on it.
 */
#include "gather.h"
#include "operations.h"

enum error table_reach(struct address_space *space, vpn_t vpn, unsigned level, pte_t **entry,
                       unsigned *found)
{
    enum error error = E_OK;

    while (error == E_OK) {
        pte_t *const at = page_table_find(&space->table, vpn, found);
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

enum { PAGES_FOR_ONE = 16 }; /* of a larger page count as one entry in a budget */

/* Drops the leaves of a last-level table from *at on, in runs. */
static void drop_leaves(const struct page_table *table, pte_t *leaf)
{
    struct page_manager *manager = table->manager;

    for (size_t i = 0; i < TABLE_ENTRIES;) {
        const pte_t first = leaf[i];
        size_t count = 1;
        if (first.v & PTE_OWNED)
            while (i + count < TABLE_ENTRIES && (leaf[i + count].v & PTE_OWNED) &&
                   pte_ppn(leaf[i + count]).v == pte_ppn(first).v + count)
                count++;
        if (first.v & PTE_OWNED)
            manager->operations->deallocate(manager, first, count);
        i += count;
    }
}

/* Drops what is in a table that nobody else holds. */
static bool drop_entries(const struct page_table *table, pte_t *entry, unsigned level,
                         uint64_t *budget)
{
    if (level == 0) {
        drop_leaves(table, entry);
        *budget -= *budget < TABLE_ENTRIES ? *budget : TABLE_ENTRIES;
        return true;
    }
    for (size_t i = 0; i < TABLE_ENTRIES; i++)
        if (entry[i].v != 0 && !entry_drop(table, &entry[i], level, budget))
            return false;
    return true;
}

bool entry_drop(const struct page_table *table, pte_t *entry, unsigned level, uint64_t *budget)
{
    struct page_manager *manager = table->manager;
    const uint64_t cost = pte_is_leaf(*entry) ? level_pages(level) / PAGES_FOR_ONE + 1 : 1;

    if (*budget == 0)
        return false;
    if (pte_is_leaf(*entry)) {
        if (entry->v & PTE_OWNED)
            manager->operations->deallocate(manager, *entry, level_pages(level));
    } else if (manager->operations->release(manager, *entry)) {
        if (!drop_entries(table, page_pointer(manager, pte_ppn(*entry)), level - 1, budget))
            return false;
        manager->operations->deallocate(manager, *entry, 1);
    }
    *entry = (pte_t){0};
    *budget -= *budget < cost ? *budget : cost; /* not on the way down: the least gets on */
    return true;
}
