/* cache.c - the buffers of a store: found by a hash table, reused in the order of their last use.
 *
 * Memory comes in slabs of SLAB_BYTES, which stay until the store is destroyed. When all buffers
 * are held or not yet at home, there are more than `capacity` of them for a while; the limits of a
 * transaction and of the journal bound how many.
 */
#include "cache.h"

#include <stdlib.h>
#include <string.h>

enum { SLAB_BYTES = 64 * 1024, CAPACITY_MIN = 64 };

struct slab {
    struct slab *next;
    void *memory;
    struct cached cached[]; /* for each block of the memory */
};

static struct cached **chain_of(const struct store *store, uint64_t block)
{
    const uint64_t mixed = block * 0x9e3779b97f4a7c15u;

    return &store->chain[(mixed >> 24) & (store->chains - 1)];
}

struct cached *cache_find(const struct store *store, uint64_t block)
{
    struct cached *cached = *chain_of(store, block);

    while (cached != NULL && cached->buffer.block != block)
        cached = cached->next;
    return cached;
}

enum error cache_init(struct store *store, size_t bytes)
{
    store->capacity = bytes / store->block_size;
    if (store->capacity < CAPACITY_MIN)
        store->capacity = CAPACITY_MIN;
    for (store->chains = 1; store->chains < store->capacity;)
        store->chains *= 2;
    store->chain = calloc(store->chains, sizeof(*store->chain));
    TAILQ_INIT(&store->idle);
    return store->chain != NULL ? E_OK : E_NOMEM;
}

void cache_destroy(struct store *store)
{
    while (store->slabs != NULL) {
        struct slab *slab = store->slabs;

        store->slabs = slab->next;
        store->disk->free(store->disk, slab->memory, SLAB_BYTES);
        free(slab);
    }
    free(store->chain);
}

/* ---- where a buffer is --------------------------------------------------------------------- */

static void make_spare(struct store *store, struct cached *cached)
{
    cached->next = store->spare;
    store->spare = cached;
}

void cache_settle(struct store *store, struct cached *cached)
{
    if (cached->buffer.holders > 0 || cached->in_running || cached->logged != 0 || cached->is_idle)
        return;
    if (!cached->found) {
        make_spare(store, cached);
        return;
    }
    TAILQ_INSERT_TAIL(&store->idle, cached, idle);
    cached->is_idle = true;
}

void cache_unsettle(struct store *store, struct cached *cached)
{
    if (cached->is_idle)
        TAILQ_REMOVE(&store->idle, cached, idle);
    cached->is_idle = false;
}

void cache_drop(struct store *store, struct cached *cached)
{
    struct cached **link = chain_of(store, cached->buffer.block);

    while (*link != cached)
        link = &(*link)->next;
    *link = cached->next;
    cached->found = false;
    cache_unsettle(store, cached);
    cache_settle(store, cached);
}

void cache_drop_idle(struct store *store)
{
    while (!TAILQ_EMPTY(&store->idle))
        cache_drop(store, TAILQ_FIRST(&store->idle));
}

static enum error add_slab(struct store *store)
{
    const size_t blocks = SLAB_BYTES / store->block_size;
    struct slab *slab = calloc(1, sizeof *slab + blocks * sizeof slab->cached[0]);

    if (slab == NULL)
        return E_NOMEM;
    slab->memory = store->disk->allocate(store->disk, SLAB_BYTES);
    if (slab->memory == NULL) {
        free(slab);
        return E_NOMEM;
    }
    for (size_t i = 0; i < blocks; i++) {
        slab->cached[i].buffer.data = (char *)slab->memory + i * store->block_size;
        make_spare(store, &slab->cached[i]);
    }
    slab->next = store->slabs;
    store->slabs = slab;
    store->count += blocks;
    return E_OK;
}

/* A buffer that is nowhere: a spare one, a new one, or the least recently used; NULL: no memory. */
static struct cached *take_buffer(struct store *store)
{
    if (store->spare == NULL && (store->count >= store->capacity || add_slab(store) != E_OK) &&
        !TAILQ_EMPTY(&store->idle))
        cache_drop(store, TAILQ_FIRST(&store->idle));
    if (store->spare == NULL && add_slab(store) != E_OK)
        return NULL;
    struct cached *cached = store->spare;
    store->spare = cached->next;
    return cached;
}

static enum error add_block(struct store *store, uint64_t block, struct cached **added)
{
    if (block >= store->blocks)
        return E_RANGE;
    struct cached *cached = take_buffer(store);
    if (cached == NULL)
        return E_NOMEM;
    struct cached **chain = chain_of(store, block);
    *cached = (struct cached){
        .buffer = {.block = block, .data = cached->buffer.data, .holders = 1},
        .next = *chain,
        .found = true,
    };
    *chain = cached;
    *added = cached;
    return E_OK;
}

static void read_block(struct store *store, struct cached *cached)
{
    struct disk *disk = store->disk;
    const uint64_t offset = cached->buffer.block * store->block_size;

    cached->reading = true;
    store->owner.unlock(store->owner.context);
    enum error error = disk->read(disk, offset, store->block_size, cached->buffer.data);
    store->owner.lock(store->owner.context);
    cached->reading = false;
    if (error != E_OK) {
        cached->failed = true;
        cache_drop(store, cached);
    }
    store->owner.wake(store->owner.context);
}

/* ---- what the store's users call ------------------------------------------------------------- */

static void hold(struct store *store, struct cached *cached)
{
    cache_unsettle(store, cached);
    cached->buffer.holders++;
    while (cached->reading)
        store->owner.wait(store->owner.context);
}

enum error buffer_get(struct store *store, uint64_t block, struct buffer **buffer)
{
    struct cached *cached = cache_find(store, block);

    if (cached != NULL) {
        hold(store, cached);
    } else {
        enum error error = add_block(store, block, &cached);

        if (error != E_OK)
            return error;
        read_block(store, cached);
    }
    if (cached->failed) {
        buffer_put(store, &cached->buffer);
        return E_IO;
    }
    *buffer = &cached->buffer;
    return E_OK;
}

enum error buffer_get_zeroed(struct store *store, uint64_t block, struct buffer **buffer)
{
    struct cached *cached;

    while ((cached = cache_find(store, block)) != NULL) {
        hold(store, cached);
        if (!cached->failed)
            break;
        buffer_put(store, &cached->buffer); /* another may have put the block in again */
    }
    if (cached == NULL) {
        enum error error = add_block(store, block, &cached);

        if (error != E_OK)
            return error;
    }
    memset(cached->buffer.data, 0, store->block_size);
    *buffer = &cached->buffer;
    return E_OK;
}

void buffer_put(struct store *store, struct buffer *buffer)
{
    buffer->holders--;
    cache_settle(store, (struct cached *)buffer);
}
