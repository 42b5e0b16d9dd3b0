/* truncate.c - sets the size of a file; frees what it had. */
#include "truncate.h"

#include <string.h>

#include "block_map.h"
#include "group.h"
#include "orphan.h"

static uint32_t blocks_of_size(const struct ext2 *fs, const struct inode *inode)
{
    return (uint32_t)((inode->size + fs->block_size - 1) >> fs->block_shift);
}

/* A fast link has text where others have block numbers; devices have their numbers there. */
static bool has_blocks(const struct ext2 *fs, const struct inode *inode)
{
    if (inode_is(inode, S_IFREG) || inode_is(inode, S_IFDIR))
        return true;
    return inode_is(inode, S_IFLNK) && !link_is_fast(fs, inode);
}

static bool is_empty(const struct inode *inode)
{
    for (uint32_t i = 0; i < INODE_BLOCKS; i++)
        if (inode->block[i] != 0)
            return false;
    return true;
}

enum error inode_cut(struct ext2 *fs, struct inode *inode)
{
    struct operation op;
    bool done = false;

    while (!done) {
        enum error error = operation_begin(fs, CREDITS_LARGE, &op);
        if (error != E_OK)
            return error;
        error = operation_add(&op, inode);
        if (error == E_OK) {
            done = !has_blocks(fs, inode) || block_map_free(&op, inode, blocks_of_size(fs, inode));
            if (!done)
                orphan_add(&op, inode);
            else if (inode->links > 0)
                error = orphan_remove(&op, inode);
        }
        operation_end(&op);
        if (error != E_OK)
            return error;
    }
    return E_OK;
}

/* ---- removal ----------------------------------------------------------------------------- */

/* Attributes that other inodes may share. */
static void drop_attributes(struct operation *op, struct inode *inode)
{
    struct ext2 *fs = op->fs;
    uint32_t block = inode->xattr_block;
    struct buffer *buffer;

    if (block == 0)
        return;
    inode->xattr_block = 0;
    if (!block_is_files(fs, block) || buffer_get(fs->store, block, &buffer) != E_OK) {
        (void)fs_damage(fs, "inode %u: block %u has no attributes", inode->number, block);
        return;
    }
    struct xattr_header *header = buffer->data;
    if (header->h_magic != XATTR_MAGIC) {
        (void)fs_damage(fs, "inode %u: block %u has no attributes", inode->number, block);
    } else if (header->h_refcount > 1) {
        change_buffer(&op->change, buffer);
        header = buffer->data;
        header->h_refcount--;
    } else {
        blocks_free(op, block, 1, true);
    }
    buffer_put(fs->store, buffer);
}

bool inode_is_empty(const struct ext2 *fs, const struct inode *inode)
{
    return inode->xattr_block == 0 && (!has_blocks(fs, inode) || is_empty(inode));
}

enum error inode_remove_now(struct operation *op, struct inode *inode)
{
    enum error error = operation_add(op, inode);

    if (error == E_OK)
        error = orphan_remove(op, inode);
    if (error != E_OK)
        return error;
    drop_attributes(op, inode);
    inode->removed = (uint32_t)(inode_now(op->fs) / 1000000000);
    if (inode->removed == 0)
        inode->removed = 1;
    inode->size = 0;
    inode->sectors = 0;
    memset(inode->block, 0, sizeof inode->block);
    inode_changed(op->fs, inode, true);
    inode_free(op, inode->number, inode_is(inode, S_IFDIR));
    return E_OK;
}

static enum error free_all(struct ext2 *fs, struct inode *inode)
{
    struct operation op;
    bool done = !has_blocks(fs, inode) || is_empty(inode);

    pages_drop(fs, inode, 0);
    for (;;) {
        enum error error = operation_begin(fs, CREDITS_LARGE, &op);
        if (error != E_OK)
            return error;
        error = operation_add(&op, inode);
        if (error == E_OK && !done)
            done = block_map_free(&op, inode, 0);
        bool last = error == E_OK && done && !operation_is_full(&op);
        if (last)
            error = inode_remove_now(&op, inode);
        operation_end(&op);
        if (error != E_OK || last)
            return error;
    }
}

enum error inode_remove(struct ext2 *fs, struct inode *inode)
{
    inode->removing = true;
    enum error error = free_all(fs, inode);

    if (error != E_OK)
        return error;
    inode_forget(fs, inode);
    return E_OK;
}

/* ---- the size ---------------------------------------------------------------------------- */

/* What is behind the new end of the last page that stays becomes zero, here and on the disk. */
static void clear_tail(struct ext2 *fs, struct page *page, uint32_t from)
{
    uint32_t block = from >> fs->block_shift;

    memset(page->memory + from, 0, PAGE_BYTES - from);
    if (from % fs->block_size != 0 && page->block[block] != 0)
        page_dirty(fs, page, block, true);
    page_forget_blocks(fs, page, (from + fs->block_size - 1) >> fs->block_shift);
}

static enum error set_size(struct ext2 *fs, struct inode *inode, uint64_t size)
{
    struct operation op;
    enum error error = operation_begin(fs, CREDITS_SMALL, &op);

    if (error != E_OK)
        return error;
    error = operation_add(&op, inode);
    if (error == E_OK) {
        if (size < inode->size && !is_empty(inode))
            orphan_add(&op, inode);
        inode->size = size;
        inode->modified_ns = inode->changed_ns = inode_now(fs);
        inode_changed(fs, inode, true);
    }
    operation_end(&op);
    return error;
}

static enum error truncate_locked(struct ext2 *fs, struct inode *inode, uint64_t size)
{
    bool shorter = size < inode->size;
    uint32_t last = (uint32_t)(size / PAGE_BYTES), tail = (uint32_t)(size % PAGE_BYTES);
    struct page *page = NULL;
    enum error error = E_OK;

    if (shorter && tail != 0)
        error = page_get(fs, inode, last, 1, &page);
    if (error == E_OK)
        error = set_size(fs, inode, size);
    if (error == E_OK && page != NULL)
        clear_tail(fs, page, tail);
    if (page != NULL)
        page_put(fs, page);
    if (error != E_OK || !shorter)
        return error;
    pages_drop(fs, inode, last + (tail != 0));
    return inode->orphan ? inode_cut(fs, inode) : E_OK;
}

enum error ext2_truncate(struct ext2 *fs, struct inode *inode, uint64_t size)
{
    enum error error;

    if (inode_is(inode, S_IFDIR))
        return E_ISDIR;
    if (!inode_is(inode, S_IFREG))
        return E_INVAL;
    if (size > fs->size_max)
        return E_FBIG;
    if (fs->read_only)
        return E_ROFS;
    fs_lock_take(&fs->lock);
    inode_write_begin(fs, inode);
    error = truncate_locked(fs, inode, size);
    inode_write_end(fs, inode);
    fs_lock_release(&fs->lock);
    return error;
}
