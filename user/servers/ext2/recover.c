/* recover.c - writes home what a journal holds after a loss of power.
 *
 * Three passes over the ring: how far it is committed; which blocks are revoked, and when; and the
 * writing, which happens only once all that is to be written is known to make sense. It may be cut
 * short anywhere and done again. Nothing in the ring is trusted: whatever does not continue the
 * transactions ends them.
 */
#include "journal.h"

enum { PAGE_BYTES = 4096 };

enum pass { PASS_SCAN, PASS_REVOKE, PASS_REPLAY };

struct recovery {
    struct store *store;
    struct journal *journal;
    enum pass pass;
    char *page, *copy;          /* blocks, in memory that the disk can reach */
    struct store_table revoked; /* a block's last transaction that revokes it, plus one */
    uint32_t index, sequence;   /* of the block at hand */
    uint32_t left;              /* blocks of the ring that were not yet looked at */
    uint32_t start, end;        /* sequences: of the first transaction, and after the last one */
    const char *complaint;      /* about the transaction at hand */
};

static void step(struct recovery *recovery)
{
    recovery->index = journal_next(recovery->journal, recovery->index);
    recovery->left--;
}

/* Transactions count on beyond 32 bits: those in the ring count from its start. */
static uint64_t age(const struct recovery *recovery)
{
    return recovery->sequence - recovery->start;
}

static bool is_revoked(const struct recovery *recovery, uint64_t block)
{
    const uint64_t *revoked = store_table_find(&recovery->revoked, block);

    return revoked != NULL && *revoked > age(recovery);
}

static enum error replay_block(struct recovery *recovery, const struct jbd_tag *tag)
{
    const uint32_t size = recovery->store->block_size;
    const uint64_t block = be32_get(tag->block);
    struct disk *disk = recovery->store->disk;

    /* The second cannot be, unless what is replayed writes over the journal. */
    if (is_revoked(recovery, block) || block >= recovery->store->blocks)
        return E_OK;
    enum error error = journal_read(recovery->journal, recovery->index, recovery->copy);
    if (error != E_OK)
        return error;
    if (be32_get(tag->flags) & JBD_TAG_ESCAPED) {
        const struct be32 magic = be32_make(JBD_MAGIC);
        memcpy(recovery->copy, &magic, sizeof magic);
    }
    return disk->write(disk, block * size, size, recovery->copy);
}

/* The copies that a descriptor block describes, as far as the ring can have them. */
static enum error visit_tags(struct recovery *recovery)
{
    const char *at = recovery->page + sizeof(struct jbd_header);
    const char *end = recovery->page + recovery->store->block_size;
    struct jbd_tag tag = {0};
    enum error error = E_OK;

    while ((be32_get(tag.flags) & JBD_TAG_LAST) == 0 && end - at >= (long)sizeof tag &&
           recovery->left > 0 && error == E_OK) {
        memcpy(&tag, at, sizeof tag);
        at += sizeof tag;
        if ((be32_get(tag.flags) & JBD_TAG_SAME_UUID) == 0)
            at += JBD_UUID_BYTES;
        if (be32_get(tag.block) >= recovery->store->blocks)
            recovery->complaint = "the journal has a block that lies behind the disk's end";
        if (recovery->pass == PASS_REPLAY)
            error = replay_block(recovery, &tag);
        step(recovery);
    }
    return error;
}

static enum error visit_revokes(struct recovery *recovery)
{
    const struct jbd_revoke *revoke = (const struct jbd_revoke *)recovery->page;
    const uint32_t bytes = be32_get(revoke->bytes);
    const uint32_t size = recovery->store->block_size;

    if (bytes < sizeof *revoke || bytes > size) {
        recovery->complaint = "the journal has a revoke block of impossible length";
        return E_OK;
    }
    if (recovery->pass != PASS_REVOKE)
        return E_OK;
    for (uint32_t i = 0; i < (bytes - sizeof *revoke) / sizeof revoke->block[0]; i++) {
        uint64_t *revoked = store_table_add(&recovery->revoked, be32_get(revoke->block[i]));

        if (revoked == NULL)
            return E_NOMEM;
        *revoked = age(recovery) + 1;
    }
    return E_OK;
}

/* What makes no sense counts only if it was committed: else it may be half written. */
static enum error visit_end(struct recovery *recovery)
{
    if (recovery->complaint != NULL)
        return E_INVAL;
    recovery->sequence++;
    if (recovery->pass == PASS_SCAN)
        recovery->end = recovery->sequence;
    return E_OK;
}

/* Looks at the block at hand, and goes on to the next of the journal's own. *more: it belongs. */
static enum error visit(struct recovery *recovery, bool *more)
{
    const struct jbd_header *header = (const struct jbd_header *)recovery->page;
    enum error error = journal_read(recovery->journal, recovery->index, recovery->page);

    *more = false;
    if (error != E_OK || be32_get(header->magic) != JBD_MAGIC ||
        be32_get(header->sequence) != recovery->sequence)
        return error;
    *more = true;
    step(recovery);
    switch (be32_get(header->type)) {
    case JBD_DESCRIPTOR:
        return visit_tags(recovery);
    case JBD_REVOKE:
        return visit_revokes(recovery);
    case JBD_COMMIT:
        return visit_end(recovery);
    default:
        *more = false;
        return E_OK;
    }
}

static enum error walk(struct recovery *recovery, enum pass pass)
{
    const struct journal *journal = recovery->journal;
    enum error error = E_OK;
    bool more = true;

    recovery->pass = pass;
    recovery->index = be32_get(journal->superblock->start);
    recovery->sequence = recovery->start;
    recovery->left = journal->count - journal->first;
    recovery->complaint = NULL;
    while (error == E_OK && more && recovery->left > 0 &&
           (pass == PASS_SCAN || recovery->sequence != recovery->end))
        error = visit(recovery, &more);
    return error;
}

/* The number that a transaction had which was being written is not used again: what is left of it
 * must not look like part of a later one. */
static enum error finish(struct recovery *recovery)
{
    struct journal *journal = recovery->journal;
    enum error error = journal_flush(journal);

    if (error == E_OK)
        error = journal_write_superblock(journal, 0, recovery->end + 1);
    if (error == E_OK)
        error = journal_flush(journal);
    return error;
}

enum error journal_recover(struct store *store, struct journal *journal, const char **complaint)
{
    struct disk *disk = store->disk;
    struct recovery recovery = {.store = store, .journal = journal};
    enum error error = E_NOMEM;

    recovery.start = recovery.end = be32_get(journal->superblock->sequence);
    recovery.page = disk->allocate(disk, 2 * PAGE_BYTES);
    if (recovery.page == NULL)
        return E_NOMEM;
    recovery.copy = recovery.page + PAGE_BYTES;
    error = walk(&recovery, PASS_SCAN);
    if (error == E_OK)
        error = walk(&recovery, PASS_REVOKE);
    if (error == E_OK)
        error = walk(&recovery, PASS_REPLAY);
    if (error == E_OK)
        error = finish(&recovery);
    if (recovery.complaint != NULL)
        *complaint = recovery.complaint;
    store_table_clear(&recovery.revoked);
    disk->free(disk, recovery.page, 2 * PAGE_BYTES);
    return error;
}
