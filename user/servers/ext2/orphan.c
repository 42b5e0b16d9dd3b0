/* orphan.c - the list of orphans: the newest first, in memory as on the disk. */
#include "orphan.h"

#include "truncate.h"

void orphan_add(struct operation *op, struct inode *inode)
{
    struct ext2 *fs = op->fs;

    if (inode->orphan)
        return;
    inode->orphan = true;
    inode->next_orphan = fs->last_orphan;
    TAILQ_INSERT_HEAD(&fs->orphans, inode, in_orphans);
    fs->last_orphan = inode->number;
    op->super_changed = true;
    inode_changed(fs, inode, true);
}

enum error orphan_remove(struct operation *op, struct inode *inode)
{
    struct ext2 *fs = op->fs;

    if (!inode->orphan)
        return E_OK;
    struct inode *before = TAILQ_PREV(inode, inode_queue, in_orphans);
    if (before != NULL) {
        enum error error = operation_add(op, before);
        if (error != E_OK)
            return error;
        before->next_orphan = inode->next_orphan;
        inode_changed(fs, before, false);
    } else {
        fs->last_orphan = inode->next_orphan;
        op->super_changed = true;
    }
    TAILQ_REMOVE(&fs->orphans, inode, in_orphans);
    inode->orphan = false;
    inode_changed(fs, inode, true);
    return E_OK;
}

/* The next inode of the list as it stands on the disk, held. */
static bool load_one(struct ext2 *fs, uint32_t number, struct inode **inode)
{
    if (number < fs->first_inode || inode_get(fs, number, inode) != E_OK) {
        (void)fs_damage(fs, "inode %u cannot be an orphan", number);
        return false;
    }
    if ((*inode)->orphan) {
        (void)fs_damage(fs, "the list of orphans has a cycle at inode %u", number);
        (*inode)->holders--;
        return false;
    }
    return true;
}

/* Takes in the list. A number that makes no sense ends it. */
static void load(struct ext2 *fs)
{
    uint32_t *next = &fs->last_orphan;

    *next = fs->super->s_last_orphan;
    while (*next != 0) {
        struct inode *inode;

        if (!load_one(fs, *next, &inode)) {
            *next = 0;
            return;
        }
        inode->orphan = true;
        inode->next_orphan = inode->removed;
        inode->removed = 0;
        TAILQ_INSERT_TAIL(&fs->orphans, inode, in_orphans);
        next = &inode->next_orphan;
    }
}

enum error orphans_finish(struct ext2 *fs)
{
    struct inode *inode;
    enum error failure = E_OK;

    load(fs);
    while ((inode = TAILQ_FIRST(&fs->orphans)) != NULL && failure == E_OK) {
        uint32_t number = inode->number;

        if (inode->links > 0)
            failure = inode_cut(fs, inode);
        inode_put(fs, inode);
        inode = TAILQ_FIRST(&fs->orphans);
        if (inode != NULL && inode->number == number)
            failure = E_IO;
    }
    return failure;
}
