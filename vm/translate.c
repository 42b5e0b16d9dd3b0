/* translate.c - from an address in a space to a pointer here: the only way to user memory, and so
 * the one walk that is worth writing out for managers with a window, where it calls nobody. */
#include "address_space.h"

static inline void *translate(const struct address_space *space, vaddr_t addr, uint64_t flags,
                              page_reach *reach)
{
    const vpn_t vpn = vaddr_page(addr);
    unsigned level;
    pte_t leaf;
    ppn_t ppn;
    char *page;

    if (vpn.v >= mode_user_pages(space->table.mode))
        return NULL;
    leaf = *page_table_find_by(&space->table, vpn, &level, reach);
    if (!pte_is_leaf(leaf) || (pte_flags(leaf) & flags) != flags)
        return NULL;

    ppn = pte_ppn(leaf);
    if (level > 0) /* a larger page */
        ppn = ppn_add(ppn, vpn.v & (level_pages(level) - 1));
    page = reach(space->table.manager, ppn);
    return page ? page + vaddr_offset(addr) : NULL;
}

static __attribute__((noinline)) void *translate_asking(const struct address_space *space,
                                                        vaddr_t addr, uint64_t flags)
{
    return translate(space, addr, flags, space->table.manager->operations->p_to_v);
}

void *address_space_translate(const struct address_space *space, vaddr_t addr, uint64_t flags)
{
    if (space->table.manager->window.pages == 0)
        return translate_asking(space, addr, flags);
    return translate(space, addr, flags, page_in_window);
}
