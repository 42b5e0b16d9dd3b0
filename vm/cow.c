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

/* May the leaf be dealt with along with the one before it? It is private, and lacks W as well. */
static bool is_alike(const struct address_space *space, pte_t leaf, bool shared)
{
    return pte_is_leaf(leaf) && !(leaf.v & PTE_W) && (leaf.v & PTE_OWNED) &&
           is_shared(space->table.manager, leaf, 0) == shared;
}

/* How many pages a fault at a small page deals with. */
static uint64_t pages_alike(const struct address_space *space, const struct area *area, vpn_t vpn,
                            const pte_t *entry, bool shared)
{
    const uint64_t most = pages_ahead(area, vpn, entry, PTE_W);
    uint64_t pages = 1;

    while (pages < most && is_alike(space, entry[pages], shared))
        pages++;
    return pages;
}

/* Lets go of pages that leaves named, by runs of neighbours: as far as there is a hold on them. */
static void let_go(struct page_manager *manager, const pte_t *leaf, uint64_t pages)
{
    for (uint64_t i = 0, count; i < pages; i += count) {
        count = 1;
        if (!(leaf[i].v & PTE_OWNED))
            continue;
        while (i + count < pages && (leaf[i + count].v & PTE_OWNED) &&
               pte_ppn(leaf[i + count]).v == pte_ppn(leaf[i]).v + count)
            count++;
        manager->operations->deallocate(manager, leaf[i], count);
    }
}

/* Gives the entries `pages` new pages with the contents of the old ones. What harts know must
 * change before those are let go. */
static enum error copy_pages(struct address_space *space, const struct area *area, vpn_t vpn,
                             pte_t *entry, uint64_t pages)
{
    struct page_manager *manager = space->table.manager;
    pte_t old[AHEAD_PAGES];
    uint64_t flags = 0;
    char *to = manager->operations->allocate(manager, pages, &flags);

    if (!to)
        return E_NOMEM;
    const ppn_t first = manager->operations->v_to_p(manager, to);
    for (uint64_t i = 0; i < pages; i++) {
        old[i] = entry[i];
        bytes_copy(to + i * PAGE_SIZE, page_pointer(manager, pte_ppn(old[i])), PAGE_SIZE);
        entry[i] = paged_leaf(area, pte_make(ppn_add(first, i), flags), true);
    }
    space_flush(space, (struct page_range){vpn, pages}, FLUSH_WEAKER);
    let_go(manager, old, pages);
    vm_event(space->events, VM_COPIED, vpn);
    return E_OK;
}

static enum error page_copy(struct address_space *space, const struct area *area, vpn_t vpn,
                            pte_t *entry)
{
    const uint64_t pages = pages_alike(space, area, vpn, entry, true);
    enum error error;

    if (!page_pointer(space->table.manager, pte_ppn(*entry)))
        return E_FAULT; /* an owner's page that cannot be reached from here cannot be copied */
    error = copy_pages(space, area, vpn, entry, pages);
    if (error == E_NOMEM && pages > 1) /* memory is short, or in pieces */
        error = copy_pages(space, area, vpn, entry, 1);
    return error;
}

/* Nobody else has the page any more, nor perhaps those behind it. */
static void take_pages(struct address_space *space, const struct area *area, vpn_t vpn,
                       pte_t *entry, unsigned level)
{
    const vpn_t start = {vpn.v & ~(level_pages(level) - 1)};
    const uint64_t entries = level == 0 ? pages_alike(space, area, vpn, entry, false) : 1;

    for (uint64_t i = 0; i < entries; i++)
        entry[i].v |= PTE_W | PTE_D;
    space_flush(space, (struct page_range){start, entries * level_pages(level)}, FLUSH_STRONGER);
    vm_event(space->events, VM_LAST_SHARER, vpn);
}

/* The owner of a page that is written for the first time since it was mapped must know. */
static enum error tell_owner(struct address_space *space, const struct area *area, vpn_t vpn,
                             pte_t *entry)
{
    struct page_manager *manager = space->table.manager;
    const uint64_t index = area->offset + (vpn.v - area->range.start.v);
    pte_t page;
    const enum error error = area->owner->page(area->owner, index, true, &page);

    if (error)
        return error;
    if (page.v & PTE_OWNED)
        manager->operations->deallocate(manager, page, 1); /* the leaf has a hold already */
    if (pte_ppn(page).v != pte_ppn(*entry).v)
        return E_AGAIN;
    entry->v |= PTE_W | PTE_D;
    space_flush(space, (struct page_range){vpn, 1}, FLUSH_STRONGER);
    return E_OK;
}

enum error page_break(const struct page_fault *fault)
{
    struct address_space *space = fault->space;
    unsigned level = fault->level;
    pte_t *entry = fault->entry;
    enum error error = E_OK;

    if (fault->area->flags & PTE_SHARED)
        return tell_owner(space, fault->area, fault->vpn, entry);
    if (!is_shared(space->table.manager, *entry, level)) {
        take_pages(space, fault->area, fault->vpn, entry, level);
        return E_OK;
    }
    for (; !error && level > 0; entry = page_table_find(&space->table, fault->vpn, &level))
        error = page_split(space, entry, level, fault->vpn);
    return error ? error : page_copy(space, fault->area, fault->vpn, entry);
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
