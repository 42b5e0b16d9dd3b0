/* store_home.c - writes blocks to their places, from copies in the area, in order of their numbers.
 */
#include "cache.h"

#include <stdlib.h>
#include <string.h>

#include "journal.h"

enum { PAGE_BYTES = 4096 };

static size_t area_bytes(const struct store *store, uint32_t blocks)
{
    const size_t bytes = (size_t)blocks * store->block_size;

    return (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
}

void store_free_area(struct store *store)
{
    if (store->area != NULL)
        store->disk->free(store->disk, store->area, area_bytes(store, store->area_blocks));
    free(store->gathered);
    store->area = NULL;
    store->gathered = NULL;
}

enum error store_set_area(struct store *store, uint32_t blocks)
{
    void *area = store->disk->allocate(store->disk, area_bytes(store, blocks));
    struct cached **gathered = calloc(blocks, sizeof(*gathered));

    if (area == NULL || gathered == NULL) {
        if (area != NULL)
            store->disk->free(store->disk, area, area_bytes(store, blocks));
        free(gathered);
        return E_NOMEM;
    }
    store_free_area(store);
    store->area = area;
    store->gathered = gathered;
    store->area_blocks = blocks;
    return E_OK;
}

void *area_block(const struct store *store, uint32_t index)
{
    return (char *)store->area + (size_t)index * store->block_size;
}

enum error store_flush(struct store *store)
{
    store->owner.unlock(store->owner.context);
    enum error error = store->disk->flush(store->disk);
    store->owner.lock(store->owner.context);
    return error;
}

enum error store_write_contents(struct store *store)
{
    return store->owner.write_data(store->owner.context);
}

void store_leave_running(struct store *store, struct cached *cached)
{
    TAILQ_REMOVE(&store->changed, cached, changed);
    store->changed_count--;
    cached->in_running = false;
}

void store_log(struct store *store, struct cached *cached, uint64_t transaction)
{
    store_unlog(store, cached);
    cache_unsettle(store, cached);
    TAILQ_INSERT_TAIL(&store->unhomed, cached, unhomed);
    store->unhomed_count++;
    cached->logged = transaction;
    if (store->journal != NULL)
        journal_count(store->journal, transaction, 1);
}

void store_unlog(struct store *store, struct cached *cached)
{
    if (cached->logged == 0)
        return;
    TAILQ_REMOVE(&store->unhomed, cached, unhomed);
    store->unhomed_count--;
    if (store->journal != NULL)
        journal_count(store->journal, cached->logged, -1);
    cached->logged = 0;
}

static int by_block(const void *a, const void *b)
{
    const uint64_t first = (*(struct cached *const *)a)->buffer.block;
    const uint64_t second = (*(struct cached *const *)b)->buffer.block;

    return (first > second) - (first < second);
}

/* Fills the area with the next blocks that may go home. -> how many. */
static uint32_t gather(struct store *store)
{
    struct cached *cached;
    uint32_t count = 0;

    TAILQ_FOREACH(cached, &store->unhomed, unhomed) {
        if (count == store->area_blocks)
            break;
        if (!cached->in_running)
            store->gathered[count++] = cached;
    }
    qsort(store->gathered, count, sizeof(struct cached *), by_block);
    for (uint32_t i = 0; i < count; i++)
        memcpy(area_block(store, i), store->gathered[i]->buffer.data, store->block_size);
    return count;
}

/* Writes the area's first blocks; those that lie side by side on the disk at once. Without the
 * lock: nobody changes a block's number, or takes it out of the cache, while it is unhomed. */
static enum error write_gathered(struct store *store, uint32_t count)
{
    enum error error = E_OK;

    for (uint32_t i = 0, run; i < count && error == E_OK; i += run) {
        const uint64_t block = store->gathered[i]->buffer.block;

        for (run = 1; i + run < count; run++)
            if (store->gathered[i + run]->buffer.block != block + run)
                break;
        error = store->disk->write(store->disk, block * store->block_size,
                                   (size_t)run * store->block_size, area_block(store, i));
    }
    return error;
}

enum error store_write_home(struct store *store)
{
    uint32_t count;

    while ((count = gather(store)) > 0) {
        store->owner.unlock(store->owner.context);
        enum error error = write_gathered(store, count);
        store->owner.lock(store->owner.context);
        if (error != E_OK)
            return error;
        for (uint32_t i = 0; i < count; i++) {
            store_unlog(store, store->gathered[i]);
            cache_settle(store, store->gathered[i]);
        }
    }
    return E_OK;
}
