#pragma once
/* inode.h - inodes in memory: a table by number, and how they stand on the disk.
 *
 * An inode that nobody holds stays, the latest used ones longest, with its cached contents and its
 * index of names. One without links is an orphan while it is held, and is removed after that.
 */
#include "fs.h"
#include "pages.h"

#include <sys/stat.h>

struct directory_index;

/* Blocks of a file that lie side by side on the disk: what was asked for last. */
struct block_run {
    uint32_t index, block, count;
};

struct inode {
    uint32_t number;
    /* the rest: lock */
    uint32_t holders;
    LIST_ENTRY(inode) by_number;
    TAILQ_ENTRY(inode) in_unused, in_dirty, in_orphans;
    bool loading;                   /* its fields are being read */
    bool removing;                  /* its blocks are being freed, for good */
    bool orphan;                    /* in fs->orphans */
    bool writing;                   /* has a writer */
    bool changed;                   /* fields differ from those on the disk */
    bool fresh;                     /* what stands on the disk is another's */
    enum error error;               /* of contents that could not be written; told once */
    uint64_t changed_in, needed_in; /* transactions: of any field; of one that reading needs */

    uint16_t mode, links;
    uint32_t user, group;
    uint32_t flags, generation;
    uint64_t size;
    uint32_t sectors; /* i_blocks */
    uint32_t xattr_block;
    uint32_t next_orphan, removed; /* i_dtime: one or the other */
    int64_t accessed_ns, modified_ns, changed_ns;
    uint32_t block[INODE_BLOCKS];
    struct block_run run;

    struct page_list pages;
    struct page_list dirty; /* of these */
    uint32_t pages_writing;
    uint32_t ordered_pages; /* dirty or being written, in blocks that a commit will name */
    uint64_t read_next;     /* where a sequential reader goes on */
    uint32_t read_window;   /* pages to be read at once */

    struct directory_index *index;
    bool indexing;       /* one is being made */
    uint32_t names_turn; /* grows with each change of a name */
};

/* The block of the table that has the inode. */
uint64_t inode_block(const struct ext2 *fs, uint32_t number);

/* Of the structure in that block. */
uint32_t inode_offset(const struct ext2 *fs, uint32_t number);

void inode_encode(struct ext2 *fs, struct inode *inode, void *block);
/* E_IO: impossible values. */
enum error inode_decode(struct ext2 *fs, struct inode *inode, const void *block) MUST_USE;

/* Held; read if it is not in memory. E_IO: there is no such inode, or no sensible one. */
enum error inode_get(struct ext2 *fs, uint32_t number, struct inode **inode) MUST_USE;

/* A new one in memory for a number that was free, held; the caller sets its fields. */
enum error inode_make(struct ext2 *fs, uint32_t number, struct inode **inode) MUST_USE;

/* Holds it no more. The last to put an orphan without links removes it: in no operation. */
void inode_put(struct ext2 *fs, struct inode *inode);

/* The same, and removes nothing. */
void inode_release(struct ext2 *fs, struct inode *inode);

/* Out of memory, with all that belongs to it. Nobody may hold it. */
void inode_forget(struct ext2 *fs, struct inode *inode);

/* All of them, when the file system is given up. */
void inode_forget_all(struct ext2 *fs);

/* Makes the caller the writer, who waits for another; and ends that. */
void inode_write_begin(struct ext2 *fs, struct inode *inode);
void inode_write_end(struct ext2 *fs, struct inode *inode);

/* Fields have been changed; `needed` if whoever reads the file must know. */
void inode_changed(struct ext2 *fs, struct inode *inode, bool needed);

/* Now, as the file system counts time. */
int64_t inode_now(const struct ext2 *fs);

static inline bool inode_is(const struct inode *inode, uint32_t type)
{
    return (inode->mode & S_IFMT) == type;
}

/* Blocks of i_blocks for one block of the file system. */
static inline uint32_t block_sectors(const struct ext2 *fs) { return fs->block_size / SECTOR_SIZE; }

/* Is the target of this symbolic link in i_block? */
static inline bool link_is_fast(const struct ext2 *fs, const struct inode *inode)
{
    return inode->sectors == (inode->xattr_block != 0 ? block_sectors(fs) : 0);
}
