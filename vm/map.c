/* map.c - the three ways to put an area into an address space.
 *
 * First everything is checked, then what can run out is taken, then the leaves are written, last
 * the area is recorded; each failure undoes what came before it. New pages get their contents
 * before a leaf leads to them, so no other hart sees what was in them.
 */
#include "address_space.h"

#include "bytes.h"
#include "operations.h"
#include "vm_hooks.h"

static bool flags_are_valid(uint64_t flags)
{
    if (flags & ~(uint64_t)(PTE_FLAGS & ~PTE_OWNED))
        return false;
    return flags & PTE_W ? (flags & PTE_R) != 0 : (flags & PTE_RWX) != 0;
}

static bool pages_exist(ppn_t first, uint64_t pages)
{
    const uint64_t limit = 1ull << PTE_PPN_BITS;
    return first.v < limit && pages <= limit - first.v;
}

static bool pages_are_reachable(const struct address_space *space, ppn_t first, uint64_t pages)
{
    struct page_manager *manager = space->table.manager;
    return page_pointer(manager, first) && page_pointer(manager, ppn_add(first, pages - 1));
}

/* May the area go into the space? */
static enum error check_area(const struct address_space *space, const struct area *wanted)
{
    const struct area *behind = area_set_find_from(&space->areas, wanted->range.start);

    if (!space_range_is_valid(space, wanted->range) || !flags_are_valid(wanted->flags))
        return E_INVAL;
    if (wanted->kind != AREA_OWNED && !pages_exist(wanted->first, wanted->range.pages))
        return E_INVAL;
    if (wanted->kind == AREA_EXTERN &&
        !pages_are_reachable(space, wanted->first, wanted->range.pages))
        return E_INVAL;
    return behind && behind->range.start.v < range_end(wanted->range).v ? E_EXIST : E_OK;
}

/* What the leaves get of the caller's flags: see address_space.h. */
static uint64_t leaf_flags(uint64_t flags)
{
    return flags | PTE_V | PTE_A | (flags & PTE_W ? PTE_D : 0);
}

/* Writes the leaves and records the area. Range and flags have been checked. */
static enum error install(struct address_space *space, const struct area *wanted)
{
    const struct leaf_run run = {wanted->range, wanted->first, wanted->flags, .level = 0};
    struct table_chain dead = {{0}};
    struct area *area = vm_area_allocate();
    enum error error;

    if (!area)
        return E_NOMEM;
    error = page_table_map_run(&space->table, &run, &dead);
    if (error)
        goto undo_area;

    *area = *wanted;
    area_set_insert(&space->areas, area);
    if (area->owner)
        area->owner->retain(area->owner);
    return E_OK;

undo_area:
    vm_area_free(area);
    if (space->flush)
        space->flush(space, wanted->range);
    page_table_free_chain(&space->table, &dead);
    return error;
}

/* Maps pages that are the caller's. */
static enum error map_callers(struct address_space *space, const struct area *wanted)
{
    const enum error error = check_area(space, wanted);
    return error ? error : install(space, wanted);
}

enum error address_space_map_extern(struct address_space *space, struct page_range range,
                                    ppn_t first, uint64_t flags)
{
    return map_callers(space, &(struct area){.range = range,
                                             .first = first,
                                             .flags = leaf_flags(flags),
                                             .kind = AREA_EXTERN});
}

enum error address_space_map_shared(struct address_space *space, struct page_range range,
                                    ppn_t first, uint64_t flags, struct area_owner *owner)
{
    return map_callers(space, &(struct area){.range = range,
                                             .first = first,
                                             .flags = leaf_flags(flags),
                                             .kind = AREA_SHARED,
                                             .owner = owner});
}

enum error address_space_map(struct address_space *space, struct page_range range, const void *data,
                             size_t length, size_t offset, uint64_t flags)
{
    struct page_manager *manager = space->table.manager;
    struct area wanted = {.range = range, .flags = leaf_flags(flags), .kind = AREA_OWNED};
    const size_t size = range.pages << PAGE_BITS;
    unsigned char *pages;
    enum error error;

    if (length > size || offset > size - length || (length && !data))
        return E_INVAL;
    error = check_area(space, &wanted);
    if (error)
        return error;
    pages = manager->operations->allocate(manager, range.pages, &wanted.flags);
    if (!pages)
        return E_NOMEM;

    bytes_zero(pages, offset);
    if (length)
        bytes_copy(pages + offset, data, length);
    bytes_zero(pages + offset + length, size - offset - length);

    wanted.first = manager->operations->v_to_p(manager, pages);
    error = install(space, &wanted);
    if (error)
        manager->operations->deallocate(manager, pte_make(wanted.first, wanted.flags), range.pages);
    return error;
}
