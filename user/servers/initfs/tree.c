/* tree.c - looks names up in the tree that tree_build.c has made. */
#include "tree.h"

#include <string.h>

const char *tree_name(const struct tree_node *node, size_t *length)
{
    *length = node->path_length - node->name_offset;
    return node->path + node->name_offset;
}

bool tree_is_directory(const struct tree_node *node)
{
    return (node->mode & CPIO_TYPE_MASK) == CPIO_DIRECTORY;
}

/* As strcmp, for names that no NUL ends. */
static int compare_name(const char *wanted, size_t wanted_length, const struct tree_node *node)
{
    size_t length;
    const char *name = tree_name(node, &length);
    int order = memcmp(wanted, name, wanted_length < length ? wanted_length : length);

    if (order != 0)
        return order;
    return (wanted_length > length) - (wanted_length < length);
}

enum error tree_look_up(const struct tree *tree, uint32_t directory, const char *name,
                        size_t length, uint32_t *found)
{
    uint32_t low = tree->node[directory].first_child;
    uint32_t high = low + tree->node[directory].child_count;

    /* The child, if it exists, is in [low, high). */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = compare_name(name, length, &tree->node[middle]);

        if (order == 0) {
            *found = middle;
            return E_OK;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return E_NOENT;
}
