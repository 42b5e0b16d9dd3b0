/* tree.c - looks names up in the tree that tree_build.c has made.
 *
 * A path is walked one component at a time. A symbolic link puts its target in front of what is
 * left of the path; the pieces wait on a small stack, so nothing is copied and nothing recurses.
 */
#include "tree.h"

#include <string.h>

#include "proto/file.h"

/* What is still to be walked of a path or of a link's target. */
struct piece {
    const char *at, *end;
    bool wants_directory; /* it ends in a slash */
};

/* `here` is where the walked part of the path leads; the last piece is walked next. Each link adds
 * a piece at most, so there is always room. */
struct walk {
    struct piece piece[TREE_LINKS_MAX + 1];
    unsigned pieces, links;
    uint32_t here;
};

struct component {
    const char *bytes;
    size_t length;
};

const char *tree_name(const struct tree_node *node, size_t *length)
{
    *length = node->path_length - node->name_offset;
    return node->path + node->name_offset;
}

bool tree_is_directory(const struct tree_node *node)
{
    return (node->mode & CPIO_TYPE_MASK) == CPIO_DIRECTORY;
}

/* Takes the next component off the piece. False: only slashes were left. */
static bool next_component(struct piece *piece, struct component *component)
{
    while (piece->at < piece->end && *piece->at == '/')
        piece->at++;
    component->bytes = piece->at;
    while (piece->at < piece->end && *piece->at != '/')
        piece->at++;
    component->length = (size_t)(piece->at - component->bytes);
    return component->length > 0;
}

static bool component_is(const struct component *component, const char *name)
{
    return component->length == strlen(name) &&
           memcmp(component->bytes, name, component->length) == 0;
}

/* As strcmp, for a name that no NUL ends. */
static int compare_name(const struct component *component, const struct tree_node *node)
{
    size_t length;
    const char *name = tree_name(node, &length);
    int order =
        memcmp(component->bytes, name, component->length < length ? component->length : length);

    if (order != 0)
        return order;
    return (component->length > length) - (component->length < length);
}

static enum error find_child(const struct tree *tree, uint32_t directory,
                             const struct component *component, uint32_t *child)
{
    uint32_t low = tree->node[directory].first_child;
    uint32_t high = low + tree->node[directory].child_count;

    /* The child, if it exists, is in [low, high). */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = compare_name(component, &tree->node[middle]);

        if (order == 0) {
            *child = middle;
            return E_OK;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return E_NOENT;
}

/* One step from the directory `node`: "." and ".." are not in the archive. */
static enum error find_component(const struct tree *tree, uint32_t node,
                                 const struct component *component, uint32_t *found)
{
    if (!tree_is_directory(&tree->node[node]))
        return E_NOTDIR;
    if (component->length > FILE_NAME_MAX)
        return E_NAMETOOLONG;
    if (component_is(component, ".")) {
        *found = node;
        return E_OK;
    }
    if (component_is(component, "..")) {
        *found = tree->node[node].parent;
        return E_OK;
    }
    return find_child(tree, node, component, found);
}

static enum error check_path(const char *path, size_t length)
{
    if (length > FILE_PATH_MAX)
        return E_NAMETOOLONG;
    if (memchr(path, '\0', length) != NULL)
        return E_INVAL;
    return E_OK;
}

/* Puts `path` in front of what is left to walk. The caller has checked that there is room. */
static void walk_push(struct walk *walk, const char *path, size_t length)
{
    if (length > 0 && path[0] == '/')
        walk->here = TREE_ROOT;
    walk->piece[walk->pieces++] = (struct piece){
        .at = path,
        .end = path + length,
        .wants_directory = length > 0 && path[length - 1] == '/',
    };
}

static enum error walk_follow_link(struct walk *walk, const struct tree_node *link)
{
    if (walk->links++ == TREE_LINKS_MAX)
        return E_LOOP;
    if (link->size == 0)
        return E_NOENT;
    walk_push(walk, link->data, link->size);
    return E_OK;
}

/* Takes one component, or drops a piece of which nothing is left. */
static enum error walk_step(struct walk *walk, const struct tree *tree)
{
    struct piece *piece = &walk->piece[walk->pieces - 1];
    struct component component;
    uint32_t found;

    if (!next_component(piece, &component)) {
        walk->pieces--;
        if (piece->wants_directory && !tree_is_directory(&tree->node[walk->here]))
            return E_NOTDIR;
        return E_OK;
    }
    enum error error = find_component(tree, walk->here, &component, &found);
    if (error != E_OK)
        return error;
    if ((tree->node[found].mode & CPIO_TYPE_MASK) == CPIO_SYMLINK)
        return walk_follow_link(walk, &tree->node[found]);
    walk->here = found;
    return E_OK;
}

enum error tree_resolve(const struct tree *tree, uint32_t start, const char *path, size_t length,
                        uint32_t *node)
{
    struct walk walk = {.here = start};
    enum error error = check_path(path, length);

    if (error != E_OK)
        return error;
    walk_push(&walk, path, length);
    while (error == E_OK && walk.pieces > 0)
        error = walk_step(&walk, tree);
    if (error == E_OK)
        *node = walk.here;
    return error;
}
