/* large.c - larger pages of zeroes: one fault, and one entry of a hart's translation cache, for 512
 * pages. Only where the area has all of them and asked for it, and as long as memory has such a
 * block; otherwise small pages do.
 */
#include "bytes.h"
#include "operations.h"

bool page_fill_large(struct address_space *space, struct area *area, vpn_t vpn, pte_t *entry,
                     unsigned level)
{
    struct page_manager *manager = space->table.manager;
    const uint64_t pages = level_pages(LARGE_LEVEL);
    const vpn_t start = {vpn.v & ~(pages - 1)};
    uint64_t flags = 0;
    void *page;

    if (!area->large || area->owner || level < LARGE_LEVEL)
        return false;
    if (start.v < area->range.start.v || start.v + pages > range_end(area->range).v)
        return false;
    if (table_reach(space, start, LARGE_LEVEL, &entry, &level) != E_OK) {
        table_prune(space, start);
        return false;
    }
    page = manager->operations->allocate_zeroed(manager, pages, &flags);
    if (!page) {
        table_prune(space, start);
        return false;
    }
    const ppn_t first = manager->operations->v_to_p(manager, page);
    if (first.v % pages != 0) { /* a page manager that does not align */
        manager->operations->deallocate(manager, pte_make(first, flags), pages);
        table_prune(space, start);
        return false;
    }
    *entry = paged_leaf(area, pte_make(first, flags), true);
    area_note_pages(area, start, vpn_add(start, pages));
    vm_event(space->events, VM_ZERO_FILLED_LARGE, start);
    return true;
}
