/* store.c - a store as a whole, and the changes that make up a transaction. */
#include "store.h"

#include <assert.h>
#include <stdlib.h>

#include "cache.h"
#include "journal.h"

enum { AREA_BYTES = 256 * 1024 };

enum error store_create(struct disk *disk, uint32_t block_size, size_t bytes,
                        const struct store_owner *owner, struct store **store)
{
    struct store *made = calloc(1, sizeof *made);

    if (made == NULL)
        return E_NOMEM;
    made->disk = disk;
    made->owner = *owner;
    made->block_size = block_size;
    made->blocks = disk->size / block_size;
    made->running = 1;
    TAILQ_INIT(&made->changed);
    TAILQ_INIT(&made->unhomed);
    if (cache_init(made, bytes) != E_OK || store_set_area(made, AREA_BYTES / block_size) != E_OK) {
        store_destroy(made);
        return E_NOMEM;
    }
    made->limit = (uint32_t)(made->capacity / 2);
    *store = made;
    return E_OK;
}

static void clear_freed(struct freed *freed)
{
    store_table_clear(&freed->all);
    store_table_clear(&freed->metadata);
    freed->metadata_count = 0;
}

void store_destroy(struct store *store)
{
    journal_destroy(store);
    clear_freed(&store->freed);
    clear_freed(&store->committing);
    store_free_area(store);
    cache_destroy(store);
    free(store);
}

/* ---- changes ------------------------------------------------------------------------------- */

static bool has_room(const struct store *store, uint32_t blocks)
{
    if (store->journal != NULL)
        return journal_has_room(store) && journal_fits(store, blocks);
    return store->changed_count + store->reserved + (uint64_t)blocks <= store->limit;
}

/* Commits, and empties the journal if that is what there is too little of. */
static enum error make_room(struct store *store)
{
    enum error error;

    store_take_turn(store);
    if (store->journal == NULL || journal_has_room(store)) {
        error = store_commit_turn(store, false);
    } else {
        error = store_settle_turn(store);
        store_open_changes(store);
    }
    store_end_turn(store);
    return error;
}

enum error change_begin(struct store *store, uint32_t blocks, struct change *change)
{
    if (store->disk->read_only)
        return E_ROFS;
    if (blocks > store->limit)
        return E_2BIG;
    for (;;) {
        if (store->error != E_OK)
            return E_IO;
        if (store->closing)
            store->owner.wait(store->owner.context);
        else if (has_room(store, blocks))
            break;
        else if (make_room(store) != E_OK)
            return E_IO;
    }
    store->open++;
    store->reserved += blocks;
    *change = (struct change){.store = store, .left = blocks};
    return E_OK;
}

void change_buffer(struct change *change, struct buffer *buffer)
{
    struct store *store = change->store;
    struct cached *cached = (struct cached *)buffer;

    if (cached->freed != 0) {
        cached->freed = 0;
        if (block_set_remove(&store->freed.metadata, buffer->block))
            store->freed.metadata_count--;
    }
    if (cached->in_running)
        return;
    assert(change->left > 0);
    change->left--;
    store->reserved--;
    cached->in_running = true;
    TAILQ_INSERT_TAIL(&store->changed, cached, changed);
    store->changed_count++;
}

static enum error free_metadata(struct store *store, uint64_t block)
{
    struct cached *cached = cache_find(store, block);

    if (cached != NULL)
        cached->freed = store->running;
    if (block_set_has(&store->freed.metadata, block))
        return E_OK;
    store->freed.metadata_count++;
    return block_set_add(&store->freed.metadata, block, 1);
}

void change_free(struct change *change, uint64_t block, uint32_t count, bool metadata)
{
    struct store *store = change->store;
    enum error error = block_set_add(&store->freed.all, block, count);

    for (uint32_t i = 0; metadata && i < count && error == E_OK; i++)
        error = free_metadata(store, block + i);
    /* What is not remembered could be used too early: nothing is committed any more. */
    if (error != E_OK && store->error == E_OK)
        store->error = error;
}

void change_end(struct change *change)
{
    struct store *store = change->store;

    store->reserved -= change->left;
    store->open--;
    if (store->closing && store->open == 0)
        store->owner.wake(store->owner.context);
}

bool store_may_use(const struct store *store, uint64_t block)
{
    return !block_set_has(&store->freed.all, block) &&
           !block_set_has(&store->committing.all, block);
}

/* ---- transactions -------------------------------------------------------------------------- */

bool store_is_dirty(const struct store *store)
{
    return store->changed_count > 0 || store->freed.all.used > 0;
}

uint64_t store_running(const struct store *store) { return store->running; }

uint64_t store_committed(const struct store *store) { return store->committed; }

uint64_t store_next_transaction(struct store *store)
{
    store->committing = store->freed;
    store->freed = (struct freed){0};
    return store->running++;
}

void store_end_transaction(struct store *store, uint64_t number)
{
    uint64_t at = 0, block;

    while (block_set_next(&store->committing.metadata, &at, &block)) {
        struct cached *cached = cache_find(store, block);

        if (cached == NULL || cached->freed != number)
            continue;
        store_unlog(store, cached);
        cache_drop(store, cached);
    }
    clear_freed(&store->committing);
    store->committed = number;
}
