/* directory.c - directory entries. Pure: it is tested on the host. */
#include "directory.h"

#include <string.h>

#include "proto/file.h"

enum { OWN_ENTRIES = 2 }; /* "." and ".." */

uint64_t directory_inode(uint32_t node) { return (uint64_t)node + 1; }

/* Entry number `number`, which exists, of a directory: whose node, under which name. */
static uint32_t find_entry(const struct tree *tree, uint32_t node, uint64_t number,
                           const char **name, size_t *length)
{
    const struct tree_node *directory = &tree->node[node];

    if (number < OWN_ENTRIES) {
        *name = "..";
        *length = number + 1;
        return number == 0 ? node : directory->parent;
    }
    uint32_t child = directory->first_child + (uint32_t)(number - OWN_ENTRIES);
    *name = tree_name(&tree->node[child], length);
    return child;
}

/* -> the length of the record, or 0 if it does not fit. */
static size_t put_entry(const struct tree *tree, uint32_t node, uint64_t number, char *buffer,
                        size_t size)
{
    const char *name;
    size_t length;
    uint32_t entry_node = find_entry(tree, node, number, &name, &length);
    size_t record = (offsetof(struct file_entry, name) + length + 1 + 7) & ~(size_t)7;
    struct file_entry entry = {
        .inode = directory_inode(entry_node),
        .length = (uint16_t)record,
        .type = (uint8_t)(tree->node[entry_node].mode >> 12), /* S_IFMT of sys/stat.h as DT_ */
    };

    if (record > size)
        return 0;
    memset(buffer, 0, record);
    memcpy(buffer, &entry, offsetof(struct file_entry, name));
    memcpy(buffer + offsetof(struct file_entry, name), name, length);
    return record;
}

long directory_fill(const struct tree *tree, uint32_t node, uint64_t *position, char *buffer,
                    size_t size)
{
    uint64_t end = (uint64_t)tree->node[node].child_count + OWN_ENTRIES;
    size_t filled = 0;

    while (*position < end) {
        size_t record = put_entry(tree, node, *position, buffer + filled, size - filled);

        if (record == 0)
            return filled > 0 ? (long)filled : -E_INVAL;
        filled += record;
        (*position)++;
    }
    return (long)filled;
}
