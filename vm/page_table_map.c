/* page_table_map.c - writing and clearing runs of leaves, and the tables above them.
 *
 * Invariant: no table below the root is empty, before and after. Whoever clears the last entry of a
 * table takes the table out of its parent, and so on up.
 */
#include "page_table.h"

#include "bytes.h"
#include "vm_hooks.h"

static bool is_owned(const struct page_table *table, pte_t entry)
{
    return table->manager->operations->check_owned(table->manager, entry);
}

static void table_free(const struct page_table *table, pte_t entry)
{
    const size_t freed = table->manager->operations->deallocate(table->manager, entry, 1);
    VM_ASSERT(freed == 1);
}

/* --- map -------------------------------------------------------------------------------------- */

struct mapper {
    const struct page_table *table;
    pte_t next;       /* the leaf to write next */
    uint64_t done;    /* leaves written */
    enum error error; /* why the walk stopped */
};

static enum walk_step map_stop(struct mapper *mapper, enum error error)
{
    mapper->error = error;
    return WALK_STOP;
}

static bool is_empty(const struct entry_run *run)
{
    uint64_t used = 0;

#pragma GCC unroll 8
    for (size_t i = 0; i < run->count; i++)
        used |= run->entry[i].v;
    return used == 0;
}

/* The same for a whole table: most that are not empty show it soon. */
static bool table_is_empty(const pte_t *entry)
{
    enum { STEP = 16 };

    for (size_t i = 0; i < TABLE_ENTRIES; i += STEP)
        if (!is_empty(&(struct entry_run){(pte_t *)entry + i, STEP, {0}, 0}))
            return false;
    return true;
}

/* Looks at the whole run first: two short loops take fewer instructions than one that does both. */
static bool map_arrive(void *self, const struct entry_run *run)
{
    struct mapper *mapper = self;
    const uint64_t step = level_pages(run->level) << PTE_PPN_SHIFT;
    pte_t *const entry = run->entry;
    pte_t next = mapper->next;

    if (!is_empty(run)) {
        map_stop(mapper, E_EXIST);
        return false;
    }
#pragma GCC unroll 8
    for (size_t i = 0; i < run->count; i++, next.v += step)
        entry[i] = next;
    mapper->next = next;
    mapper->done += run->count;
    return true;
}

static enum walk_step map_meet(void *self, pte_t *entry, vpn_t vpn, unsigned level)
{
    struct mapper *mapper = self;

    (void)vpn, (void)level;
    return is_owned(mapper->table, *entry) ? WALK_ENTER : map_stop(mapper, E_EXIST);
}

static enum walk_step map_block(void *self, pte_t *entry, vpn_t vpn, unsigned level)
{
    struct mapper *mapper = self;

    (void)vpn, (void)level;
    if (entry->v != 0)
        return map_stop(mapper, E_EXIST);
    return page_table_build(mapper->table, entry) ? map_stop(mapper, E_NOMEM) : WALK_ENTER;
}

/* --- unmap ------------------------------------------------------------------------------------ */

struct eraser {
    const struct page_table *table;
    struct table_chain *dead;
    uint64_t left; /* leaves to clear; once there are none, the walk only prunes */
};

static bool erase_arrive(void *self, const struct entry_run *run)
{
    struct eraser *eraser = self;
    const size_t count = run->count < eraser->left ? run->count : eraser->left;

    for (size_t i = 0; i < count; i++) {
        VM_ASSERT(run->level == 0 || !pte_is_table(run->entry[i]));
        run->entry[i] = (pte_t){0};
    }
    eraser->left -= count;
    return true;
}

static enum walk_step erase_meet(void *self, pte_t *entry, vpn_t vpn, unsigned level)
{
    const struct eraser *eraser = self;

    (void)vpn, (void)level;
    return is_owned(eraser->table, *entry) ? WALK_ENTER : WALK_SKIP;
}

static enum walk_step erase_block(void *self, pte_t *entry, vpn_t vpn, unsigned level)
{
    const struct eraser *eraser = self;

    (void)vpn, (void)level;
    /* No larger page, nor a shared table, among what is to be cleared. */
    VM_ASSERT(entry->v == 0 || eraser->left == 0);
    return WALK_SKIP;
}

void page_table_leave(const struct page_table *table, pte_t *entry, struct table_chain *dead)
{
    pte_t *page = page_pointer(table->manager, pte_ppn(*entry));

    if (!table_is_empty(page))
        return;
    page[0] = (pte_t){dead->head.v & ~(uint64_t)PTE_V};
    dead->head = *entry;
    *entry = (pte_t){0};
}

static void erase_leave(void *self, pte_t *entry, vpn_t vpn, unsigned level)
{
    struct eraser *eraser = self;

    (void)vpn, (void)level;
    page_table_leave(eraser->table, entry, eraser->dead);
}

/* Clears the first `leaves` leaves of the range, and prunes wherever the range leads. */
static void erase(const struct page_table *table, struct page_range range, unsigned level,
                  uint64_t leaves, struct table_chain *dead)
{
    static const struct page_table_editor editor = {erase_arrive, erase_meet, erase_block,
                                                    erase_leave};
    struct eraser eraser = {.table = table, .dead = dead, .left = leaves};

    page_table_edit(table, range, level, &editor, &eraser);
}

/* --- what page_table.h declares --------------------------------------------------------------- */

enum error page_table_build(const struct page_table *table, pte_t *entry)
{
    struct page_manager *manager = table->manager;
    uint64_t flags = PTE_V;
    pte_t *page = manager->operations->allocate_zeroed(manager, 1, &flags);

    VM_ASSERT(entry->v == 0);
    if (!page)
        return E_NOMEM;
    const pte_t made = pte_make(manager->operations->v_to_p(manager, page), flags);
    if (!is_owned(table, made)) { /* a table that we may never enter is of no use */
        manager->operations->deallocate(manager, made, 1);
        return E_NOMEM;
    }
    *entry = made;
    return E_OK;
}

enum error page_table_map_run(const struct page_table *table, const struct leaf_run *run,
                              struct table_chain *dead)
{
    static const struct page_table_editor editor = {map_arrive, map_meet, map_block, NULL};
    struct mapper mapper = {.table = table, .next = pte_make(run->first, run->flags)};

    VM_ASSERT(pte_is_leaf(mapper.next));
    VM_ASSERT(run->first.v % level_pages(run->level) == 0);
    if (page_table_edit(table, run->range, run->level, &editor, &mapper))
        return E_OK;

    /* Also the path to the entry that stopped the walk: tables built there are still empty. */
    const struct page_range touched = {run->range.start,
                                       (mapper.done + 1) * level_pages(run->level)};
    erase(table, touched, run->level, mapper.done, dead);
    return mapper.error;
}

enum error page_table_map(const struct page_table *table, struct page_range range, ppn_t first,
                          uint64_t flags, unsigned level)
{
    const struct leaf_run run = {range, first, flags, level};
    struct table_chain dead = {{0}};
    const enum error error = page_table_map_run(table, &run, &dead);

    page_table_free_chain(table, &dead);
    return error;
}

void page_table_detach(const struct page_table *table, struct page_range range, unsigned level,
                       struct table_chain *dead)
{
    erase(table, range, level, range.pages >> TABLE_BITS * level, dead);
}

void page_table_prune(const struct page_table *table, struct page_range range,
                      struct table_chain *dead)
{
    erase(table, range, 0, 0, dead);
}

void page_table_unmap(const struct page_table *table, struct page_range range, unsigned level)
{
    struct table_chain dead = {{0}};

    page_table_detach(table, range, level, &dead);
    page_table_free_chain(table, &dead);
}

void page_table_free_chain(const struct page_table *table, struct table_chain *dead)
{
    struct page_manager *manager = table->manager;

    while (dead->head.v != 0) {
        const pte_t entry = {dead->head.v | PTE_V};
        const pte_t *page = page_pointer(manager, pte_ppn(entry));
        dead->head = page[0];
        table_free(table, entry);
    }
}
