/* translate.c - from an address in a space to a pointer here: the only way to user memory. */
#include "address_space.h"

void *address_space_translate(const struct address_space *space, vaddr_t addr, uint64_t flags)
{
    struct page_manager *manager = space->table.manager;
    const vpn_t vpn = vaddr_page(addr);
    unsigned level;
    pte_t leaf;
    char *page;

    if (vpn.v >= mode_user_pages(space->table.mode))
        return NULL;
    leaf = *page_table_find(&space->table, vpn, &level);
    if (!pte_is_leaf(leaf) || (pte_flags(leaf) & flags) != flags)
        return NULL;

    const uint64_t inside = vpn.v & (level_pages(level) - 1); /* 0 unless it is a larger page */
    page = manager->operations->p_to_v(manager, ppn_add(pte_ppn(leaf), inside));
    return page ? page + vaddr_offset(addr) : NULL;
}
