#pragma once
/* server.h - the loop of a server: receive, handle, reply, for ever.
 *
 * A server is its start-up and one switch over labels:
 *
 *     static long handle(struct server *server, struct message *request, struct message *reply)
 *     {
 *         switch (request->label & MESSAGE_LABEL) {
 *         case FILE_READ:
 *             return clock_read(request);
 *         default:
 *             return -E_NOSYS;
 *         }
 *     }
 *
 *     int main(void)
 *     {
 *         struct server server = {.port = START_PORT, .handle = handle};
 *         server_run(&server);
 *     }
 */
#include <octavo/ipc.h>

/* What `handle` returns to send no reply now: it has kept request->token, and message_reply answers
 * it later. No status is this number: it is neither a count nor a negated error. */
#define SERVER_NO_REPLY INT64_MIN

struct server {
    int port; /* with RIGHT_RECV */

    /* A caller's request. -> the status that the caller gets: a count or 0, or a negated error; or
     * SERVER_NO_REPLY. *reply is all zero and takes the label's flags and the words to send, with a
     * handle in word[2] (MESSAGE_MOVE, MESSAGE_COPY); it counts also when the status is an error.
     * A handle that rides on the request is closed after the handler, unless message_take_handle
     * took it. */
    long (*handle)(struct server *server, struct message *request, struct message *reply);

    /* The last handle of the channel with this badge is gone. NULL: not wanted. */
    void (*closed)(struct server *server, uint64_t badge);

    /* Bits of the event that is bound to the port with this badge; they are cleared. NULL: not
     * wanted. */
    void (*event)(struct server *server, uint64_t badge, uint64_t bits);
};

/* Serves until the port fails, which for a server that holds RIGHT_RECV is never. A handle on a
 * reply that cannot be sent is closed if it was to move; a caller that still waits gets the error.
 */
_Noreturn void server_run(struct server *server);

/* The length of the buffer that the caller declared in this direction (BUFFER_IN or BUFFER_OUT);
 * 0 when it declared none. */
static inline size_t message_buffer(const struct message *request, uint64_t direction)
{
    return (request->length & direction) != 0 ? (size_t)(request->length & BUFFER_LENGTH) : 0;
}

/* Copies the whole of the caller's BUFFER_IN to `destination`, which has room for `size` bytes.
 * -> its length, or a negated error: E_MSGSIZE when it is longer than that. */
long message_read_all(const struct message *request, void *destination, size_t size);

/* The same for text: a NUL ends it. -> its length; E_INVAL when it holds a NUL itself,
 * E_NAMETOOLONG when it does not fit with the NUL. */
long message_read_text(const struct message *request, char *text, size_t size);

/* For FILE_OPEN of what holds no files: its path is empty, it ends where it begins. -> 0, or a
 * negated error: E_NOTDIR, there is a path. */
long message_read_no_path(const struct message *request);

/* Copies to the start of the caller's BUFFER_OUT as much of `source` as fits. -> that many bytes,
 * or a negated error. */
long message_write(const struct message *request, const void *source, size_t size);
