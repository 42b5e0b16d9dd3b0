/* restore.c - mounts that outlive the server: init's list tells one that is started anew.
 *
 * Nobody is called but init and, from a server that is mounted, those on the way to the directory
 * above it: never one below, so no two servers wait for each other.
 */
#include "serve.h"

#include <octavo/mount.h>
#include <octavo/names.h>

#include <string.h>

#include "files.h"
#include "mounts.h"
#include "walk.h"

/* What follows the directory in a path that lies really below it, with its slash; NULL: it does
 * not.
 */
static const char *below(const char *path, const char *directory)
{
    size_t length = strcmp(directory, "/") == 0 ? 0 : strlen(directory);

    bool is_below =
        strncmp(path, directory, length) == 0 && path[length] == '/' && path[length + 1] != '\0';

    return is_below ? path + length : NULL;
}

/* Is there a mount between the two? */
static bool is_deeper(const char *path, const char *own)
{
    struct mount_entry entry;

    for (uint64_t i = 0; mount_find(i, &entry); i++)
        if (strcmp(entry.path, path) != 0 && below(path, entry.path) != NULL &&
            below(entry.path, own) != NULL)
            return true;
    return false;
}

/* Shows what is registered as `source` at `path`, from our root. */
static void show(struct file_system *fs, const char *path, const char *source)
{
    long channel = name_lookup(source, strlen(source), false);
    struct walk walk;

    if (channel < 0)
        return;
    walk_begin(&walk, fs);
    walk.end = walk.at + strlen(path);
    memcpy(walk.at, path, strlen(path));
    if (walk_find(&walk, files_root(), 0) == 0 && mounts_add(walk.node, (int)channel) == E_OK)
        walk.node = NULL; /* both are the mount's now */
    else
        handle_close((int)channel);
    walk_end(&walk);
}

/* Where this server is mounted; false: nowhere. */
static bool find_own(const char *name, char *path, size_t size)
{
    struct mount_entry entry;

    for (uint64_t i = 0; mount_find(i, &entry); i++)
        if (strcmp(entry.source, name) == 0)
            return strlcpy(path, entry.path, size) < size;
    return false;
}

/* -> a handle of the channel that everybody has as `/`, or a negated error. */
static long root_channel(void)
{
    struct mount_entry entry;

    for (uint64_t i = 0; mount_find(i, &entry); i++)
        if (strcmp(entry.path, "/") == 0)
            return name_lookup(entry.source, strlen(entry.source), false);
    return -E_NOENT;
}

static void attach_again(const char *path)
{
    long root = root_channel(), above = root;

    if (root >= 0)
        above = handle_dup((int)root, HANDLE_ROOT, RIGHTS_ALL, 0);
    if (above >= 0)
        above = mount_open_above(path);
    if (root >= 0)
        handle_close((int)root);
    if (above >= 0 && mounts_attach((int)above, path, strlen(path)) != E_OK)
        handle_close((int)above);
    handle_close(HANDLE_ROOT);
}

void restore_mounts(struct file_system *fs, const char *name)
{
    char own[sizeof((struct mount_entry){0}.path)];
    struct mount_entry entry;

    if (!find_own(name, own, sizeof own))
        return;
    if (strcmp(own, "/") == 0)
        mounts_refuse_attach();
    for (uint64_t i = 0; mount_find(i, &entry); i++) {
        const char *rest = below(entry.path, own);

        if (rest != NULL && !is_deeper(entry.path, own))
            show(fs, rest + 1, entry.source);
    }
    if (strcmp(own, "/") != 0)
        attach_again(own);
}
