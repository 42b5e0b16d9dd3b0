/* server.c - the loop under every server, and copies from and to a caller's buffer. */
#include <octavo/server.h>

#include <octavo/calls.h>
#include <stdlib.h>
#include <string.h>

/* A reply with a handle goes by itself: of reply_recv one does not learn that the caller is gone,
 * and the handle would stay here. If it cannot go for another reason, the caller gets that error.
 */
static void reply_with_handle(uint64_t token, long status, const struct message *reply)
{
    static const struct message nothing;
    long result = message_reply(token, status, reply);

    if (result < 0 && (reply->label & MESSAGE_MOVE) != 0)
        handle_close((int)reply->word[2]);
    if (result < 0 && result != -E_SRCH)
        message_reply(token, result, &nothing);
}

/* Answers the caller of *request, if `status` says so, and receives the next message into it. */
static long reply_and_receive(int port, long status, const struct message *reply,
                              struct message *request)
{
    if (status == SERVER_NO_REPLY)
        return message_recv(port, request);
    if (!message_has_handle(reply))
        return message_reply_recv(port, status, reply, request);
    reply_with_handle(request->token, status, reply);
    return message_recv(port, request);
}

/* Gives one message to the server's functions. -> the status to answer. */
static long dispatch(struct server *server, struct message *request, struct message *reply)
{
    long status = SERVER_NO_REPLY;

    if ((request->label & MESSAGE_CLOSED) != 0) {
        if (server->closed != NULL)
            server->closed(server, request->badge);
    } else if ((request->label & MESSAGE_EVENT) != 0) {
        if (server->event != NULL)
            server->event(server, request->badge, request->word[0]);
    } else {
        status = server->handle(server, request, reply);
        if (message_has_handle(request))
            handle_close(message_take_handle(request));
    }
    return status;
}

_Noreturn void server_run(struct server *server)
{
    struct message request = {0};
    struct message reply = {0};
    long result = message_recv(server->port, &request);

    while (result >= 0) {
        long status;

        reply = (struct message){0};
        status = dispatch(server, &request, &reply);
        result = reply_and_receive(server->port, status, &reply, &request);
    }
    abort();
}

long message_read_all(const struct message *request, void *destination, size_t size)
{
    size_t length = message_buffer(request, BUFFER_IN);

    if (length > size)
        return -E_MSGSIZE;
    return length == 0 ? 0 : ipc_read(request->token, 0, destination, length);
}

long message_read_text(const struct message *request, char *text, size_t size)
{
    long length = message_read_all(request, text, size - 1);

    if (length < 0)
        return length == -E_MSGSIZE ? -E_NAMETOOLONG : length;
    if (memchr(text, '\0', (size_t)length) != NULL)
        return -E_INVAL;
    text[length] = '\0';
    return length;
}

long message_read_no_path(const struct message *request)
{
    char first = '\0';

    if (message_buffer(request, BUFFER_IN) > 0) {
        long result = ipc_read(request->token, 0, &first, sizeof(first));
        if (result < 0)
            return result;
    }
    return first == '\0' ? 0 : -E_NOTDIR;
}

long message_write(const struct message *request, const void *source, size_t size)
{
    size_t room = message_buffer(request, BUFFER_OUT);
    size_t length = size < room ? size : room;

    return length == 0 ? 0 : ipc_write(request->token, 0, source, length);
}
