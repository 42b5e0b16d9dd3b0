/* fs.c - complaints, and operations: one at a time, each a change of the store. */
#include "fs.h"

#include <stdarg.h>
#include <stdio.h>

#include "inode.h"

enum { COMPLAINTS_MAX = 32 };

enum error fs_damage(struct ext2 *fs, const char *format, ...)
{
    va_list arguments;

    fs->damaged = true;
    if (fs->complaints++ >= COMPLAINTS_MAX)
        return E_IO;
    va_start(arguments, format);
    vsnprintf(fs->complaint, sizeof fs->complaint, format, arguments);
    va_end(arguments);
    if (fs->options.complain != NULL)
        fs->options.complain(fs->complaint);
    return E_IO;
}

void fs_claim(struct ext2 *fs)
{
    while (fs->claimed)
        fs_lock_wait(&fs->lock);
    fs->claimed = true;
}

void fs_unclaim(struct ext2 *fs)
{
    fs->claimed = false;
    fs_lock_wake(&fs->lock);
}

enum error fs_commit(struct ext2 *fs) { return fs->read_only ? E_OK : store_commit(fs->store); }

enum error operation_begin(struct ext2 *fs, uint32_t credits, struct operation *op)
{
    if (fs->read_only)
        return E_ROFS;
    fs_claim(fs);
    *op = (struct operation){.fs = fs};
    enum error error = fs->resting ? fs_mark_used(fs) : E_OK;
    if (error == E_OK)
        error = change_begin(fs->store, credits, &op->change);
    if (error != E_OK)
        fs_unclaim(fs);
    return error;
}

enum error operation_add(struct operation *op, struct inode *inode)
{
    for (uint32_t i = 0; i < op->inodes; i++)
        if (op->inode[i] == inode)
            return E_OK;
    struct buffer *buffer;
    enum error error = buffer_get(op->fs->store, inode_block(op->fs, inode->number), &buffer);
    if (error != E_OK)
        return error;
    op->inode[op->inodes] = inode;
    op->buffer[op->inodes++] = buffer;
    return E_OK;
}

void operation_leave_out(struct operation *op, const struct inode *inode)
{
    for (uint32_t i = 0; i < op->inodes; i++) {
        if (op->inode[i] != inode)
            continue;
        buffer_put(op->fs->store, op->buffer[i]);
        op->inodes--;
        op->inode[i] = op->inode[op->inodes];
        op->buffer[i] = op->buffer[op->inodes];
        return;
    }
}

static void write_super(struct operation *op)
{
    struct ext2 *fs = op->fs;

    change_buffer(&op->change, fs->super_buffer);
    fs->super->s_free_blocks_count = fs->free_blocks;
    fs->super->s_free_inodes_count = fs->free_inodes;
    fs->super->s_last_orphan = fs->last_orphan;
    if (fs->has_large_files)
        fs->super->s_feature_ro_compat |= RO_COMPAT_LARGE_FILE;
}

static void write_inode(struct operation *op, struct inode *inode, struct buffer *buffer)
{
    struct ext2 *fs = op->fs;

    if (!inode->changed)
        return;
    change_buffer(&op->change, buffer);
    inode_encode(fs, inode, buffer->data);
    if (inode->size > INT32_MAX && !fs->has_large_files) {
        fs->has_large_files = true;
        op->super_changed = true;
    }
}

void operation_end(struct operation *op)
{
    for (uint32_t i = 0; i < op->inodes; i++) {
        write_inode(op, op->inode[i], op->buffer[i]);
        buffer_put(op->fs->store, op->buffer[i]);
    }
    if (op->super_changed)
        write_super(op);
    change_end(&op->change);
    fs_unclaim(op->fs);
}
