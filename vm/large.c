/* large.c - larger pages of zeroes: one fault, and one entry of a hart's translation cache, for 512
 * pages. Only where the area has all of them and asked for it, and as long as memory has such a
 * block; otherwise small pages do.
 */
#include "bytes.h"
#include "operations.h"

/* A larger page of zeroes; zero: there is none. */
static pte_t allocate_large(struct page_manager *manager)
{
    const uint64_t pages = level_pages(LARGE_LEVEL);
    uint64_t flags = 0;
    void *page = manager->operations->allocate_zeroed(manager, pages, &flags);

    if (!page)
        return (pte_t){0};
    const pte_t block = pte_make(manager->operations->v_to_p(manager, page), flags);
    if (pte_ppn(block).v % pages == 0)
        return block;
    manager->operations->deallocate(manager, block, pages); /* a manager that does not align */
    return (pte_t){0};
}

bool page_fill_large(const struct page_fault *fault)
{
    struct address_space *space = fault->space;
    struct area *area = fault->area;
    const uint64_t pages = level_pages(LARGE_LEVEL);
    const vpn_t start = {fault->vpn.v & ~(pages - 1)}, end = vpn_add(start, pages);
    pte_t *entry, block = {0};
    unsigned level;

    if (!area->large || area->owner || fault->level < LARGE_LEVEL)
        return false;
    if (start.v < area->range.start.v || end.v > range_end(area->range).v)
        return false;
    if (table_reach(space, start, LARGE_LEVEL, &entry, &level) == E_OK)
        block = allocate_large(space->table.manager);
    if (block.v == 0) {
        table_prune(space, start);
        return false;
    }
    *entry = paged_leaf(area, block, true);
    area_note_pages(area, start, end);
    vm_event(space->events, VM_ZERO_FILLED_LARGE, start);
    return true;
}
