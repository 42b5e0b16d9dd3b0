/* stat.c - what one may know and set of an inode, and of the whole file system. */
#include "inode.h"

uint32_t ext2_number(const struct inode *inode) { return inode->number; }

uint32_t ext2_mode(const struct inode *inode) { return inode->mode; }

enum error ext2_root(struct ext2 *fs, struct inode **inode)
{
    fs_lock_take(&fs->lock);
    enum error error = inode_get(fs, ROOT_INODE, inode);
    fs_lock_release(&fs->lock);
    return error;
}

void ext2_stat(struct ext2 *fs, struct inode *inode, struct file_status *status)
{
    fs_lock_take(&fs->lock);
    *status = (struct file_status){
        .inode = inode->number,
        .mode = inode->mode,
        .links = inode->links,
        .user = inode->user,
        .group = inode->group,
        .size = inode->size,
        .blocks = inode->sectors,
        .block_size = fs->block_size,
        .accessed_ns = inode->accessed_ns,
        .modified_ns = inode->modified_ns,
        .changed_ns = inode->changed_ns,
    };
    fs_lock_release(&fs->lock);
}

static void set_fields(struct ext2 *fs, struct inode *inode, const struct file_change *change)
{
    enum { PERMISSIONS = 07777 };
    int64_t now = inode_now(fs);

    if (change->fields & FILE_CHANGE_MODE)
        inode->mode = (uint16_t)((inode->mode & S_IFMT) | (change->mode & PERMISSIONS));
    if (change->fields & FILE_CHANGE_USER)
        inode->user = change->user;
    if (change->fields & FILE_CHANGE_GROUP)
        inode->group = change->group;
    if (change->fields & FILE_CHANGE_ACCESSED)
        inode->accessed_ns = change->accessed_ns == FILE_TIME_NOW ? now : change->accessed_ns;
    if (change->fields & FILE_CHANGE_MODIFIED)
        inode->modified_ns = change->modified_ns == FILE_TIME_NOW ? now : change->modified_ns;
    inode->changed_ns = now;
    inode_changed(fs, inode, false);
}

enum error ext2_change(struct ext2 *fs, struct inode *inode, const struct file_change *change)
{
    struct operation op;

    fs_lock_take(&fs->lock);
    enum error error = operation_begin(fs, CREDITS_SMALL, &op);
    if (error == E_OK) {
        error = operation_add(&op, inode);
        if (error == E_OK)
            set_fields(fs, inode, change);
        operation_end(&op);
    }
    fs_lock_release(&fs->lock);
    return error;
}

void ext2_status(struct ext2 *fs, struct file_system_status *status)
{
    fs_lock_take(&fs->lock);
    uint32_t reserved = fs->super->s_r_blocks_count;
    *status = (struct file_system_status){
        .type = "ext2",
        .block_size = fs->block_size,
        .blocks = fs->block_count,
        .blocks_free = fs->free_blocks,
        .blocks_available = fs->free_blocks > reserved ? fs->free_blocks - reserved : 0,
        .files = fs->inode_count,
        .files_free = fs->free_inodes,
        .name_max = NAME_MAX_BYTES,
        .read_only = fs->read_only,
    };
    fs_lock_release(&fs->lock);
}
