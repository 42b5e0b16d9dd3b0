#pragma once
/* world.h - the smallest file system on a store whose every state is known.
 *
 * Three root blocks say of each node whether its block is free, holds metadata, or holds contents
 * of a file, and which: a stamp from which all bytes follow. Each change has a number, which the
 * first root keeps; what the roots held after each is remembered. So one look at a disk tells which
 * change it has, and whether that is all of it.
 */
#include <servers/ext2/store.h>

#include "ext2/memory_disk.h"
#include "untrusted.h"

enum {
    WORLD_BLOCK = 1024,
    WORLD_ROOTS = 3,
    WORLD_ROOT_NODES = 20,
    WORLD_NODES = WORLD_ROOTS * WORLD_ROOT_NODES,
    WORLD_JOURNAL_FIRST = 8, /* two parts of the journal, the second one before the first */
    WORLD_JOURNAL_MAX = 160,
    WORLD_NODE_FIRST = 200,
    WORLD_BLOCKS = WORLD_NODE_FIRST + WORLD_NODES,
    WORLD_CHANGE_MAX = 8, /* blocks that one change changes */
};

enum world_use { WORLD_FREE, WORLD_METADATA, WORLD_CONTENTS };

struct world_node {
    uint32_t use;
    uint32_t stamp;
};

struct world_root {
    uint64_t change;
    struct world_node node[WORLD_ROOT_NODES];
};

struct world_roots {
    struct world_root root[WORLD_ROOTS];
};

struct world {
    struct memory_disk disk;
    uint8_t *begin; /* what was on it at first */
    struct disk_log log;
    struct store *store;
    struct chance *chance;
    uint32_t journal_blocks;
    struct world_roots now;
    struct world_roots *after; /* each change; 0: none */
    size_t changes, room;
    bool pending[WORLD_NODES]; /* contents that were not yet written */
    uint32_t stamps;
    bool locked;
    bool busy; /* in the middle of something: no other "thread" gets in between */
};

/* An empty world, with a journal of so many blocks; 0: without. */
void world_init(struct world *world, struct chance *chance, uint32_t journal_blocks);
void world_destroy(struct world *world);

/* Opens a store on a disk with such a world; it calls back into nothing but the disk. */
enum error world_recover(struct memory_disk *disk, uint32_t journal_blocks);

void world_open(struct world *world);  /* asserts that it can be */
void world_close(struct world *world); /* so that the journal is empty */

/* The power went, and what is on the disk now is what `state` has: the world goes on from there. A
 * new log begins. False: there is no whole change on the disk. */
bool world_reopen(struct world *world, const uint8_t *state);

/* A random change, or another thing that happens to a file system; sometimes a commit, which is
 * marked in the log with the number of the last change. When the store waits for the disk, others
 * change things too. */
void world_step(struct world *world);
void world_commit(struct world *world);

/* Does the disk, after recovery, hold the whole of a change not older than `oldest`? -> NULL, or
 * what is wrong. */
const char *world_check(const struct world *world, const struct memory_disk *disk, uint64_t oldest);

/* The bytes that belong to a stamp: some begin as blocks of a journal do. */
void world_fill(void *block, uint32_t stamp);
