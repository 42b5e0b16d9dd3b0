/* mount.c - mounting: who tells whom.
 *
 * The mounted server learns where it is (FILE_ATTACH), the server above what is to be seen there
 * (FILE_MOUNT), and init keeps the list. Each step that fails undoes those before.
 */
#include <octavo/mount.h>

#include "posix.h"

#include <fcntl.h>
#include <octavo/names.h>
#include <proto/file.h>
#include <string.h>

/* Of what lies in the root itself the channel that outlives its server. */
long mount_open_above(const char *path)
{
    char above[sizeof((struct mount_entry){0}.path)];
    const char *slash = strrchr(path, '/');

    if (slash == path)
        return handle_dup(HANDLE_ROOT, DUP_LOWEST, RIGHTS_ALL, 0);
    strlcpy(above, path, (size_t)(slash - path) + 1);
    return path_open(HANDLE_ROOT, above, O_RDONLY | O_DIRECTORY, 0);
}

/* Without `parent` it is not mounted any more. */
static long attach(int root, const char *path, int parent)
{
    struct message m = {.label = FILE_ATTACH};

    if (parent != HANDLE_NONE)
        m = (struct message){.label = FILE_ATTACH | MESSAGE_COPY,
                             .word = {0, 0, (uint64_t)parent},
                             .buffer = (void *)path,
                             .length = strlen(path) | BUFFER_IN};
    return file_call(root, &m);
}

static long show(int root, const char *path)
{
    struct path_request request = {.label = FILE_MOUNT | MESSAGE_COPY,
                                   .word = {0, 0, (uint64_t)root}};

    return path_tell(HANDLE_ROOT, path, &request);
}

static long hide(const char *path)
{
    struct path_request request = {.label = FILE_UNMOUNT};

    return path_tell(HANDLE_ROOT, path, &request);
}

static long describe(int root, struct mount_entry *entry)
{
    struct file_system_status status = {0};
    struct message m = {
        .label = FILE_STAT_SYSTEM, .buffer = &status, .length = sizeof(status) | BUFFER_OUT};
    long result = file_call(root, &m);

    if (result < 0)
        return result;
    strlcpy(entry->type, status.type, sizeof(entry->type));
    entry->read_only = status.read_only;
    return 0;
}

static long list(enum mount_label label, const void *what, size_t size)
{
    struct message m = {.label = label, .buffer = (void *)what, .length = size | BUFFER_IN};

    return file_call(HANDLE_NAMES, &m);
}

static long enter(int root, const struct mount_entry *entry)
{
    long result = show(root, entry->path);

    if (result < 0)
        return result;
    result = list(MOUNT_ADD, entry, sizeof(*entry));
    if (result < 0)
        (void)hide(entry->path);
    return result;
}

static long mount_root(int root, struct mount_entry *entry)
{
    long result = describe(root, entry), above;

    if (result < 0)
        return result;
    if (strcmp(entry->path, "/") == 0)
        return list(MOUNT_ADD, entry, sizeof(*entry));
    above = mount_open_above(entry->path);
    if (above < 0)
        return above;
    result = attach(root, entry->path, (int)above);
    handle_close((int)above);
    if (result < 0)
        return result;
    result = enter(root, entry);
    if (result < 0)
        (void)attach(root, NULL, HANDLE_NONE);
    return result;
}

long mount_make(const char *source, const char *path, bool wait)
{
    struct mount_entry entry = {0};
    long root, result;

    if (*path != '/')
        return -E_INVAL;
    if (strlcpy(entry.path, path, sizeof(entry.path)) >= sizeof(entry.path) ||
        strlcpy(entry.source, source, sizeof(entry.source)) >= sizeof(entry.source))
        return -E_NAMETOOLONG;
    root = name_lookup(source, strlen(source), wait);
    if (root < 0)
        return root;
    result = mount_root((int)root, &entry);
    handle_close((int)root);
    return result;
}

bool mount_find(uint64_t number, struct mount_entry *entry)
{
    struct message m = {.label = MOUNT_LIST,
                        .word = {number},
                        .buffer = entry,
                        .length = sizeof(*entry) | BUFFER_OUT};

    return file_call(HANDLE_NAMES, &m) == 1;
}

static bool find_path(const char *path, struct mount_entry *entry)
{
    for (uint64_t i = 0; mount_find(i, entry); i++)
        if (strcmp(entry->path, path) == 0)
            return true;
    return false;
}

/* A server that is gone has nothing open. */
static long detach(const char *source)
{
    long root = name_lookup(source, strlen(source), false), result;

    if (root < 0)
        return 0;
    result = attach((int)root, NULL, HANDLE_NONE);
    handle_close((int)root);
    return result == -E_INVAL || result == -E_PEERDIED ? 0 : result;
}

long mount_remove(const char *path)
{
    struct mount_entry entry;
    long result;

    if (!find_path(path, &entry))
        return -E_NOENT;
    result = detach(entry.source);
    if (result < 0)
        return result;
    result = hide(path);
    if (result < 0 && result != -E_INVAL)
        return result;
    return list(MOUNT_REMOVE, path, strlen(path));
}
