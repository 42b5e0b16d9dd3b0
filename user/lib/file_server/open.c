/* open.c - FILE_OPEN: what the O_ flags ask for, checked in the order in which Linux checks. */
#include "request.h"

#include <octavo/calls.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "serve.h"

enum { TRIES = 8, PERMISSIONS = 07777 };

/* What the record of an open file keeps. */
#define KEPT_FLAGS (O_ACCMODE | O_APPEND | O_NONBLOCK | O_SYNC)

static bool writes(uint64_t flags)
{
    return (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0;
}

static bool has(uint64_t flags, uint64_t wanted) { return (flags & wanted) == wanted; }

static bool are_possible(uint64_t flags)
{
    uint64_t access = flags & O_ACCMODE;

    return (access == O_RDONLY || access == O_WRONLY || access == O_RDWR) &&
           !has(flags, O_CREAT | O_DIRECTORY);
}

/* May what is there be opened so? */
static enum error check_found(const struct file_request *request, const struct walk *walk,
                              uint64_t flags)
{
    uint32_t type = request_mode(request, walk->node) & S_IFMT;

    if (has(flags, O_CREAT | O_EXCL))
        return E_EXIST;
    if (type == S_IFDIR)
        return has(flags, O_CREAT) || writes(flags) ? E_ISDIR : E_OK;
    if (walk->slash || has(flags, O_DIRECTORY))
        return E_NOTDIR;
    if (type == S_IFLNK)
        return E_LOOP;
    if (type != S_IFREG)
        return E_NODEV;
    return writes(flags) && request->fs->read_only ? E_ROFS : E_OK;
}

static enum error create(const struct file_request *request, struct walk *walk, uint64_t mode)
{
    const struct file_operations *operations = request->fs->operations;

    if (request_check_change(request, operations->create != NULL) != 0)
        return E_ROFS;
    return operations->create(request->fs, walk->directory, walk->name,
                              S_IFREG | ((uint32_t)mode & PERMISSIONS), &walk->node);
}

static enum error truncate(const struct file_request *request, struct file_node *node)
{
    const struct file_operations *operations = request->fs->operations;

    if (request_check_change(request, operations->truncate != NULL) != 0)
        return E_ROFS;
    return operations->truncate(request->fs, node, 0);
}

/* Leads to an open file in walk->node, made or found. -> 0, FILE_GO_ON or a negated error. */
static long find(const struct file_request *request, struct walk *walk)
{
    uint64_t flags = request->message->word[0];
    bool follow = !has(flags, O_NOFOLLOW) && !has(flags, O_CREAT | O_EXCL);
    long status = walk_path(walk, request->file->node,
                            (follow ? WALK_FOLLOW : 0) | (has(flags, O_CREAT) ? WALK_FILE : 0));
    enum error error;

    if (status != 0)
        return status;
    if (walk->node == NULL && !has(flags, O_CREAT))
        return -E_NOENT;
    if (walk->node == NULL)
        return -(long)create(request, walk, request->message->word[1]);
    error = check_found(request, walk, flags);
    if (error == E_OK && has(flags, O_TRUNC))
        error = truncate(request, walk->node);
    return -(long)error;
}

/* Gives the caller a channel to walk->node. */
static long give_channel(const struct file_request *request, struct walk *walk)
{
    uint64_t badge;
    long channel;
    enum error error =
        files_open(walk->node, (uint32_t)request->message->word[0] & KEPT_FLAGS, &badge);

    if (error != E_OK)
        return -(long)error;
    walk->node = NULL; /* the record's now */
    channel = channel_create(serve_port(), badge);
    if (channel < 0) {
        files_close(request->fs, badge);
        return channel;
    }
    request->reply->label = MESSAGE_MOVE;
    request->reply->word[2] = (uint64_t)channel;
    return 0;
}

/* One attempt. E_EXIST without O_EXCL: somebody made the file between our look and our creation. */
static long open_once(const struct file_request *request)
{
    struct walk walk;
    long status = request_begin_walk(request, 0, &walk, NULL);

    if (status != 0)
        return status;
    status = find(request, &walk);
    if (status == 0)
        status = give_channel(request, &walk);
    return request_end_walk(request, &walk, status);
}

long request_open(const struct file_request *request)
{
    long status;

    if (!are_possible(request->message->word[0]))
        return -E_INVAL;
    for (unsigned i = 0; i < TRIES; i++) {
        status = open_once(request);
        if (status != -E_EXIST || has(request->message->word[0], O_EXCL))
            break;
    }
    return status;
}
