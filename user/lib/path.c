/* path.c - from a path to a server: whom to ask, and where to go on.
 *
 * `/dev/NAME` is the channel that the name service knows under NAME, and what follows NAME is a
 * path inside that server. Any other absolute path goes to the root file server, a relative one to
 * the directory that it starts from. A server at whose border a path leaves says where it goes on
 * (FILE_GO_ON of proto/file.h) and what is left of it: every message with a path goes through the
 * one loop here.
 */
#include "posix.h"

#include <fcntl.h>
#include <octavo/names.h>
#include <string.h>

/* Where a message goes next. */
struct way {
    int channel;
    bool owned; /* it was made on the way, and is closed after the message */
    const char *path;
};

static size_t maximum(size_t a, size_t b) { return a > b ? a : b; }

/* The text behind `/dev/`, with any number of slashes for each; NULL for other paths. */
static const char *device_name(const char *path)
{
    const char *name = path + strspn(path, "/");

    if (name == path || strncmp(name, "dev/", 4) != 0)
        return NULL;
    name += 4 + strspn(name + 4, "/");
    return *name == '\0' ? NULL : name;
}

/* Where a path begins that is not empty: at a device, at the root, or at `directory`. */
static long begin(int directory, const char *path, struct way *way)
{
    const char *device = device_name(path);
    size_t length;
    long channel;

    if (device == NULL) {
        *way = (struct way){.channel = *path == '/' ? HANDLE_ROOT : directory, .path = path};
        return 0;
    }
    length = strcspn(device, "/");
    channel = name_lookup(device, length, false);
    if (channel < 0)
        return channel;
    device += length;
    *way =
        (struct way){.channel = (int)channel, .owned = true, .path = device + strspn(device, "/")};
    return 0;
}

/* Puts the path and what goes with it into the buffer. -> bytes. */
static size_t compose(const struct path_request *request, const char *path, char *buffer)
{
    size_t length = strlen(path);
    char *place = buffer + request->before_size;

    if (request->before_size > 0)
        memcpy(buffer, request->before, request->before_size);
    memcpy(place, path, length + 1);
    if (request->after == NULL)
        return request->before_size + length;
    strcpy(place + length + 1, request->after);
    return request->before_size + length + 1 + strlen(request->after);
}

static long send(const struct way *way, const struct path_request *request,
                 struct path_reply *reply)
{
    size_t size = compose(request, way->path, reply->buffer);
    long status;

    reply->message = (struct message){
        .label = request->label,
        .word = {request->word[0], request->word[1], request->word[2]},
        .buffer = reply->buffer,
        .length = maximum(size, FILE_PATH_MAX) | BUFFER_IN | BUFFER_OUT,
    };
    status = message_call(way->channel, &reply->message);
    if (way->owned)
        handle_close(way->channel);
    return status;
}

static void drop_handle(struct message *m)
{
    if (message_has_handle(m))
        handle_close(message_take_handle(m));
}

/* From the answer FILE_GO_ON to the next part of the way, whose text goes to `rest`: the buffer
 * will be made anew from it. */
static long go_on(struct path_reply *reply, char *rest, struct way *way)
{
    struct message *m = &reply->message;
    uint64_t length = m->word[1];

    if (length > FILE_PATH_MAX) {
        drop_handle(m);
        return -E_IO;
    }
    memcpy(rest, reply->buffer, length);
    rest[length] = '\0';
    if (m->word[0] == FILE_FROM_CHANNEL && message_has_handle(m)) {
        *way = (struct way){.channel = message_take_handle(m), .owned = true, .path = rest};
        return 0;
    }
    drop_handle(m);
    if (m->word[0] != FILE_FROM_ROOT)
        return -E_IO;
    return begin(HANDLE_ROOT, rest, way);
}

/* The reply's handle is the caller's. */
static long walk(int directory, const char *path, const struct path_request *request,
                 struct path_reply *reply)
{
    char rest[FILE_PATH_MAX + 1];
    struct way way;
    long status = begin(directory, path, &way);

    for (int steps = 0; status >= 0; steps++) {
        status = send(&way, request, reply);
        if (status != FILE_GO_ON)
            break;
        if (steps == FILE_GO_ON_MAX) {
            drop_handle(&reply->message);
            return -E_LOOP;
        }
        status = go_on(reply, rest, &way);
    }
    return status == -E_NOSYS ? -E_INVAL : status;
}

static long check_path(const char *path)
{
    if (*path == '\0')
        return -E_NOENT;
    return strnlen(path, FILE_PATH_MAX + 1) > FILE_PATH_MAX ? -E_NAMETOOLONG : 0;
}

static long start_walk(int directory, const char *path, const struct path_request *request,
                       struct path_reply *reply)
{
    long wrong = check_path(path);

    reply->message.label = 0;
    if (wrong < 0)
        return wrong;
    return walk(directory == AT_FDCWD ? HANDLE_CWD : directory, path, request, reply);
}

long path_call(int directory, const char *path, const struct path_request *request,
               struct path_reply *reply)
{
    long status = start_walk(directory, path, request, reply);

    drop_handle(&reply->message);
    return status;
}

long path_tell(int directory, const char *path, const struct path_request *request)
{
    struct path_reply reply;
    long status = path_call(directory, path, request, &reply);

    return status > 0 ? 0 : status;
}

long path_open(int directory, const char *path, int flags, mode_t mode)
{
    struct path_request request = {
        .label = FILE_OPEN,
        .word = {(uint64_t)(flags & ~O_CLOEXEC), mode},
    };
    struct path_reply reply;
    long status = start_walk(directory, path, &request, &reply);
    int file = message_take_handle(&reply.message);

    if (status < 0) {
        if (file != HANDLE_NONE)
            handle_close(file);
        return status;
    }
    if (file != HANDLE_NONE && (flags & O_CLOEXEC) != 0)
        handle_control(file, HANDLE_SET_FLAGS, HANDLE_CLOEXEC);
    return file != HANDLE_NONE ? file : -E_IO;
}

long path_split(const char *path, struct path_parts *parts)
{
    long wrong = check_path(path);
    size_t end, start;

    if (wrong < 0)
        return wrong;
    end = strlen(path);
    while (end > 0 && path[end - 1] == '/')
        end--;
    start = end;
    while (start > 0 && path[start - 1] != '/')
        start--;
    strlcpy(parts->directory, path, (end == 0 ? 1 : start) + 1);
    memcpy(parts->name, path + start, end - start);
    parts->name[end - start] = '\0';
    if (end > 0 && path[end] == '/')
        strcpy(parts->name + end - start, "/");
    return 0;
}
