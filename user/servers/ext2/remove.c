/* remove.c - takes names away; with its last name a file becomes an orphan until nobody uses it. */
#include "names.h"
#include "orphan.h"
#include "truncate.h"

void name_drop_link(struct operation *op, struct inode *inode)
{
    if (inode_is(inode, S_IFDIR))
        inode->links = 0;
    else if (inode->links > 0)
        inode->links--;
    inode->changed_ns = inode_now(op->fs);
    inode_changed(op->fs, inode, true);
    if (inode->links == 0)
        orphan_add(op, inode);
}

/* The last link of a file that has no blocks, and that only the caller holds: no need of a second
 * operation. -> is it gone? */
static bool remove_now(struct operation *op, struct inode *inode)
{
    if (inode_is(inode, S_IFDIR) || inode->links > 1 || inode->holders > 1 ||
        !inode_is_empty(op->fs, inode))
        return false;
    inode->links = 0;
    inode->removing = inode_remove_now(op, inode) == E_OK;
    return inode->removing;
}

static enum error check_type(struct ext2 *fs, struct inode *inode, bool directory)
{
    if (!directory)
        return inode_is(inode, S_IFDIR) ? E_ISDIR : E_OK;
    if (!inode_is(inode, S_IFDIR))
        return E_NOTDIR;
    if (inode->number == ROOT_INODE)
        return E_BUSY;
    return directory_check_empty(fs, inode);
}

/* *inode is held, and gone if that is said. */
static enum error remove_name(struct operation *op, struct inode *parent, struct ext2_name name,
                              bool directory, struct inode **inode)
{
    struct ext2 *fs = op->fs;
    struct place place = {0};
    enum error error = operation_add(op, parent);

    if (error == E_OK)
        error = name_get(fs, parent, name, inode);
    if (error != E_OK)
        return error;
    error = check_type(fs, *inode, directory);
    if (error == E_OK)
        error = operation_add(op, *inode);
    if (error == E_OK)
        error = directory_find(fs, parent, name, &place);
    if (error != E_OK)
        return error;
    directory_remove(op, parent, &place);
    place_put(fs, &place);
    if (directory && parent->links > 0)
        parent->links--;
    if (!remove_now(op, *inode))
        name_drop_link(op, *inode);
    return E_OK;
}

static enum error remove_locked(struct ext2 *fs, struct inode *parent, struct ext2_name name,
                                bool directory)
{
    struct operation op;
    struct inode *inode = NULL;
    enum error error = name_check(fs, parent, name);

    if (error == E_OK && parent->links == 0)
        error = E_NOENT;
    if (error == E_OK)
        error = operation_begin(fs, CREDITS_CREATE, &op);
    if (error != E_OK)
        return error;
    error = remove_name(&op, parent, name, directory, &inode);
    operation_end(&op);
    if (inode != NULL && inode->removing && inode->holders == 1)
        inode_forget(fs, inode);
    else if (inode != NULL)
        inode_put(fs, inode);
    return error;
}

enum error ext2_unlink(struct ext2 *fs, struct inode *directory, struct ext2_name name)
{
    fs_lock_take(&fs->lock);
    enum error error = remove_locked(fs, directory, name, false);
    fs_lock_release(&fs->lock);
    return error;
}

enum error ext2_remove_directory(struct ext2 *fs, struct inode *directory, struct ext2_name name)
{
    fs_lock_take(&fs->lock);
    enum error error = remove_locked(fs, directory, name, true);
    fs_lock_release(&fs->lock);
    return error;
}
