/* unmap.c - taking pages out of an address space.
 *
 * First the cuts, which may fail and change nothing that shows; then all leaves of the range go,
 * and what they named is gathered (gather.h); last the areas.
 */
#include "gather.h"
#include "operations.h"
#include "vm_hooks.h"

/* Hands over runs of leaves that name neighbouring pages. */
static bool unmap_arrive(void *self, const struct entry_run *run)
{
    struct gather *gather = self;
    pte_t *const entry = run->entry;

    for (size_t i = 0; i < run->count;) {
        const size_t start = i;
        pte_t next = entry[i];
        if (next.v == 0) {
            i++;
            continue;
        }
        for (; i < run->count && entry[i].v == next.v; next.v += 1ull << PTE_PPN_SHIFT)
            entry[i++] = (pte_t){0};
        next.v -= (i - start) << PTE_PPN_SHIFT;
        gather_leaf(gather, next, vpn_add(run->vpn, start), i - start);
    }
    return true;
}

static enum walk_step unmap_meet(void *self, pte_t *entry, vpn_t vpn, unsigned level)
{
    const struct gather *gather = self;
    struct page_manager *manager = gather->space->table.manager;

    (void)vpn, (void)level;
    return manager->operations->check_owned(manager, *entry) ? WALK_ENTER : WALK_SKIP;
}

/* A larger page, or a shared table: the cuts have seen to it that all of it goes. */
static enum walk_step unmap_block(void *self, pte_t *entry, vpn_t vpn, unsigned level)
{
    struct gather *gather = self;
    const pte_t leaf = *entry;
    uint64_t budget = UINT64_MAX;

    if (pte_is_leaf(leaf)) {
        *entry = (pte_t){0};
        gather_leaf(gather, leaf, vpn, level_pages(level));
    } else if (leaf.v != 0) {
        entry_drop(gather->space, entry, level, vpn, &budget); /* no hart has seen it */
    }
    return WALK_SKIP;
}

static void unmap_leave(void *self, pte_t *entry, vpn_t vpn, unsigned level)
{
    struct gather *gather = self;

    (void)vpn, (void)level;
    page_table_leave(&gather->space->table, entry, &gather->dead);
}

/* The first area that begins in [vpn, range_end), given that none reaches over the range's start.
 */
static struct area *area_from(const struct address_space *space, vpn_t vpn, struct page_range range)
{
    struct area *area = area_set_find_from(&space->areas, vpn);
    return area && area->range.start.v < range_end(range).v ? area : NULL;
}

/* The pages of the area that go. */
static struct page_range part_inside(const struct area *area, struct page_range range)
{
    struct page_range part = area->range;
    const uint64_t room = range_end(range).v - part.start.v;

    if (part.pages > room)
        part.pages = room;
    return part;
}

static void forget_areas(struct address_space *space, struct page_range range)
{
    struct area *area;

    while ((area = area_from(space, range.start, range))) {
        if (range_end(area->range).v > range_end(range).v) {
            area_set_trim(&space->areas, area, range_end(range));
            return;
        }
        area_set_remove(&space->areas, area);
        if (area->owner)
            area->owner->release(area->owner);
        vm_area_free(area);
    }
}

void space_remove(struct address_space *space, struct page_range range)
{
    static const struct page_table_editor editor = {unmap_arrive, unmap_meet, unmap_block,
                                                    unmap_leave};
    struct gather gather = gather_start(space);
    const struct area *area = area_from(space, range.start, range);

    for (; area; area = area_from(space, range_end(area->range), range))
        page_table_edit(&space->table, part_inside(area, range), 0, &editor, &gather);
    gather_finish(&gather);
    forget_areas(space, range);
}

enum error address_space_unmap(struct address_space *space, struct page_range range)
{
    enum error error;

    if (!space_range_is_valid(space, range))
        return E_INVAL;
    error = space_cut_off(space, range);
    if (!error)
        space_remove(space, range);
    return error;
}
