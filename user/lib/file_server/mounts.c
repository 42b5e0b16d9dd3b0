/* mounts.c - what is mounted on directories of this server, and where it is mounted itself.
 *
 * Lock: list_lock guards everything here; mount_count and attached are read without it where a
 * look that is a moment old will do.
 */
#include "mounts.h"

#include <octavo/calls.h>
#include <octavo/thread.h>

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

struct mount {
    LIST_ENTRY(mount) link;
    struct file_node *node; /* held */
    int channel;            /* owned */
};

static struct mutex list_lock;
static LIST_HEAD(, mount) mounts = LIST_HEAD_INITIALIZER(mounts);
static unsigned mount_count;

static bool attached, refuses_attach;
static int parent_channel; /* owned while attached */
static char prefix[FILE_PATH_MAX];
static size_t prefix_length;

static struct mount *find_locked(const struct file_node *node)
{
    struct mount *mount;

    LIST_FOREACH(mount, &mounts, link) {
        if (mount->node == node)
            return mount;
    }
    return NULL;
}

bool mounts_any(void) { return __atomic_load_n(&mount_count, __ATOMIC_RELAXED) > 0; }

enum error mounts_add(struct file_node *node, int channel)
{
    struct mount *mount = malloc(sizeof *mount);
    bool busy;

    if (mount == NULL)
        return E_NOMEM;
    *mount = (struct mount){.node = node, .channel = channel};
    mutex_lock(&list_lock);
    busy = find_locked(node) != NULL;
    if (!busy) {
        LIST_INSERT_HEAD(&mounts, mount, link);
        __atomic_fetch_add(&mount_count, 1, __ATOMIC_RELAXED);
    }
    mutex_unlock(&list_lock);
    if (busy)
        free(mount);
    return busy ? E_BUSY : E_OK;
}

enum error mounts_remove(struct file_system *fs, struct file_node *node)
{
    struct mount *mount;

    mutex_lock(&list_lock);
    mount = find_locked(node);
    if (mount != NULL) {
        LIST_REMOVE(mount, link);
        __atomic_fetch_sub(&mount_count, 1, __ATOMIC_RELAXED);
    }
    mutex_unlock(&list_lock);
    if (mount == NULL)
        return E_INVAL;
    handle_close(mount->channel);
    fs->operations->put(fs, mount->node);
    free(mount);
    return E_OK;
}

static long duplicate(int channel) { return handle_dup(channel, DUP_LOWEST, RIGHTS_ALL, 0); }

bool mounts_has(const struct file_node *node)
{
    bool has;

    if (!mounts_any())
        return false;
    mutex_lock(&list_lock);
    has = find_locked(node) != NULL;
    mutex_unlock(&list_lock);
    return has;
}

long mounts_enter(const struct file_node *node)
{
    long channel = HANDLE_NONE;
    struct mount *mount;

    if (!mounts_any())
        return HANDLE_NONE;
    mutex_lock(&list_lock);
    mount = find_locked(node);
    if (mount != NULL)
        channel = duplicate(mount->channel);
    mutex_unlock(&list_lock);
    return channel;
}

/* ---- where this server is mounted ---- */

bool mounts_attached(void) { return __atomic_load_n(&attached, __ATOMIC_RELAXED); }

void mounts_refuse_attach(void) { refuses_attach = true; }

enum error mounts_attach(int parent, const char *path, size_t length)
{
    enum error error = E_BUSY;

    while (length > 0 && path[length - 1] == '/')
        length--;
    mutex_lock(&list_lock);
    if (!attached && !refuses_attach) {
        memcpy(prefix, path, length);
        prefix_length = length;
        parent_channel = parent;
        __atomic_store_n(&attached, true, __ATOMIC_RELAXED);
        error = E_OK;
    }
    mutex_unlock(&list_lock);
    return error;
}

enum error mounts_detach(void)
{
    bool was;

    mutex_lock(&list_lock);
    was = attached;
    if (was)
        handle_close(parent_channel);
    __atomic_store_n(&attached, false, __ATOMIC_RELAXED);
    mutex_unlock(&list_lock);
    return was ? E_OK : E_INVAL;
}

long mounts_leave(void)
{
    long channel;

    mutex_lock(&list_lock);
    channel = attached ? duplicate(parent_channel) : -E_NOENT;
    mutex_unlock(&list_lock);
    return channel;
}

size_t mounts_prefix(char path[FILE_PATH_MAX])
{
    size_t length;

    mutex_lock(&list_lock);
    length = attached ? prefix_length : 0;
    memcpy(path, prefix, length);
    mutex_unlock(&list_lock);
    return length;
}
