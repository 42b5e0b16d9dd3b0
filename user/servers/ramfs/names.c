/* names.c - names found, made, removed and moved. */
#include "ramfs.h"

#include <string.h>
#include <sys/stat.h>

#include "space.h"

enum { LINKS_MAX = 1000000 };

static bool is_removed(const struct file_node *directory) { return directory->links == 0; }

enum error ramfs_look_up(struct file_system *fs, struct file_node *directory, struct file_name name,
                         struct file_node **found)
{
    struct entry *entry;

    (void)fs;
    if (name.length == 2 && memcmp(name.text, "..", 2) == 0) {
        *found = directory->parent;
    } else {
        entry = entry_find(directory, name);
        if (entry == NULL)
            return E_NOENT;
        *found = entry->node;
    }
    node_hold(*found);
    return E_OK;
}

/* ---- making ---- */

/* Can the directory get the name? Then *entry is ready for it. */
static enum error prepare(struct file_node *directory, struct file_name name, struct entry **entry)
{
    if (is_removed(directory))
        return E_NOENT;
    if (entry_find(directory, name) != NULL)
        return E_EXIST;
    *entry = entry_make(name);
    return *entry != NULL ? E_OK : E_NOSPC;
}

static void insert(struct file_node *directory, struct entry *entry, struct file_node *node)
{
    entry_insert(directory, entry, node);
    node_modified(directory);
}

enum error ramfs_create(struct file_system *fs, struct file_node *directory, struct file_name name,
                        uint32_t mode, struct file_node **made)
{
    struct entry *entry;
    struct file_node *node;
    enum error error = prepare(directory, name, &entry);

    (void)fs;
    if (error != E_OK)
        return error;
    node = node_make(mode);
    if (node == NULL) {
        entry_free(entry);
        return E_NOSPC;
    }
    insert(directory, entry, node);
    node_hold(node);
    *made = node;
    return E_OK;
}

static struct file_node *make_link(const char *target, size_t length)
{
    struct file_node *node = node_make(S_IFLNK | 0777);

    if (node == NULL)
        return NULL;
    node->target = space_take(length + 1);
    if (node->target == NULL) {
        node_free(node);
        return NULL;
    }
    memcpy(node->target, target, length);
    node->size = length;
    return node;
}

enum error ramfs_symlink(struct file_system *fs, struct file_node *directory, struct file_name name,
                         const char *target, size_t length)
{
    struct entry *entry;
    struct file_node *node;
    enum error error = prepare(directory, name, &entry);

    (void)fs;
    if (error != E_OK)
        return error;
    node = make_link(target, length);
    if (node == NULL) {
        entry_free(entry);
        return E_NOSPC;
    }
    insert(directory, entry, node);
    return E_OK;
}

enum error ramfs_link(struct file_system *fs, struct file_node *node, struct file_node *directory,
                      struct file_name name)
{
    struct entry *entry;
    enum error error = prepare(directory, name, &entry);

    (void)fs;
    if (error != E_OK)
        return error;
    if (node->links == 0 || node->links >= LINKS_MAX) {
        entry_free(entry);
        return node->links == 0 ? E_NOENT : E_MLINK;
    }
    insert(directory, entry, node);
    node->changed_ns = directory->changed_ns;
    return E_OK;
}

/* ---- removing ---- */

static void remove_entry(struct file_node *directory, struct entry *entry)
{
    struct file_node *node = entry->node;

    node_hold(node);
    entry_remove(directory, entry);
    entry_free(entry);
    node_modified(directory);
    node->changed_ns = directory->changed_ns;
    node_put(node);
}

enum error ramfs_unlink(struct file_system *fs, struct file_node *directory, struct file_name name)
{
    struct entry *entry = entry_find(directory, name);

    (void)fs;
    if (entry == NULL)
        return E_NOENT;
    if (node_is_directory(entry->node))
        return E_ISDIR;
    remove_entry(directory, entry);
    return E_OK;
}

enum error ramfs_remove_directory(struct file_system *fs, struct file_node *directory,
                                  struct file_name name)
{
    struct entry *entry = entry_find(directory, name);

    (void)fs;
    if (entry == NULL)
        return E_NOENT;
    if (!node_is_directory(entry->node))
        return E_NOTDIR;
    if (entry->node->size > 0)
        return E_NOTEMPTY;
    remove_entry(directory, entry);
    return E_OK;
}

/* ---- moving ---- */

/* Is `node` the directory, or does it lie somewhere above it? */
static bool is_above(const struct file_node *node, const struct file_node *directory)
{
    while (directory != node && directory != directory->parent)
        directory = directory->parent;
    return directory == node;
}

/* May `node`, a name in `from`, replace what has the new name? */
static enum error check_replaced(const struct file_node *node, const struct file_node *from,
                                 const struct file_node *replaced)
{
    if (node_is_directory(replaced) && is_above(replaced, from))
        return E_NOTEMPTY;
    if (node_is_directory(node) && !node_is_directory(replaced))
        return E_NOTDIR;
    if (!node_is_directory(node) && node_is_directory(replaced))
        return E_ISDIR;
    return node_is_directory(replaced) && replaced->size > 0 ? E_NOTEMPTY : E_OK;
}

enum error ramfs_rename(struct file_system *fs, struct file_node *from, struct file_name old,
                        struct file_node *to, struct file_name new)
{
    struct entry *source = entry_find(from, old), *target = entry_find(to, new), *fresh;
    struct file_node *node;
    enum error error = E_OK;

    (void)fs;
    if (source == NULL || is_removed(to))
        return E_NOENT;
    node = source->node;
    if (target != NULL && target->node == node)
        return E_OK;
    if (node_is_directory(node) && is_above(node, to))
        return E_INVAL;
    if (target != NULL)
        error = check_replaced(node, from, target->node);
    if (error != E_OK)
        return error;
    fresh = entry_make(new);
    if (fresh == NULL)
        return E_NOSPC;

    if (target != NULL)
        remove_entry(to, target);
    entry_remove(from, source);
    entry_free(source);
    insert(to, fresh, node);
    from->modified_ns = from->changed_ns = node->changed_ns = to->changed_ns;
    return E_OK;
}
