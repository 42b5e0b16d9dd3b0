/* tree_build.c - makes the tree from an archive: collect, sort, drop doubles, join to parents.
 *
 * Collected are the entries and, for each, the directories on its way. Sorted by depth and then
 * component by component, parents stand before children, and children of one directory side by
 * side in the order that the search needs.
 */
#include "tree.h"

#include <stdlib.h>
#include <string.h>

#include "proto/file.h"

enum { IMPLIED_MODE = CPIO_DIRECTORY | 0555, FIRST_CAPACITY = 64 };

static enum error add_node(struct tree *tree, const struct tree_node *node)
{
    if (tree->count == tree->capacity) {
        uint32_t capacity = tree->capacity > 0 ? 2 * tree->capacity : FIRST_CAPACITY;
        struct tree_node *grown = realloc(tree->node, capacity * sizeof *grown);

        if (grown == NULL)
            return E_NOMEM;
        tree->node = grown;
        tree->capacity = capacity;
    }
    tree->node[tree->count++] = *node;
    return E_OK;
}

/* Each component must be a name that a lookup can ask for. */
static bool is_possible_path(const char *path, size_t length)
{
    const char *end = path + length;

    if (length > FILE_PATH_MAX)
        return false;
    while (path < end) {
        const char *slash = memchr(path, '/', (size_t)(end - path));
        size_t size = (size_t)((slash != NULL ? slash : end) - path);

        if (size == 0 || size > FILE_NAME_MAX || (size == 1 && path[0] == '.') ||
            (size == 2 && path[0] == '.' && path[1] == '.'))
            return false;
        path += slash != NULL ? size + 1 : size;
    }
    return true;
}

/* Adds the directories that lead to `node`, and sets its name and depth by the way. */
static enum error add_ancestors(struct tree *tree, struct tree_node *node)
{
    for (uint32_t i = 0; i < node->path_length; i++) {
        if (node->path[i] != '/')
            continue;
        struct tree_node ancestor = {
            .path = node->path,
            .path_length = i,
            .name_offset = node->name_offset,
            .depth = ++node->depth,
            .mode = IMPLIED_MODE,
            .links = 1,
            .implied = true,
        };
        enum error error = add_node(tree, &ancestor);
        if (error != E_OK)
            return error;
        node->name_offset = i + 1;
    }
    node->depth += node->path_length > 0;
    return E_OK;
}

static enum error add_entry(struct tree *tree, const struct cpio_entry *entry)
{
    size_t length = strlen(entry->name);

    while (length > 0 && entry->name[length - 1] == '/')
        length--;
    if (!is_possible_path(entry->name, length)) {
        tree->complaint = "a file with an impossible name is left out";
        return E_OK;
    }
    struct tree_node node = {
        .path = entry->name,
        .path_length = (uint32_t)length,
        .mode = entry->mode,
        .links = entry->nlink,
        .modified = entry->mtime,
        .data = entry->data,
        .size = entry->size,
    };
    enum error error = add_ancestors(tree, &node);
    return error == E_OK ? add_node(tree, &node) : error;
}

static enum error collect(struct tree *tree, const struct cpio *archive)
{
    struct tree_node root = {.path = "", .mode = IMPLIED_MODE, .links = 1, .implied = true};
    struct cpio_entry entry = {0};
    size_t cursor = 0;
    enum error error = add_node(tree, &root);

    while (error == E_OK) {
        error = cpio_next(archive, &cursor, &entry);
        if (error == E_NOENT)
            return E_OK;
        if (error == E_OK)
            error = cpio_resolve_link(archive, &entry);
        if (error == E_INVAL) {
            tree->complaint = entry.complaint;
            return E_OK;
        }
        error = add_entry(tree, &entry);
    }
    return error;
}

/* Compares paths of equal depth component by component: a slash comes before any other byte, so
 * that "a/z" and "a-b/c" stand as "a" and "a-b" do. */
static int compare_paths(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t common = a_length < b_length ? a_length : b_length;

    for (size_t i = 0; i < common; i++) {
        if (a[i] == b[i])
            continue;
        if (a[i] == '/' || b[i] == '/')
            return a[i] == '/' ? -1 : 1;
        return (unsigned char)a[i] - (unsigned char)b[i];
    }
    return (a_length > b_length) - (a_length < b_length);
}

static int compare_nodes(const void *left, const void *right)
{
    const struct tree_node *a = left, *b = right;

    if (a->depth != b->depth)
        return a->depth < b->depth ? -1 : 1;
    return compare_paths(a->path, a->path_length, b->path, b->path_length);
}

/* Of two nodes with one path: a directory is needed by what it holds; an entry knows more than an
 * implication; the later entry of an archive replaces the earlier. */
static bool is_better(const struct tree_node *a, const struct tree_node *b)
{
    if (tree_is_directory(a) != tree_is_directory(b))
        return tree_is_directory(a);
    if (a->implied != b->implied)
        return b->implied;
    return a->path > b->path;
}

static void drop_doubles(struct tree *tree)
{
    uint32_t kept = 0;

    for (uint32_t i = 1; i < tree->count; i++) {
        if (compare_nodes(&tree->node[kept], &tree->node[i]) != 0)
            tree->node[++kept] = tree->node[i];
        else if (is_better(&tree->node[i], &tree->node[kept]))
            tree->node[kept] = tree->node[i];
    }
    tree->count = kept + 1;
}

/* Parents come in the same order as their children do, so one pass meets both. */
static void join_parents(struct tree *tree)
{
    uint32_t parent = TREE_ROOT;

    for (uint32_t i = 1; i < tree->count; i++) {
        struct tree_node *node = &tree->node[i];
        size_t length = node->name_offset > 0 ? node->name_offset - 1 : 0;

        while (tree->node[parent].depth + 1 < node->depth ||
               compare_paths(tree->node[parent].path, tree->node[parent].path_length, node->path,
                             length) != 0)
            parent++;
        node->parent = parent;
        if (tree->node[parent].child_count++ == 0)
            tree->node[parent].first_child = i;
    }
}

enum error tree_build(struct tree *tree, const struct cpio *archive)
{
    enum error error;

    *tree = (struct tree){0};
    error = collect(tree, archive);
    if (error != E_OK) {
        tree_destroy(tree);
        return error;
    }
    qsort(tree->node, tree->count, sizeof tree->node[0], compare_nodes);
    drop_doubles(tree);
    join_parents(tree);
    return E_OK;
}

void tree_destroy(struct tree *tree)
{
    free(tree->node);
    *tree = (struct tree){0};
}
