/* inode.c - the table of inodes in memory, by number. */
#include "inode.h"

#include <stdlib.h>

#include "directory.h"
#include "truncate.h"

static struct inode_list *bucket_of(struct ext2 *fs, uint32_t number)
{
    return &fs->inodes[number & (fs->inode_buckets - 1)];
}

static struct inode *find(struct ext2 *fs, uint32_t number)
{
    struct inode *inode;

    LIST_FOREACH(inode, bucket_of(fs, number), by_number)
        if (inode->number == number)
            return inode;
    return NULL;
}

void ext2_hold(struct ext2 *fs, struct inode *inode)
{
    fs_lock_take(&fs->lock);
    inode->holders++;
    fs_lock_release(&fs->lock);
}

static void hold_locked(struct ext2 *fs, struct inode *inode)
{
    if (inode->holders++ == 0) {
        TAILQ_REMOVE(&fs->unused, inode, in_unused);
        fs->inodes_unused--;
    }
}

static struct inode *insert(struct ext2 *fs, uint32_t number)
{
    struct inode *inode = calloc(1, sizeof *inode);

    if (inode == NULL)
        return NULL;
    inode->number = number;
    inode->holders = 1;
    TAILQ_INIT(&inode->pages);
    TAILQ_INIT(&inode->dirty);
    LIST_INSERT_HEAD(bucket_of(fs, number), inode, by_number);
    return inode;
}

static void discard(struct inode *inode)
{
    LIST_REMOVE(inode, by_number);
    free(inode);
}

void inode_forget(struct ext2 *fs, struct inode *inode)
{
    directory_forget_index(fs, inode);
    pages_forget(fs, inode);
    if (inode->orphan)
        TAILQ_REMOVE(&fs->orphans, inode, in_orphans);
    discard(inode);
}

void inode_forget_all(struct ext2 *fs)
{
    for (uint32_t i = 0; i < fs->inode_buckets; i++)
        while (!LIST_EMPTY(&fs->inodes[i]))
            inode_forget(fs, LIST_FIRST(&fs->inodes[i]));
    TAILQ_INIT(&fs->unused);
}

/* Forgets those that nobody has held for the longest time. */
static void trim(struct ext2 *fs)
{
    struct inode *inode, *next;

    TAILQ_FOREACH_SAFE(inode, &fs->unused, in_unused, next)
    {
        if (fs->inodes_unused <= fs->inodes_unused_max)
            break;
        if (inode->orphan || !TAILQ_EMPTY(&inode->dirty) || pages_are_busy(inode))
            continue;
        TAILQ_REMOVE(&fs->unused, inode, in_unused);
        fs->inodes_unused--;
        inode_forget(fs, inode);
    }
}

static enum error load(struct ext2 *fs, struct inode *inode)
{
    struct buffer *buffer;
    enum error error = buffer_get(fs->store, inode_block(fs, inode->number), &buffer);

    if (error != E_OK)
        return error;
    error = inode_decode(fs, inode, buffer->data);
    buffer_put(fs->store, buffer);
    return error;
}

static enum error load_new(struct ext2 *fs, uint32_t number, struct inode **result)
{
    struct inode *inode = insert(fs, number);

    if (inode == NULL)
        return E_NOMEM;
    inode->loading = true;
    enum error error = load(fs, inode);
    inode->loading = false;
    fs_lock_wake(&fs->lock);
    if (error != E_OK) {
        discard(inode);
        return error;
    }
    *result = inode;
    return E_OK;
}

enum error inode_get(struct ext2 *fs, uint32_t number, struct inode **result)
{
    if (number == 0 || number > fs->inode_count)
        return fs_damage(fs, "inode %u: there is none of this number", number);
    for (;;) {
        struct inode *inode = find(fs, number);

        if (inode == NULL)
            return load_new(fs, number, result);
        if (inode->removing)
            return E_IO;
        if (!inode->loading) {
            hold_locked(fs, inode);
            *result = inode;
            return E_OK;
        }
        fs_lock_wait(&fs->lock);
    }
}

enum error inode_make(struct ext2 *fs, uint32_t number, struct inode **result)
{
    if (find(fs, number) != NULL)
        return fs_damage(fs, "inode %u: in use, but marked as free", number);
    struct inode *inode = insert(fs, number);
    if (inode == NULL)
        return E_NOMEM;
    inode->fresh = true;
    *result = inode;
    return E_OK;
}

void inode_release(struct ext2 *fs, struct inode *inode)
{
    if (--inode->holders > 0)
        return;
    TAILQ_INSERT_TAIL(&fs->unused, inode, in_unused);
    if (++fs->inodes_unused > fs->inodes_unused_max)
        trim(fs);
}

void inode_put(struct ext2 *fs, struct inode *inode)
{
    if (inode->holders == 1 && inode->links == 0 && inode->orphan && !inode->removing &&
        !fs->read_only && inode_remove(fs, inode) == E_OK)
        return;
    inode_release(fs, inode);
}

void ext2_put(struct ext2 *fs, struct inode *inode)
{
    fs_lock_take(&fs->lock);
    inode_put(fs, inode);
    fs_lock_release(&fs->lock);
}

void inode_write_begin(struct ext2 *fs, struct inode *inode)
{
    while (inode->writing)
        fs_lock_wait(&fs->lock);
    inode->writing = true;
}

void inode_write_end(struct ext2 *fs, struct inode *inode)
{
    inode->writing = false;
    fs_lock_wake(&fs->lock);
}

void inode_changed(struct ext2 *fs, struct inode *inode, bool needed)
{
    inode->changed = true;
    inode->changed_in = store_running(fs->store);
    if (needed)
        inode->needed_in = inode->changed_in;
}

int64_t inode_now(const struct ext2 *fs)
{
    return fs->options.now_ns != NULL ? (int64_t)fs->options.now_ns() : 0;
}
