#pragma once
/* ipc.h - messages for tests on the host: the token of a request is the address of the caller's
 * struct message, whose buffer ipc_read and ipc_write reach as far as it is declared. */
#include <octavo/calls.h>
#include <octavo/message.h>

struct message {
    uint64_t label;
    uint64_t word[3];
    void *buffer;
    uint64_t length;
    uint64_t token;
    uint64_t badge;
};

static inline int message_has_handle(const struct message *m)
{
    return (m->label & (MESSAGE_MOVE | MESSAGE_COPY)) != 0;
}

static inline int message_take_handle(struct message *m)
{
    if (!message_has_handle(m))
        return HANDLE_NONE;
    m->label &= ~(MESSAGE_MOVE | MESSAGE_COPY);
    return (int)m->word[2];
}

/* A server's loop needs these; no test runs one. */
long message_reply_recv(int port, long status, const struct message *reply, struct message *m);
long message_recv(int port, struct message *m);
long message_reply(uint64_t token, long status, const struct message *reply);

long ipc_read(uint64_t token, uint64_t offset, void *destination, size_t length);
long ipc_write(uint64_t token, uint64_t offset, const void *source, size_t length);
