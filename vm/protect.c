/* protect.c - other permissions for pages that are mapped.
 *
 * All that can fail comes first: the range is covered by areas, its edges are cut, its tables are
 * the space's own. A leaf that may not be written though its area might (cow.c) stays so: the next
 * write finds out.
 */
#include "operations.h"

struct protector {
    const struct area *area;
    bool weaker; /* some leaf lost a permission */
};

static void protect_leaf(struct protector *protector, pte_t *leaf)
{
    const struct area *area = protector->area;
    const pte_t old = *leaf;
    const uint64_t weak = area->kind == AREA_PAGED && !(old.v & PTE_W) ? PTE_W | PTE_D : 0;

    leaf->v = pte_make(pte_ppn(old), (area->flags & ~weak) | (old.v & PTE_OWNED)).v;
    protector->weaker |= (old.v & ~leaf->v) != 0;
}

static bool protect_arrive(void *self, const struct entry_run *run)
{
    for (size_t i = 0; i < run->count; i++)
        if (run->entry[i].v != 0)
            protect_leaf(self, &run->entry[i]);
    return true;
}

static enum walk_step protect_meet(void *self, pte_t *entry, vpn_t vpn, unsigned level)
{
    (void)self, (void)entry, (void)vpn, (void)level;
    return WALK_ENTER;
}

static enum walk_step protect_block(void *self, pte_t *entry, vpn_t vpn, unsigned level)
{
    (void)vpn, (void)level;
    if (entry->v != 0)
        protect_leaf(self, entry);
    return WALK_SKIP;
}

static bool is_covered(const struct address_space *space, struct page_range range)
{
    vpn_t vpn = range.start;

    while (vpn.v < range_end(range).v) {
        const struct area *area = area_set_find(&space->areas, vpn);
        if (!area)
            return false;
        vpn = range_end(area->range);
    }
    return true;
}

static void protect_area(struct address_space *space, struct area *area, uint64_t flags)
{
    static const struct page_table_editor editor = {protect_arrive, protect_meet, protect_block,
                                                    NULL};
    struct protector protector = {area, false};

    area->flags = leaf_flags(flags) | (area->flags & (PTE_OWNED | PTE_SHARED));
    page_table_edit(&space->table, area->range, 0, &editor, &protector);
    space_flush(space, area->range, protector.weaker ? FLUSH_WEAKER : FLUSH_STRONGER);
}

enum error address_space_protect(struct address_space *space, struct page_range range,
                                 uint64_t flags)
{
    vpn_t vpn = range.start;
    enum error error;

    if (!space_range_is_valid(space, range) || !flags_are_valid(flags))
        return E_INVAL;
    if (!is_covered(space, range))
        return E_NOENT;
    error = space_cut(space, range);
    if (!error)
        error = tables_unshare(space, range);
    if (!error)
        while (vpn.v < range_end(range).v) {
            struct area *area = area_set_find(&space->areas, vpn);
            protect_area(space, area, flags);
            vpn = range_end(area->range);
        }
    space_join_inside(space, range);
    return error;
}
