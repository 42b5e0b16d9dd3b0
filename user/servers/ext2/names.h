#pragma once
/* names.h - what names.c and rename.c share: names that come and go. */
#include "directory.h"

/* The inode that a name in a directory means, held. E_NOENT; E_IO. */
enum error name_get(struct ext2 *fs, struct inode *directory, struct ext2_name name,
                    struct inode **found) MUST_USE;

/* Is it right for a new name, or one to be removed? E_INVAL; E_NAMETOOLONG; E_NOTDIR; E_ROFS. */
enum error name_check(const struct ext2 *fs, const struct inode *directory,
                      struct ext2_name name) MUST_USE;

/* One link less, in an operation that both belong to; the last makes it an orphan. A directory
 * loses the two that it has of an empty one. */
void name_drop_link(struct operation *op, struct inode *inode);

/* If an operation ended with E_AGAIN, makes room by a commit, once. -> go on? */
bool name_try_again(struct ext2 *fs, enum error *error, bool *tried);
