/* sync.c - what was changed goes to the disk: when somebody asks, every few seconds, and at a
 * commit, which must not come before the contents that it names.
 */
#include "inode.h"

static enum error flush(struct ext2 *fs)
{
    if (!fs->data_written)
        return E_OK;
    fs->data_written = false;
    fs_lock_release(&fs->lock);
    enum error error = fs->disk->flush(fs->disk);
    fs_lock_take(&fs->lock);
    if (error != E_OK)
        fs->data_written = true;
    return error;
}

/* An error is told to one who asks. */
static enum error take_error(enum error *error)
{
    enum error taken = *error;

    *error = E_OK;
    return taken;
}

static enum error sync_all(struct ext2 *fs)
{
    pages_write_all(fs);
    enum error error = fs_commit(fs);
    if (error == E_OK)
        error = flush(fs);
    return error;
}

enum error ext2_sync(struct ext2 *fs)
{
    if (fs->read_only)
        return E_OK;
    fs_lock_take(&fs->lock);
    enum error error = sync_all(fs);
    enum error data_error = take_error(&fs->data_error);
    fs_lock_release(&fs->lock);
    return error != E_OK ? error : data_error;
}

enum error ext2_sync_inode(struct ext2 *fs, struct inode *inode, bool data_only)
{
    if (fs->read_only)
        return E_OK;
    fs_lock_take(&fs->lock);
    pages_write(fs, inode);
    uint64_t wanted = data_only ? inode->needed_in : inode->changed_in;
    enum error error = E_OK;
    if (wanted > store_committed(fs->store))
        error = fs_commit(fs);
    if (error == E_OK)
        error = flush(fs);
    enum error data_error = take_error(&inode->error);
    fs_lock_release(&fs->lock);
    return error != E_OK ? error : data_error;
}

enum error ext2_tick(struct ext2 *fs)
{
    if (fs->read_only)
        return E_OK;
    fs_lock_take(&fs->lock);
    pages_write_all(fs);
    enum error error = fs_commit(fs);
    fs_lock_release(&fs->lock);
    return error;
}
