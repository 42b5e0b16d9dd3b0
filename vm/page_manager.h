#pragma once
/* page_manager.h - where physical pages come from, and how to reach one from here.
 *
 * The library above knows neither; it asks the page manager of the address space it works on. Each
 * address space has a page manager of its own, because the manager holds the space's root table;
 * what managers share (the buddy allocator, say) is behind them. direct_map.h is the shipped one.
 * Nothing here takes a lock: the caller holds the address space's.
 */
#include "pte.h"

struct page_manager;

struct page_manager_operations {
    /* Makes an empty root table, kept until drop_root. E_NOMEM: no page for it. */
    enum error (*new_root)(struct page_manager *manager) MUST_USE;

    /* Gives the root table back. Pairs with new_root; the user half of the root is empty. */
    void (*drop_root)(struct page_manager *manager);

    /* The root's first entry, and its physical page: root_ppn is v_to_p(root_ptr). */
    pte_t *(*root_ptr)(struct page_manager *manager);
    ppn_t (*root_ppn)(struct page_manager *manager);

    /* The page as a pointer, and back. Inverse of each other on every live page; neighbouring
     * physical pages are neighbours through their pointers. NULL: the page cannot be reached (a
     * device's registers, say), which no page of the manager's own may be. */
    void *(*p_to_v)(struct page_manager *manager, ppn_t ppn);
    ppn_t (*v_to_p)(struct page_manager *manager, const void *page);

    /* Allocates `pages` physically contiguous pages, contents undefined, which are also contiguous
     * through the returned pointer. May add bits to *flags (PTE_OWNED). NULL: no such run of pages.
     */
    void *(*allocate)(struct page_manager *manager, size_t pages, uint64_t *flags);

    /* The same, but cleared; perhaps that was done before. */
    void *(*allocate_zeroed)(struct page_manager *manager, size_t pages, uint64_t *flags);

    /* An entry no longer names `pages` pages from the one that pte names: gives back those that
     * nobody else holds. Returns for how many it did so (none if they are not its own). */
    size_t (*deallocate)(struct page_manager *manager, pte_t pte, size_t pages);

    /* Pages are held once when they have been allocated, and once more for each `retain`: each
     * entry that names one is a hold. The pages are the manager's own. */
    void (*retain)(struct page_manager *manager, pte_t pte, size_t pages);

    /* Does more than one entry name the page? What says no is true for as long as the caller, who
     * has the one entry, does nothing about it. */
    bool (*is_shared)(struct page_manager *manager, pte_t pte);

    /* Takes one hold off the page unless that is the only one. True: it is, so the page is still
     * the caller's, and his to deallocate. */
    bool (*release)(struct page_manager *manager, pte_t pte);

    /* Is the page behind pte ours? A walk that modifies enters a table only if it is. */
    bool (*check_owned)(struct page_manager *manager, pte_t pte);
};

/* A manager that reaches its pages by an addition says so, and is not asked page by page. */
struct page_window {
    uintptr_t offset; /* pointer = physical address + offset */
    ppn_t first;      /* the pages that p_to_v reaches, all of them */
    uint64_t pages;   /* 0: no window, ask */
};

struct page_manager {
    const struct page_manager_operations *operations;
    struct page_window window;
};

/* p_to_v of a manager that has a window, and of any. */
static inline void *page_in_window(struct page_manager *manager, ppn_t ppn)
{
    if (ppn.v - manager->window.first.v >= manager->window.pages)
        return NULL;
    return (void *)(ppn_address(ppn).v + manager->window.offset);
}
static inline void *page_pointer(struct page_manager *manager, ppn_t ppn)
{
    return manager->window.pages ? page_in_window(manager, ppn)
                                 : manager->operations->p_to_v(manager, ppn);
}
