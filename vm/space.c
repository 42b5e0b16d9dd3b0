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

void address_space_destroy(struct address_space *space)
{
    struct page_manager *manager = space->table.manager;

    space->flush = NULL; /* nobody runs in it any more */
    space_remove(space, (struct page_range){{0}, mode_user_pages(space->table.mode)});
    VM_ASSERT(space->areas.count == 0);
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

enum error address_space_find_free(const struct address_space *space, uint64_t pages, vpn_t from,
                                   vpn_t limit, vpn_t *start)
{
    struct area *area = area_set_find_from(&space->areas, from);
    const uint64_t top = mode_user_pages(space->table.mode);
    const uint64_t end = limit.v < top ? limit.v : top;

    if (pages == 0)
        return E_INVAL;
    while (from.v < end && pages <= end - from.v) {
        if (!area || area->range.start.v >= from.v + pages) {
            *start = from;
            return E_OK;
        }
        from = range_end(area->range);
        area = area_set_next(&space->areas, area);
    }
    return E_NOMEM;
}
