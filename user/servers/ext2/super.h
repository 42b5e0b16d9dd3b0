#pragma once
/* super.h - the superblock: whether it can be believed, and writing it where no journal is asked.
 */
#include "fs.h"

/* Checks fs->super and takes from it what the file system is. E_INVAL, after fs_damage or with
 * fs->complaint: refused. *read_only: it may only be read, which fs->complaint explains. */
enum error super_check(struct ext2 *fs, bool *read_only) MUST_USE;

/* Writes fs->super to its place at once, and flushes. */
enum error super_write(struct ext2 *fs) MUST_USE;
