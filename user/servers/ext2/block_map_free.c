/* block_map_free.c - gives a file's blocks back, from its end.
 *
 * Entries become 0 as their blocks are freed, so that it can stop after any of them when an
 * operation is full; the next goes on where it finds entries. An indirect block is entered only
 * while the bitmap says that it is in use, so that cycles end.
 */
#include "block_map.h"
#include "group.h"

enum { RUN_MAX = 256 };

/* A run of blocks to be freed at once. */
struct freed {
    uint32_t block, count;
};

static void forget_sectors(struct operation *op, struct inode *inode, uint32_t blocks)
{
    uint32_t sectors = blocks * block_sectors(op->fs);

    inode->sectors = inode->sectors > sectors ? inode->sectors - sectors : 0;
    inode_changed(op->fs, inode, true);
}

static void free_run(struct operation *op, struct inode *inode, struct freed *run, bool metadata)
{
    if (run->count == 0)
        return;
    blocks_free(op, run->block, run->count, metadata);
    if (metadata)
        op->freed_metadata += run->count;
    forget_sectors(op, inode, run->count);
    run->count = 0;
}

/* Contents of directories and links went through the journal. */
static bool has_metadata(const struct inode *inode) { return !inode_is(inode, S_IFREG); }

static bool is_sane(struct ext2 *fs, const struct inode *inode, uint32_t block)
{
    if (block_is_files(fs, block))
        return true;
    (void)fs_damage(fs, "inode %u: block %u cannot be a file's", inode->number, block);
    return false;
}

/* Frees entries[first...count - 1], blocks of contents. */
static bool free_contents(struct operation *op, struct inode *inode, uint32_t *entries,
                          uint32_t first, uint32_t count)
{
    struct freed run = {0};

    for (uint32_t i = count; i > first && !operation_is_full(op); i--) {
        uint32_t block = entries[i - 1];

        if (block == 0)
            continue;
        entries[i - 1] = 0;
        if (!is_sane(op->fs, inode, block))
            continue;
        if (run.count > 0 && (block + 1 != run.block || run.count == RUN_MAX))
            free_run(op, inode, &run, has_metadata(inode));
        run.block = block;
        run.count++;
    }
    free_run(op, inode, &run, has_metadata(inode));
    for (uint32_t i = first; i < count; i++)
        if (entries[i] != 0)
            return false;
    return true;
}

static bool free_branch(struct operation *op, struct inode *inode, uint32_t *entry, uint32_t depth,
                        uint64_t keep);

/* Frees entries of an indirect block, those that come after `keep` blocks of the file's. */
static bool free_entries(struct operation *op, struct inode *inode, uint32_t *entries,
                         uint32_t depth, uint64_t keep)
{
    uint64_t span = 1;

    for (uint32_t level = 1; level < depth; level++)
        span *= op->fs->pointers;
    if (depth == 1)
        return free_contents(op, inode, entries, (uint32_t)keep, op->fs->pointers);
    for (uint64_t i = op->fs->pointers; i > keep / span; i--) {
        uint64_t before = (i - 1) * span;

        if (!free_branch(op, inode, &entries[i - 1], depth - 1, keep > before ? keep - before : 0))
            return false;
    }
    return true;
}

/* Frees what hangs on an entry, but for the first `keep` blocks of contents below it, and the
 * indirect block itself if nothing is kept. */
static bool free_branch(struct operation *op, struct inode *inode, uint32_t *entry, uint32_t depth,
                        uint64_t keep)
{
    struct ext2 *fs = op->fs;
    struct buffer *buffer;
    uint32_t block = *entry;

    if (block == 0)
        return true;
    if (operation_is_full(op))
        return false;
    if (!is_sane(fs, inode, block) || !block_is_used(fs, block) ||
        buffer_get(fs->store, block, &buffer) != E_OK) {
        (void)fs_damage(fs, "inode %u: indirect block %u is left out", inode->number, block);
        if (keep == 0)
            *entry = 0;
        return true;
    }
    change_buffer(&op->change, buffer);
    bool done = free_entries(op, inode, buffer->data, depth, keep);
    buffer_put(fs->store, buffer);
    if (done && keep == 0) {
        *entry = 0;
        free_run(op, inode, &(struct freed){block, 1}, true);
    }
    return done;
}

bool block_map_free(struct operation *op, struct inode *inode, uint32_t from)
{
    uint64_t before[1 + INDIRECT_LEVELS] = {DIRECT_BLOCKS}, span = 1;

    inode->run.count = 0;
    for (uint32_t depth = 1; depth < INDIRECT_LEVELS; depth++) {
        span *= op->fs->pointers;
        before[depth] = before[depth - 1] + span;
    }
    for (uint32_t depth = INDIRECT_LEVELS; depth > 0; depth--) {
        uint64_t start = before[depth - 1];
        uint64_t end = depth < INDIRECT_LEVELS ? before[depth] : UINT64_MAX;

        if (from < end && !free_branch(op, inode, &inode->block[DIRECT_BLOCKS + depth - 1], depth,
                                       from > start ? from - start : 0))
            return false;
    }
    if (from >= DIRECT_BLOCKS)
        return true;
    bool done = free_contents(op, inode, inode->block, from, DIRECT_BLOCKS);
    inode_changed(op->fs, inode, true);
    return done;
}
