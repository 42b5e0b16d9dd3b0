/* pager.c - PAGED memory objects: their pages come and go.
 *
 * A page that is evicted passes through three steps. It is marked as leaving, so that nobody gets
 * it any more; it is taken out of each space that may map it, under that space's lock, so that
 * nobody has it any more; only then are its contents looked at. mappings_lock guards the lists that
 * say which spaces these are. A clone joins them while its source is locked, behind the source: who
 * goes through the list sees it, unless it was made of a space from which the page had gone.
 */
#include "kernel/pager.h"

#include "kernel/cache.h"
#include "kernel/frame.h"
#include "kernel/futex.h"
#include "kernel/memory.h"
#include "kernel/panic.h"
#include "kernel/port.h"
#include "kernel/space.h"

/* A space that may map an object. */
struct memory_mapping {
    struct memory *memory;
    struct space *space;
    uint64_t number; /* later ones have higher ones */
    TAILQ_ENTRY(memory_mapping) in_memory;
    SLIST_ENTRY(memory_mapping) in_space;
};

static struct cache mapping_cache =
    CACHE_INIT(mapping_cache, "memory mapping", struct memory_mapping);
static struct lock mappings_lock = LOCK_INIT("mappings", RANK_MEMORY);

#define NO_PAGE ((ppn_t){UINT64_MAX})

/* --- Beginning and end ------------------------------------------------------------------------ */

void pager_enter(struct memory *memory, struct channel *channel)
{
    const bool open = object_add_handle(&channel->object);

    ASSERT(open); /* nobody has had a handle of it yet */
    lock_init(&memory->lock, "memory", RANK_MEMORY);
    memory_pages_init(&memory->present, memory->pages);
    memory->pager = channel;
    TAILQ_INIT(&memory->mappings);
}

static void remove_locked(struct memory_mapping *mapping)
{
    TAILQ_REMOVE(&mapping->memory->mappings, mapping, in_memory);
    SLIST_REMOVE(&mapping->space->paged, mapping, memory_mapping, in_space);
    cache_free(&mapping_cache, mapping);
}

void pager_leave(struct memory *memory)
{
    struct memory_mapping *mapping;

    lock_acquire(&mappings_lock);
    while ((mapping = TAILQ_FIRST(&memory->mappings)) != NULL)
        remove_locked(mapping);
    lock_release(&mappings_lock);
    memory_commit(-(int64_t)memory_pages_free(&memory->present));
    object_drop_handle(&memory->pager->object);
}

void pager_forget_space(struct space *space)
{
    struct memory_mapping *mapping;

    lock_acquire(&mappings_lock);
    while ((mapping = SLIST_FIRST(&space->paged)) != NULL)
        remove_locked(mapping);
    lock_release(&mappings_lock);
}

static enum error join_locked(struct memory *memory, struct space *space)
{
    static uint64_t made; /* mappings_lock */
    struct memory_mapping *mapping;

    SLIST_FOREACH(mapping, &space->paged, in_space)
        if (mapping->memory == memory)
            return E_OK;
    mapping = cache_allocate(&mapping_cache);
    if (mapping == NULL)
        return E_NOMEM;
    mapping->memory = memory;
    mapping->space = space;
    mapping->number = ++made;
    TAILQ_INSERT_TAIL(&memory->mappings, mapping, in_memory);
    SLIST_INSERT_HEAD(&space->paged, mapping, in_space);
    return E_OK;
}

enum error pager_join(struct memory *memory, struct space *space)
{
    lock_acquire(&mappings_lock);
    const enum error error = join_locked(memory, space);
    lock_release(&mappings_lock);
    return error;
}

enum error pager_join_clone(struct space *source, struct space *clone)
{
    struct memory_mapping *mapping;
    enum error error = E_OK;

    if (SLIST_EMPTY(&source->paged)) /* what is mapped there has joined: no lock is needed */
        return E_OK;
    lock_acquire(&mappings_lock);
    SLIST_FOREACH(mapping, &source->paged, in_space)
        if (error == E_OK)
            error = join_locked(mapping->memory, clone);
    lock_release(&mappings_lock);
    return error;
}

/* --- Pages come ------------------------------------------------------------------------------- */

enum error pager_page(struct area_owner *owner, uint64_t index, bool write, pte_t *page)
{
    struct memory *memory = memory_of(owner);

    lock_acquire(&memory->lock);
    pte_t *slot = memory_pages_find(&memory->present, index);
    const bool there = slot != NULL && (slot->v & (PAGE_THERE | PAGE_LEAVING)) == PAGE_THERE;
    if (there) {
        slot->v |= PAGE_USED | (write ? PAGE_DIRTY : 0);
        *page = pte_make(pte_ppn(*slot), PTE_OWNED);
        frame_hold(frame_record(pte_ppn(*slot)));
    }
    lock_release(&memory->lock);
    if (there)
        return E_OK;
    pager_note_missing(memory, index, write);
    return E_AGAIN;
}

/* Makes the tables for pages that are going to be put. */
static enum error reserve(struct memory *memory, uint64_t first, uint64_t count)
{
    enum error error = E_OK;

    lock_acquire(&memory->lock);
    for (uint64_t i = first; i < first + count && error == E_OK; i++)
        error = memory_pages_reach(&memory->present, i) != NULL ? E_OK : E_NOMEM;
    lock_release(&memory->lock);
    return error;
}

/* Puts a page where room is reserved; one that is there already stays, and the new one goes. The
 * caller's hold on it goes over. */
static void put(struct memory *memory, uint64_t index, ppn_t page)
{
    lock_acquire(&memory->lock);
    pte_t *slot = memory_pages_find(&memory->present, index);
    const bool room = slot->v == 0;
    if (room)
        *slot = pte_make(page, PAGE_THERE);
    lock_release(&memory->lock);
    if (room)
        memory_commit(1);
    else
        frame_drop(page);
}

static enum error copy_page(struct space *space, uint64_t address, ppn_t *page)
{
    enum error error = frame_allocate(1, page);

    if (error != E_OK)
        return error;
    error = space_copy_in(space, frame_pointer(*page), address, PAGE_SIZE);
    if (error != E_OK)
        frame_free(*page, 1);
    return error;
}

static enum error supply_copies(struct memory *memory, uint64_t first, struct space *space,
                                const uint64_t words[3])
{
    enum error error = E_OK;
    ppn_t page;

    for (uint64_t i = 0; i < words[1] && error == E_OK; i++) {
        error = copy_page(space, words[0] + i * PAGE_SIZE, &page);
        if (error == E_OK)
            put(memory, first + i, page);
    }
    return error;
}

static enum error supply_given(struct memory *memory, uint64_t first, struct space *space,
                               const uint64_t words[3])
{
    ppn_t page[PAGER_PAGES_MAX];
    enum error error = space_give(space, words[0], words[1], page);

    for (uint64_t i = 0; i < words[1] && error == E_OK; i++)
        put(memory, first + i, page[i]);
    return error;
}

enum error pager_supply(struct memory *memory, uint64_t first, struct space *space,
                        const uint64_t words[3])
{
    const uint64_t address = words[0], count = words[1];

    if (count == 0 || count > PAGER_PAGES_MAX || address % PAGE_SIZE != 0 ||
        !space_range_is_user(address, count << PAGE_BITS) || words[2] > PAGER_GIVE)
        return E_INVAL;
    if (count > memory->pages - first)
        return E_RANGE;
    enum error error = reserve(memory, first, count);
    if (error != E_OK)
        return error;
    return words[2] == PAGER_GIVE ? supply_given(memory, first, space, words)
                                  : supply_copies(memory, first, space, words);
}

/* --- Pages go --------------------------------------------------------------------------------- */

/* Notes which pages are there: page[i], or NO_PAGE. Those that shall go are leaving now; those that
 * shall stay are unused, and *used says which were not. */
static void mark(struct memory *memory, const struct eviction *eviction, ppn_t *page,
                 uint64_t *used)
{
    lock_acquire(&memory->lock);
    for (uint64_t i = 0; i < eviction->count; i++) {
        pte_t *slot = memory_pages_find(&memory->present, eviction->first + i);
        page[i] = NO_PAGE;
        if (slot == NULL || (slot->v & (PAGE_THERE | PAGE_LEAVING)) != PAGE_THERE)
            continue;
        page[i] = pte_ppn(*slot);
        if (slot->v & PAGE_USED)
            *used |= 1ull << i;
        if (eviction->keep)
            slot->v &= ~(uint64_t)PAGE_USED;
        else
            slot->v |= PAGE_LEAVING;
    }
    lock_release(&memory->lock);
}

/* The next space in the list behind `number`, counted; NULL: there is none. */
static struct space *next_space(struct memory *memory, uint64_t *number)
{
    struct memory_mapping *mapping;
    struct space *space = NULL;

    lock_acquire(&mappings_lock);
    TAILQ_FOREACH(mapping, &memory->mappings, in_memory)
        if (mapping->number > *number && object_try_retain(&mapping->space->object)) {
            *number = mapping->number;
            space = mapping->space;
            break;
        }
    lock_release(&mappings_lock);
    return space;
}

/* A word that somebody waits for is another word from now on: they look again. */
static void wake_waiting(struct space *space, const struct memory *memory)
{
    const struct area_set *areas = &space->addresses.areas;
    struct area *area = area_set_first(areas);

    for (; area != NULL; area = area_set_next(areas, area))
        if (area->owner == &memory->owner && (area->flags & PTE_SHARED))
            futex_evict(space, vpn_address(area->range.start).v, area->range.pages << PAGE_BITS);
}

static enum error revoke(struct memory *memory, const struct page_run *run)
{
    enum error error = E_OK;
    uint64_t number = 0;
    struct space *space;

    while (error == E_OK && (space = next_space(memory, &number)) != NULL) {
        lock_acquire(&space->lock);
        error = address_space_revoke(&space->addresses, &memory->owner, run);
        wake_waiting(space, memory);
        space_check_locked(space);
        lock_release(&space->lock);
        object_release(&space->object);
    }
    return error;
}

/* Copies out what was written to. The pages are leaving, so entries do not change. */
static enum error copy_dirty(struct memory *memory, const struct eviction *eviction,
                             const ppn_t *page, uint64_t *dirty)
{
    enum error error = E_OK;

    for (uint64_t i = 0; i < eviction->count && error == E_OK; i++) {
        const pte_t *slot = memory_pages_find(&memory->present, eviction->first + i);
        if (page[i].v == NO_PAGE.v || !(slot->v & PAGE_DIRTY))
            continue;
        *dirty |= 1ull << i;
        error = space_copy_out(eviction->space, eviction->address + i * PAGE_SIZE,
                               frame_pointer(page[i]), PAGE_SIZE);
    }
    return error;
}

/* Lets the pages go, or stay after all. */
static void unmark(struct memory *memory, const struct eviction *eviction, const ppn_t *page,
                   bool go)
{
    int64_t gone = 0;

    lock_acquire(&memory->lock);
    for (uint64_t i = 0; i < eviction->count; i++) {
        if (page[i].v == NO_PAGE.v)
            continue;
        pte_t *slot = memory_pages_find(&memory->present, eviction->first + i);
        slot->v = go ? 0 : slot->v & ~(uint64_t)PAGE_LEAVING;
        if (go) {
            frame_drop(page[i]);
            gone++;
        }
    }
    lock_release(&memory->lock);
    memory_commit(-gone);
}

enum error pager_evict(struct memory *memory, const struct eviction *eviction, uint64_t *there,
                       uint64_t *marked)
{
    ppn_t page[PAGER_PAGES_MAX];
    const struct page_run run = {eviction->first, eviction->count, page};
    uint64_t used = 0, dirty = 0, count = 0;

    mark(memory, eviction, page, &used);
    enum error error = revoke(memory, &run);
    if (error == E_OK && !eviction->keep)
        error = copy_dirty(memory, eviction, page, &dirty);
    if (!eviction->keep)
        unmark(memory, eviction, page, error == E_OK);
    if (error != E_OK)
        return error;
    for (uint64_t i = 0; i < eviction->count; i++)
        count += page[i].v != NO_PAGE.v;
    *there = count;
    *marked = eviction->keep ? used : dirty;
    return E_OK;
}
