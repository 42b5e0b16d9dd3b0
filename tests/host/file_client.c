/* file_client.c - calls to a file server of the library, in the same process. */
#include "file_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>

#include "lib/file_server/files.h"
#include "lib/file_server/mounts.h"
#include "lib/file_server/serve.h"

enum { START_NUMBER = 77 };

static struct file_system *served;
struct message client_reply;
char client_rest[2 * FILE_PATH_MAX + 2];

void client_begin(struct file_system *fs)
{
    served = fs;
    if (serve_begin(fs, 0, START_NUMBER) != E_OK)
        served = NULL;
}

long client_call(uint64_t badge, struct message *m)
{
    struct message request = *m, reply = {0};
    long status;

    request.token = (uint64_t)m;
    request.badge = badge;
    request.buffer = NULL;
    if (message_has_handle(&request))
        request.word[2] = (uint64_t)handle_dup((int)m->word[2], DUP_LOWEST, RIGHTS_ALL, 0);
    status = serve_message(served, NULL, &request, &reply);
    if (message_has_handle(&request))
        handle_close(message_take_handle(&request));
    m->label = reply.label;
    memcpy(m->word, reply.word, sizeof m->word);
    return status;
}

long client_send(const struct client_request *request)
{
    size_t length = strlen(request->path);
    long status;

    memcpy(client_rest, request->path, length + 1);
    if (request->extra != NULL)
        strcpy(client_rest + length + 1, request->extra);
    client_reply = (struct message){.label = request->label,
                                    .word = {request->word[0], request->word[1]},
                                    .buffer = client_rest,
                                    .length = sizeof client_rest | BUFFER_IN | BUFFER_OUT};
    status = client_call(request->badge, &client_reply);
    if (status == FILE_GO_ON)
        client_rest[client_reply.word[1]] = '\0';
    return status;
}

long client_open(uint64_t badge, const char *path, int flags, unsigned mode)
{
    long status = client_path(badge, FILE_OPEN, (uint64_t)flags, mode, path, NULL);

    return status == 0 ? message_take_handle(&client_reply) : status;
}

void client_close(int channel)
{
    uint64_t badge = handle_badge(channel);

    handle_close(channel);
    serve_closed(served, NULL, badge);
}

long client_transfer(int channel, uint64_t label, uint64_t w0, void *buffer, size_t size)
{
    uint64_t direction = label == FILE_WRITE ? BUFFER_IN : BUFFER_OUT;
    struct message m = {.label = label, .word = {w0}, .buffer = buffer, .length = size | direction};

    return client_call(handle_badge(channel), &m);
}

long client_words(int channel, uint64_t label, uint64_t w0, uint64_t w1)
{
    client_reply = (struct message){.label = label, .word = {w0, w1}};
    return client_call(handle_badge(channel), &client_reply);
}

/* Where the last name of a path begins, whatever slashes stand behind it. */
static size_t last_name(const char *path)
{
    size_t end = strlen(path);

    while (end > 0 && path[end - 1] == '/')
        end--;
    while (end > 0 && path[end - 1] != '/')
        end--;
    return end;
}

long client_move(uint64_t badge, uint64_t label, const char *old, const char *new)
{
    size_t split = last_name(new);
    char above[FILE_PATH_MAX + 1], name[FILE_PATH_MAX + 1];
    long directory, status;

    memcpy(above, new, split);
    above[split] = '\0';
    strcpy(name, new + split);
    directory = client_open(badge, above, O_RDONLY | O_DIRECTORY, 0);
    if (directory < 0)
        return directory;
    client_words((int)directory, FILE_IDENTIFY, 0, 0);
    status = client_path(badge, label, client_reply.word[0], FILE_NO_FOLLOW, old, name);
    client_close((int)directory);
    return status;
}

/* ---- what tests do all the time ---- */

void client_make_file(const char *path, const char *text)
{
    long file = client_open(FILE_SERVER_ROOT, path, O_WRONLY | O_CREAT | O_EXCL, 0644);

    assert_true(file >= 0);
    assert_int_equal(
        client_transfer((int)file, FILE_WRITE, FILE_AT_POSITION, (void *)text, strlen(text)),
        strlen(text));
    client_close((int)file);
}

void client_make_directory(const char *path)
{
    assert_int_equal(client_path(FILE_SERVER_ROOT, FILE_MAKE_DIRECTORY, 0755, 0, path, NULL), 0);
}

void client_make_link(const char *path, const char *target)
{
    assert_int_equal(client_path(FILE_SERVER_ROOT, FILE_SYMLINK, 0, 0, path, target), 0);
}

long client_unlink(const char *path)
{
    return client_path(FILE_SERVER_ROOT, FILE_UNLINK, 0, 0, path, NULL);
}

long client_remove(const char *path)
{
    return client_path(FILE_SERVER_ROOT, FILE_UNLINK, FILE_REMOVE_DIRECTORY, 0, path, NULL);
}

long client_stat(const char *path, uint64_t flags)
{
    return client_path(FILE_SERVER_ROOT, FILE_STAT_PATH, flags, 0, path, NULL);
}

long client_mount(const char *path, uint64_t badge)
{
    int channel = (int)channel_create(0, badge);
    struct message m = {.label = FILE_MOUNT | MESSAGE_COPY,
                        .word = {0, 0, (uint64_t)channel},
                        .buffer = (void *)path,
                        .length = strlen(path) | BUFFER_IN};
    long status = client_call(FILE_SERVER_ROOT, &m);

    handle_close(channel);
    return status;
}

long client_unmount(const char *path)
{
    return client_path(FILE_SERVER_ROOT, FILE_UNMOUNT, 0, 0, path, NULL);
}

long client_attach(const char *path, int parent)
{
    struct message m = {.label = FILE_ATTACH | (parent >= 0 ? MESSAGE_COPY : 0),
                        .word = {0, 0, (uint64_t)parent},
                        .buffer = (void *)path,
                        .length = strlen(path) | BUFFER_IN};

    return client_call(FILE_SERVER_ROOT, &m);
}

bool client_is_clean(void)
{
    return files_count() == 0 && handles_open() == 0 && !mounts_any() && !mounts_attached();
}
