/* page_owner.c - see page_owner.h. */
#include "page_owner.h"

#include <string.h>

static struct page_owner *owner_of(struct area_owner *owner) { return (struct page_owner *)owner; }

static void retain(struct area_owner *owner) { owner_of(owner)->areas++; }

static void release(struct area_owner *owner)
{
    assert_true(owner_of(owner)->areas > 0);
    owner_of(owner)->areas--;
}

static enum error page(struct area_owner *self, uint64_t index, bool write, pte_t *found)
{
    struct page_owner *owner = owner_of(self);
    const enum error refused = owner->refuse;
    const ppn_t ppn = ppn_add(owner->first, index);

    owner->calls++;
    owner->refuse = E_OK;
    if (refused)
        return refused;
    if (index >= OWNER_PAGES)
        return E_RANGE;
    if (allocation_must_fail())
        return E_NOMEM;
    if (owner->unreachable) {
        *found = pte_make((ppn_t){1 + index}, 0);
        return E_OK;
    }
    owner->told[index] |= write;
    if (index % 2)
        frame_hold(buddy_frame(&owner->machine->buddy, ppn));
    *found = pte_make(ppn, index % 2 ? PTE_OWNED : 0);
    return E_OK;
}

void page_owner_init(struct page_owner *owner, struct machine *machine, unsigned char pattern)
{
    *owner = (struct page_owner){
        .owner = {.retain = retain, .release = release, .page = page},
        .machine = machine,
        .first = machine_take(machine, OWNER_PAGES),
    };
    for (size_t i = 0; i < OWNER_PAGES; i++)
        memset(page_owner_page(owner, i), pattern + i, PAGE_SIZE);
}

void page_owner_done(struct page_owner *owner)
{
    assert_int_equal(owner->areas, 0);
    machine_return(owner->machine, owner->first, OWNER_PAGES);
}

void *page_owner_page(const struct page_owner *owner, uint64_t index)
{
    return machine_page(owner->machine, ppn_add(owner->first, index));
}
