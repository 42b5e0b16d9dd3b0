#pragma once
/* truncate.h - files become shorter, or go. Long ones in several operations, as orphans meanwhile.
 */
#include "inode.h"

/* Frees the blocks behind the file's size, and ends it being an orphan if it has links. */
enum error inode_cut(struct ext2 *fs, struct inode *inode) MUST_USE;

/* Frees all that the inode has, and it. It has no links, and the caller is its last holder; when
 * this is E_OK, it is gone from memory as well. */
enum error inode_remove(struct ext2 *fs, struct inode *inode) MUST_USE;

/* Has it no blocks, so that it can be removed in the operation that takes its last link? */
bool inode_is_empty(const struct ext2 *fs, const struct inode *inode);

/* The last operation of an inode, whose blocks have been freed. It must be forgotten after it. */
enum error inode_remove_now(struct operation *op, struct inode *inode) MUST_USE;
