/* inode_allocation.c - free inodes: files in their directory's group, directories spread.
 *
 * A directory goes to its parent's group if that has as much room as the average; those in the
 * root, which are the beginnings of unrelated trees, to the group with the most.
 */
#include "group.h"

static bool has_average_room(const struct ext2 *fs, const struct group *group)
{
    return group->free_inodes > 0 && group->free_inodes >= fs->free_inodes / fs->group_count &&
           group->free_blocks >= fs->free_blocks / fs->group_count;
}

static uint32_t group_for_directory(const struct ext2 *fs, uint32_t parent)
{
    uint32_t first = (parent - 1) / fs->inodes_per_group;
    uint32_t best = first;

    if (parent != ROOT_INODE && has_average_room(fs, &fs->groups[first]))
        return first;
    for (uint32_t i = 0; i < fs->group_count; i++) {
        const struct group *group = &fs->groups[(first + i) % fs->group_count];

        if (has_average_room(fs, group) &&
            (best == first || group->free_blocks > fs->groups[best].free_blocks))
            best = (first + i) % fs->group_count;
    }
    return best;
}

static uint32_t group_for_file(const struct ext2 *fs, uint32_t parent)
{
    uint32_t first = (parent - 1) / fs->inodes_per_group;

    for (uint32_t i = 0; i < fs->group_count; i++) {
        uint32_t number = (first + i) % fs->group_count;

        if (fs->groups[number].free_inodes > 0 && fs->groups[number].free_blocks > 0)
            return number;
    }
    return first;
}

static enum error allocate_in_group(struct operation *op, uint32_t number, bool directory,
                                    uint32_t *inode)
{
    struct ext2 *fs = op->fs;
    struct group *group = &fs->groups[number];
    uint32_t lowest = number == 0 ? fs->first_inode - 1 : 0;
    struct buffer *bitmap;

    if (group->free_inodes == 0)
        return E_NOSPC;
    enum error error = buffer_get(fs->store, group->inode_bitmap, &bitmap);
    if (error != E_OK)
        return error;
    uint32_t bit =
        bitmap_find_clear(bitmap->data, group->inode_hint > lowest ? group->inode_hint : lowest,
                          fs->inodes_per_group);
    group->inode_hint = bit;
    if (bit < fs->inodes_per_group) {
        change_buffer(&op->change, bitmap);
        bitmap_set(bitmap->data, bit);
        group_count_change(op, number,
                           &(struct group_delta){.inodes = -1, .directories = directory});
        *inode = number * fs->inodes_per_group + bit + 1;
    } else {
        error = E_NOSPC;
    }
    buffer_put(fs->store, bitmap);
    return error;
}

enum error inode_allocate(struct operation *op, uint32_t parent, bool directory, uint32_t *number)
{
    struct ext2 *fs = op->fs;
    uint32_t first = directory ? group_for_directory(fs, parent) : group_for_file(fs, parent);
    enum error failure = E_NOSPC;

    for (uint32_t i = 0; i < fs->group_count; i++) {
        enum error error = allocate_in_group(op, (first + i) % fs->group_count, directory, number);

        if (error == E_OK)
            return E_OK;
        if (error != E_NOSPC)
            failure = error;
    }
    return failure;
}

void inode_free(struct operation *op, uint32_t number, bool directory)
{
    struct ext2 *fs = op->fs;
    uint32_t place = (number - 1) / fs->inodes_per_group;
    uint32_t bit = (number - 1) % fs->inodes_per_group;
    struct group *group = &fs->groups[place];
    struct buffer *bitmap;

    if (buffer_get(fs->store, group->inode_bitmap, &bitmap) != E_OK) {
        (void)fs_damage(fs, "inode %u is lost: the bitmap cannot be read", number);
        return;
    }
    if (bitmap_get(bitmap->data, bit)) {
        change_buffer(&op->change, bitmap);
        bitmap_clear(bitmap->data, bit);
        if (bit < group->inode_hint)
            group->inode_hint = bit;
        group_count_change(op, place,
                           &(struct group_delta){.inodes = 1, .directories = -(int)directory});
    } else {
        (void)fs_damage(fs, "inode %u was free already", number);
    }
    buffer_put(fs->store, bitmap);
}
