/* lazy.c - pages that are found when somebody first needs them.
 *
 * address_space_map_paged only writes down that there is an area. The page comes before the tables
 * that lead to it, so a fault that fails leaves nothing behind but what is taken out again.
 */
#include "bytes.h"
#include "operations.h"
#include "vm_hooks.h"

enum error address_space_map_paged(struct address_space *space, struct page_range range,
                                   uint64_t flags, const struct pager *pager)
{
    const struct area wanted = {.range = range,
                                .kind = AREA_PAGED,
                                .large = pager->large,
                                .flags = leaf_flags(flags) | (pager->shared ? PTE_SHARED : 0),
                                .owner = pager->owner,
                                .offset = pager->offset};
    enum error error = check_area(space, &wanted);
    struct area *area;

    if ((flags & PTE_SHARED) || (pager->shared && !pager->owner)) /* zeroes are nobody's to share */
        error = E_INVAL;
    if (error)
        return error;
    area = vm_area_allocate();
    if (!area)
        return E_NOMEM;
    *area = wanted;
    area_set_insert(&space->areas, area);
    if (area->owner)
        area->owner->retain(area->owner);
    space_join(space, range_end(range)); /* a heap that grows stays one area */
    space_join(space, range.start);
    return E_OK;
}

/* --- pages ------------------------------------------------------------------------------------ */

static enum error allocate_page(struct page_manager *manager, void **pointer, pte_t *page)
{
    uint64_t flags = 0;

    *pointer = manager->operations->allocate(manager, 1, &flags);
    if (!*pointer)
        return E_NOMEM;
    *page = pte_make(manager->operations->v_to_p(manager, *pointer), flags);
    return E_OK;
}

static enum error zero_page(struct page_manager *manager, pte_t *page)
{
    void *pointer;
    const enum error error = allocate_page(manager, &pointer, page);

    if (!error)
        bytes_zero(pointer, PAGE_SIZE);
    return error;
}

/* The owner's page, or for one who is going to write where it is not shared, a copy. */
static enum error owner_page(struct page_manager *manager, const struct area *area, vpn_t vpn,
                             bool write, pte_t *page)
{
    const bool copy = write && !(area->flags & PTE_SHARED);
    const uint64_t index = area->offset + (vpn.v - area->range.start.v);
    const void *from;
    pte_t original;
    void *to;
    enum error error = area->owner->page(area->owner, index, write && !copy, &original);

    if (error || !copy) {
        *page = original;
        return error;
    }
    from = page_pointer(manager, pte_ppn(original));
    error = from ? allocate_page(manager, &to, page) : E_FAULT;
    if (!error)
        bytes_copy(to, from, PAGE_SIZE);
    if (original.v & PTE_OWNED)
        manager->operations->deallocate(manager, original, 1);
    return error;
}

enum error page_fill(struct address_space *space, const struct area *area, vpn_t vpn,
                     uint64_t access, pte_t *entry, unsigned level)
{
    struct page_manager *manager = space->table.manager;
    /* Zeroes are the space's own, and may be written from the start. */
    const bool write = !area->owner || (access & PTE_W);
    pte_t page = {0};
    enum error error;

    VM_ASSERT(area->kind == AREA_PAGED); /* of the others, all pages are there */
    if (page_fill_large(space, area, vpn, entry, level))
        return E_OK;
    error = area->owner ? owner_page(manager, area, vpn, write, &page) : zero_page(manager, &page);
    if (error)
        return error;
    error = table_reach(space, vpn, 0, &entry, &level);
    if (error) {
        if (page.v & PTE_OWNED)
            manager->operations->deallocate(manager, page, 1);
        table_prune(space, vpn);
        return error;
    }
    VM_ASSERT(entry->v == 0);
    *entry = paged_leaf(area, page, write);
    vm_event(space->events, area->owner ? VM_OWNER_FILLED : VM_ZERO_FILLED, vpn);
    return E_OK;
}
