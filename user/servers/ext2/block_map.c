/* block_map.c - finds and allocates the blocks of a file, through up to three indirect blocks.
 *
 * The run that was found last is remembered: the next block of a sequential reader costs nothing.
 */
#include "block_map.h"

#include "group.h"

uint64_t block_map_limit(uint32_t pointers)
{
    uint64_t p = pointers;

    return DIRECT_BLOCKS + p + p * p + p * p * p;
}

bool map_path_find(const struct ext2 *fs, uint32_t index, struct map_path *path)
{
    uint64_t left = index, span = 1;

    if (left < DIRECT_BLOCKS) {
        *path = (struct map_path){.at = {index}};
        return true;
    }
    left -= DIRECT_BLOCKS;
    for (uint32_t depth = 1; depth <= INDIRECT_LEVELS; depth++) {
        span *= fs->pointers;
        if (left >= span) {
            left -= span;
            continue;
        }
        path->depth = depth;
        path->at[0] = DIRECT_BLOCKS + depth - 1;
        for (uint32_t level = depth; level > 0; level--, left /= fs->pointers)
            path->at[level] = (uint32_t)(left % fs->pointers);
        return true;
    }
    return false;
}

static enum error bad_block(struct ext2 *fs, const struct inode *inode, uint32_t block)
{
    return fs_damage(fs, "inode %u: block %u cannot be a file's", inode->number, block);
}

/* Block numbers: those of i_block, or of an indirect block. */
struct entries {
    const uint32_t *number;
    uint32_t at, count;
};

/* Entries side by side from `at` on whose blocks are, too. */
static uint32_t run_length(const struct ext2 *fs, const struct entries *entries)
{
    const uint32_t *first = &entries->number[entries->at];
    uint32_t count = 1, limit = entries->count - entries->at;

    while (count < limit && first[count] == first[0] + count && block_is_files(fs, first[count]))
        count++;
    return count;
}

static enum error found(struct ext2 *fs, struct inode *inode, uint32_t index,
                        const struct entries *entries, uint32_t *block)
{
    *block = entries->number[entries->at];
    if (*block == 0)
        return E_OK;
    if (!block_is_files(fs, *block))
        return bad_block(fs, inode, *block);
    inode->run = (struct block_run){index, *block, run_length(fs, entries)};
    return E_OK;
}

static enum error find_indirect(struct ext2 *fs, struct inode *inode, uint32_t index,
                                const struct map_path *path, uint32_t *block)
{
    uint32_t here = inode->block[path->at[0]];

    for (uint32_t level = 1; level <= path->depth; level++) {
        struct buffer *buffer;

        *block = 0;
        if (here == 0)
            return E_OK;
        if (!block_is_files(fs, here))
            return bad_block(fs, inode, here);
        enum error error = buffer_get(fs->store, here, &buffer);
        if (error != E_OK)
            return error;
        struct entries entries = {buffer->data, path->at[level], fs->pointers};
        here = entries.number[entries.at];
        if (level == path->depth)
            error = found(fs, inode, index, &entries, block);
        buffer_put(fs->store, buffer);
        if (error != E_OK)
            return error;
    }
    return E_OK;
}

enum error block_map_find(struct ext2 *fs, struct inode *inode, uint32_t index, uint32_t *block)
{
    struct map_path path;

    if (index - inode->run.index < inode->run.count) {
        *block = inode->run.block + (index - inode->run.index);
        return E_OK;
    }
    if (!map_path_find(fs, index, &path))
        return E_FBIG;
    if (path.depth == 0)
        return found(fs, inode, index, &(struct entries){inode->block, index, DIRECT_BLOCKS},
                     block);
    return find_indirect(fs, inode, index, &path, block);
}

/* ---- allocation -------------------------------------------------------------------------- */

/* The indirect blocks on the way to a leaf, held. entries[0] is i_block. */
struct way {
    struct buffer *buffer[INDIRECT_LEVELS];
    uint32_t *entries[1 + INDIRECT_LEVELS];
    uint32_t depth;
};

static void way_end(struct ext2 *fs, struct way *way)
{
    while (way->depth > 0)
        buffer_put(fs->store, way->buffer[--way->depth]);
}

/* The last block of the way gets an entry. */
static void set_entry(struct operation *op, struct inode *inode, struct way *way, uint32_t at,
                      uint32_t block)
{
    if (way->depth > 0)
        change_buffer(&op->change, way->buffer[way->depth - 1]);
    way->entries[way->depth][at] = block;
    inode->sectors += block_sectors(op->fs);
    inode_changed(op->fs, inode, true);
}

/* One indirect block further; made if there is none. */
static enum error way_step(struct operation *op, struct inode *inode, struct way *way, uint32_t at,
                           uint32_t goal)
{
    struct ext2 *fs = op->fs;
    uint32_t level = way->depth, block = way->entries[level][at], count;
    struct buffer *buffer;
    enum error error;

    if (block != 0) {
        if (!block_is_files(fs, block))
            return bad_block(fs, inode, block);
        error = buffer_get(fs->store, block, &buffer);
        if (error != E_OK)
            return error;
    } else {
        error = blocks_allocate(op, goal, 1, &block, &count);
        if (error != E_OK)
            return error;
        error = buffer_get_zeroed(fs->store, block, &buffer);
        if (error != E_OK) {
            blocks_free(op, block, 1, true);
            return error;
        }
        change_buffer(&op->change, buffer);
        set_entry(op, inode, way, at, block);
    }
    way->buffer[level] = buffer;
    way->entries[level + 1] = buffer->data;
    way->depth++;
    return E_OK;
}

/* Behind the file's block before; if there is none, in the inode's group. */
static uint32_t goal_of(struct ext2 *fs, struct inode *inode, uint32_t index)
{
    uint32_t before = 0;

    if (index > 0 && block_map_find(fs, inode, index - 1, &before) == E_OK && before != 0)
        return before + 1;
    return group_goal(fs, inode->number);
}

/* How many indirect blocks are missing, at least; so that they are not made in vain. */
static uint32_t count_missing(const struct inode *inode, const struct map_path *path)
{
    return path->depth > 0 && inode->block[path->at[0]] == 0 ? path->depth : 0;
}

/* The blocks of contents, which follow `goal` if they can. */
static enum error fill_leaf(struct operation *op, struct inode *inode, struct way *way,
                            uint32_t goal, struct block_run *run)
{
    struct map_path path;
    struct block_run *last = &inode->run;

    (void)map_path_find(op->fs, run->index, &path);
    uint32_t at = path.at[path.depth];
    uint32_t limit = (path.depth > 0 ? op->fs->pointers : DIRECT_BLOCKS) - at;
    uint32_t wanted = run->count < limit ? run->count : limit;
    enum error error = blocks_allocate(op, goal, wanted, &run->block, &run->count);
    if (error != E_OK)
        return error;
    for (uint32_t i = 0; i < run->count; i++)
        set_entry(op, inode, way, at + i, run->block + i);
    if (last->index + last->count == run->index && last->block + last->count == run->block)
        last->count += run->count;
    else
        *last = *run;
    return E_OK;
}

enum error block_map_allocate(struct operation *op, struct inode *inode, struct block_run *run)
{
    struct ext2 *fs = op->fs;
    struct map_path path;
    struct way way = {.entries = {inode->block}};
    enum error error = E_OK;

    if (!map_path_find(fs, run->index, &path))
        return E_FBIG;
    if (fs->free_blocks < count_missing(inode, &path) + 1)
        return E_NOSPC;
    uint32_t goal = goal_of(fs, inode, run->index);
    while (error == E_OK && way.depth < path.depth) {
        error = way_step(op, inode, &way, path.at[way.depth], goal);
        if (error == E_OK && goal == way.buffer[way.depth - 1]->block)
            goal++;
    }
    if (error == E_OK)
        error = fill_leaf(op, inode, &way, goal, run);
    way_end(fs, &way);
    return error;
}
