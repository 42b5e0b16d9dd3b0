/* serve.c - serve.h: each operation is one of ext2.h's. A node is an inode. */
#include "serve.h"

static struct ext2 *ext2_of(struct file_system *fs) { return fs->context; }
static struct inode *inode_of(struct file_node *node) { return (struct inode *)node; }
static struct file_node *node_of(struct inode *inode) { return (struct file_node *)inode; }

static struct ext2_name name_of(struct file_name name)
{
    return (struct ext2_name){.text = name.text, .length = name.length};
}

/* ---- nodes ------------------------------------------------------------------------------- */

static enum error root(struct file_system *fs, struct file_node **node)
{
    struct inode *inode;
    enum error error = ext2_root(ext2_of(fs), &inode);

    if (error == E_OK)
        *node = node_of(inode);
    return error;
}

static void hold(struct file_system *fs, struct file_node *node)
{
    ext2_hold(ext2_of(fs), inode_of(node));
}

static void put(struct file_system *fs, struct file_node *node)
{
    ext2_put(ext2_of(fs), inode_of(node));
}

static uint32_t mode(struct file_system *fs, struct file_node *node)
{
    (void)fs;
    return ext2_mode(inode_of(node));
}

static void stat(struct file_system *fs, struct file_node *node, struct file_status *status)
{
    ext2_stat(ext2_of(fs), inode_of(node), status);
}

static enum error change(struct file_system *fs, struct file_node *node,
                         const struct file_change *wanted)
{
    return ext2_change(ext2_of(fs), inode_of(node), wanted);
}

/* ---- names ------------------------------------------------------------------------------- */

static enum error look_up(struct file_system *fs, struct file_node *directory,
                          struct file_name name, struct file_node **found)
{
    struct inode *inode;
    enum error error = ext2_look_up(ext2_of(fs), inode_of(directory), name_of(name), &inode);

    if (error == E_OK)
        *found = node_of(inode);
    return error;
}

static enum error create(struct file_system *fs, struct file_node *directory, struct file_name name,
                         uint32_t wanted, struct file_node **made)
{
    struct inode *inode;
    enum error error = ext2_create(ext2_of(fs), inode_of(directory), name_of(name), wanted, &inode);

    if (error == E_OK)
        *made = node_of(inode);
    return error;
}

static enum error symlink(struct file_system *fs, struct file_node *directory,
                          struct file_name name, const char *target, size_t length)
{
    return ext2_symlink(ext2_of(fs), inode_of(directory), name_of(name), target, length);
}

static enum error link(struct file_system *fs, struct file_node *node, struct file_node *directory,
                       struct file_name name)
{
    return ext2_link(ext2_of(fs), inode_of(node), inode_of(directory), name_of(name));
}

static enum error unlink(struct file_system *fs, struct file_node *directory, struct file_name name)
{
    return ext2_unlink(ext2_of(fs), inode_of(directory), name_of(name));
}

static enum error remove_directory(struct file_system *fs, struct file_node *directory,
                                   struct file_name name)
{
    return ext2_remove_directory(ext2_of(fs), inode_of(directory), name_of(name));
}

static enum error move(struct file_system *fs, struct file_node *from, struct file_name old,
                       struct file_node *to, struct file_name new)
{
    return ext2_rename(ext2_of(fs), inode_of(from), name_of(old), inode_of(to), name_of(new));
}

static long read_link(struct file_system *fs, struct file_node *node, char *target, size_t size)
{
    return ext2_read_link(ext2_of(fs), inode_of(node), target, size);
}

static long read_directory(struct file_system *fs, struct file_node *directory, uint64_t *position,
                           void *records, size_t size)
{
    return ext2_read_directory(ext2_of(fs), inode_of(directory), position, records, size);
}

/* ---- contents ---------------------------------------------------------------------------- */

/* A transfer, and where it began: what found no place on the disk is asked for again. */
struct moving {
    struct file_transfer *transfer;
    struct file_transfer first;
};

static void go_to(struct moving *moving, uint64_t at)
{
    *moving->transfer = moving->first;
    moving->transfer->at += at;
    moving->transfer->length -= at;
}

static enum error copy_out(void *context, uint64_t at, void *memory, size_t length)
{
    struct moving *moving = context;

    go_to(moving, at);
    return file_transfer_out(moving->transfer, memory, length);
}

static enum error copy_in(void *context, uint64_t at, void *memory, size_t length)
{
    struct moving *moving = context;

    go_to(moving, at);
    return file_transfer_in(moving->transfer, memory, length);
}

static long read(struct file_system *fs, struct file_node *node, uint64_t offset,
                 struct file_transfer *to)
{
    struct moving moving = {to, *to};
    const struct ext2_transfer transfer = {copy_out, &moving, to->length};
    long moved = ext2_read(ext2_of(fs), inode_of(node), offset, &transfer);

    go_to(&moving, moved > 0 ? (uint64_t)moved : 0);
    return moved;
}

static long write(struct file_system *fs, struct file_node *node, uint64_t *offset, bool append,
                  struct file_transfer *from)
{
    struct moving moving = {from, *from};
    const struct ext2_transfer transfer = {copy_in, &moving, from->length};
    long moved = ext2_write(ext2_of(fs), inode_of(node), offset, append, &transfer);

    go_to(&moving, moved > 0 ? (uint64_t)moved : 0);
    return moved;
}

static enum error truncate(struct file_system *fs, struct file_node *node, uint64_t size)
{
    return ext2_truncate(ext2_of(fs), inode_of(node), size);
}

/* ---- the whole --------------------------------------------------------------------------- */

static enum error sync(struct file_system *fs, struct file_node *node, enum file_sync what)
{
    if (what == FILE_SYNC_REST)
        return ext2_rest(ext2_of(fs));
    if (what == FILE_SYNC_SYSTEM)
        return ext2_sync(ext2_of(fs));
    return ext2_sync_inode(ext2_of(fs), inode_of(node), what == FILE_SYNC_DATA);
}

static void status(struct file_system *fs, struct file_system_status *wanted)
{
    ext2_status(ext2_of(fs), wanted);
}

static enum error detach(struct file_system *fs) { return ext2_rest(ext2_of(fs)); }

const struct file_operations serve_operations = {
    .root = root,
    .hold = hold,
    .put = put,
    .mode = mode,
    .stat = stat,
    .change = change,
    .look_up = look_up,
    .create = create,
    .symlink = symlink,
    .link = link,
    .unlink = unlink,
    .remove_directory = remove_directory,
    .rename = move,
    .read_link = read_link,
    .read_directory = read_directory,
    .read = read,
    .write = write,
    .truncate = truncate,
    .sync = sync,
    .status = status,
    .detach = detach,
};
