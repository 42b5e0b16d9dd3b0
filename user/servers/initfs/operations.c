/* operations.c - the tree of an archive as a file system.
 *
 * Nodes are those of the tree, which never changes: they need no holding. Contents are copied but
 * once, from the archive, which is mapped, to the reader's buffer.
 */
#include "operations.h"

#include <string.h>

#include "directory.h"

enum {
    DEVICE_NUMBER = 1, /* of this file system, in struct file_status */
    BLOCK_SIZE = 4096,
    BLOCK_UNIT = 512,
};

struct tree initfs_tree;

static struct tree_node *of(struct file_node *node) { return (struct tree_node *)node; }

static uint32_t number_of(struct file_node *node)
{
    return (uint32_t)(of(node) - initfs_tree.node);
}

static struct file_node *node_of(uint32_t number)
{
    return (struct file_node *)&initfs_tree.node[number];
}

static enum error get_root(struct file_system *fs, struct file_node **node)
{
    (void)fs;
    *node = node_of(TREE_ROOT);
    return E_OK;
}

/* Holding a node, and letting go of it. */
static void nothing(struct file_system *fs, struct file_node *node)
{
    (void)fs;
    (void)node;
}

static uint32_t mode(struct file_system *fs, struct file_node *node)
{
    (void)fs;
    return of(node)->mode;
}

static void describe(struct file_system *fs, struct file_node *node, struct file_status *status)
{
    const struct tree_node *file = of(node);
    int64_t modified_ns = (int64_t)file->modified * 1000000000;

    (void)fs;
    *status = (struct file_status){
        .device = DEVICE_NUMBER,
        .inode = directory_inode(number_of(node)),
        .mode = file->mode,
        .links = file->links,
        .size = tree_is_directory(file) ? file->child_count : file->size,
        .blocks = (file->size + BLOCK_UNIT - 1) / BLOCK_UNIT,
        .block_size = BLOCK_SIZE,
        .accessed_ns = modified_ns,
        .modified_ns = modified_ns,
        .changed_ns = modified_ns,
    };
}

static enum error look_up(struct file_system *fs, struct file_node *directory,
                          struct file_name name, struct file_node **found)
{
    uint32_t number;
    enum error error;

    (void)fs;
    if (name.length == 2 && memcmp(name.text, "..", 2) == 0) {
        *found = node_of(of(directory)->parent);
        return E_OK;
    }
    error = tree_look_up(&initfs_tree, number_of(directory), name.text, name.length, &number);
    if (error == E_OK)
        *found = node_of(number);
    return error;
}

static long read_link(struct file_system *fs, struct file_node *node, char *target, size_t size)
{
    size_t length = of(node)->size < size ? of(node)->size : size;

    (void)fs;
    memcpy(target, of(node)->data, length);
    return (long)length;
}

static long read_directory(struct file_system *fs, struct file_node *directory, uint64_t *position,
                           void *records, size_t size)
{
    (void)fs;
    return directory_fill(&initfs_tree, number_of(directory), position, records, size);
}

static long read_file(struct file_system *fs, struct file_node *node, uint64_t offset,
                      struct file_transfer *to)
{
    const struct tree_node *file = of(node);
    size_t length;
    enum error error;

    (void)fs;
    if (offset >= file->size)
        return 0;
    length = file->size - offset < to->length ? file->size - offset : to->length;
    error = file_transfer_out(to, file->data + offset, length);
    return error == E_OK ? (long)length : -(long)error;
}

static enum error synchronize(struct file_system *fs, struct file_node *node, enum file_sync what)
{
    (void)fs;
    (void)node;
    (void)what;
    return E_OK;
}

static void describe_system(struct file_system *fs, struct file_system_status *status)
{
    uint64_t bytes = 0;

    (void)fs;
    for (uint32_t i = 0; i < initfs_tree.count; i++)
        bytes += initfs_tree.node[i].size;
    strcpy(status->type, "initfs");
    status->device = DEVICE_NUMBER;
    status->block_size = BLOCK_SIZE;
    status->blocks = (bytes + BLOCK_SIZE - 1) / BLOCK_SIZE;
    status->files = initfs_tree.count;
}

const struct file_operations initfs_operations = {
    .root = get_root,
    .hold = nothing,
    .put = nothing,
    .mode = mode,
    .stat = describe,
    .look_up = look_up,
    .read_link = read_link,
    .read_directory = read_directory,
    .read = read_file,
    .sync = synchronize,
    .status = describe_system,
};
