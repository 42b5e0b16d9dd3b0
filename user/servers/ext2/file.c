/* file.c - reads and writes contents.
 *
 * A part of the file at a time: its pages are pinned, the lock is let go of, the caller's bytes are
 * moved, and then, if they are new on the disk, blocks are found for them. So a caller whose memory
 * is slow to reach keeps nobody waiting but the next writer of the same file, and no block is ever
 * part of a file without its contents.
 */
#include <string.h>

#include "block_map.h"
#include "page_cache.h"

enum { PART_PAGES = 16, READ_AHEAD_FIRST = 4 };

/* A part of a file, in pages that are pinned. */
struct part {
    uint64_t offset;
    uint32_t length;
    uint32_t pages;
    struct page *page[PART_PAGES + 1];
};

/* How many bytes of the part page `i` has, and from where on. */
static uint32_t page_span(const struct part *part, uint32_t i, uint32_t *from)
{
    uint64_t page_start = (part->offset / PAGE_BYTES + i) * PAGE_BYTES;
    uint64_t start = page_start > part->offset ? page_start : part->offset;
    uint64_t end = part->offset + part->length;

    if (end > page_start + PAGE_BYTES)
        end = page_start + PAGE_BYTES;
    *from = (uint32_t)(start - page_start);
    return (uint32_t)(end - start);
}

/* Moves the caller's bytes, without the lock. -> how many. */
static uint32_t move(struct ext2 *fs, const struct part *part, const struct ext2_transfer *transfer,
                     uint64_t at, enum error *error)
{
    uint32_t moved = 0;

    fs_lock_release(&fs->lock);
    for (uint32_t i = 0; i < part->pages; i++) {
        uint32_t from, length = page_span(part, i, &from);

        *error =
            transfer->copy(transfer->context, at + moved, part->page[i]->memory + from, length);
        if (*error != E_OK)
            break;
        moved += length;
    }
    fs_lock_take(&fs->lock);
    return moved;
}

static void put_pages(struct ext2 *fs, struct part *part)
{
    while (part->pages > 0)
        page_put(fs, part->page[--part->pages]);
}

/* ---- reading ----------------------------------------------------------------------------- */

/* How many pages to read at once: more and more for one who reads on. */
static uint32_t read_window(struct inode *inode, uint64_t offset, uint64_t length)
{
    uint32_t needed = (uint32_t)((offset % PAGE_BYTES + length + PAGE_BYTES - 1) / PAGE_BYTES);

    if (offset != inode->read_next)
        inode->read_window = 0;
    else if (inode->read_window == 0)
        inode->read_window = READ_AHEAD_FIRST;
    else if (inode->read_window < PAGE_RUN)
        inode->read_window *= 2;
    return needed > inode->read_window ? needed : inode->read_window;
}

static long read_part(struct ext2 *fs, struct inode *inode, uint64_t offset,
                      const struct ext2_transfer *to, uint64_t at)
{
    uint64_t length = to->length - at;
    struct part part = {.offset = offset};
    enum error error = E_OK;

    if (offset >= inode->size)
        return 0;
    if (length > inode->size - offset)
        length = inode->size - offset;
    uint32_t most = PART_PAGES * PAGE_BYTES - (uint32_t)(offset % PAGE_BYTES);
    part.length = length < most ? (uint32_t)length : most;
    uint32_t first = (uint32_t)(offset / PAGE_BYTES);
    uint32_t last = (uint32_t)((offset + part.length - 1) / PAGE_BYTES);
    uint32_t window = read_window(inode, offset, length);
    for (uint32_t i = first; i <= last && error == E_OK; i++) {
        error = page_get(fs, inode, i, window, &part.page[part.pages]);
        part.pages += error == E_OK;
    }
    if (part.pages == 0)
        return -error;
    uint64_t end = (uint64_t)(first + part.pages) * PAGE_BYTES;
    if (end < offset + part.length)
        part.length = (uint32_t)(end - offset);
    uint32_t moved = move(fs, &part, to, at, &error);
    put_pages(fs, &part);
    inode->read_next = offset + moved;
    return moved > 0 ? (long)moved : -error;
}

long ext2_read(struct ext2 *fs, struct inode *inode, uint64_t offset,
               const struct ext2_transfer *to)
{
    uint64_t length = to->length < INT64_MAX ? to->length : INT64_MAX, moved = 0;
    long result = 0;

    if (inode_is(inode, S_IFDIR))
        return -E_ISDIR;
    if (!inode_is(inode, S_IFREG))
        return -E_INVAL;
    fs_lock_take(&fs->lock);
    while (moved < length) {
        result = read_part(fs, inode, offset + moved, to, moved);
        if (result <= 0)
            break;
        moved += (uint64_t)result;
    }
    fs_lock_release(&fs->lock);
    return moved > 0 ? (long)moved : result;
}

/* ---- writing ----------------------------------------------------------------------------- */

/* The pages of a part. One that is overwritten as a whole needs not be read: it becomes the file's
 * only when it is full. */
static enum error pin_pages(struct ext2 *fs, struct inode *inode, struct part *part)
{
    uint32_t first = (uint32_t)(part->offset / PAGE_BYTES);
    uint32_t last = (uint32_t)((part->offset + part->length - 1) / PAGE_BYTES);
    enum error error = E_OK;

    for (uint32_t i = first; i <= last && error == E_OK; i++) {
        uint32_t from;
        struct page **page = &part->page[part->pages];

        if (page_span(part, i - first, &from) == PAGE_BYTES && page_find(fs, inode, i) == NULL)
            error = page_new(fs, true, page);
        else
            error = page_get(fs, inode, i, 1, page);
        part->pages += error == E_OK;
    }
    if (error == E_OK || part->pages == 0)
        return error;
    part->length = (uint32_t)((uint64_t)(first + part->pages) * PAGE_BYTES - part->offset);
    return E_OK;
}

/* New pages become the file's, as far as the caller's bytes have come. */
static enum error attach_pages(struct ext2 *fs, struct inode *inode, struct part *part)
{
    for (uint32_t i = 0; i < part->pages; i++) {
        struct page *page = part->page[i], *there;
        uint32_t index = (uint32_t)(part->offset / PAGE_BYTES) + i;

        if (page->inode != NULL)
            continue;
        enum error error = page_map(fs, page, inode, index);
        if (error != E_OK)
            return error;
        if (page_find(fs, inode, index) == NULL) {
            page_attach(fs, page, inode, index);
            continue;
        }
        error = page_get(fs, inode, index, 1, &there);
        if (error != E_OK)
            return error;
        memcpy(there->memory, page->memory, PAGE_BYTES);
        page_put(fs, page);
        part->page[i] = there;
    }
    return E_OK;
}

/* Blocks of the part: the first, and the one after the last, counted from the first page's. */
static uint32_t part_blocks(const struct ext2 *fs, const struct part *part, uint32_t *first)
{
    uint32_t start = (uint32_t)(part->offset % PAGE_BYTES);

    *first = start >> fs->block_shift;
    return (start + part->length + fs->block_size - 1) >> fs->block_shift;
}

static uint32_t *block_of(const struct ext2 *fs, const struct part *part, uint32_t at)
{
    uint32_t in_page = PAGE_BYTES / fs->block_size;

    return &part->page[at / in_page]->block[at % in_page];
}

static void mark_dirty(struct ext2 *fs, const struct part *part, uint32_t at, bool ordered)
{
    uint32_t in_page = PAGE_BYTES / fs->block_size;

    page_dirty(fs, part->page[at / in_page], at % in_page, ordered);
}

static uint64_t file_block(const struct ext2 *fs, const struct part *part, uint32_t at)
{
    return (part->offset / PAGE_BYTES) * (PAGE_BYTES / fs->block_size) + at;
}

/* Finds a block for `at` and the holes that follow it. */
static enum error allocate(struct operation *op, struct inode *inode, const struct part *part,
                           uint32_t at, uint32_t end)
{
    struct ext2 *fs = op->fs;
    uint32_t wanted = 1, block;
    uint32_t index = (uint32_t)file_block(fs, part, at);
    enum error error = block_map_find(fs, inode, index, &block);

    if (error == E_OK && block != 0)
        *block_of(fs, part, at) = block;
    if (error != E_OK || block != 0)
        return error;
    for (; at + wanted < end && *block_of(fs, part, at + wanted) == 0; wanted++) {
        error = block_map_find(fs, inode, index + wanted, &block);
        if (error != E_OK || block != 0)
            break;
    }
    struct block_run run = {.index = index, .count = wanted};
    error = block_map_allocate(op, inode, &run);
    for (uint32_t i = 0; error == E_OK && i < run.count; i++) {
        *block_of(fs, part, at + i) = run.block + i;
        mark_dirty(fs, part, at + i, true);
    }
    return error;
}

/* What was moved where the file has a hole is not its contents. */
static void clear_holes(const struct ext2 *fs, struct page *page)
{
    for (uint32_t i = 0; i < PAGE_BYTES / fs->block_size; i++)
        if (page->block[i] == 0)
            memset(page->memory + (i << fs->block_shift), 0, fs->block_size);
}

/* The pages from `first` on were changed in vain. */
static void abandon(struct ext2 *fs, struct part *part, uint32_t first)
{
    for (uint32_t i = first; i < part->pages; i++) {
        struct page *page = part->page[i];

        if (page->inode == NULL)
            continue;
        clear_holes(fs, page);
        if (page->dirty == 0 && !page->writing)
            page_leave(fs, page);
    }
}

/* The part ends before block `at`. Blocks behind that which the file has keep what was moved. */
static void shorten(struct ext2 *fs, struct part *part, uint32_t at, uint32_t end)
{
    uint32_t in_page = PAGE_BYTES / fs->block_size;
    uint64_t done = file_block(fs, part, at) << fs->block_shift;

    for (uint32_t i = at; i < end; i++)
        if (*block_of(fs, part, i) != 0)
            mark_dirty(fs, part, i, false);
    for (uint32_t i = at / in_page; i < part->pages; i++)
        clear_holes(fs, part->page[i]);
    part->length = done > part->offset ? (uint32_t)(done - part->offset) : 0;
}

/* Gives every block of the part a place on the disk. The part becomes shorter where that ends, by
 * an error or because the operation is full; E_AGAIN: nothing was done. */
static enum error allocate_all(struct operation *op, struct inode *inode, struct part *part)
{
    struct ext2 *fs = op->fs;
    uint32_t first, end = part_blocks(fs, part, &first), at;
    enum error error = E_OK;

    for (at = first; at < end && error == E_OK; at++) {
        if (*block_of(fs, part, at) == 0) {
            if (operation_is_full(op))
                break;
            error = allocate(op, inode, part, at, end);
            if (error != E_OK)
                break;
        }
        mark_dirty(fs, part, at, false);
    }
    if (at == end || (error == E_AGAIN && at == first))
        return error;
    shorten(fs, part, at, end);
    return error == E_AGAIN ? E_OK : error;
}

static void finish(struct ext2 *fs, struct inode *inode, const struct part *part)
{
    bool longer = part->offset + part->length > inode->size;

    if (longer)
        inode->size = part->offset + part->length;
    inode->modified_ns = inode->changed_ns = inode_now(fs);
    inode_changed(fs, inode, longer);
}

/* The operation that makes the part the file's. */
static enum error commit_part(struct ext2 *fs, struct inode *inode, struct part *part)
{
    struct operation op;
    enum error error = operation_begin(fs, CREDITS_LARGE, &op);

    if (error != E_OK)
        return error;
    error = operation_add(&op, inode);
    if (error == E_OK) {
        error = allocate_all(&op, inode, part);
        if (error != E_AGAIN && part->length > 0) {
            finish(fs, inode, part);
            error = E_OK;
        }
    }
    operation_end(&op);
    return error;
}

static enum error settle_part(struct ext2 *fs, struct inode *inode, struct part *part)
{
    enum error error = commit_part(fs, inode, part);

    if (error != E_AGAIN)
        return error;
    error = fs_commit(fs);
    if (error != E_OK)
        return error;
    error = commit_part(fs, inode, part);
    return error == E_AGAIN ? E_NOSPC : error;
}

static long write_part(struct ext2 *fs, struct inode *inode, uint64_t offset,
                       const struct ext2_transfer *from, uint64_t at)
{
    uint64_t length = from->length - at;
    struct part part = {.offset = offset};
    uint32_t most = PART_PAGES * PAGE_BYTES - (uint32_t)(offset % PAGE_BYTES);
    enum error error;

    if (pages_are_too_dirty(fs))
        pages_write_some(fs);
    part.length = length < most ? (uint32_t)length : most;
    error = pin_pages(fs, inode, &part);
    if (error != E_OK)
        goto put;
    part.length = move(fs, &part, from, at, &error);
    if (error != E_OK) {
        uint32_t used =
            part.length > 0 ? (uint32_t)((offset % PAGE_BYTES + part.length) / PAGE_BYTES) : 0;
        abandon(fs, &part, used);
        while (part.pages > used)
            page_put(fs, part.page[--part.pages]);
    }
    if (part.length == 0)
        goto put;
    error = attach_pages(fs, inode, &part);
    if (error == E_OK)
        error = settle_part(fs, inode, &part);
    if (error != E_OK)
        abandon(fs, &part, 0);
put:
    put_pages(fs, &part);
    return error != E_OK ? -error : (long)part.length;
}

static enum error check_write(const struct ext2 *fs, const struct inode *inode)
{
    if (inode_is(inode, S_IFDIR))
        return E_ISDIR;
    if (!inode_is(inode, S_IFREG))
        return E_INVAL;
    return fs->read_only ? E_ROFS : E_OK;
}

static long write_locked(struct ext2 *fs, struct inode *inode, uint64_t offset,
                         const struct ext2_transfer *from)
{
    struct ext2_transfer part = *from;
    uint64_t moved = 0;
    long result = 0;

    if (part.length == 0)
        return 0;
    if (offset >= fs->size_max)
        return -E_FBIG;
    if (part.length > fs->size_max - offset)
        part.length = (size_t)(fs->size_max - offset);
    while (moved < part.length) {
        result = write_part(fs, inode, offset + moved, &part, moved);
        if (result <= 0)
            break;
        moved += (uint64_t)result;
    }
    return moved > 0 ? (long)moved : result;
}

long ext2_write(struct ext2 *fs, struct inode *inode, uint64_t *offset, bool append,
                const struct ext2_transfer *from)
{
    enum error error = check_write(fs, inode);

    if (error != E_OK)
        return -error;
    fs_lock_take(&fs->lock);
    inode_write_begin(fs, inode);
    if (append)
        *offset = inode->size;
    long result = write_locked(fs, inode, *offset, from);
    inode_write_end(fs, inode);
    fs_lock_release(&fs->lock);
    return result;
}
