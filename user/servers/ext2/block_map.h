#pragma once
/* block_map.h - which block of the disk has which block of a file. */
#include "inode.h"

/* The block with block `index` of the file, 0: a hole. E_IO: impossible numbers on the way. */
enum error block_map_find(struct ext2 *fs, struct inode *inode, uint32_t index,
                          uint32_t *block) MUST_USE;

/* Where block_map_find says hole: blocks side by side for up to run->count blocks of the file, from
 * run->index on, all of which must be holes; how many, and where, *run says then. Their contents
 * are whatever was there. The inode must be added to the operation. E_NOSPC; E_AGAIN; E_IO; E_FBIG.
 */
enum error block_map_allocate(struct operation *op, struct inode *inode,
                              struct block_run *run) MUST_USE;

/* Frees what comes at and after block `from`, the last first. False: the operation is full, and it
 * has to be called again in the next. */
bool block_map_free(struct operation *op, struct inode *inode, uint32_t from);

/* Blocks that a file can have by its map. */
uint64_t block_map_limit(uint32_t pointers);

/* The indexes on the way to a block: of i_block, then of each indirect block. */
struct map_path {
    uint32_t depth; /* indirect blocks on the way */
    uint32_t at[1 + INDIRECT_LEVELS];
};
bool map_path_find(const struct ext2 *fs, uint32_t index, struct map_path *path);
