/* check.c - do the areas and the page table of a space tell the same story?
 *
 * The areas in order say which page may or must be mapped next; a walk over the whole lower half
 * says which one is. The two go side by side, and the first difference is the complaint.
 */
#include "address_space.h"

struct checker {
    const struct page_table *table;
    const struct area_set *areas;
    struct area *area;             /* the area that the walk is in or will come to, or NULL */
    uint64_t done;                 /* pages of it that the walk has seen */
    const char *complaint;         /* NULL: none yet */
    bool filled[TABLE_LEVELS_MAX]; /* by level: has the table that the walk is in an entry? */
    vpn_t hidden_until; /* what leads to pages before it stands behind an entry that is not valid,
                           in tables that others may be copying meanwhile */
};

static bool complain(struct checker *checker, const char *complaint)
{
    checker->complaint = complaint;
    return false;
}

/* Goes on to the area that holds vpn, over those whose pages need not be there. */
static bool find_area(struct checker *checker, vpn_t vpn)
{
    while (checker->area && range_end(checker->area->range).v <= vpn.v) {
        if (checker->area->kind != AREA_PAGED && checker->done < checker->area->range.pages)
            return complain(checker, "a page of an area is not mapped");
        checker->area = area_set_next(checker->areas, checker->area);
        checker->done = 0;
    }
    if (!checker->area || vpn.v < checker->area->range.start.v)
        return complain(checker, "a page outside every area is mapped");
    return true;
}

/* A page of its own may be anywhere, and may lack the permission to write. */
static bool check_paged(struct checker *checker, pte_t leaf)
{
    const uint64_t flags = pte_flags(leaf) & ~(uint64_t)PTE_OWNED;
    const uint64_t wanted = checker->area->flags;

    if (flags != wanted && flags != (wanted & ~(uint64_t)(PTE_W | PTE_D)))
        return complain(checker, "flags differ within an area");
    if (!(leaf.v & PTE_OWNED) && !checker->area->owner)
        return complain(checker, "a page of zeroes is nobody's");
    return true;
}

static bool check_contiguous(struct checker *checker, pte_t leaf, vpn_t vpn, uint64_t pages)
{
    const struct area *area = checker->area;

    if (vpn.v != area->range.start.v + checker->done)
        return complain(checker, "a page of an area is not mapped");
    if (pte_ppn(leaf).v != area->first.v + checker->done)
        return complain(checker, "an area is not contiguous");
    if (pte_flags(leaf) != area->flags)
        return complain(checker, "flags differ within an area");
    checker->done += pages;
    return true;
}

/* The leaf says that vpn and the `pages - 1` after it are mapped from its page on. */
static bool check_leaf(struct checker *checker, pte_t leaf, vpn_t vpn, uint64_t pages)
{
    if (!pte_is_leaf(leaf))
        return complain(checker, "an entry at the lowest level is no leaf");
    if (!find_area(checker, vpn))
        return false;
    if (pages > range_end(checker->area->range).v - vpn.v)
        return complain(checker, "a larger page reaches out of its area");
    if (vpn.v < checker->area->low.v || vpn.v + pages > checker->area->high.v)
        return complain(checker, "a page is where its area says that none has been");
    if (checker->area->kind == AREA_PAGED)
        return check_paged(checker, leaf);
    return check_contiguous(checker, leaf, vpn, pages);
}

static bool check_arrive(void *self, const struct const_entry_run *run)
{
    struct checker *checker = self;

    for (size_t i = 0; i < run->count; i++) {
        if (run->entry[i].v == 0)
            continue;
        checker->filled[0] = true;
        if (!check_leaf(checker, run->entry[i], vpn_add(run->vpn, i), 1))
            return false;
    }
    return true;
}

static enum walk_step check_meet(void *self, const pte_t *entry, vpn_t vpn, unsigned level)
{
    struct checker *checker = self;
    struct page_manager *manager = checker->table->manager;
    const struct page_manager_operations *operations = manager->operations;
    const void *page;

    checker->filled[level] = true;
    checker->filled[level - 1] = false;
    if (!operations->check_owned(manager, *entry))
        return complain(checker, "a table is not owned"), WALK_STOP;
    page = operations->p_to_v(manager, pte_ppn(*entry));
    if (!page || operations->v_to_p(manager, page).v != pte_ppn(*entry).v)
        return complain(checker, "a table cannot be reached"), WALK_STOP;
    if (page != page_pointer(manager, pte_ppn(*entry)))
        return complain(checker, "the manager's window shows something else"), WALK_STOP;
    if (vpn.v < checker->hidden_until.v)
        return WALK_ENTER;
    if (!pte_is_valid(*entry))
        checker->hidden_until.v = (vpn.v | (level_pages(level) - 1)) + 1;
    else if (operations->is_shared(manager, *entry))
        return complain(checker, "a table that is shared is within reach"), WALK_STOP;
    return WALK_ENTER;
}

static enum walk_step check_block(void *self, const pte_t *entry, vpn_t vpn, unsigned level)
{
    struct checker *checker = self;

    if (entry->v == 0)
        return WALK_SKIP;
    if (pte_is_shared_table(*entry))
        return WALK_ENTER;
    checker->filled[level] = true;
    return check_leaf(checker, *entry, vpn, level_pages(level)) ? WALK_SKIP : WALK_STOP;
}

static void check_leave(void *self, const pte_t *entry, vpn_t vpn, unsigned level)
{
    struct checker *checker = self;

    (void)entry, (void)vpn;
    if (!checker->filled[level - 1])
        complain(checker, "a table is empty");
}

static bool check_root(struct checker *checker)
{
    struct page_manager *manager = checker->table->manager;
    const pte_t *root = manager->operations->root_ptr(manager);

    if (!root || (uintptr_t)root % PAGE_SIZE != 0)
        return complain(checker, "there is no root table");
    if (root != checker->table->root)
        return complain(checker, "the root table has moved");
    if (manager->operations->v_to_p(manager, root).v != manager->operations->root_ppn(manager).v)
        return complain(checker, "the root's page number is wrong");
    return true;
}

static bool check_areas(struct checker *checker)
{
    struct area *area = area_set_first(checker->areas);
    uint64_t pages = 0, end = 0;
    size_t count = 0;

    for (; area; area = area_set_next(checker->areas, area)) {
        if (area->range.pages == 0 || area->range.start.v < end)
            return complain(checker, "areas are empty, overlap or are out of order");
        if (area->kind == AREA_PAGED && area->owner && !area->owner->page)
            return complain(checker, "nobody finds the pages of an area");
        if (area->kind != AREA_OWNED && (area->flags & PTE_OWNED))
            return complain(checker, "the caller's pages are marked as owned");
        end = range_end(area->range).v;
        pages += area->range.pages;
        count++;
    }
    if (end > mode_user_pages(checker->table->mode))
        return complain(checker, "an area lies outside the lower half");
    if (count != checker->areas->count || pages != checker->areas->pages)
        return complain(checker, "the sums over the areas are wrong");
    return true;
}

static bool check_mappings(struct checker *checker)
{
    static const struct page_table_visitor visitor = {check_arrive, check_meet, check_block,
                                                      check_leave};
    const struct page_range all = {{0}, mode_user_pages(checker->table->mode)};

    checker->area = area_set_first(checker->areas);
    page_table_visit(checker->table, all, 0, &visitor, checker);
    for (; !checker->complaint && checker->area; checker->done = 0) {
        if (checker->area->kind != AREA_PAGED && checker->done < checker->area->range.pages)
            complain(checker, "a page of an area is not mapped");
        checker->area = area_set_next(checker->areas, checker->area);
    }
    return !checker->complaint;
}

bool address_space_check(const struct address_space *space, const char **complaint)
{
    struct checker checker = {.table = &space->table, .areas = &space->areas};
    const bool good = check_root(&checker) && check_areas(&checker) && check_mappings(&checker);

    *complaint = checker.complaint;
    return good;
}
