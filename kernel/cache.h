#pragma once
/* cache.h - caches of kernel records of one size, each a set of pages cut into slots.
 *
 * A page whose last slot is freed goes back to the frame allocator at once, so that memory use
 * tells the truth and nothing hides a leak.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "kernel/lock.h"

struct slab;

struct cache {
    struct lock lock;
    const char *name;
    size_t size;                /* bytes of a record, a multiple of 16 */
    TAILQ_HEAD(, slab) partial; /* lock: pages with a free slot */
    uint64_t alive;             /* lock: records handed out */
};

#define CACHE_INIT(cache, record_name, type)                                                      \
    {                                                                                             \
        .lock = LOCK_INIT(record_name, RANK_CACHE), .name = (record_name),                        \
        .size = (sizeof(type) + 15) / 16 * 16, .partial = TAILQ_HEAD_INITIALIZER((cache).partial) \
    }

/* A zeroed record, or NULL: no memory. */
void *cache_allocate(struct cache *cache);
void cache_free(struct cache *cache, void *record);
