/* journal_commit.c - a transaction goes to the journal.
 *
 * Its blocks are copied side by side into the store's area, with the journal's own blocks between
 * them; from then on the buffers may change again, and everything is written from there.
 */
#include "journal.h"

/* What a transaction consists of, in blocks. */
struct parts {
    uint32_t copies, revokes, descriptors;
};

static uint32_t divide_up(uint32_t number, uint32_t by) { return (number + by - 1) / by; }

static struct parts count_parts(const struct store *store)
{
    const uint32_t size = store->block_size;
    const struct cached *cached;
    struct parts parts = {.revokes =
                              divide_up(store->freed.metadata_count, jbd_revokes_per_block(size))};

    TAILQ_FOREACH(cached, &store->changed, changed)
        parts.copies += cached->freed != store->running;
    parts.descriptors = divide_up(parts.copies, jbd_tags_per_block(size));
    return parts;
}

/* Puts the revoke blocks at the area's begin. -> how many. */
static uint32_t fill_revokes(const struct store *store, uint32_t sequence)
{
    const uint32_t room = jbd_revokes_per_block(store->block_size);
    uint32_t blocks = 0, used = room;
    struct jbd_revoke *revoke = NULL;
    uint64_t at = 0, block;

    while (block_set_next(&store->freed.metadata, &at, &block)) {
        if (used == room) {
            revoke = area_block(store, blocks++);
            memset(revoke, 0, store->block_size);
            revoke->header = jbd_header(JBD_REVOKE, sequence);
            used = 0;
        }
        revoke->block[used++] = be32_make((uint32_t)block);
        revoke->bytes = be32_make((uint32_t)(sizeof *revoke + used * sizeof revoke->block[0]));
    }
    return blocks;
}

/* Where the tags of a descriptor block are being written. */
struct tag_writer {
    char *at;
    struct jbd_tag *last;
    uint32_t left;
};

static void begin_descriptor(const struct store *store, uint32_t index, uint32_t sequence,
                             struct tag_writer *tags)
{
    char *block = area_block(store, index);
    const struct jbd_header header = jbd_header(JBD_DESCRIPTOR, sequence);

    memset(block, 0, store->block_size);
    memcpy(block, &header, sizeof header);
    *tags = (struct tag_writer){.at = block + sizeof header,
                                .left = jbd_tags_per_block(store->block_size)};
}

/* The first tag of a block has the journal's UUID after it. */
static void add_tag(const struct store *store, struct tag_writer *tags, uint64_t block,
                    uint32_t flags)
{
    struct jbd_tag *tag = (struct jbd_tag *)tags->at;
    const bool first = tags->last == NULL;

    *tag = (struct jbd_tag){be32_make((uint32_t)block),
                            be32_make(flags | (first ? 0 : JBD_TAG_SAME_UUID))};
    tags->at += sizeof *tag;
    if (first) {
        memcpy(tags->at, store->journal->superblock->uuid, JBD_UUID_BYTES);
        tags->at += JBD_UUID_BYTES;
    }
    tags->last = tag;
    tags->left--;
}

static void end_descriptor(struct tag_writer *tags)
{
    if (tags->last != NULL)
        tags->last->flags = be32_make(be32_get(tags->last->flags) | JBD_TAG_LAST);
}

/* Copies a block to the area. -> the flags of its tag. */
static uint32_t copy_block(const struct store *store, const struct cached *cached, uint32_t index)
{
    struct be32 *copy = area_block(store, index);

    memcpy(copy, cached->buffer.data, store->block_size);
    if (be32_get(copy[0]) != JBD_MAGIC)
        return 0;
    copy[0] = be32_make(0);
    return JBD_TAG_ESCAPED;
}

/* Takes all blocks out of the running transaction; copies go to the area from block `index` on.
 * -> the index after the last. */
static uint32_t fill_copies(struct store *store, uint32_t index, uint32_t sequence)
{
    struct tag_writer tags = {0};
    struct cached *cached;

    while ((cached = TAILQ_FIRST(&store->changed)) != NULL) {
        store_leave_running(store, cached);
        if (cached->freed == store->running) {
            cache_settle(store, cached);
            continue;
        }
        if (tags.left == 0) {
            end_descriptor(&tags);
            begin_descriptor(store, index++, sequence, &tags);
        }
        add_tag(store, &tags, cached->buffer.block, copy_block(store, cached, index++));
        store_log(store, cached, store->running);
    }
    end_descriptor(&tags);
    return index;
}

static void fill_end(const struct store *store, uint32_t index, uint32_t sequence)
{
    struct jbd_header *end = area_block(store, index);

    memset(end, 0, store->block_size);
    *end = jbd_header(JBD_COMMIT, sequence);
}

static enum error write_batch(struct journal *journal, const struct journal_batch *batch)
{
    enum error error = journal_write_body(journal, batch);

    if (error == E_OK)
        error = journal_flush(journal);
    if (error == E_OK)
        error = journal_write_end(journal, batch);
    if (error == E_OK)
        error = journal_flush(journal);
    return error;
}

/* Takes the blocks of the ring that the running transaction gets. */
static struct journal_batch reserve(struct store *store, uint32_t count)
{
    struct journal *journal = store->journal;
    const uint32_t ring = journal->count - journal->first;
    const struct journal_batch batch = {journal->head, count, store->area};

    *journal_record(journal, store->running) = (struct journal_record){
        .start = journal->head,
        .length = count,
        .sequence = journal->sequence,
    };
    journal->head = journal->first + (journal->head - journal->first + count) % ring;
    journal->room -= count;
    return batch;
}

enum error journal_commit(struct store *store, bool alone)
{
    struct journal *journal = store->journal;
    const struct parts parts = count_parts(store);
    const uint32_t body = parts.revokes + parts.descriptors + parts.copies;
    const uint32_t count = body > 0 ? body + 1 : 0;
    enum error error = E_OK;

    if (count > store->area_blocks || count > journal->room)
        return E_2BIG;
    const struct journal_batch batch = reserve(store, count);
    const uint32_t copies = fill_revokes(store, journal->sequence);
    const uint32_t end = fill_copies(store, copies, journal->sequence);
    if (count > 0)
        fill_end(store, end, journal->sequence++);
    const uint64_t number = store_next_transaction(store);
    if (!alone)
        store_open_changes(store);

    if (count > 0) {
        store->owner.unlock(store->owner.context);
        error = write_batch(journal, &batch);
        store->owner.lock(store->owner.context);
    }
    if (error == E_OK)
        store_end_transaction(store, number);
    return error;
}
