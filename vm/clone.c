/* clone.c - a second address space with the contents of the first.
 *
 * Order and roll-back are here, and the policy that copies; cow.c and share.c have the other two.
 * Each policy gives dst the same areas. Then each area's leaves follow, or with SHARE all tables at
 * once.
 */
#include "bytes.h"
#include "operations.h"
#include "vm_hooks.h"

/* --- copy ------------------------------------------------------------------------------------- */

struct copier {
    struct address_space *dst;
    const struct area *area; /* dst's */
    struct page_manager *manager;
    enum error error;
};

/* One page that is there gets a copy in dst. */
static enum error copy_leaf(struct copier *copier, pte_t leaf, vpn_t vpn)
{
    struct page_manager *manager = copier->dst->table.manager;
    const void *from = page_pointer(copier->manager, pte_ppn(leaf));
    uint64_t flags = 0;
    enum error error;
    pte_t *entry;
    unsigned level;
    void *to;

    if (!from)
        return E_OK; /* its owner finds it again */
    error = table_reach(copier->dst, vpn, 0, &entry, &level);
    if (error)
        return error;
    to = manager->operations->allocate(manager, 1, &flags);
    if (!to)
        return E_NOMEM;
    bytes_copy(to, from, PAGE_SIZE);
    *entry =
        paged_leaf(copier->area, pte_make(manager->operations->v_to_p(manager, to), flags), true);
    return E_OK;
}

static bool copy_arrive(void *self, const struct entry_run *run)
{
    struct copier *copier = self;

    for (size_t i = 0; i < run->count && !copier->error; i++)
        if (run->entry[i].v != 0)
            copier->error = copy_leaf(copier, run->entry[i], vpn_add(run->vpn, i));
    return !copier->error;
}

static enum walk_step copy_meet(void *self, pte_t *entry, vpn_t vpn, unsigned level)
{
    (void)self, (void)entry, (void)vpn, (void)level;
    return WALK_ENTER;
}

/* Of a larger page the copies are small ones. */
static enum walk_step copy_block(void *self, pte_t *entry, vpn_t vpn, unsigned level)
{
    const uint64_t step = 1ull << PTE_PPN_SHIFT;
    struct copier *copier = self;
    pte_t leaf = *entry;

    if (leaf.v != 0)
        for (uint64_t i = 0; i < level_pages(level) && !copier->error; i++, leaf.v += step)
            copier->error = copy_leaf(copier, leaf, vpn_add(vpn, i));
    return copier->error ? WALK_STOP : WALK_SKIP;
}

static enum error clone_leaves_copy(struct address_space *src, struct address_space *dst,
                                    const struct area *area)
{
    static const struct page_table_editor editor = {copy_arrive, copy_meet, copy_block, NULL};
    struct copier copier = {dst, area, src->table.manager, E_OK};

    if (area->flags & PTE_SHARED)
        return E_OK; /* pages that its owner finds again */
    copier.error = tables_unshare(src, area->range);
    if (!copier.error)
        page_table_edit(&src->table, area->range, 0, &editor, &copier);
    return copier.error;
}

/* --- areas ------------------------------------------------------------------------------------ */

/* A contiguous area, whole: new pages with the old ones as contents, or the same pages. */
static enum error clone_whole(const struct address_space *src, struct address_space *dst,
                              const struct area *area)
{
    const uint64_t flags = area->flags & ~(uint64_t)PTE_OWNED;

    if (area->kind == AREA_SHARED)
        return address_space_map_shared(dst, area->range, area->first, flags, area->owner);
    return address_space_map(dst, area->range, page_pointer(src->table.manager, area->first),
                             area->range.pages << PAGE_BITS, 0, flags);
}

/* Only the record, where there is room for it. */
static struct area *clone_record(struct address_space *dst, const struct area *area)
{
    struct area *record = vm_area_allocate();

    if (!record)
        return NULL;
    *record = *area;
    area_set_insert(&dst->areas, record);
    if (area->owner)
        area->owner->retain(area->owner);
    return record;
}

/* Pages that will be shared are no longer contiguous for long. */
static void become_paged(struct area *area)
{
    area->kind = AREA_PAGED;
    area->flags &= ~(uint64_t)PTE_OWNED;
    area->large = false;
    area->offset = 0;
}

/* A PAGED area, page by page. */
static enum error clone_pages(struct address_space *src, struct address_space *dst,
                              const struct area *area, enum clone_policy policy)
{
    enum error error = check_area(dst, area);
    const struct area *record;

    if (!error)
        error = tables_unshare(dst, area->range);
    if (error)
        return error;
    record = clone_record(dst, area);
    if (!record)
        return E_NOMEM;
    error = policy == CLONE_COPY ? clone_leaves_copy(src, dst, record)
                                 : clone_leaves_cow(src, dst, record->range);
    if (error)
        space_remove(dst, record->range);
    return error;
}

static enum error clone_area(struct address_space *src, struct address_space *dst,
                             struct area *area, enum clone_policy policy)
{
    if (area->kind == AREA_OWNED && policy != CLONE_COPY)
        become_paged(area);
    if (policy == CLONE_SHARE)
        return clone_record(dst, area) ? E_OK : E_NOMEM;
    if (area->kind != AREA_PAGED)
        return clone_whole(src, dst, area);
    return clone_pages(src, dst, area, policy);
}

/* --- the whole -------------------------------------------------------------------------------- */

/* Can all tables be shared? Where there are none, a whole lower half can be taken over. */
static bool can_share(const struct address_space *src, const struct address_space *dst)
{
    struct area *area = area_set_first(&src->areas);

    for (; area; area = area_set_next(&src->areas, area))
        if (area->kind == AREA_EXTERN)
            return false;
    return dst->areas.count == 0 && dst->table.mode == src->table.mode;
}

/* Takes the copies of the areas of src before `end` out of dst again. */
static void undo_clone(const struct address_space *src, struct address_space *dst,
                       const struct area *end)
{
    struct area *area = area_set_first(&src->areas);
    for (; area != end; area = area_set_next(&src->areas, area))
        space_remove(dst, area->range);
}

static enum error clone_areas(struct address_space *src, struct address_space *dst,
                              enum clone_policy policy)
{
    struct area *area = area_set_first(&src->areas);

    for (; area; area = area_set_next(&src->areas, area)) {
        const enum error error = clone_area(src, dst, area, policy);
        if (error) {
            undo_clone(src, dst, area);
            return error;
        }
    }
    return E_OK;
}

enum error address_space_clone_self(struct address_space *src, struct address_space *dst,
                                    enum clone_policy policy)
{
    const struct page_range all = {{0}, mode_user_pages(src->table.mode)};
    enum error error;

    if (policy == CLONE_SHARE && !can_share(src, dst))
        policy = CLONE_COW;
    error = clone_areas(src, dst, policy);
    if (!error && policy == CLONE_SHARE)
        clone_tables(src, dst);
    if (policy != CLONE_COPY) /* src may write to fewer pages now, even if it failed */
        space_flush(src, all, policy == CLONE_SHARE ? FLUSH_TABLES : FLUSH_WEAKER);
    return error;
}
