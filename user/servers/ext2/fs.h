#pragma once
/* fs.h - a mounted file system, as its parts know it.
 *
 * One lock guards all that is in memory; who waits for the disk, or for a client's memory, lets go
 * of it. What may be changed at which time:
 *
 * - Names, maps of blocks, bitmaps and inodes are changed by *operations*, of which one runs at a
 *   time (`claimed`), though readers come in wherever it reads from the disk.
 * - Contents of a file are changed, and its size, by whoever has made itself the inode's writer.
 *   A writer may begin operations; an operation never waits for a writer.
 * - A page that is read or written (pages.h) waits for nothing but the disk and this lock.
 */
#include "ext2.h"
#include "format.h"
#include "lock.h"
#include "store.h"

#include <sys/queue.h>

struct group {
    uint32_t block_bitmap, inode_bitmap, inode_table; /* blocks */
    uint32_t free_blocks, free_inodes, directories;
    uint32_t first, blocks; /* what of the disk it has */
    uint32_t super_blocks;  /* taken at its beginning: superblock, descriptors, and their reserve */
    uint32_t inode_hint;    /* no inode below is free */
};

/* Blocks of the journal, which nobody else may name. */
struct journal_run {
    uint32_t block, count;
};

TAILQ_HEAD(inode_queue, inode);
LIST_HEAD(inode_list, inode);

struct page_cache;

struct ext2 {
    struct disk *disk;
    struct store *store;
    struct store_owner owner;
    struct ext2_options options;
    uint32_t block_size, block_shift;
    uint32_t block_count, first_data_block, blocks_per_group;
    uint32_t inode_count, inodes_per_group, inode_size, first_inode;
    uint32_t group_count, table_blocks; /* of each group's inodes */
    uint32_t descriptor_blocks;
    uint32_t pointers; /* block numbers in a block */
    uint64_t size_max; /* of a file, bytes */
    bool has_file_types, has_journal;
    bool has_large_files; /* the feature's flag; set with the first one */
    bool read_only;
    bool was_valid; /* s_state when it was mounted */

    struct fs_lock lock; /* this and all below: lock */
    bool claimed;        /* an operation runs */
    bool resting;        /* the disk says that it is not in use; the next operation changes that */
    bool damaged;        /* impossible values have been seen */
    unsigned complaints;
    char complaint[160];

    struct buffer *super_buffer;
    struct super_block *super; /* in the buffer, or at first a copy */
    struct buffer **descriptors;
    struct group *groups;
    struct journal_run *journal;
    uint32_t journal_runs;
    uint32_t free_blocks, free_inodes, last_orphan;
    enum error data_error; /* of contents that could not be written; told once */
    bool data_written;     /* contents have been written since the last flush */

    struct inode_list *inodes; /* by number: a hash table */
    uint32_t inode_buckets, inodes_unused, inodes_unused_max;
    struct inode_queue unused;  /* nobody holds these; the oldest first */
    struct inode_queue dirty;   /* with pages to be written */
    struct inode_queue orphans; /* as on the disk, from s_last_orphan on */
    uint32_t next_generation;
    uint32_t hash_seed;
    size_t index_bytes, index_bytes_max; /* of indexes of directories */

    struct page_cache *pages;
};

/* Says once what is wrong with the disk. -> E_IO, always. */
enum error fs_damage(struct ext2 *fs, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Says on the disk that it is in use. */
enum error fs_mark_used(struct ext2 *fs) MUST_USE;

void fs_claim(struct ext2 *fs);
void fs_unclaim(struct ext2 *fs);

/* A commit, by one who is in no operation. */
enum error fs_commit(struct ext2 *fs) MUST_USE;

/* ---- operations -------------------------------------------------------------------------- */

enum { OPERATION_INODES = 7 };

/* Credits: how many blocks an operation changes at most. Each block that is allocated or freed may
 * lie in a group of its own. */
enum {
    CREDITS_INODE = 1,
    CREDITS_SUPER = 1,
    CREDITS_ORPHAN = 1,                     /* the inode before this one in the list */
    CREDITS_BITMAP = 2,                     /* and its descriptor */
    CREDITS_NEW_BLOCK = 3,                  /* the block, too */
    CREDITS_APPEND = 4 * CREDITS_NEW_BLOCK, /* a block of contents, and three on the way to it */
    CREDITS_NAME = CREDITS_APPEND + CREDITS_SUPER + 2 * CREDITS_INODE + CREDITS_ORPHAN,
    CREDITS_CREATE = CREDITS_NAME + CREDITS_BITMAP + CREDITS_INODE + CREDITS_NEW_BLOCK,
    CREDITS_RENAME = CREDITS_NAME + 4,
    CREDITS_SMALL = 4,  /* only inodes */
    CREDITS_LARGE = 64, /* writes and truncates: as much as goes into one, then another */
    CREDITS_RESERVE = CREDITS_APPEND + 4, /* without these, no more goes into one */
    FREED_METADATA_MAX = 500, /* blocks that the store can revoke in one change, with a margin */
};

struct operation {
    struct ext2 *fs;
    struct change change;
    bool super_changed;
    uint32_t freed_metadata; /* blocks */
    uint32_t inodes;
    struct inode *inode[OPERATION_INODES];
    struct buffer *buffer[OPERATION_INODES]; /* of the table, where the inode is */
};

/* Claims, and begins a change. E_ROFS; E_IO. */
enum error operation_begin(struct ext2 *fs, uint32_t credits, struct operation *op) MUST_USE;

/* The inode may be changed in this operation; operation_end writes it. Twice is as good as once. */
enum error operation_add(struct operation *op, struct inode *inode) MUST_USE;

/* It is not written after all. */
void operation_leave_out(struct operation *op, const struct inode *inode);

void operation_end(struct operation *op);

static inline bool operation_is_full(const struct operation *op)
{
    return op->change.left < CREDITS_RESERVE || op->freed_metadata > FREED_METADATA_MAX;
}
