/* page_write.c - writes dirty pages, those that lie side by side in one request.
 *
 * Nothing here begins an operation or reads metadata: a commit waits for it. An inode may go while
 * the lock is free; what is being written keeps it, so it is touched only before or under that.
 */
#include <string.h>

#include "page_cache.h"

/* What one request writes. */
struct writing {
    struct page *page[PAGE_RUN];
    uint32_t pages;
    uint32_t block, count; /* side by side on the disk */
    uint8_t *memory[PAGE_RUN * PAGE_BLOCKS];
};

static bool is_ready(const struct page *page)
{
    return page != NULL && page->dirty != 0 && !page->writing;
}

/* Adds the page's dirty blocks, if they continue what is there. */
static bool add_page(const struct ext2 *fs, struct writing *writing, struct page *page)
{
    uint32_t in_page = PAGE_BYTES / fs->block_size, count = writing->count;

    for (uint32_t i = 0; i < in_page; i++) {
        if (!(page->dirty >> i & 1))
            continue;
        if (count == 0)
            writing->block = page->block[i];
        if (page->block[i] != writing->block + count)
            return false;
        writing->memory[count++] = page->memory + (i << fs->block_shift);
    }
    writing->count = count;
    writing->page[writing->pages++] = page;
    return true;
}

static enum error write_straight(struct ext2 *fs, uint32_t block, uint32_t count,
                                 const void *memory)
{
    fs_lock_release(&fs->lock);
    enum error error = fs->disk->write(fs->disk, (uint64_t)block << fs->block_shift,
                                       (size_t)count << fs->block_shift, memory);
    fs_lock_take(&fs->lock);
    return error;
}

static enum error write_gathered(struct ext2 *fs, const struct writing *writing, char *staging)
{
    bool straight = true;

    for (uint32_t i = 1; i < writing->count; i++)
        straight &= writing->memory[i] == writing->memory[0] + (i << fs->block_shift);
    if (straight)
        return write_straight(fs, writing->block, writing->count, writing->memory[0]);
    for (uint32_t i = 0; i < writing->count; i++)
        memcpy(staging + (i << fs->block_shift), writing->memory[i], fs->block_size);
    return write_straight(fs, writing->block, writing->count, staging);
}

/* A page whose dirty blocks do not lie side by side: each on its own. */
static enum error write_scattered(struct ext2 *fs, struct page *page, uint8_t dirty)
{
    enum error error = E_OK;

    for (uint32_t i = 0; i < PAGE_BLOCKS && error == E_OK; i++)
        if (dirty >> i & 1)
            error = write_straight(fs, page->block[i], 1, page->memory + (i << fs->block_shift));
    return error;
}

static void end(struct ext2 *fs, struct writing *writing, enum error error)
{
    struct inode *inode = writing->page[0]->inode;

    if (error != E_OK)
        inode->error = fs->data_error = error;
    fs->data_written = true;
    for (uint32_t i = 0; i < writing->pages; i++)
        page_write_end(fs, writing->page[i]);
    fs_lock_wake(&fs->lock);
}

/* Writes the page, and what follows it in the file and on the disk. */
static void write_run(struct ext2 *fs, struct page *page, char *staging)
{
    struct writing writing = {.pages = 0};
    struct inode *inode = page->inode;
    enum error error;

    if (!add_page(fs, &writing, page)) {
        uint8_t dirty = page->dirty;

        writing.page[writing.pages++] = page;
        page_write_begin(fs, page);
        error = write_scattered(fs, page, dirty);
    } else {
        while (writing.pages < PAGE_RUN) {
            page = page_find(fs, inode, page->index + 1);
            if (!is_ready(page) || !add_page(fs, &writing, page))
                break;
        }
        for (uint32_t i = 0; i < writing.pages; i++)
            page_write_begin(fs, writing.page[i]);
        error = write_gathered(fs, &writing, staging);
    }
    end(fs, &writing, error);
}

static struct page *first_ready(struct inode *inode, bool ordered)
{
    struct page *page;

    TAILQ_FOREACH(page, &inode->dirty, in_dirty)
        if (is_ready(page) && (page->ordered || !ordered))
            return page;
    return NULL;
}

static struct page *first_of_all(struct ext2 *fs, bool ordered)
{
    struct inode *inode;

    TAILQ_FOREACH(inode, &fs->dirty, in_dirty) {
        struct page *page =
            inode->ordered_pages > 0 || !ordered ? first_ready(inode, ordered) : NULL;
        if (page != NULL)
            return page;
    }
    return NULL;
}

void pages_write(struct ext2 *fs, struct inode *inode)
{
    char *staging = staging_take(fs);

    while (!TAILQ_EMPTY(&inode->dirty) || inode->pages_writing > 0) {
        struct page *page = first_ready(inode, false);

        if (page != NULL)
            write_run(fs, page, staging);
        else
            fs_lock_wait(&fs->lock);
    }
    staging_put(fs, staging);
}

/* Writes up to `runs` runs of those that count, then waits for those that others write. */
static void write_many(struct ext2 *fs, bool ordered, uint32_t runs)
{
    const uint32_t *left = ordered ? &fs->pages->ordered : &fs->pages->dirty;
    char *staging = staging_take(fs);

    while (*left > 0 && runs > 0) {
        struct page *page = first_of_all(fs, ordered);

        if (page == NULL) {
            fs_lock_wait(&fs->lock);
            continue;
        }
        write_run(fs, page, staging);
        runs--;
    }
    staging_put(fs, staging);
}

void pages_write_some(struct ext2 *fs)
{
    enum { RUNS = 8 };

    write_many(fs, false, RUNS);
}

void pages_write_all(struct ext2 *fs) { write_many(fs, false, fs->pages->dirty); }

void pages_write_ordered(struct ext2 *fs) { write_many(fs, true, fs->pages->ordered); }
