#pragma once
/* pages.h - the cache of contents: pages of 4 KiB, by file and place.
 *
 * A page is *filling* while it is read, and nobody may look at it; *writing* while it goes to the
 * disk, and it may be read and changed all the same. Whoever pins a page keeps it in memory. The
 * pages of a file that becomes shorter leave it at once; those that are pinned live on without a
 * file until they are put.
 *
 * Each page knows the blocks that it has on the disk, so that writing it needs no other block.
 */
#include "fs.h"

enum {
    PAGE_BYTES = 4096,
    PAGE_BLOCKS = PAGE_BYTES / BLOCK_SIZE_MIN,
    PAGE_RUN = 32, /* are read or written at once, at most */
};

struct page {
    struct inode *inode; /* NULL: it has left its file, or is not there yet */
    uint32_t index;      /* in the file */
    uint8_t *memory;
    uint32_t pins;
    bool filling, writing;
    bool ordered;                /* a commit must not come before its contents */
    uint8_t dirty;               /* a bit for each block */
    uint32_t block[PAGE_BLOCKS]; /* 0: a hole */
    LIST_ENTRY(page) by_place;
    TAILQ_ENTRY(page) in_use; /* by age of its last use; free ones: a list of those */
    TAILQ_ENTRY(page) in_inode;
    TAILQ_ENTRY(page) in_dirty;
};
TAILQ_HEAD(page_list, page);
LIST_HEAD(page_chain, page);

enum error pages_create(struct ext2 *fs, size_t bytes) MUST_USE;
void pages_destroy(struct ext2 *fs);

/* ---- pages.c: finding -------------------------------------------------------------------- */

/* NULL: it is not in memory. It may be filling. */
struct page *page_find(struct ext2 *fs, const struct inode *inode, uint32_t index);

/* A page without a file, pinned; its memory is whatever was there. May let go of the lock. E_NOMEM.
 */
enum error page_new(struct ext2 *fs, bool may_wait, struct page **page) MUST_USE;

/* The page becomes the file's. There must be none at this place. */
void page_attach(struct ext2 *fs, struct page *page, struct inode *inode, uint32_t index);

void page_put(struct ext2 *fs, struct page *page);

/* It is used now. */
void page_touch(struct ext2 *fs, struct page *page);

/* The page is not its file's any more, written or not. */
void page_leave(struct ext2 *fs, struct page *page);

/* A block of the page has been changed. `ordered`: it is new on the disk. */
void page_dirty(struct ext2 *fs, struct page *page, uint32_t block, bool ordered);
/* Its writing begins: it is not dirty any more, which it may become again meanwhile; and ends. */
void page_write_begin(struct ext2 *fs, struct page *page);
void page_write_end(struct ext2 *fs, struct page *page);

/* Blocks of the page, from this one on, are not on the disk any more. Waits while it is written. */
void page_forget_blocks(struct ext2 *fs, struct page *page, uint32_t from);

/* Pages from `from` on leave the file, written or not. Waits for those that are read or written. */
void pages_drop(struct ext2 *fs, struct inode *inode, uint32_t from);

/* All pages leave it; none is being read or written. */
void pages_forget(struct ext2 *fs, struct inode *inode);
bool pages_are_busy(const struct inode *inode);

/* So many are dirty that whoever makes more has to write some. */
bool pages_are_too_dirty(const struct ext2 *fs);

/* ---- page_read.c ------------------------------------------------------------------------- */

/* The page, filled and pinned. If it is not in memory, it is read with those that follow, `window`
 * in all at most. E_IO; E_NOMEM. */
enum error page_get(struct ext2 *fs, struct inode *inode, uint32_t index, uint32_t window,
                    struct page **page) MUST_USE;

/* Finds out which blocks the page has within the file's size: what is behind it may be on its way
 * to be freed. May let go of the lock. */
enum error page_map(struct ext2 *fs, struct page *page, struct inode *inode,
                    uint32_t index) MUST_USE;

/* ---- page_write.c ------------------------------------------------------------------------ */

/* Writes what is dirty of the inode. Errors are kept in inode->error. */
void pages_write(struct ext2 *fs, struct inode *inode);

/* Writes until fewer are dirty. */
void pages_write_some(struct ext2 *fs);
void pages_write_all(struct ext2 *fs);
/* Until no commit has to wait for any. */
void pages_write_ordered(struct ext2 *fs);

/* ---- a buffer for requests of several pages (pages.c) ------------------------------------ */

/* Memory for PAGE_RUN pages that the disk can reach; waits until one is free. */
void *staging_take(struct ext2 *fs);
void staging_put(struct ext2 *fs, void *memory);
