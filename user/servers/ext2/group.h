#pragma once
/* group.h - groups of blocks: what of them is free, and giving it out. */
#include "fs.h"

/* Reads and checks the descriptors. E_INVAL, after fs_damage: impossible values. */
enum error groups_load(struct ext2 *fs) MUST_USE;
void groups_unload(struct ext2 *fs);

/* May the block belong to a file? It is on the disk, and nothing of the file system's own. */
bool block_is_files(const struct ext2 *fs, uint32_t block);

/* Up to `wanted` free blocks side by side, from `goal` on if they are free there; now in use, and
 * not yet anybody's. E_NOSPC; E_AGAIN: there will be some after a commit; E_IO. */
enum error blocks_allocate(struct operation *op, uint32_t goal, uint32_t wanted, uint32_t *block,
                           uint32_t *count) MUST_USE;

/* Back again. Those that are free already, or can be nobody's, are complained about. */
void blocks_free(struct operation *op, uint32_t block, uint32_t count, bool metadata);

/* Is it marked as used? False also if that cannot be read. */
bool block_is_used(struct ext2 *fs, uint32_t block);

/* A free inode's number, now in use, near `parent`'s; directories spread. E_NOSPC; E_IO. */
enum error inode_allocate(struct operation *op, uint32_t parent, bool directory,
                          uint32_t *number) MUST_USE;
void inode_free(struct operation *op, uint32_t number, bool directory);

/* Where to look first for blocks of an inode that has none. */
uint32_t group_goal(const struct ext2 *fs, uint32_t inode);

/* Counts of the group's descriptor are about to change with those of the superblock. */
struct group_delta {
    int blocks, inodes, directories;
};
void group_count_change(struct operation *op, uint32_t group, const struct group_delta *delta);

/* The first clear bit in [from, limit), or `limit`. */
uint32_t bitmap_find_clear(const void *bitmap, uint32_t from, uint32_t limit);

static inline bool bitmap_get(const void *bitmap, uint32_t bit)
{
    return ((const uint8_t *)bitmap)[bit / 8] >> bit % 8 & 1;
}

static inline void bitmap_set(void *bitmap, uint32_t bit)
{
    ((uint8_t *)bitmap)[bit / 8] |= (uint8_t)(1u << bit % 8);
}

static inline void bitmap_clear(void *bitmap, uint32_t bit)
{
    ((uint8_t *)bitmap)[bit / 8] &= (uint8_t) ~(1u << bit % 8);
}
