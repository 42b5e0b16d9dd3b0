/* describe.c - what a file, or the file system, is; and what describes a file, changed. */
#include "request.h"

#include <fcntl.h>

enum {
    CHANGES = FILE_CHANGE_MODE | FILE_CHANGE_USER | FILE_CHANGE_GROUP | FILE_CHANGE_ACCESSED |
              FILE_CHANGE_MODIFIED,
    PERMISSIONS = 07777,
};

/* What FILE_SET_FLAGS may change. */
#define STATUS_FLAGS ((uint32_t)(O_APPEND | O_NONBLOCK))

static long give(const struct file_request *request, const void *bytes, size_t size)
{
    long written = message_write(request->message, bytes, size);

    return written < 0 ? written : 0;
}

static long give_status(const struct file_request *request, struct file_node *node)
{
    struct file_status status = {0};

    request->fs->operations->stat(request->fs, node, &status);
    return give(request, &status, sizeof status);
}

/* FILE_NO_FOLLOW or 0, as flags of a walk. */
static unsigned walk_flags(uint64_t flags)
{
    return (flags & FILE_NO_FOLLOW) != 0 ? 0 : WALK_FOLLOW;
}

long request_stat(const struct file_request *request)
{
    return give_status(request, request->file->node);
}

long request_stat_path(const struct file_request *request)
{
    struct walk walk;
    long status = request_begin_walk(request, 0, &walk, NULL);

    if (status != 0)
        return status;
    status = walk_find(&walk, request->file->node, walk_flags(request->message->word[0]));
    if (status == 0)
        status = give_status(request, walk.node);
    return request_end_walk(request, &walk, status);
}

long request_stat_system(const struct file_request *request)
{
    struct file_system_status status = {
        .name_max = FILE_NAME_MAX,
        .read_only = request->fs->read_only,
    };

    if (request->fs->operations->status == NULL)
        return -E_NOSYS;
    request->fs->operations->status(request->fs, &status);
    return give(request, &status, sizeof status);
}

static long change(const struct file_request *request, struct file_node *node,
                   struct file_change *wanted)
{
    const struct file_operations *operations = request->fs->operations;

    if ((wanted->fields & ~(uint32_t)CHANGES) != 0)
        return -E_INVAL;
    if (request_check_change(request, operations->change != NULL) != 0)
        return -E_ROFS;
    wanted->mode &= PERMISSIONS;
    return wanted->fields == 0 ? 0 : -(long)operations->change(request->fs, node, wanted);
}

long request_change(const struct file_request *request)
{
    struct file_change wanted;
    struct walk walk;
    long status = -E_INVAL;

    if (message_buffer(request->message, BUFFER_IN) >= sizeof wanted)
        status = ipc_read(request->message->token, 0, &wanted, sizeof wanted);
    if (status >= 0)
        status = request_begin_walk(request, sizeof wanted, &walk, NULL);
    if (status < 0)
        return status;
    status = walk_find(&walk, request->file->node, walk_flags(request->message->word[0]));
    if (status == 0)
        status = change(request, walk.node, &wanted);
    return request_end_walk(request, &walk, status);
}

long request_identify(const struct file_request *request)
{
    request->reply->word[0] = files_number(request->file);
    return 0;
}

long request_get_flags(const struct file_request *request)
{
    request->reply->word[0] = __atomic_load_n(&request->file->flags, __ATOMIC_RELAXED);
    return 0;
}

/* The root's record is everybody's: nobody gets to change it. */
long request_set_flags(const struct file_request *request)
{
    uint32_t wanted = (uint32_t)request->message->word[0] & STATUS_FLAGS;
    uint32_t old = __atomic_load_n(&request->file->flags, __ATOMIC_RELAXED);

    if (request->message->badge == FILE_SERVER_ROOT)
        return -E_PERM;
    while (!__atomic_compare_exchange_n(&request->file->flags, &old, (old & ~STATUS_FLAGS) | wanted,
                                        0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
    return 0;
}
