/* page_read.c - fills pages from the disk, many at once where they lie side by side. */
#include <string.h>

#include "block_map.h"
#include "page_cache.h"

/* Pages that are being filled together: those of a file that follow one another. */
struct filling {
    struct page *page[PAGE_RUN];
    uint32_t count;
};

/* Blocks side by side on the disk, and where they belong. */
struct request {
    uint32_t first, count; /* blocks, counted from the first page's first */
    uint32_t block;
};

static uint32_t page_blocks(const struct ext2 *fs) { return PAGE_BYTES / fs->block_size; }

enum error page_map(struct ext2 *fs, struct page *page, struct inode *inode, uint32_t index)
{
    uint32_t in_page = page_blocks(fs);
    uint64_t first = (uint64_t)index * in_page;

    for (uint32_t i = 0; i < in_page; i++) {
        page->block[i] = 0;
        if ((first + i) << fs->block_shift >= inode->size)
            continue;
        enum error error = block_map_find(fs, inode, (uint32_t)(first + i), &page->block[i]);
        if (error != E_OK)
            return error;
    }
    return E_OK;
}

static uint32_t block_at(const struct ext2 *fs, const struct filling *filling, uint32_t at)
{
    return filling->page[at / page_blocks(fs)]->block[at % page_blocks(fs)];
}

static uint8_t *memory_at(const struct ext2 *fs, const struct filling *filling, uint32_t at)
{
    uint32_t in_page = page_blocks(fs);

    return filling->page[at / in_page]->memory + (at % in_page << fs->block_shift);
}

/* The blocks from `first` on that lie side by side, or that are all holes. */
static struct request next_request(const struct ext2 *fs, const struct filling *filling,
                                   uint32_t first)
{
    struct request request = {first, 1, block_at(fs, filling, first)};
    uint32_t all = filling->count * page_blocks(fs);

    while (first + request.count < all &&
           block_at(fs, filling, first + request.count) ==
               (request.block != 0 ? request.block + request.count : 0))
        request.count++;
    return request;
}

static void clear_blocks(const struct ext2 *fs, const struct filling *filling,
                         const struct request *request)
{
    for (uint32_t i = 0; i < request->count; i++)
        memset(memory_at(fs, filling, request->first + i), 0, fs->block_size);
}

static bool is_straight(const struct ext2 *fs, const struct filling *filling,
                        const struct request *request)
{
    uint8_t *memory = memory_at(fs, filling, request->first);

    for (uint32_t i = 1; i < request->count; i++)
        if (memory_at(fs, filling, request->first + i) != memory + (i << fs->block_shift))
            return false;
    return true;
}

static enum error read_straight(struct ext2 *fs, const struct request *request, void *memory)
{
    fs_lock_release(&fs->lock);
    enum error error = fs->disk->read(fs->disk, (uint64_t)request->block << fs->block_shift,
                                      (size_t)request->count << fs->block_shift, memory);
    fs_lock_take(&fs->lock);
    return error;
}

static enum error read_request(struct ext2 *fs, const struct filling *filling,
                               const struct request *request)
{
    if (is_straight(fs, filling, request))
        return read_straight(fs, request, memory_at(fs, filling, request->first));
    char *staging = staging_take(fs);
    enum error error = read_straight(fs, request, staging);
    for (uint32_t i = 0; error == E_OK && i < request->count; i++)
        memcpy(memory_at(fs, filling, request->first + i), staging + (i << fs->block_shift),
               fs->block_size);
    staging_put(fs, staging);
    return error;
}

static enum error read_pages(struct ext2 *fs, const struct filling *filling)
{
    uint32_t all = filling->count * page_blocks(fs);
    enum error error = E_OK;

    for (uint32_t at = 0; at < all && error == E_OK;) {
        struct request request = next_request(fs, filling, at);

        if (request.block == 0)
            clear_blocks(fs, filling, &request);
        else
            error = read_request(fs, filling, &request);
        at += request.count;
    }
    return error;
}

/* What stands behind the end of the file on the disk is nobody's. */
static void clear_behind_end(struct page *page, const struct inode *inode)
{
    uint64_t start = (uint64_t)page->index * PAGE_BYTES;

    if (start + PAGE_BYTES > inode->size && start < inode->size)
        memset(page->memory + (inode->size - start), 0, PAGE_BYTES - (size_t)(inode->size - start));
}

/* All are filled, or leave the file. The first stays pinned. */
static void end_filling(struct ext2 *fs, struct filling *filling, struct inode *inode,
                        enum error error)
{
    for (uint32_t i = 0; i < filling->count; i++) {
        struct page *page = filling->page[i];

        page->filling = false;
        if (error == E_OK)
            clear_behind_end(page, inode);
        if (i > 0 || error != E_OK)
            page_put(fs, page);
    }
    fs_lock_wake(&fs->lock);
}

/* New pages for places that have none, from `index` on. */
static enum error begin_filling(struct ext2 *fs, struct inode *inode, uint32_t index,
                                uint32_t window, struct filling *filling)
{
    uint64_t pages = (inode->size + PAGE_BYTES - 1) / PAGE_BYTES;

    while (filling->count < window && filling->count < PAGE_RUN) {
        uint32_t at = index + filling->count;
        struct page *page;

        if (filling->count > 0 && (at >= pages || page_find(fs, inode, at) != NULL))
            break;
        enum error error = page_new(fs, filling->count == 0, &page);
        if (error != E_OK)
            return filling->count > 0 ? E_OK : error;
        if (page_find(fs, inode, at) != NULL) {
            page_put(fs, page);
            break;
        }
        page->filling = true;
        page_attach(fs, page, inode, at);
        filling->page[filling->count++] = page;
    }
    return E_OK;
}

static void drop_pages(struct ext2 *fs, struct filling *filling)
{
    for (uint32_t i = 0; i < filling->count; i++)
        page_leave(fs, filling->page[i]);
}

/* *page is NULL if somebody else has begun to read it meanwhile. */
static enum error fill(struct ext2 *fs, struct inode *inode, uint32_t index, uint32_t window,
                       struct page **page)
{
    struct filling filling = {.count = 0};
    enum error error = begin_filling(fs, inode, index, window, &filling);

    *page = NULL;
    if (error != E_OK || filling.count == 0)
        return error;
    for (uint32_t i = 0; i < filling.count && error == E_OK; i++)
        error = page_map(fs, filling.page[i], inode, index + i);
    if (error == E_OK)
        error = read_pages(fs, &filling);
    if (error != E_OK)
        drop_pages(fs, &filling);
    end_filling(fs, &filling, inode, error);
    /* One that cannot be read does not take the others with it. */
    if (error != E_OK && filling.count > 1)
        return fill(fs, inode, index, 1, page);
    if (error == E_OK)
        *page = filling.page[0];
    return error;
}

enum error page_get(struct ext2 *fs, struct inode *inode, uint32_t index, uint32_t window,
                    struct page **result)
{
    for (;;) {
        struct page *page = page_find(fs, inode, index);

        if (page == NULL) {
            enum error error = fill(fs, inode, index, window, result);
            if (error != E_OK || *result != NULL)
                return error;
        } else if (page->filling) {
            fs_lock_wait(&fs->lock);
        } else {
            page->pins++;
            page_touch(fs, page);
            *result = page;
            return E_OK;
        }
    }
}
