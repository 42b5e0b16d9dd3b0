/* frame_cache.c - moving batches of pages between a cache and the buddy allocator. No lock: see
 * frame_cache.h. */
#include "kernel/frame_cache.h"

#include <string.h>

bool frame_run_is_held(const struct buddy *buddy, ppn_t first, uint64_t pages)
{
    const uint64_t index = first.v - buddy->first.v;

    if (pages == 0 || index >= buddy->pages || pages > buddy->pages - index)
        return false;
    for (const struct frame *frame = &buddy->frames[index]; pages > 0; pages--)
        if (frame++->references == 0)
            return false;
    return true;
}

/* A piece of the smallest free block, at most `pages` long, as one run: what allocating that many
 * pages one by one would take, for the price of one allocation. */
static uint64_t take_run(struct buddy *buddy, uint64_t pages, ppn_t *first)
{
    unsigned order = 0;

    while (order < BUDDY_ORDER_MAX && buddy->free_blocks[order] == 0)
        order++;
    if (pages > 1ull << order)
        pages = 1ull << order;
    return buddy_allocate(buddy, pages, first) == E_OK ? pages : 0;
}

void frame_cache_refill(struct frame_cache *cache, struct buddy *buddy)
{
    while (cache->count < FRAME_CACHE_BATCH) {
        ppn_t first;
        const uint64_t pages = take_run(buddy, FRAME_CACHE_BATCH - cache->count, &first);
        if (pages == 0)
            return;
        for (uint64_t i = pages; i-- > 0;) { /* the lowest is taken first */
            const uint32_t index = ppn_add(first, i).v - buddy->first.v;
            buddy->frames[index].references = 0;
            cache->page[cache->count++] = index;
        }
    }
}

enum error frame_cache_give_back(struct frame_cache *cache, struct buddy *buddy, uint64_t pages)
{
    enum error error = E_OK;
    uint64_t given = 0;

    if (pages > cache->count)
        pages = cache->count;
    while (given < pages && error == E_OK) {
        error = buddy_free(buddy, ppn_add(buddy->first, cache->page[given]), 1);
        given += error == E_OK;
    }
    cache->count -= given;
    memmove(cache->page, cache->page + given, cache->count * sizeof *cache->page);
    return error;
}

bool frame_cache_check(const struct frame_cache *cache, const struct buddy *buddy)
{
    if (cache->count > FRAME_CACHE_MAX)
        return false;
    for (uint64_t i = 0; i < cache->count; i++) {
        const struct frame *frame = buddy_frame(buddy, ppn_add(buddy->first, cache->page[i]));
        if (!frame || frame->state != FRAME_USED || frame->references != 0)
            return false;
        for (uint64_t k = 0; k < i; k++)
            if (cache->page[k] == cache->page[i])
                return false;
    }
    return true;
}
