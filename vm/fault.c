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
    struct page_fault fault = {.space = space, .vpn = vaddr_page(addr), .access = access};
    enum error error;

    fault.area = area_set_find(&space->areas, fault.vpn);
    if (!fault.area || (fault.area->flags & access) != access)
        return E_FAULT;
    /* Down to where the way ends: what comes there may be a larger page. */
    error = table_reach(space, fault.vpn, space->table.mode, &fault.entry, &fault.level);
    if (error)
        return error;
    if (fault.entry->v == 0)
        return page_fill(&fault);
    if ((fault.entry->v & access) != access)
        return page_break(&fault);
    vm_event(space->events, VM_STALE, fault.vpn);
    space_flush(space, (struct page_range){fault.vpn, 1}, FLUSH_STRONGER);
    return E_OK;
}
