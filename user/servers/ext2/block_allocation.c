/* block_allocation.c - free blocks: found near a goal, in runs; given back.
 *
 * What was freed in a transaction that is not committed must not be used again: after a crash it
 * would be the old owner's, with the new one's contents.
 */
#include "group.h"

/* What a search has met. */
struct search {
    uint32_t wanted, block, count;
    bool waits; /* for a commit: there were free ones that may not be used yet */
};

static bool is_usable(struct ext2 *fs, const struct group *group, const void *bitmap, uint32_t bit,
                      struct search *search)
{
    if (bitmap_get(bitmap, bit) || !block_is_files(fs, group->first + bit))
        return false;
    if (store_may_use(fs->store, group->first + bit))
        return true;
    search->waits = true;
    return false;
}

/* The first run of usable blocks from bit `from` on. */
static bool find_run(struct ext2 *fs, const struct group *group, const void *bitmap, uint32_t from,
                     struct search *search)
{
    uint32_t bit = bitmap_find_clear(bitmap, from, group->blocks);

    while (bit < group->blocks && !is_usable(fs, group, bitmap, bit, search))
        bit = bitmap_find_clear(bitmap, bit + 1, group->blocks);
    if (bit >= group->blocks)
        return false;
    search->block = group->first + bit;
    search->count = 1;
    while (search->count < search->wanted && bit + search->count < group->blocks &&
           is_usable(fs, group, bitmap, bit + search->count, search))
        search->count++;
    return true;
}

/* A place with eight free blocks in a row, so that a file does not begin in somebody's gap. */
static uint32_t find_room(const struct group *group, const void *bitmap, uint32_t from)
{
    const uint8_t *bytes = bitmap;

    for (uint32_t i = (from + 7) / 8; i < group->blocks / 8; i++)
        if (bytes[i] == 0)
            return 8 * i;
    return from;
}

static bool search_bitmap(struct ext2 *fs, const struct group *group, const void *bitmap,
                          uint32_t from, struct search *search)
{
    if (from > 0 && from < group->blocks && is_usable(fs, group, bitmap, from, search))
        return find_run(fs, group, bitmap, from, search);
    uint32_t room = find_room(group, bitmap, from);
    return find_run(fs, group, bitmap, room, search) ||
           (room > from && find_run(fs, group, bitmap, from, search)) ||
           (from > 0 && find_run(fs, group, bitmap, 0, search));
}

static void take_run(struct operation *op, uint32_t number, struct buffer *bitmap,
                     const struct search *search)
{
    const struct group *group = &op->fs->groups[number];

    change_buffer(&op->change, bitmap);
    for (uint32_t i = 0; i < search->count; i++)
        bitmap_set(bitmap->data, search->block - group->first + i);
    group_count_change(op, number, &(struct group_delta){.blocks = -(int)search->count});
}

static enum error allocate_in_group(struct operation *op, uint32_t number, uint32_t from,
                                    struct search *search)
{
    struct ext2 *fs = op->fs;
    struct group *group = &fs->groups[number];
    struct buffer *bitmap;

    if (group->free_blocks == 0)
        return E_NOSPC;
    enum error error = buffer_get(fs->store, group->block_bitmap, &bitmap);
    if (error != E_OK)
        return error;
    if (search_bitmap(fs, group, bitmap->data, from, search))
        take_run(op, number, bitmap, search);
    else
        error = E_NOSPC;
    buffer_put(fs->store, bitmap);
    return error;
}

enum error blocks_allocate(struct operation *op, uint32_t goal, uint32_t wanted, uint32_t *block,
                           uint32_t *count)
{
    struct ext2 *fs = op->fs;
    struct search search = {.wanted = wanted};
    enum error failure = E_NOSPC;

    if (goal < fs->first_data_block || goal >= fs->block_count)
        goal = fs->first_data_block;
    uint32_t first = (goal - fs->first_data_block) / fs->blocks_per_group;
    for (uint32_t i = 0; i < fs->group_count; i++) {
        uint32_t number = (first + i) % fs->group_count;
        uint32_t from = i == 0 ? goal - fs->groups[number].first : 0;
        enum error error = allocate_in_group(op, number, from, &search);

        if (error == E_OK) {
            *block = search.block;
            *count = search.count;
            return E_OK;
        }
        if (error != E_NOSPC)
            failure = error;
    }
    return search.waits ? E_AGAIN : failure;
}

bool block_is_used(struct ext2 *fs, uint32_t block)
{
    const struct group *group = &fs->groups[(block - fs->first_data_block) / fs->blocks_per_group];
    struct buffer *bitmap;

    if (buffer_get(fs->store, group->block_bitmap, &bitmap) != E_OK)
        return false;
    bool used = bitmap_get(bitmap->data, block - group->first);
    buffer_put(fs->store, bitmap);
    return used;
}

/* All of them in one group. */
static void free_in_group(struct operation *op, uint32_t number, uint32_t block, uint32_t count,
                          bool metadata)
{
    struct ext2 *fs = op->fs;
    const struct group *group = &fs->groups[number];
    struct group_delta delta = {0};
    struct buffer *bitmap;

    if (buffer_get(fs->store, group->block_bitmap, &bitmap) != E_OK) {
        (void)fs_damage(fs, "blocks from %u on are lost: the bitmap cannot be read", block);
        return;
    }
    change_buffer(&op->change, bitmap);
    for (uint32_t i = 0; i < count; i++) {
        if (!block_is_files(fs, block + i) || !bitmap_get(bitmap->data, block + i - group->first)) {
            (void)fs_damage(fs, "block %u was free already", block + i);
            continue;
        }
        bitmap_clear(bitmap->data, block + i - group->first);
        change_free(&op->change, block + i, 1, metadata);
        delta.blocks++;
    }
    group_count_change(op, number, &delta);
    buffer_put(fs->store, bitmap);
}

void blocks_free(struct operation *op, uint32_t block, uint32_t count, bool metadata)
{
    struct ext2 *fs = op->fs;

    while (count > 0) {
        uint32_t number = (block - fs->first_data_block) / fs->blocks_per_group;
        const struct group *group = &fs->groups[number];
        uint32_t here = group->first + group->blocks - block;

        if (here > count)
            here = count;
        free_in_group(op, number, block, here, metadata);
        block += here;
        count -= here;
    }
}
