/* lazy.c - pages that are found when somebody first needs them.
 *
 * address_space_map_paged only writes down that there is an area. A fault that fails takes the
 * tables that it has built out again.
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
    area->low = area->high = range.start;
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

uint64_t pages_ahead(const struct area *area, vpn_t vpn, const pte_t *entry, uint64_t flags)
{
    const unsigned index = vpn_index(vpn, 0);
    const uint64_t room = TABLE_ENTRIES - index, left = range_end(area->range).v - vpn.v;
    uint64_t pages = 0;

    while (pages < AHEAD_PAGES && pages < index && (entry[-1 - (int64_t)pages].v & flags))
        pages++;
    if (pages > left)
        pages = left;
    if (pages > room)
        pages = room;
    return pages > 0 ? pages : 1;
}

/* How many pages of zeroes a fault brings. */
static uint64_t zeroes_ahead(const struct area *area, vpn_t vpn, const pte_t *entry)
{
    const uint64_t most = pages_ahead(area, vpn, entry, PTE_V);
    uint64_t pages = 1;

    while (pages < most && entry[pages].v == 0)
        pages++;
    return pages;
}

/* Fills *entry, and those behind it if it is so decided, with pages of zeroes. */
static enum error fill_zeroes(struct address_space *space, struct area *area, vpn_t vpn,
                              pte_t *entry)
{
    struct page_manager *manager = space->table.manager;
    uint64_t pages = zeroes_ahead(area, vpn, entry), flags = 0;
    void *run = manager->operations->allocate_zeroed(manager, pages, &flags);

    if (!run && pages > 1) { /* memory is short, or in pieces */
        pages = 1;
        run = manager->operations->allocate_zeroed(manager, pages, &flags);
    }
    if (!run)
        return E_NOMEM;
    pte_t leaf = paged_leaf(area, pte_make(manager->operations->v_to_p(manager, run), flags), true);
    for (uint64_t i = 0; i < pages; i++, leaf.v += 1ull << PTE_PPN_SHIFT)
        entry[i] = leaf;
    area_note_pages(area, vpn, vpn_add(vpn, pages));
    vm_event(space->events, VM_ZERO_FILLED, vpn);
    return E_OK;
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

static enum error fill_from_owner(struct address_space *space, struct area *area, vpn_t vpn,
                                  bool write, pte_t *entry)
{
    pte_t page = {0};
    const enum error error = owner_page(space->table.manager, area, vpn, write, &page);

    if (error)
        return error;
    *entry = paged_leaf(area, page, write);
    area_note_pages(area, vpn, vpn_add(vpn, 1));
    vm_event(space->events, VM_OWNER_FILLED, vpn);
    return E_OK;
}

enum error page_fill(const struct page_fault *fault)
{
    struct address_space *space = fault->space;
    const bool built = fault->level > 0;
    unsigned level = fault->level;
    pte_t *entry = fault->entry;
    enum error error = E_OK;

    VM_ASSERT(fault->area->kind == AREA_PAGED); /* of the others, all pages are there */
    if (built) {
        if (page_fill_large(fault))
            return E_OK;
        error = table_reach(space, fault->vpn, 0, &entry, &level);
    }
    if (!error)
        error = fault->area->owner
                    ? fill_from_owner(space, fault->area, fault->vpn, fault->access & PTE_W, entry)
                    : fill_zeroes(space, fault->area, fault->vpn, entry);
    if (error && built)
        table_prune(space, fault->vpn);
    return error;
}
