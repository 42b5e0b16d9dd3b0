/* split.c - making two of one where an operation ends in its middle: areas and larger pages.
 *
 * A cut changes nothing that a program could see, so an operation cuts first, and what is left can
 * be undone or cannot fail. Each small page of a larger one is counted by itself from the start, so
 * a split counts nothing.
 */
#include "operations.h"

#include "vm_hooks.h"

enum error page_split(struct address_space *space, pte_t *entry, unsigned level, vpn_t vpn)
{
    const uint64_t step = level_pages(level - 1) << PTE_PPN_SHIFT;
    pte_t leaf = *entry, table = {0};
    const enum error error = page_table_build(&space->table, &table);

    VM_ASSERT(pte_is_leaf(leaf) && level > 0);
    if (error)
        return error;
    pte_t *part = page_pointer(space->table.manager, pte_ppn(table));
    for (size_t i = 0; i < TABLE_ENTRIES; i++, leaf.v += step)
        part[i] = leaf;
    *entry = table;
    const vpn_t start = {vpn.v & ~(level_pages(level) - 1)};
    space_flush(space, (struct page_range){start, level_pages(level)}, FLUSH_TABLES);
    vm_event(space->events, VM_SPLIT, vpn);
    return E_OK;
}

/* Nothing in the table reaches over vpn, nor is shared with pages on both its sides. */
static enum error cut_tables(struct address_space *space, vpn_t vpn)
{
    enum error error = E_OK;
    unsigned level;

    while (error == E_OK) {
        pte_t *const entry = page_table_find(&space->table, vpn, &level);
        if (entry->v == 0 || vpn.v % level_pages(level) == 0)
            break;
        error = pte_is_leaf(*entry) ? page_split(space, entry, level, vpn)
                                    : table_unshare(space, entry, level, vpn);
    }
    return error;
}

static enum error cut_areas(struct address_space *space, vpn_t vpn)
{
    struct area *area = area_set_find(&space->areas, vpn), *tail;

    if (!area || area->range.start.v == vpn.v)
        return E_OK;
    tail = vm_area_allocate();
    if (!tail)
        return E_NOMEM;
    area_set_split(&space->areas, area, vpn, tail);
    return E_OK;
}

void space_join(struct address_space *space, vpn_t vpn)
{
    struct area *area = vpn.v ? area_set_find(&space->areas, (vpn_t){vpn.v - 1}) : NULL;
    struct area *unused;

    if (!area || range_end(area->range).v != vpn.v)
        return;
    unused = area_set_join(&space->areas, area);
    if (unused)
        vm_area_free(unused);
}

void space_join_inside(struct address_space *space, struct page_range range)
{
    const vpn_t end = range_end(range);
    vpn_t vpn = range.start;

    while (vpn.v <= end.v) {
        const struct area *area;
        space_join(space, vpn);
        area = area_set_find_from(&space->areas, vpn);
        if (!area)
            return;
        vpn = range_end(area->range);
    }
}

enum error space_cut_off(struct address_space *space, struct page_range range)
{
    const vpn_t end = range_end(range);
    enum error error = cut_tables(space, range.start);

    if (!error && end.v < mode_user_pages(space->table.mode))
        error = cut_tables(space, end);
    return error ? error : cut_areas(space, range.start);
}

enum error space_cut(struct address_space *space, struct page_range range)
{
    enum error error = space_cut_off(space, range);

    if (!error) {
        error = cut_areas(space, range_end(range));
        if (error)
            space_join(space, range.start);
    }
    return error;
}
