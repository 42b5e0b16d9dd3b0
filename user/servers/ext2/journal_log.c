/* journal_log.c - the journal's blocks on the disk. */
#include "journal.h"

uint32_t journal_next(const struct journal *journal, uint32_t index)
{
    return index + 1 < journal->count ? index + 1 : journal->first;
}

/* The run that holds the index: all below `count` are in one. */
static const struct journal_run *run_of(const struct journal *journal, uint32_t index)
{
    uint32_t low = 0, high = journal->runs;

    /* The run is in [low, high). */
    while (high - low > 1) {
        const uint32_t middle = low + (high - low) / 2;

        if (index < journal->run[middle].index)
            high = middle;
        else
            low = middle;
    }
    return &journal->run[low];
}

static uint64_t offset_of(const struct journal *journal, uint32_t index)
{
    const struct journal_run *run = run_of(journal, index);

    return (run->block + index - run->index) * journal->block_size;
}

enum error journal_read(struct journal *journal, uint32_t index, void *memory)
{
    return journal->disk->read(journal->disk, offset_of(journal, index), journal->block_size,
                               memory);
}

enum error journal_write(struct journal *journal, uint32_t index, uint32_t count,
                         const void *memory)
{
    const char *from = memory;
    enum error error = E_OK;

    while (count > 0 && error == E_OK) {
        const struct journal_run *run = run_of(journal, index);
        uint32_t together = run->index + run->count - index;

        if (together > journal->count - index)
            together = journal->count - index;
        if (together > count)
            together = count;
        const size_t bytes = (size_t)together * journal->block_size;
        error = journal->disk->write(journal->disk, offset_of(journal, index), bytes, from);
        from += bytes;
        count -= together;
        index = journal_next(journal, index + together - 1);
    }
    return error;
}

enum error journal_flush(struct journal *journal) { return journal->disk->flush(journal->disk); }

enum error journal_write_superblock(struct journal *journal, uint32_t start, uint32_t sequence)
{
    struct jbd_superblock *superblock = journal->superblock;

    superblock->start = be32_make(start);
    superblock->sequence = be32_make(sequence);
    /* What we write has revoke blocks, and no checksums in its commit blocks. */
    superblock->incompat = be32_make(JBD_INCOMPAT_REVOKE);
    superblock->compat = be32_make(be32_get(superblock->compat) & ~(uint32_t)JBD_COMPAT_CHECKSUM);
    return journal->disk->write(journal->disk, offset_of(journal, 0), journal->block_size,
                                superblock);
}

enum error journal_write_body(struct journal *journal, const struct journal_batch *batch)
{
    const struct jbd_header *end = (const void *)((const char *)batch->memory +
                                                  (size_t)(batch->count - 1) * journal->block_size);
    enum error error = E_OK;

    if (be32_get(journal->superblock->start) == 0)
        error = journal_write_superblock(journal, batch->index, be32_get(end->sequence));
    if (error == E_OK)
        error = journal_write(journal, batch->index, batch->count - 1, batch->memory);
    return error;
}

enum error journal_write_end(struct journal *journal, const struct journal_batch *batch)
{
    const uint32_t ring = journal->count - journal->first;
    const uint32_t index =
        journal->first + (batch->index - journal->first + batch->count - 1) % ring;

    return journal_write(journal, index, 1,
                         (const char *)batch->memory +
                             (size_t)(batch->count - 1) * journal->block_size);
}
