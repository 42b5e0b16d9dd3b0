/* request.c - paths out of a caller's buffer, and what is left of them back into it. */
#include "request.h"

#include <string.h>

enum { PIECE = 128 }; /* most paths are shorter, and most buffers much longer */

/* Copies from `offset` on until a NUL has come, the buffer ends or `limit` bytes are there. ->
 * bytes before the NUL, or a negated error. */
static long read_until_nul(const struct file_request *request, size_t offset, char *text,
                           size_t limit)
{
    size_t size = message_buffer(request->message, BUFFER_IN), length = 0;

    if (limit > size - offset)
        limit = size - offset;
    while (length < limit) {
        size_t piece = limit - length < PIECE ? limit - length : PIECE;
        long copied = ipc_read(request->message->token, offset + length, text + length, piece);
        const char *nul;

        if (copied < 0)
            return copied;
        nul = memchr(text + length, '\0', piece);
        if (nul != NULL)
            return nul - text;
        length += piece;
    }
    return (long)length;
}

long request_read_text(const struct file_request *request, size_t offset,
                       char text[FILE_PATH_MAX + 1])
{
    long length;

    if (offset > message_buffer(request->message, BUFFER_IN))
        return -E_INVAL;
    length = read_until_nul(request, offset, text, FILE_PATH_MAX + 1);
    if (length > FILE_PATH_MAX)
        return -E_NAMETOOLONG;
    if (length >= 0)
        text[length] = '\0';
    return length;
}

long request_begin_walk(const struct file_request *request, size_t offset, struct walk *walk,
                        size_t *next)
{
    long length;

    walk_begin(walk, request->fs);
    length = request_read_text(request, offset, walk->at);
    if (length < 0)
        return length;
    walk->end = walk->at + length;
    if (next != NULL)
        *next = offset + (size_t)length + 1;
    return 0;
}

/* -> FILE_GO_ON, or a negated error. */
static long give_rest(const struct file_request *request, struct walk *walk)
{
    size_t length = (size_t)(walk->end - walk->at);
    long written;

    if (length > FILE_PATH_MAX || length > message_buffer(request->message, BUFFER_OUT))
        return -E_NAMETOOLONG;
    written = length == 0 ? 0 : ipc_write(request->message->token, 0, walk->at, length);
    if (written < 0)
        return written;
    request->reply->word[0] = walk->from;
    request->reply->word[1] = length;
    if (walk->from == FILE_FROM_CHANNEL) {
        request->reply->label = MESSAGE_MOVE;
        request->reply->word[2] = (uint64_t)walk->channel;
        walk->channel = HANDLE_NONE;
    }
    return FILE_GO_ON;
}

long request_end_walk(const struct file_request *request, struct walk *walk, long status)
{
    if (status == FILE_GO_ON)
        status = give_rest(request, walk);
    walk_end(walk);
    return status;
}
