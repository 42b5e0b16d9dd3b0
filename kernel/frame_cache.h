#pragma once
/* frame_cache.h - a few single pages in front of a buddy allocator, moved between the two in
 * batches, so that most requests for a page need neither the allocator's lock nor its lists.
 *
 * For the buddy allocator a page in a cache is allocated; its record says otherwise: `references`
 * is 1 while somebody holds the page and 0 while it lies in a cache. frame_retire makes the one the
 * other in one step, so of two harts that free a page at once only one succeeds.
 *
 * Not locked: the caller holds a lock around a cache's calls, and the allocator's around those that
 * take a buddy that is not const (frame.c).
 */
#include "vm/buddy.h"

enum {
    FRAME_CACHE_BATCH = 16, /* pages that one move takes */
    FRAME_CACHE_MAX = 2 * FRAME_CACHE_BATCH,
};

struct frame_cache {
    uint64_t count;
    uint32_t page[FRAME_CACHE_MAX]; /* indices of records, the longest in the cache first */
};

/* Takes a page from its holder; the caller puts it into a cache. False: it is free already, or was
 * never allocated. */
static inline bool frame_retire(const struct buddy *buddy, ppn_t page)
{
    const uint64_t index = page.v - buddy->first.v;

    if (index >= buddy->pages || buddy->frames[index].state != FRAME_USED)
        return false;
    return __atomic_exchange_n(&buddy->frames[index].references, 0, __ATOMIC_RELAXED) == 1;
}

/* Is each of these pages held by somebody? False for an empty run or one of other pages, too. */
bool frame_run_is_held(const struct buddy *buddy, ppn_t first, uint64_t pages);

/* Puts a retired page into the cache. False: it is full. */
static inline bool frame_cache_put(struct frame_cache *cache, const struct buddy *buddy, ppn_t page)
{
    if (cache->count == FRAME_CACHE_MAX)
        return false;
    cache->page[cache->count++] = page.v - buddy->first.v;
    return true;
}

/* Takes the page that was put last, one reference to it included. False: there is none. */
static inline bool frame_cache_take(struct frame_cache *cache, const struct buddy *buddy,
                                    ppn_t *page)
{
    if (cache->count == 0)
        return false;
    const uint32_t index = cache->page[--cache->count];
    buddy->frames[index].references = 1;
    *page = ppn_add(buddy->first, index);
    return true;
}

/* Takes pages from the allocator until the cache holds a batch, or the allocator nothing. */
void frame_cache_refill(struct frame_cache *cache, struct buddy *buddy);

/* Gives `pages` pages, or all if there are fewer, to the allocator, the longest in the cache first.
 * E_INVAL: one was not the cache's to give; that one and the later ones stay. */
enum error frame_cache_give_back(struct frame_cache *cache, struct buddy *buddy,
                                 uint64_t pages) MUST_USE;

/* Is every page in the cache allocated, held by nobody, and there once? */
bool frame_cache_check(const struct frame_cache *cache, const struct buddy *buddy);
