/* mounting.c - FILE_MOUNT, FILE_UNMOUNT and FILE_ATTACH. */
#include "request.h"

#include <octavo/handle.h>

#include <sys/stat.h>

#include "mounts.h"

/* Does a channel ride on the message that may be given on? */
static bool has_channel(const struct file_request *request)
{
    const long rights = (RIGHT_SEND | RIGHT_DUP) << 8;
    long kind;

    if (!message_has_handle(request->message))
        return false;
    kind = handle_control((int)request->message->word[2], HANDLE_GET, 0);
    return kind >= 0 && (kind & 0xff) == OBJECT_CHANNEL && (kind & rights) == rights;
}

static long mount(const struct file_request *request, struct walk *walk)
{
    enum error error;

    if ((request_mode(request, walk->node) & S_IFMT) != S_IFDIR)
        return -E_NOTDIR;
    if (walk->node == files_root())
        return -E_BUSY;
    error = mounts_add(walk->node, (int)request->message->word[2]);
    if (error == E_OK) {
        (void)message_take_handle(request->message);
        walk->node = NULL; /* the mount's now */
    }
    return -(long)error;
}

long request_mount(const struct file_request *request)
{
    struct walk walk;
    long status;

    if (!has_channel(request))
        return -E_INVAL;
    status = request_begin_walk(request, 0, &walk, NULL);
    if (status != 0)
        return status;
    status = walk_find(&walk, request->file->node, WALK_FOLLOW);
    if (status == 0)
        status = mount(request, &walk);
    return request_end_walk(request, &walk, status);
}

long request_unmount(const struct file_request *request)
{
    struct walk walk;
    long status = request_begin_walk(request, 0, &walk, NULL);

    if (status != 0)
        return status;
    status = walk_path(&walk, request->file->node, WALK_NAME);
    if (status == 0 && walk.node == NULL)
        status = -E_NOENT;
    if (status == 0)
        status = -(long)mounts_remove(request->fs, walk.node);
    return request_end_walk(request, &walk, status);
}

/* The asker's own channel does not count as an open file. */
static bool is_in_use(const struct file_request *request)
{
    uint32_t own = request->message->badge != FILE_SERVER_ROOT;

    return files_count() > own || mounts_any();
}

static long detach(const struct file_request *request)
{
    struct file_system *fs = request->fs;
    enum error error = E_OK;

    if (!mounts_attached())
        return -E_INVAL;
    if (is_in_use(request))
        return -E_BUSY;
    if (fs->operations->detach != NULL)
        error = fs->operations->detach(fs);
    return error == E_OK ? -(long)mounts_detach() : -(long)error;
}

static long attach(const struct file_request *request)
{
    char path[FILE_PATH_MAX + 1];
    long length = request_read_text(request, 0, path);
    enum error error;

    if (length < 0)
        return length;
    if (path[0] != '/' || !has_channel(request))
        return -E_INVAL;
    error = mounts_attach((int)request->message->word[2], path, (size_t)length);
    if (error == E_OK)
        (void)message_take_handle(request->message);
    return -(long)error;
}

long request_attach(const struct file_request *request)
{
    if (request->file->node != files_root())
        return -E_INVAL;
    return message_has_handle(request->message) ? attach(request) : detach(request);
}
