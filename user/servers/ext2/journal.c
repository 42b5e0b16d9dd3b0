/* journal.c - opening and closing a journal, and what of its ring is in use. */
#include "journal.h"

#include <stdlib.h>

enum {
    PAGE_BYTES = 4096, /* no block is larger */
    AREA_BYTES_MAX = 2 * 1024 * 1024,
    REVOKES_PER_CHANGE = 1000, /* as store.h says */
    REVOKE_BLOCKS = 8,         /* kept free for them, beyond a transaction's limit */
    RING_MIN = 32,
};

struct journal_record *journal_record(struct journal *journal, uint64_t number)
{
    return &journal->record[number % JOURNAL_RECORDS];
}

void journal_count(struct journal *journal, uint64_t number, int change)
{
    journal_record(journal, number)->left += (uint32_t)change;
}

bool journal_has_room(const struct store *store)
{
    const struct journal *journal = store->journal;

    return journal->room >= journal->need && store->running - journal->oldest < JOURNAL_RECORDS;
}

bool journal_is_half_full(const struct store *store)
{
    const struct journal *journal = store->journal;

    return journal->room < (journal->count - journal->first) / 2 ||
           store->running - journal->oldest > JOURNAL_RECORDS / 2;
}

bool journal_fits(const struct store *store, uint32_t blocks)
{
    const uint64_t freed =
        store->freed.metadata_count + (uint64_t)REVOKES_PER_CHANGE * (store->open + 1);
    const uint64_t revokes = freed / jbd_revokes_per_block(store->block_size) + 1;

    return store->changed_count + store->reserved + revokes + blocks <=
           (uint64_t)store->limit + REVOKE_BLOCKS;
}

/* The oldest transaction that is needed after a loss of power; up to it, the ring's blocks in
 * *unused are not. */
static uint64_t oldest_needed(const struct store *store, uint32_t *unused)
{
    struct journal *journal = store->journal;
    uint64_t oldest = journal->oldest;

    *unused = 0;
    for (; oldest <= store->committed && journal_record(journal, oldest)->left == 0; oldest++)
        *unused += journal_record(journal, oldest)->length;
    return oldest;
}

static enum error write_start(struct journal *journal, uint32_t start, uint32_t sequence)
{
    enum error error = journal_flush(journal);

    if (error == E_OK)
        error = journal_write_superblock(journal, start, sequence);
    /* Before what it gives up is written over. */
    if (error == E_OK)
        error = journal_flush(journal);
    return error;
}

enum error journal_advance(struct store *store)
{
    struct journal *journal = store->journal;
    uint32_t unused, start = 0, sequence = journal->sequence;
    const uint64_t oldest = oldest_needed(store, &unused);
    enum error error = E_OK;

    if (oldest <= store->committed) {
        start = journal_record(journal, oldest)->start;
        sequence = journal_record(journal, oldest)->sequence;
    }
    if (unused > 0) {
        store->owner.unlock(store->owner.context);
        error = write_start(journal, start, sequence);
        store->owner.lock(store->owner.context);
    }
    if (error != E_OK)
        return error;
    journal->oldest = oldest;
    journal->room += unused;
    return E_OK;
}

/* ---- opening ------------------------------------------------------------------------------- */

static enum error add_block(struct journal *journal, uint32_t index, uint64_t block)
{
    struct journal_run *last = journal->runs > 0 ? &journal->run[journal->runs - 1] : NULL;

    if (last != NULL && last->block + last->count == block) {
        last->count++;
        return E_OK;
    }
    struct journal_run *more = realloc(journal->run, (journal->runs + 1) * sizeof *more);
    if (more == NULL)
        return E_NOMEM;
    more[journal->runs++] = (struct journal_run){.index = index, .count = 1, .block = block};
    journal->run = more;
    return E_OK;
}

static enum error find_runs(struct store *store, struct journal *journal,
                            const struct store_place *place, const char **complaint)
{
    enum error error = E_OK;

    for (uint32_t i = 0; i < place->count && error == E_OK; i++) {
        uint64_t block;

        error = place->home_of(place->context, i, &block);
        if (error == E_OK && (block == 0 || block >= store->blocks)) {
            *complaint = "the journal has blocks that are not on the disk";
            error = E_INVAL;
        }
        if (error == E_OK)
            error = add_block(journal, i, block);
    }
    return error;
}

static const char *check_features(const struct jbd_superblock *superblock)
{
    static const char *const names[32] = {
        [1] = "the journal has the feature 64bit, which is not supported",
        [2] = "the journal has the feature async_commit, which is not supported",
        [3] = "the journal has the feature checksum_v2, which is not supported",
        [4] = "the journal has the feature checksum_v3, which is not supported",
        [5] = "the journal has the feature fast_commit, which is not supported",
    };
    const uint32_t unknown = be32_get(superblock->incompat) & ~(uint32_t)JBD_INCOMPAT_REVOKE;

    if (unknown != 0 && names[__builtin_ctz(unknown)] != NULL)
        return names[__builtin_ctz(unknown)];
    if (unknown != 0 || be32_get(superblock->read_only_compat) != 0)
        return "the journal has a feature that is not known";
    return NULL;
}

/* -> what is wrong with it, or NULL. */
static const char *check_superblock(const struct journal *journal, const struct store_place *place)
{
    const struct jbd_superblock *superblock = journal->superblock;
    const uint32_t length = be32_get(superblock->length), first = be32_get(superblock->first);
    const uint32_t start = be32_get(superblock->start);

    if (be32_get(superblock->header.magic) != JBD_MAGIC)
        return "the journal's superblock is not one";
    if (be32_get(superblock->header.type) == JBD_SUPERBLOCK_V1)
        return "the journal has version 1, which is not supported";
    if (be32_get(superblock->header.type) != JBD_SUPERBLOCK_V2)
        return "the journal's superblock is not one";
    if (be32_get(superblock->block_size) != journal->block_size)
        return "the journal has blocks of another size";
    if (length > place->count || first < 1 || first >= length)
        return "the journal's length is impossible";
    if (length - first < RING_MIN)
        return "the journal is too small";
    if (start != 0 && (start < first || start >= length))
        return "the journal's start is impossible";
    return check_features(superblock);
}

static enum error read_superblock(struct journal *journal, const struct store_place *place,
                                  const char **complaint)
{
    enum error error = journal_read(journal, 0, journal->superblock);

    if (error != E_OK)
        return error;
    *complaint = check_superblock(journal, place);
    if (*complaint != NULL)
        return E_INVAL;
    journal->first = be32_get(journal->superblock->first);
    journal->count = be32_get(journal->superblock->length);
    return E_OK;
}

static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

/* What follows from the ring's size for transactions. */
static enum error set_limits(struct store *store, struct journal *journal)
{
    const uint32_t ring = journal->count - journal->first;
    const uint32_t tags = jbd_tags_per_block(store->block_size);
    const uint32_t limit =
        least(least(ring / 4, (uint32_t)(store->capacity / 2)), AREA_BYTES_MAX / store->block_size);
    const uint32_t most = limit + REVOKE_BLOCKS;

    journal->need = most + most / tags + 2; /* the last descriptor block, the commit block */
    enum error error = store_set_area(store, journal->need);
    if (error == E_OK)
        store->limit = limit;
    return error;
}

static void destroy(struct journal *journal)
{
    if (journal->superblock != NULL)
        journal->disk->free(journal->disk, journal->superblock, PAGE_BYTES);
    free(journal->run);
    free(journal);
}

static enum error open_journal(struct store *store, struct journal *journal,
                               const struct store_place *place, bool *replayed,
                               const char **complaint)
{
    *complaint = "the journal has no length that it can have";
    if (place->count == 0 || place->count > store->blocks)
        return E_INVAL;
    *complaint = "the journal cannot be read";
    enum error error = find_runs(store, journal, place, complaint);
    if (error == E_OK)
        error = read_superblock(journal, place, complaint);
    if (error == E_OK && be32_get(journal->superblock->start) != 0) {
        error = store->disk->read_only ? E_ROFS : journal_recover(store, journal, complaint);
        cache_drop_idle(store);
        *replayed = true;
    }
    if (error == E_OK)
        error = set_limits(store, journal);
    return error;
}

enum error store_open_journal(struct store *store, const struct store_place *place, bool *replayed,
                              const char **complaint)
{
    struct journal *journal = calloc(1, sizeof *journal);

    *replayed = false;
    if (journal == NULL)
        return E_NOMEM;
    journal->disk = store->disk;
    journal->block_size = store->block_size;
    journal->superblock = store->disk->allocate(store->disk, PAGE_BYTES);
    enum error error = journal->superblock != NULL ? E_OK : E_NOMEM;
    if (error == E_OK)
        error = open_journal(store, journal, place, replayed, complaint);
    if (error != E_OK) {
        destroy(journal);
        return error;
    }
    journal->sequence = be32_get(journal->superblock->sequence);
    journal->head = journal->first;
    journal->room = journal->count - journal->first;
    journal->oldest = store->running;
    store->journal = journal;
    return E_OK;
}

void journal_destroy(struct store *store)
{
    if (store->journal != NULL)
        destroy(store->journal);
    store->journal = NULL;
}

enum error store_settle(struct store *store)
{
    enum error error;

    store_take_turn(store);
    error = store_settle_turn(store);
    store_open_changes(store);
    store_end_turn(store);
    return error;
}

enum error store_close_journal(struct store *store)
{
    enum error error;

    store_take_turn(store);
    error = store_settle_turn(store);
    journal_destroy(store);
    store_open_changes(store);
    store_end_turn(store);
    return error;
}
