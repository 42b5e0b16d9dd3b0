/* clone.c - a second address space with the contents of the first.
 *
 * The policy is in clone_area alone: today each area is copied (or shared, if its pages are the
 * caller's to share). Another policy is another clone_area; order and roll-back stay.
 */
#include "address_space.h"

#include "operations.h"
#include "vm_hooks.h"

/* New pages with the old contents are what address_space_map makes, with the old pages as data: an
 * area is contiguous, so it is one run of bytes. */
static enum error clone_area(const struct address_space *src, struct address_space *dst,
                             const struct area *area)
{
    struct page_manager *manager = src->table.manager;
    const uint64_t flags = area->flags & ~(uint64_t)PTE_OWNED;

    if (area->kind == AREA_SHARED)
        return address_space_map_shared(dst, area->range, area->first, flags, area->owner);
    return address_space_map(dst, area->range, page_pointer(manager, area->first),
                             area->range.pages << PAGE_BITS, 0, flags);
}

/* Takes the copies of the areas of src before `end` out of dst again. */
static void undo_clone(const struct address_space *src, struct address_space *dst,
                       const struct area *end)
{
    struct area *area = area_set_first(&src->areas);
    for (; area != end; area = area_set_next(&src->areas, area))
        space_remove(dst, area->range);
}

enum error address_space_clone_self(struct address_space *src, struct address_space *dst)
{
    struct area *area = area_set_first(&src->areas);

    for (; area; area = area_set_next(&src->areas, area)) {
        const enum error error = clone_area(src, dst, area);
        if (error) {
            undo_clone(src, dst, area);
            return error;
        }
    }
    return E_OK;
}
