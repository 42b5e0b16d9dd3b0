/* map.c - the three ways to put an area into an address space.
 *
 * First everything is checked, then what can run out is taken, then the leaves are written, last
 * the area is recorded; each failure undoes what came before it. New pages get their contents
 * before a leaf leads to them, so no other hart sees what was in them.
 */
#include "address_space.h"

#include "bytes.h"
#include "operations.h"
#include "vm_hooks.h"

enum { LEVEL_MAX = 2 }; /* the largest leaves: 1 GiB */

bool flags_are_valid(uint64_t flags)
{
    if (flags & ~(uint64_t)(PTE_FLAGS & ~(PTE_OWNED | PTE_SHARED)))
        return false;
    return flags & PTE_W ? (flags & PTE_R) != 0 : (flags & PTE_RWX) != 0;
}

static bool pages_exist(ppn_t first, uint64_t pages)
{
    const uint64_t limit = 1ull << PTE_PPN_BITS;
    return first.v < limit && pages <= limit - first.v;
}

static bool pages_are_reachable(const struct address_space *space, ppn_t first, uint64_t pages)
{
    struct page_manager *manager = space->table.manager;
    return page_pointer(manager, first) && page_pointer(manager, ppn_add(first, pages - 1));
}

/* The software bits that the library itself gives an area of this kind. */
static uint64_t own_flags(enum area_kind kind) { return kind == AREA_PAGED ? PTE_SHARED : 0; }

enum error check_area(const struct address_space *space, const struct area *wanted)
{
    const struct area *behind = area_set_find_from(&space->areas, wanted->range.start);

    if (!space_range_is_valid(space, wanted->range) ||
        !flags_are_valid(wanted->flags & ~(uint64_t)own_flags(wanted->kind)))
        return E_INVAL;
    if (wanted->kind != AREA_OWNED && wanted->kind != AREA_PAGED &&
        !pages_exist(wanted->first, wanted->range.pages))
        return E_INVAL;
    if (wanted->kind == AREA_EXTERN &&
        !pages_are_reachable(space, wanted->first, wanted->range.pages))
        return E_INVAL;
    return behind && behind->range.start.v < range_end(wanted->range).v ? E_EXIST : E_OK;
}

/* Can the run begin with a leaf of this level? */
static bool fits(const struct leaf_run *run, unsigned level)
{
    return run->range.pages >= level_pages(level) &&
           (run->range.start.v | run->first.v) % level_pages(level) == 0;
}

/* The first pages of a run as one run of leaves, as large as addresses and length allow. */
static struct leaf_run first_piece(const struct leaf_run *run)
{
    const uint64_t apart = run->range.start.v - run->first.v;
    struct leaf_run piece = *run;

    piece.level = LEVEL_MAX;
    while (piece.level > 0 && !fits(run, piece.level))
        piece.level--;
    if (piece.level < LEVEL_MAX && apart % level_pages(piece.level + 1) == 0) {
        /* Up to where a larger leaf could begin. */
        const uint64_t large = level_pages(piece.level + 1);
        const uint64_t room = large - run->range.start.v % large;
        if (piece.range.pages > room)
            piece.range.pages = room;
    }
    piece.range.pages -= piece.range.pages % level_pages(piece.level);
    return piece;
}

static void advance(struct leaf_run *run, uint64_t pages)
{
    run->range = (struct page_range){vpn_add(run->range.start, pages), run->range.pages - pages};
    run->first = ppn_add(run->first, pages);
}

/* Takes the first `pages` pages of what map_pieces mapped out again. */
static void unmap_pieces(struct address_space *space, struct leaf_run run, uint64_t pages,
                         struct table_chain *dead)
{
    struct leaf_run piece;

    for (; pages > 0; pages -= piece.range.pages) {
        piece = first_piece(&run);
        page_table_detach(&space->table, piece.range, piece.level, dead);
        advance(&run, piece.range.pages);
    }
}

static enum error map_pieces(struct address_space *space, const struct leaf_run *all)
{
    struct table_chain dead = {{0}};
    struct leaf_run rest = *all, piece;
    enum error error = tables_unshare(space, all->range);

    for (; !error && rest.range.pages > 0; advance(&rest, piece.range.pages)) {
        piece = first_piece(&rest);
        error = page_table_map_run(&space->table, &piece, &dead);
        if (error)
            break;
    }
    if (!error)
        return E_OK;
    unmap_pieces(space, *all, all->range.pages - rest.range.pages, &dead);
    space_flush(space, all->range, FLUSH_TABLES);
    page_table_free_chain(&space->table, &dead);
    return error;
}

/* Writes the leaves and records the area. Range and flags have been checked. */
static enum error install(struct address_space *space, const struct area *wanted)
{
    struct area *area = vm_area_allocate();
    enum error error;

    if (!area)
        return E_NOMEM;
    error = map_pieces(space, &(struct leaf_run){wanted->range, wanted->first, wanted->flags, 0});
    if (error) {
        vm_area_free(area);
        return error;
    }
    *area = *wanted;
    area->low = wanted->range.start;
    area->high = range_end(wanted->range);
    area_set_insert(&space->areas, area);
    if (area->owner)
        area->owner->retain(area->owner);
    return E_OK;
}

/* Maps pages that are the caller's. */
static enum error map_callers(struct address_space *space, const struct area *wanted)
{
    const enum error error = check_area(space, wanted);
    return error ? error : install(space, wanted);
}

enum error address_space_map_extern(struct address_space *space, struct page_range range,
                                    ppn_t first, uint64_t flags)
{
    return map_callers(space, &(struct area){.range = range,
                                             .first = first,
                                             .flags = leaf_flags(flags),
                                             .kind = AREA_EXTERN});
}

enum error address_space_map_shared(struct address_space *space, struct page_range range,
                                    ppn_t first, uint64_t flags, struct area_owner *owner)
{
    return map_callers(space, &(struct area){.range = range,
                                             .first = first,
                                             .flags = leaf_flags(flags),
                                             .kind = AREA_SHARED,
                                             .owner = owner});
}

enum error address_space_map(struct address_space *space, struct page_range range, const void *data,
                             size_t length, size_t offset, uint64_t flags)
{
    struct page_manager *manager = space->table.manager;
    struct area wanted = {.range = range, .flags = leaf_flags(flags), .kind = AREA_OWNED};
    const size_t size = range.pages << PAGE_BITS;
    unsigned char *pages;
    enum error error;

    if (length > size || offset > size - length || (length && !data))
        return E_INVAL;
    error = check_area(space, &wanted);
    if (error)
        return error;
    pages = manager->operations->allocate(manager, range.pages, &wanted.flags);
    if (!pages)
        return E_NOMEM;

    bytes_zero(pages, offset);
    if (length)
        bytes_copy(pages + offset, data, length);
    bytes_zero(pages + offset + length, size - offset - length);

    wanted.first = manager->operations->v_to_p(manager, pages);
    error = install(space, &wanted);
    if (error)
        manager->operations->deallocate(manager, pte_make(wanted.first, wanted.flags), range.pages);
    return error;
}
