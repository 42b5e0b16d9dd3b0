/* cow.c - pages that several spaces have until one of them writes.
 *
 * Each entry that names a page of the page manager is a hold on it. A clone adds entries and takes
 * the permission to write from all of them; the area still says that writing is allowed, so the
 * fault that follows is the sign to look at the count:
 *
 *   more than one hold     the writer gets a copy, and lets go of the page
 *   one                    the writer is the last: the page is his, as it is
 *
 * The kernel writes to user memory through the same function (address_space_fault), so it cannot
 * write into a page that others read.
 */
#include "bytes.h"
#include "operations.h"

pte_t entry_duplicate(struct page_manager *manager, pte_t *from, unsigned level)
{
    pte_t entry = *from;

    if (!(entry.v & PTE_OWNED))
        return entry; /* somebody else's page: nothing to count, nothing to protect */
    if (!pte_is_leaf(entry)) {
        manager->operations->retain(manager, entry, 1);
        entry.v &= ~(uint64_t)PTE_V;
    } else {
        manager->operations->retain(manager, entry, level_pages(level));
        if (!(entry.v & PTE_SHARED))
            entry.v &= ~(uint64_t)(PTE_W | PTE_D);
    }
    *from = entry;
    return entry;
}

/* --- the write -------------------------------------------------------------------------------- */

static bool is_shared(struct page_manager *manager, pte_t leaf, unsigned level)
{
    const uint64_t step = 1ull << PTE_PPN_SHIFT;

    if (!(leaf.v & PTE_OWNED))
        return true; /* read-only at its owner's: never written in place */
    for (uint64_t pages = level_pages(level); pages > 0; pages--, leaf.v += step)
        if (manager->operations->is_shared(manager, leaf))
            return true;
    return false;
}

/* The page changes, and so must what harts know, before the old one is let go. */
static enum error page_copy(struct address_space *space, const struct area *area, vpn_t vpn,
                            pte_t *entry)
{
    struct page_manager *manager = space->table.manager;
    const pte_t old = *entry;
    const void *from = page_pointer(manager, pte_ppn(old));
    uint64_t flags = 0;
    void *to;

    if (!from)
        return E_FAULT; /* an owner's page that cannot be reached from here cannot be copied */
    to = manager->operations->allocate(manager, 1, &flags);
    if (!to)
        return E_NOMEM;
    bytes_copy(to, from, PAGE_SIZE);
    *entry = paged_leaf(area, pte_make(manager->operations->v_to_p(manager, to), flags), true);
    space_flush(space, (struct page_range){vpn, 1}, FLUSH_WEAKER);
    if (old.v & PTE_OWNED)
        manager->operations->deallocate(manager, old, 1);
    vm_event(space->events, VM_COPIED, vpn);
    return E_OK;
}

/* The owner of a page that is written for the first time since it was mapped must know. */
static enum error tell_owner(const struct area *area, vpn_t vpn, struct page_manager *manager,
                             pte_t leaf)
{
    const uint64_t index = area->offset + (vpn.v - area->range.start.v);
    pte_t page;
    const enum error error = area->owner->page(area->owner, index, true, &page);

    if (error)
        return error;
    if (page.v & PTE_OWNED)
        manager->operations->deallocate(manager, page, 1); /* the leaf has a hold already */
    return pte_ppn(page).v == pte_ppn(leaf).v ? E_OK : E_AGAIN;
}

enum error page_break(struct address_space *space, const struct area *area, vpn_t vpn, pte_t *entry,
                      unsigned level)
{
    struct page_manager *manager = space->table.manager;
    const vpn_t start = {vpn.v & ~(level_pages(level) - 1)};
    enum error error = E_OK;

    if (area->flags & PTE_SHARED)
        error = tell_owner(area, vpn, manager, *entry);
    else if (is_shared(manager, *entry, level)) {
        for (; !error && level > 0; entry = page_table_find(&space->table, vpn, &level))
            error = page_split(space, entry, level, vpn);
        return error ? error : page_copy(space, area, vpn, entry);
    } else
        vm_event(space->events, VM_LAST_SHARER, vpn);
    if (error)
        return error;
    entry->v |= PTE_W | PTE_D;
    space_flush(space, (struct page_range){start, level_pages(level)}, FLUSH_STRONGER);
    return E_OK;
}

/* --- clone ------------------------------------------------------------------------------------ */

struct cloner {
    struct address_space *dst;
    struct page_manager *manager; /* src's */
    enum error error;
};

/* The entries of dst for a run of src. */
static bool clone_run(struct cloner *cloner, pte_t *from, size_t count, vpn_t vpn, unsigned level)
{
    pte_t *to = NULL;
    unsigned found;

    for (size_t i = 0; i < count; i++) {
        if (from[i].v == 0)
            continue;
        if (!to) { /* the table, once there is something for it */
            cloner->error = table_reach(cloner->dst, vpn, level, &to, &found);
            if (cloner->error)
                return false;
            VM_ASSERT(found == level);
        }
        to[i] = entry_duplicate(cloner->manager, &from[i], level);
    }
    return true;
}

static bool clone_arrive(void *self, const struct entry_run *run)
{
    return clone_run(self, run->entry, run->count, run->vpn, run->level);
}

static enum walk_step clone_meet(void *self, pte_t *entry, vpn_t vpn, unsigned level)
{
    (void)self, (void)entry, (void)vpn, (void)level;
    return WALK_ENTER;
}

static enum walk_step clone_block(void *self, pte_t *entry, vpn_t vpn, unsigned level)
{
    return clone_run(self, entry, 1, vpn, level) ? WALK_SKIP : WALK_STOP;
}

enum error clone_leaves_cow(struct address_space *src, struct address_space *dst,
                            struct page_range range)
{
    static const struct page_table_editor editor = {clone_arrive, clone_meet, clone_block, NULL};
    struct cloner cloner = {dst, src->table.manager, tables_unshare(src, range)};

    if (!cloner.error)
        page_table_edit(&src->table, range, 0, &editor, &cloner);
    return cloner.error;
}
