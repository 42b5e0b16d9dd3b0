/* space.c - the life of an address space, and the search for room in it. */
#include "address_space.h"

#include "operations.h"
#include "vm_hooks.h"

enum error address_space_new(struct address_space *space, struct page_manager *manager,
                             enum paging_mode mode)
{
    const enum error error = manager->operations->new_root(manager);

    if (error)
        return error;
    *space = (struct address_space){.table = page_table_of(manager, mode)};
    area_set_init(&space->areas);
    return E_OK;
}

bool address_space_dismantle(struct address_space *space, uint64_t pages)
{
    struct area *area;

    if (!space_drop_tables(space, &pages))
        return false;
    while ((area = area_set_first(&space->areas))) {
        if (pages-- == 0)
            return false;
        area_set_remove(&space->areas, area);
        if (area->owner)
            area->owner->release(area->owner);
        vm_area_free(area);
    }
    return true;
}

void address_space_destroy(struct address_space *space)
{
    struct page_manager *manager = space->table.manager;
    const bool done = address_space_dismantle(space, UINT64_MAX);

    VM_ASSERT(done);
    manager->operations->drop_root(manager);
}

ppn_t address_space_root_ppn(const struct address_space *space)
{
    struct page_manager *manager = space->table.manager;
    return manager->operations->root_ppn(manager);
}

bool space_range_is_valid(const struct address_space *space, struct page_range range)
{
    const uint64_t limit = mode_user_pages(space->table.mode);
    return range.pages > 0 && range.start.v < limit && range.pages <= limit - range.start.v;
}

enum error address_space_find_free(const struct address_space *space, uint64_t pages,
                                   uint64_t align, struct page_range where, vpn_t *start)
{
    const uint64_t top = mode_user_pages(space->table.mode);
    const uint64_t end = range_end(where).v < top ? range_end(where).v : top;
    uint64_t from = (where.start.v + align - 1) & -align;
    struct area *area;

    if (pages == 0)
        return E_INVAL;
    area = area_set_find_from(&space->areas, (vpn_t){from});
    while (from < end && pages <= end - from) {
        if (!area || area->range.start.v >= from + pages) {
            *start = (vpn_t){from};
            return E_OK;
        }
        from = (range_end(area->range).v + align - 1) & -align;
        while (area && range_end(area->range).v <= from)
            area = area_set_next(&space->areas, area);
    }
    return E_NOMEM;
}
