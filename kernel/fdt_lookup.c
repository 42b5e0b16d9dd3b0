/* fdt_lookup.c - finds nodes and properties of an opened device tree by name, path and phandle.
 *
 * Invariant: a value is used only after its length has been found to be that of its type.
 *
 * Lock: none, see fdt.h.
 */
#include "fdt.h"

#include <string.h>

enum error fdt_property_find(const struct fdt_node *node, const char *name,
                             struct fdt_property *property)
{
    struct fdt_property candidate;
    for (uint32_t cursor = 0; fdt_property_next(node, &cursor, &candidate);) {
        if (strcmp(candidate.name, name) == 0) {
            *property = candidate;
            return E_OK;
        }
    }
    return E_NOENT;
}

enum error fdt_property_u64(const struct fdt_node *node, const char *name, uint64_t *value)
{
    struct fdt_property property;
    enum error error = fdt_property_find(node, name, &property);
    if (error != E_OK)
        return error;
    if (property.length == 4)
        *value = fdt_cell(property.value);
    else if (property.length == 8)
        *value = (uint64_t)fdt_cell(property.value) << 32 | fdt_cell(property.value + 4);
    else
        return fdt_refuse(node->fdt, node, "a property that should be a number is none");
    return E_OK;
}

enum error fdt_property_u32(const struct fdt_node *node, const char *name, uint32_t *value)
{
    struct fdt_property property;
    enum error error = fdt_property_find(node, name, &property);
    if (error != E_OK)
        return error;
    if (property.length != 4)
        return fdt_refuse(node->fdt, node, "a property that should be a 32-bit number is none");
    *value = fdt_cell(property.value);
    return E_OK;
}

enum error fdt_property_string(const struct fdt_node *node, const char *name, const char **value)
{
    struct fdt_property property;
    enum error error = fdt_property_find(node, name, &property);
    if (error != E_OK)
        return error;
    if (!memchr(property.value, '\0', property.length))
        return fdt_refuse(node->fdt, node, "a property that should be a string does not end");
    *value = (const char *)property.value;
    return E_OK;
}

bool fdt_property_lists(const struct fdt_node *node, const char *name, const char *text)
{
    struct fdt_property property;
    if (fdt_property_find(node, name, &property) != E_OK)
        return false;
    const char *string = (const char *)property.value;
    for (size_t left = property.length; left > 0;) {
        const char *end = memchr(string, '\0', left);
        if (!end) /* the last one does not end: it is no string */
            return false;
        if (strcmp(string, text) == 0)
            return true;
        left -= (size_t)(end + 1 - string);
        string = end + 1;
    }
    return false;
}

uint32_t fdt_node_phandle(const struct fdt_node *node)
{
    uint32_t phandle = 0;
    return fdt_property_u32(node, "phandle", &phandle) == E_OK ? phandle : 0;
}

bool fdt_node_available(const struct fdt_node *node)
{
    struct fdt_property status;
    return fdt_property_find(node, "status", &status) != E_OK ||
           fdt_property_lists(node, "status", "okay") || fdt_property_lists(node, "status", "ok");
}

bool fdt_node_compatible(const struct fdt_node *node, const char *name)
{
    return fdt_property_lists(node, "compatible", name);
}

/* --- Finding ---------------------------------------------------------------------------------- */

enum error fdt_node_path(const struct fdt_node *node, char *path, size_t size)
{
    struct fdt_node step = *node;
    size_t used = 0;
    for (step.depth = node->depth ? 1 : 0; step.depth <= node->depth; step.depth++) {
        const char *name = step.depth ? fdt_node_name(&step) : "";
        size_t length = strlen(name);
        if (size - used < length + 2) /* the slash, the name, the final NUL */
            return E_NAMETOOLONG;
        path[used] = '/';
        memcpy(path + used + 1, name, length + 1);
        used += length + 1;
    }
    return E_OK;
}

/* Whether a node of this name is meant by name[0, length), which may leave out the unit address. */
static bool name_matches(const char *full, const char *name, size_t length)
{
    if (strncmp(full, name, length) != 0)
        return false;
    return full[length] == '\0' || (full[length] == '@' && !memchr(name, '@', length));
}

/* Moves *node to its child called name[0, length). */
static bool child_find(struct fdt_node *node, const char *name, size_t length)
{
    struct fdt_node child;
    for (bool more = fdt_node_child(node, &child); more; more = fdt_node_sibling(&child)) {
        if (name_matches(fdt_node_name(&child), name, length)) {
            *node = child;
            return true;
        }
    }
    return false;
}

/* Moves *node down a path of which the leading slash may be missing. */
static bool path_descend(struct fdt_node *node, const char *path)
{
    for (;;) {
        path += strspn(path, "/");
        size_t length = strcspn(path, "/:");
        if (length == 0)
            return true;
        if (!child_find(node, path, length))
            return false;
        path += length;
    }
}

/* The path that the alias name[0, length) stands for, or NULL. */
static const char *alias_find(struct fdt *fdt, const char *name, size_t length)
{
    struct fdt_node aliases = fdt_root(fdt);
    struct fdt_property alias;
    if (!path_descend(&aliases, "/aliases"))
        return NULL;
    for (uint32_t cursor = 0; fdt_property_next(&aliases, &cursor, &alias);) {
        if (strncmp(alias.name, name, length) == 0 && alias.name[length] == '\0' &&
            memchr(alias.value, '\0', alias.length) && alias.value[0] == '/')
            return (const char *)alias.value;
    }
    return NULL;
}

enum error fdt_node_find(struct fdt *fdt, const char *path, struct fdt_node *node)
{
    struct fdt_node found = fdt_root(fdt);
    if (*path != '/') {
        size_t length = strcspn(path, "/:");
        const char *alias = alias_find(fdt, path, length);
        if (!alias || !path_descend(&found, alias))
            return E_NOENT;
        path += length;
    }
    if (!path_descend(&found, path))
        return E_NOENT;
    *node = found;
    return E_OK;
}

enum error fdt_node_by_phandle(struct fdt *fdt, uint32_t phandle, struct fdt_node *node)
{
    if (phandle == 0 || phandle == UINT32_MAX) /* neither is one: §2.3.3, and the linker's mark */
        return E_NOENT;
    struct fdt_node candidate = fdt_root(fdt);
    do {
        if (fdt_node_phandle(&candidate) == phandle) {
            *node = candidate;
            return E_OK;
        }
    } while (fdt_node_next(&candidate));
    return E_NOENT;
}
