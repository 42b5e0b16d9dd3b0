#pragma once
/* fdt_trees.h - device trees of many machines, as QEMU makes them, for the tests of kernel/fdt*.c.
 *
 * The environment variable QEMU names another emulator.
 */
#include <stdbool.h>
#include <stdint.h>

#include "untrusted.h"

struct tree {
    const char *machine, *options; /* of QEMU */
    unsigned harts;
    uint64_t megabytes;
    const char *bootargs;
    bool plic; /* with one context for each mode of each hart */
};

enum { TREES = 16 };

extern const struct tree trees[TREES];

/* The tree of a machine, in a block of exactly its size, the caller's; no bytes if QEMU did not
 * make it. */
struct block tree_make(const struct tree *tree);
