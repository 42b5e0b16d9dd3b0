#pragma once
/* orphan.h - files whose blocks are still to be freed: a list on the disk that survives a crash.
 *
 * s_last_orphan names the first; i_dtime of each the next. An inode without links on it is to be
 * removed, one with links to be cut to its size.
 */
#include "inode.h"

/* The inode must be added to the operation. */
void orphan_add(struct operation *op, struct inode *inode);
/* Adds the one before to the operation. */
enum error orphan_remove(struct operation *op, struct inode *inode) MUST_USE;

/* Finishes what is on the list, at mount. */
enum error orphans_finish(struct ext2 *fs) MUST_USE;
