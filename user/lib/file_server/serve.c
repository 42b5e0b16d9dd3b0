/* serve.c - whose a message is, and which function serves its label. */
#include "serve.h"

#include "request.h"

static int port = HANDLE_NONE;

int serve_port(void) { return port; }

static long serve_request(const struct file_request *request)
{
    static long (*const functions[])(const struct file_request *) = {
        [FILE_OPEN - FILE_OPEN] = request_open,
        [FILE_READ - FILE_OPEN] = request_read,
        [FILE_WRITE - FILE_OPEN] = request_write,
        [FILE_SEEK - FILE_OPEN] = request_seek,
        [FILE_STAT - FILE_OPEN] = request_stat,
        [FILE_READ_DIRECTORY - FILE_OPEN] = request_read_directory,
        [FILE_TRUNCATE - FILE_OPEN] = request_truncate,
        [FILE_SYNC - FILE_OPEN] = request_sync,
        [FILE_STAT_PATH - FILE_OPEN] = request_stat_path,
        [FILE_UNLINK - FILE_OPEN] = request_unlink,
        [FILE_MAKE_DIRECTORY - FILE_OPEN] = request_make_directory,
        [FILE_SYMLINK - FILE_OPEN] = request_symlink,
        [FILE_READ_LINK - FILE_OPEN] = request_read_link,
        [FILE_LINK - FILE_OPEN] = request_link,
        [FILE_RENAME - FILE_OPEN] = request_rename,
        [FILE_CHANGE - FILE_OPEN] = request_change,
        [FILE_IDENTIFY - FILE_OPEN] = request_identify,
        [FILE_GET_PATH - FILE_OPEN] = request_get_path,
        [FILE_GET_FLAGS - FILE_OPEN] = request_get_flags,
        [FILE_SET_FLAGS - FILE_OPEN] = request_set_flags,
        [FILE_STAT_SYSTEM - FILE_OPEN] = request_stat_system,
        [FILE_MAP - FILE_OPEN] = request_map,
        [FILE_MOUNT - FILE_OPEN] = request_mount,
        [FILE_UNMOUNT - FILE_OPEN] = request_unmount,
        [FILE_ATTACH - FILE_OPEN] = request_attach,
    };
    uint64_t number = (request->message->label & MESSAGE_LABEL) - FILE_OPEN;

    return number < sizeof functions / sizeof functions[0] ? functions[number](request) : -E_NOSYS;
}

static bool is_file_badge(uint64_t badge)
{
    return badge == FILE_SERVER_ROOT || (badge & FILE_SERVER_BADGE) != 0;
}

static bool is_file_label(uint64_t label)
{
    return (label & MESSAGE_LABEL) >= FILE_OPEN && (label & MESSAGE_LABEL) <= FILE_ATTACH;
}

long serve_message(struct file_system *fs, struct server *server, struct message *message,
                   struct message *reply)
{
    struct file_request request = {.fs = fs, .message = message, .reply = reply};
    long status;

    if (!is_file_badge(message->badge) || !is_file_label(message->label))
        return fs->handle != NULL ? fs->handle(server, message, reply) : -E_NOSYS;
    request.file = files_use(message->badge);
    if (request.file == NULL)
        return -E_BADF; /* opened before this server was started anew */
    status = serve_request(&request);
    files_done(fs, request.file);
    return status;
}

void serve_closed(struct file_system *fs, struct server *server, uint64_t badge)
{
    if ((badge & FILE_SERVER_BADGE) != 0)
        files_close(fs, badge);
    else if (badge != FILE_SERVER_ROOT && fs->closed != NULL)
        fs->closed(server, badge);
}

enum error serve_begin(struct file_system *fs, int receives, uint32_t start)
{
    struct file_node *root;
    enum error error = fs->operations->root(fs, &root);

    if (error != E_OK)
        return error;
    port = receives;
    files_init(start, root);
    return E_OK;
}
