#pragma once
/* compare.h - a file system of ours beside a folder of the host's. */
#include <servers/ext2/ext2.h>

/* All names, types, links and contents are the same; but for lost+found. */
void compare_with_host(struct ext2 *fs, const char *host);

/* Fills the folder: deep, odd names, holes, links of all kinds. -> how many names. */
unsigned make_random_tree(const char *folder);
