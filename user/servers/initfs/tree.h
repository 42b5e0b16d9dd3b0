#pragma once
/* tree.h - the files of a cpio archive as a tree in which names are found by binary search.
 *
 * The tree is built once and never changes. Nodes are numbered so that a directory stands before
 * what it holds, and the children of one directory stand side by side in the order of their names;
 * the same archive always gives the same numbers. Names and contents stay in the archive, which
 * must live as long as the tree. Directories that the archive only implies are there too.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <octavo/cpio.h>
#include <octavo/error.h>

enum { TREE_ROOT = 0 };

struct tree_node {
    const char *path; /* in the archive, from the root, no leading slash */
    uint32_t path_length;
    uint32_t name_offset; /* of the last component in path */
    uint32_t depth;       /* components in path */
    uint32_t mode;        /* type and permissions, as in <sys/stat.h> */
    uint32_t links;
    uint32_t modified; /* seconds since 1970 */
    bool implied;      /* the archive has no entry for this directory */
    uint32_t parent;   /* the root is its own */
    uint32_t first_child, child_count;
    const char *data; /* contents of a file, target of a link */
    size_t size;      /* of data, bytes */
};

struct tree {
    struct tree_node *node;
    uint32_t count, capacity;
    const char *complaint; /* what in the archive was left out, for people; NULL: nothing */
};

/* Builds the tree of `archive`. What comes after a malformed entry, and files with impossible
 * names, are left out and tree->complaint says so. E_NOMEM: nothing is kept. */
enum error tree_build(struct tree *tree, const struct cpio *archive) MUST_USE;

void tree_destroy(struct tree *tree);

/* Finds what a directory holds under the name of `length` bytes. E_NOENT. */
enum error tree_look_up(const struct tree *tree, uint32_t directory, const char *name,
                        size_t length, uint32_t *found) MUST_USE;

/* The bytes of a node's own name; "" for the root. They are not followed by a NUL. */
const char *tree_name(const struct tree_node *node, size_t *length);

bool tree_is_directory(const struct tree_node *node);
