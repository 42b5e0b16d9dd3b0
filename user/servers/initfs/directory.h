#pragma once
/* directory.h - directory entries as the file protocol shows them. */
#include <stddef.h>
#include <stdint.h>

#include "tree.h"

/* Fills `buffer` with as many struct file_entry of the directory `node` as fit, from entry number
 * *position on, which moves behind them: 0 is ".", 1 "..", then its children in order. -> bytes, 0
 * at the end; -E_INVAL: not one fits. */
long directory_fill(const struct tree *tree, uint32_t node, uint64_t *position, char *buffer,
                    size_t size);

/* The inode number of a node, never 0. */
uint64_t directory_inode(uint32_t node);
