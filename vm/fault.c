/* fault.c - the one handler of page faults: a hart's, and those of the kernel for a hart.
 *
 * The area says what may be done; the table says what was done so far:
 *
 *   no page there           lazy.c finds one (large.c a larger one)
 *   a shared table on the way  share.c makes it the space's own, then look again
 *   a page without W        cow.c: copy it, or take it as the last one
 *   all is as it should be  the hart remembered something old; it forgets that
 */
#include "operations.h"

enum error address_space_fault(struct address_space *space, vaddr_t addr, uint64_t access)
{
    const vpn_t vpn = vaddr_page(addr);
    struct area *area = area_set_find(&space->areas, vpn);
    enum error error;
    pte_t *entry;
    unsigned level;

    if (!area || (area->flags & access) != access)
        return E_FAULT;
    /* Down to where the way ends: what comes there may be a larger page. */
    error = table_reach(space, vpn, space->table.mode, &entry, &level);
    if (error)
        return error;
    if (entry->v == 0)
        return page_fill(space, area, vpn, access, entry, level);
    if ((entry->v & access) != access)
        return page_break(space, area, vpn, entry, level);
    vm_event(space->events, VM_STALE, vpn);
    space_flush(space, (struct page_range){vpn, 1}, FLUSH_STRONGER);
    return E_OK;
}
