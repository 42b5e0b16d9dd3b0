/* unmap.c - taking areas out of an address space.
 *
 * Order matters where other harts run the space: leaves are cleared first, then the flush tells
 * everyone, and only then may pages and tables be used for something else.
 */
#include "operations.h"

#include "vm_hooks.h"

/* The area goes; its leaves are cleared and flushed. */
static void give_back(struct address_space *space, struct area *area)
{
    struct page_manager *manager = space->table.manager;

    area_set_remove(&space->areas, area);
    if (area->kind == AREA_OWNED)
        manager->operations->deallocate(manager, pte_make(area->first, area->flags),
                                        area->range.pages);
    if (area->owner)
        area->owner->release(area->owner);
    vm_area_free(area);
}

/* The first area that begins in [vpn, range_end), given that none reaches over the range's edges.
 */
static struct area *area_from(const struct address_space *space, vpn_t vpn, struct page_range range)
{
    struct area *area = area_set_find_from(&space->areas, vpn);
    return area && area->range.start.v < range_end(range).v ? area : NULL;
}

void space_remove(struct address_space *space, struct page_range range)
{
    struct table_chain dead = {{0}};
    struct area *area = area_from(space, range.start, range);

    if (!area)
        return;
    for (; area; area = area_from(space, range_end(area->range), range))
        page_table_detach(&space->table, area->range, 0, &dead);
    if (space->flush)
        space->flush(space, range);

    while ((area = area_from(space, range.start, range)))
        give_back(space, area);
    page_table_free_chain(&space->table, &dead);
}

enum error address_space_unmap(struct address_space *space, struct page_range range)
{
    const struct area *head, *tail;

    if (!space_range_is_valid(space, range))
        return E_INVAL;
    head = area_set_find(&space->areas, range.start);
    tail = area_set_find(&space->areas, range_end(range));
    if (head && head->range.start.v < range.start.v)
        return E_INVAL;
    if (tail && tail->range.start.v < range_end(range).v)
        return E_INVAL;
    space_remove(space, range);
    return E_OK;
}
