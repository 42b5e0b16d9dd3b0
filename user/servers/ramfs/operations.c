/* operations.c - the file system in memory, as the library for file servers wants it. */
#include "operations.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "space.h"

static struct file_node *root_node;

enum error ramfs_begin(uint64_t limit)
{
    space_begin(limit);
    root_node = node_make(S_IFDIR | 01777);
    if (root_node == NULL)
        return E_NOSPC;
    root_node->parent = root_node;
    root_node->links = 2;
    node_hold(root_node);
    return E_OK;
}

static enum error get_root(struct file_system *fs, struct file_node **node)
{
    (void)fs;
    node_hold(root_node);
    *node = root_node;
    return E_OK;
}

static void hold(struct file_system *fs, struct file_node *node)
{
    (void)fs;
    node_hold(node);
}

static void put(struct file_system *fs, struct file_node *node)
{
    (void)fs;
    node_put(node);
}

static uint32_t mode(struct file_system *fs, struct file_node *node)
{
    (void)fs;
    return node->mode;
}

static void describe(struct file_system *fs, struct file_node *node, struct file_status *status)
{
    (void)fs;
    node_describe(node, status);
}

static enum error change(struct file_system *fs, struct file_node *node,
                         const struct file_change *wanted)
{
    (void)fs;
    node_change(node, wanted);
    return E_OK;
}

static long read_link(struct file_system *fs, struct file_node *node, char *target, size_t size)
{
    size_t length = node->size < size ? node->size : size;

    (void)fs;
    memcpy(target, node->target, length);
    return (long)length;
}

static long read_directory(struct file_system *fs, struct file_node *directory, uint64_t *position,
                           void *records, size_t size)
{
    (void)fs;
    return entries_fill(directory, position, records, size);
}

/* There is no device: what is written is as safe as it gets. */
static enum error synchronize(struct file_system *fs, struct file_node *node, enum file_sync what)
{
    (void)fs;
    (void)node;
    (void)what;
    return E_OK;
}

static void describe_system(struct file_system *fs, struct file_system_status *status)
{
    (void)fs;
    strcpy(status->type, "ramfs");
    status->device = (uint64_t)getpid();
    status->block_size = SPACE_PAGE;
    status->blocks = space_limit() / SPACE_PAGE;
    status->blocks_free = (space_limit() - space_used()) / SPACE_PAGE;
    status->blocks_available = status->blocks_free;
}

const struct file_operations ramfs_operations = {
    .root = get_root,
    .hold = hold,
    .put = put,
    .mode = mode,
    .stat = describe,
    .change = change,
    .look_up = ramfs_look_up,
    .create = ramfs_create,
    .symlink = ramfs_symlink,
    .link = ramfs_link,
    .unlink = ramfs_unlink,
    .remove_directory = ramfs_remove_directory,
    .rename = ramfs_rename,
    .read_link = read_link,
    .read_directory = read_directory,
    .read = ramfs_read,
    .write = ramfs_write,
    .truncate = ramfs_truncate,
    .sync = synchronize,
    .status = describe_system,
};
