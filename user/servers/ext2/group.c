/* group.c - descriptors of groups, read once and held: counts are written through. */
#include "group.h"

#include <stdlib.h>
#include <string.h>

static bool is_power_of(uint32_t number, uint32_t base)
{
    while (number > 1 && number % base == 0)
        number /= base;
    return number == 1;
}

/* Does the group begin with a copy of the superblock and the descriptors? */
static bool has_super(const struct ext2 *fs, uint32_t group)
{
    if (!(fs->super->s_feature_ro_compat & RO_COMPAT_SPARSE_SUPER) || group <= 1)
        return true;
    return is_power_of(group, 3) || is_power_of(group, 5) || is_power_of(group, 7);
}

static bool is_inside(const struct group *group, uint32_t block, uint32_t count)
{
    uint32_t first = group->first + group->super_blocks;

    return block >= first && block - group->first < group->blocks &&
           count <= group->blocks - (block - group->first);
}

static bool is_sound(const struct ext2 *fs, const struct group *group)
{
    uint32_t table_end = group->inode_table + fs->table_blocks;

    return is_inside(group, group->block_bitmap, 1) && is_inside(group, group->inode_bitmap, 1) &&
           is_inside(group, group->inode_table, fs->table_blocks) &&
           group->block_bitmap != group->inode_bitmap &&
           (group->block_bitmap < group->inode_table || group->block_bitmap >= table_end) &&
           (group->inode_bitmap < group->inode_table || group->inode_bitmap >= table_end) &&
           group->free_blocks <= group->blocks && group->free_inodes <= fs->inodes_per_group &&
           group->directories <= fs->inodes_per_group;
}

static struct group_desc *descriptor_of(const struct ext2 *fs, uint32_t number)
{
    uint32_t in_block = fs->block_size / sizeof(struct group_desc);
    struct group_desc *descriptors = fs->descriptors[number / in_block]->data;

    return &descriptors[number % in_block];
}

static enum error load_group(struct ext2 *fs, uint32_t number)
{
    const struct group_desc *descriptor = descriptor_of(fs, number);
    struct group *group = &fs->groups[number];
    uint32_t first = fs->first_data_block + number * fs->blocks_per_group;
    uint32_t left = fs->block_count - first;

    *group = (struct group){
        .block_bitmap = descriptor->bg_block_bitmap,
        .inode_bitmap = descriptor->bg_inode_bitmap,
        .inode_table = descriptor->bg_inode_table,
        .free_blocks = descriptor->bg_free_blocks_count,
        .free_inodes = descriptor->bg_free_inodes_count,
        .directories = descriptor->bg_used_dirs_count,
        .first = first,
        .blocks = left < fs->blocks_per_group ? left : fs->blocks_per_group,
    };
    if (has_super(fs, number))
        group->super_blocks = 1 + fs->descriptor_blocks + fs->super->s_reserved_gdt_blocks;
    if (!is_sound(fs, group)) {
        (void)fs_damage(fs, "group %u has impossible values", number);
        return E_INVAL;
    }
    fs->free_blocks += group->free_blocks;
    fs->free_inodes += group->free_inodes;
    return E_OK;
}

enum error groups_load(struct ext2 *fs)
{
    fs->descriptors = calloc(fs->descriptor_blocks, sizeof *fs->descriptors);
    fs->groups = calloc(fs->group_count, sizeof *fs->groups);
    if (fs->descriptors == NULL || fs->groups == NULL)
        return E_NOMEM;
    for (uint32_t i = 0; i < fs->descriptor_blocks; i++) {
        enum error error = buffer_get(fs->store, fs->first_data_block + 1 + i, &fs->descriptors[i]);
        if (error != E_OK)
            return error;
    }
    fs->free_blocks = fs->free_inodes = 0;
    for (uint32_t i = 0; i < fs->group_count; i++) {
        enum error error = load_group(fs, i);
        if (error != E_OK)
            return error;
    }
    return E_OK;
}

void groups_unload(struct ext2 *fs)
{
    for (uint32_t i = 0; fs->descriptors != NULL && i < fs->descriptor_blocks; i++)
        if (fs->descriptors[i] != NULL)
            buffer_put(fs->store, fs->descriptors[i]);
    free(fs->descriptors);
    free(fs->groups);
    fs->descriptors = NULL;
    fs->groups = NULL;
}

/* Counts that were wrong before cannot leave their range. */
static uint32_t add_bounded(uint32_t count, int delta, uint32_t limit)
{
    int64_t sum = (int64_t)count + delta;

    return sum < 0 ? 0 : sum > limit ? limit : (uint32_t)sum;
}

void group_count_change(struct operation *op, uint32_t number, const struct group_delta *delta)
{
    struct ext2 *fs = op->fs;
    struct group *group = &fs->groups[number];
    uint32_t in_block = fs->block_size / sizeof(struct group_desc);

    change_buffer(&op->change, fs->descriptors[number / in_block]);
    struct group_desc *descriptor = descriptor_of(fs, number);
    group->free_blocks = add_bounded(group->free_blocks, delta->blocks, group->blocks);
    group->free_inodes = add_bounded(group->free_inodes, delta->inodes, fs->inodes_per_group);
    group->directories = add_bounded(group->directories, delta->directories, fs->inodes_per_group);
    descriptor->bg_free_blocks_count = (uint16_t)group->free_blocks;
    descriptor->bg_free_inodes_count = (uint16_t)group->free_inodes;
    descriptor->bg_used_dirs_count = (uint16_t)group->directories;
    fs->free_blocks = add_bounded(fs->free_blocks, delta->blocks, fs->block_count);
    fs->free_inodes = add_bounded(fs->free_inodes, delta->inodes, fs->inode_count);
    op->super_changed = true;
}

static bool is_journals(const struct ext2 *fs, uint32_t block)
{
    for (uint32_t i = 0; i < fs->journal_runs; i++)
        if (block - fs->journal[i].block < fs->journal[i].count)
            return true;
    return false;
}

bool block_is_files(const struct ext2 *fs, uint32_t block)
{
    if (block < fs->first_data_block || block >= fs->block_count)
        return false;
    const struct group *group = &fs->groups[(block - fs->first_data_block) / fs->blocks_per_group];
    return block - group->first >= group->super_blocks && block != group->block_bitmap &&
           block != group->inode_bitmap && block - group->inode_table >= fs->table_blocks &&
           !is_journals(fs, block);
}

uint32_t group_goal(const struct ext2 *fs, uint32_t inode)
{
    return fs->groups[(inode - 1) / fs->inodes_per_group].first;
}

uint32_t bitmap_find_clear(const void *bitmap, uint32_t from, uint32_t limit)
{
    const uint64_t *words = bitmap;

    while (from < limit) {
        uint64_t clear = ~words[from / 64] >> from % 64;

        if (clear != 0) {
            from += (uint32_t)__builtin_ctzll(clear);
            return from < limit ? from : limit;
        }
        from = (from / 64 + 1) * 64;
    }
    return limit;
}
