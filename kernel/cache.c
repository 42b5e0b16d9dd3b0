/* cache.c - a slab is one page: a header, then slots. Free slots are linked through their first
 * word. The cache's lock guards its slabs.
 */
#include "kernel/cache.h"

#include <stdbool.h>
#include <string.h>

#include "kernel/config.h"
#include "kernel/frame.h"
#include "kernel/panic.h"

enum { POISON_RECORD = 0xdc };

struct slab {
    TAILQ_ENTRY(slab) link; /* in the cache's partial list while a slot is free */
    struct cache *cache;
    void *free;    /* first free slot, linked */
    unsigned used; /* slots handed out */
};

enum { SLAB_HEADER = (sizeof(struct slab) + 15) / 16 * 16 };

static struct slab *slab_of(void *record)
{
    return (struct slab *)((uintptr_t)record & ~(uintptr_t)(PAGE_SIZE - 1));
}

static struct slab *slab_create(struct cache *cache)
{
    ppn_t page;

    ASSERT(cache->size <= PAGE_SIZE - SLAB_HEADER);
    if (frame_allocate(1, &page) != E_OK)
        return NULL;
    struct slab *slab = frame_pointer(page);
    *slab = (struct slab){.cache = cache};
    size_t slots = (PAGE_SIZE - SLAB_HEADER) / cache->size;
    for (size_t i = slots; i > 0; i--) {
        void **slot = (void **)((char *)slab + SLAB_HEADER + (i - 1) * cache->size);
        *slot = slab->free;
        slab->free = slot;
    }
    TAILQ_INSERT_TAIL(&cache->partial, slab, link);
    return slab;
}

void *cache_allocate(struct cache *cache)
{
    lock_acquire(&cache->lock);
    struct slab *slab = TAILQ_FIRST(&cache->partial);
    if (slab == NULL)
        slab = slab_create(cache);
    void *record = NULL;
    if (slab != NULL) {
        record = slab->free;
        slab->free = *(void **)record;
        slab->used++;
        cache->alive++;
        if (slab->free == NULL)
            TAILQ_REMOVE(&cache->partial, slab, link);
    }
    lock_release(&cache->lock);
    return record != NULL ? memset(record, 0, cache->size) : NULL;
}

void cache_free(struct cache *cache, void *record)
{
    struct slab *slab = slab_of(record);

    if (DEBUG)
        memset(record, POISON_RECORD, cache->size);
    lock_acquire(&cache->lock);
    ASSERT(slab->cache == cache);
    ASSERT(slab->used > 0);
    if (slab->free == NULL)
        TAILQ_INSERT_HEAD(&cache->partial, slab, link);
    *(void **)record = slab->free;
    slab->free = record;
    slab->used--;
    cache->alive--;
    bool empty = slab->used == 0;
    if (empty)
        TAILQ_REMOVE(&cache->partial, slab, link);
    lock_release(&cache->lock);
    if (empty)
        frame_free(frame_of(slab), 1);
}
