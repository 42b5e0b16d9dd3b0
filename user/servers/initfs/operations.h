#pragma once
/* operations.h - the tree of an archive as a file system, read-only. */
#include <octavo/file_server.h>

#include "tree.h"

extern const struct file_operations initfs_operations;

/* The tree that all of it works on; made before the first operation. */
extern struct tree initfs_tree;
