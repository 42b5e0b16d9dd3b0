/* frame.c - the kernel's pages: a buddy allocator, and a cache of single pages for each hart.
 *
 * A single page comes from the hart's own cache and goes there, under the cache's lock, which
 * others hardly ever want. frame_lock guards the buddy allocator; pages move between it and a cache
 * under both locks, frame_lock first. So whoever holds frame_lock can empty all the caches, one
 * after the other, and none is filled again meanwhile: no request is refused because of pages in
 * caches.
 */
#include "kernel/frame.h"

#include <string.h>

#include "kernel/config.h"
#include "kernel/frame_cache.h"
#include "kernel/lock.h"
#include "kernel/panic.h"
#include "kernel/riscv/hart.h"
#include "vm/bytes.h"

enum { POISON_FREED = 0xdb };

/* Kept out of the short paths, which then need not save its registers. */
#define SLOW __attribute__((noinline))

struct hart_frames {
    struct lock lock;
    struct frame_cache cache;   /* lock; the counts may be read with frame_lock alone */
    struct frame_cache zeroed;  /* lock; pages that were cleared when the hart had nothing to do */
} __attribute__((aligned(64))); /* no line of memory is written by two harts */

static struct lock frame_lock = LOCK_INIT("frame", RANK_FRAME);
static struct buddy buddy; /* frame_lock; where its records are does not change */
static struct hart_frames hart_frames[HARTS_MAX] = {
    [0 ... HARTS_MAX - 1] = {.lock = LOCK_INIT("frame cache", RANK_FRAME_CACHE)}};

static enum error source_allocate(void *self, uint64_t pages, ppn_t *first)
{
    (void)self;
    return frame_allocate(pages, first);
}

static bool source_take_zeroed(void *self, ppn_t *page)
{
    (void)self;
    return frame_take_zeroed(page);
}

static void source_free(void *self, ppn_t first, uint64_t pages)
{
    (void)self;
    frame_free(first, pages);
}

struct direct_map_window kernel_window = {
    .offset = DIRECT_MAP,
    .source = {.allocate = source_allocate, .take_zeroed = source_take_zeroed, .free = source_free},
};

struct frame *frame_record(ppn_t page) { return buddy_frame(&buddy, page); }

void frame_init(ppn_t first, uint64_t pages, struct frame *records)
{
    buddy_init(&buddy, first, pages, records);
}

void frame_add(ppn_t first, uint64_t pages)
{
    enum error error = buddy_add(&buddy, first, pages);
    ASSERT(error == E_OK);
}

/* --- the caches ------------------------------------------------------------------------------- */

static struct hart_frames *own_frames(void) { return &hart_frames[hart_self()->index]; }

static bool cache_take(ppn_t *page)
{
    struct hart_frames *own = own_frames();

    lock_acquire(&own->lock);
    bool taken = frame_cache_take(&own->cache, &buddy, page);
    lock_release(&own->lock);
    return taken;
}

/* Puts a retired page into the hart's cache. False: it is full. */
static bool cache_put(ppn_t page)
{
    struct hart_frames *own = own_frames();

    lock_acquire(&own->lock);
    bool put = frame_cache_put(&own->cache, &buddy, page);
    lock_release(&own->lock);
    return put;
}

/* Makes room in the hart's full cache, and puts a retired page there. */
static SLOW void cache_give_back_and_put(ppn_t page)
{
    struct hart_frames *own = own_frames();

    lock_acquire(&frame_lock);
    lock_acquire(&own->lock);
    enum error error = frame_cache_give_back(&own->cache, &buddy, FRAME_CACHE_BATCH);
    bool put = frame_cache_put(&own->cache, &buddy, page);
    lock_release(&own->lock);
    lock_release(&frame_lock);
    ASSERT(error == E_OK);
    ASSERT(put);
}

/* Fills the hart's cache. The caller holds frame_lock. */
static void cache_refill_locked(void)
{
    struct hart_frames *own = own_frames();

    lock_acquire(&own->lock);
    frame_cache_refill(&own->cache, &buddy);
    lock_release(&own->lock);
}

static uint64_t zeroed_pages(void)
{
    uint64_t pages = 0;

    for (unsigned i = 0; i < HARTS_MAX; i++)
        pages += __atomic_load_n(&hart_frames[i].zeroed.count, __ATOMIC_RELAXED);
    return pages;
}

/* Pages in all caches. The caller holds frame_lock, so what changes meanwhile is no more than the
 * pages that other harts take and put. */
static uint64_t cached_pages_locked(void)
{
    uint64_t pages = 0;

    for (unsigned i = 0; i < HARTS_MAX; i++)
        pages += __atomic_load_n(&hart_frames[i].cache.count, __ATOMIC_RELAXED);
    return pages + zeroed_pages();
}

/* Allocates again, with the pages of all caches. The caller holds frame_lock. */
static enum error drain_and_allocate_locked(uint64_t pages, ppn_t *first)
{
    if (buddy.free_pages + cached_pages_locked() < pages)
        return E_NOMEM;
    for (unsigned i = 0; i < HARTS_MAX; i++) {
        lock_acquire(&hart_frames[i].lock);
        enum error error = frame_cache_give_back(&hart_frames[i].cache, &buddy, FRAME_CACHE_MAX);
        if (error == E_OK)
            error = frame_cache_give_back(&hart_frames[i].zeroed, &buddy, FRAME_CACHE_MAX);
        lock_release(&hart_frames[i].lock);
        ASSERT(error == E_OK);
    }
    return buddy_allocate(&buddy, pages, first);
}

/* --- the allocator ---------------------------------------------------------------------------- */

static SLOW enum error buddy_allocate_and_refill(uint64_t pages, ppn_t *first)
{
    lock_acquire(&frame_lock);
    enum error error = buddy_allocate(&buddy, pages, first);
    if (error == E_NOMEM)
        error = drain_and_allocate_locked(pages, first);
    else if (pages == 1)
        cache_refill_locked();
    lock_release(&frame_lock);
    return error;
}

static SLOW void buddy_free_run(ppn_t first, uint64_t pages)
{
    enum error error = E_INVAL;

    lock_acquire(&frame_lock);
    if (frame_run_is_held(&buddy, first, pages))
        error = buddy_free(&buddy, first, pages);
    lock_release(&frame_lock);
    ASSERT(error == E_OK);
}

/* --- pages cleared in advance ----------------------------------------------------------------- */

bool frame_take_zeroed(ppn_t *page)
{
    struct hart_frames *own = own_frames();

    if (__atomic_load_n(&own->zeroed.count, __ATOMIC_RELAXED) == 0)
        return false; /* only this hart adds to them */
    lock_acquire(&own->lock);
    bool taken = frame_cache_take(&own->zeroed, &buddy, page);
    lock_release(&own->lock);
    return taken;
}

bool frame_zero_one(void)
{
    struct hart_frames *own = own_frames();
    ppn_t page;

    if (__atomic_load_n(&own->zeroed.count, __ATOMIC_RELAXED) == FRAME_CACHE_MAX ||
        !cache_take(&page))
        return false;
    bytes_zero(frame_pointer(page), PAGE_SIZE);
    ASSERT(frame_retire(&buddy, page));
    lock_acquire(&own->lock);
    bool put = frame_cache_put(&own->zeroed, &buddy, page);
    lock_release(&own->lock);
    ASSERT(put); /* nobody else puts any there */
    hart_self()->zeroed++;
    return true;
}

/* --- what frame.h declares -------------------------------------------------------------------- */

enum error frame_allocate(uint64_t pages, ppn_t *first)
{
    if (pages == 1 && cache_take(first))
        return E_OK;
    return buddy_allocate_and_refill(pages, first);
}

void frame_free(ppn_t first, uint64_t pages)
{
    if (DEBUG)
        memset(frame_pointer(first), POISON_FREED, pages << PAGE_BITS);
    if (pages != 1) {
        buddy_free_run(first, pages);
        return;
    }
    ASSERT(frame_retire(&buddy, first));
    if (!cache_put(first))
        cache_give_back_and_put(first);
}

void frame_statistics(struct system_memory *memory)
{
    _Static_assert((int)MEMORY_ORDERS == (int)BUDDY_ORDERS, "the ABI shows every order");

    lock_acquire(&frame_lock);
    uint64_t cached = cached_pages_locked();
    memory->managed_pages = buddy.managed_pages;
    memory->zeroed_pages = zeroed_pages();
    memory->free_pages = buddy.free_pages + cached;
    memcpy(memory->free_blocks, buddy.free_blocks, sizeof memory->free_blocks);
    memory->free_blocks[0] += cached;
    lock_release(&frame_lock);
    if (DEBUG)
        ASSERT(frame_check());
}

uint64_t frame_free_count(void)
{
    lock_acquire(&frame_lock);
    uint64_t pages = buddy.free_pages + cached_pages_locked();
    lock_release(&frame_lock);
    return pages;
}

uint64_t frame_managed_count(void) { return buddy.managed_pages; } /* set at boot */

bool frame_check(void)
{
    lock_acquire(&frame_lock);
    bool good = buddy_check(&buddy);
    for (unsigned i = 0; i < HARTS_MAX; i++) {
        lock_acquire(&hart_frames[i].lock);
        good = good && frame_cache_check(&hart_frames[i].cache, &buddy) &&
               frame_cache_check(&hart_frames[i].zeroed, &buddy);
        lock_release(&hart_frames[i].lock);
    }
    lock_release(&frame_lock);
    return good;
}
