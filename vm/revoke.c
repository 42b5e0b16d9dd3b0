/* revoke.c - an owner takes pages back that it has given out.
 *
 * Areas stay as they are: the next who needs such a page asks the owner again. Copies that the
 * space has made for itself are no pages of the owner's, and stay.
 *
 * A table that several spaces share is made this space's own first. In place, its leaves may not be
 * cleared: those who share it have no lock in common, and another may be copying it (share.c).
 */
#include "gather.h"
#include "operations.h"

struct revoker {
    struct gather gather;
    const ppn_t *pages; /* what the leaf of vpn `start` and those after it have to name to go */
    vpn_t start;
};

static bool revoke_arrive(void *self, const struct entry_run *run)
{
    struct revoker *revoker = self;
    const ppn_t *page = revoker->pages + (run->vpn.v - revoker->start.v);

    for (size_t i = 0; i < run->count; i++) {
        const pte_t leaf = run->entry[i];
        if (leaf.v == 0 || pte_ppn(leaf).v != page[i].v)
            continue;
        run->entry[i] = (pte_t){0};
        gather_leaf(&revoker->gather, leaf, vpn_add(run->vpn, i), 1);
    }
    return true;
}

static enum walk_step revoke_meet(void *self, pte_t *entry, vpn_t vpn, unsigned level)
{
    (void)self, (void)entry, (void)vpn, (void)level;
    return WALK_ENTER;
}

static enum walk_step revoke_block(void *self, pte_t *entry, vpn_t vpn, unsigned level)
{
    (void)self, (void)entry, (void)vpn, (void)level;
    return WALK_SKIP; /* an owner's pages are never in larger ones */
}

static void revoke_leave(void *self, pte_t *entry, vpn_t vpn, unsigned level)
{
    struct revoker *revoker = self;

    (void)vpn, (void)level;
    page_table_leave(&revoker->gather.space->table, entry, &revoker->gather.dead);
}

/* The leaves of `range`, whose pages begin with pages[0]. */
static enum error revoke_range(struct address_space *space, struct page_range range,
                               const ppn_t *pages)
{
    static const struct page_table_editor editor = {revoke_arrive, revoke_meet, revoke_block,
                                                    revoke_leave};
    const enum error error = tables_unshare(space, range);

    if (error)
        return error;
    struct revoker revoker = {gather_start(space), pages, range.start};
    page_table_edit(&space->table, range, 0, &editor, &revoker);
    gather_finish(&revoker.gather);
    return E_OK;
}

enum error address_space_revoke(struct address_space *space, const struct area_owner *owner,
                                const struct page_run *run)
{
    const uint64_t last = run->first + run->count;
    struct area *area = area_set_first(&space->areas);
    enum error error = E_OK;

    for (; area && !error; area = area_set_next(&space->areas, area)) {
        const uint64_t begin = area->offset, end = begin + area->range.pages;
        const uint64_t from = begin > run->first ? begin : run->first;
        const uint64_t to = end < last ? end : last;
        if (area->kind != AREA_PAGED || area->owner != owner || from >= to)
            continue;
        error = revoke_range(
            space, (struct page_range){vpn_add(area->range.start, from - begin), to - from},
            run->page + (from - run->first));
    }
    return error;
}
