#pragma once
/* ipc.h - messages: call a server, receive, reply, copy from and to a caller's buffer.
 *
 * <octavo/message.h> states the registers. These functions move them from and to a struct message
 * and nothing else; results are those of the system call, errno is not touched. A server is best
 * written with <octavo/server.h>.
 *
 * Usage, a client:
 *     struct message m = {.label = FILE_READ, .word = {offset},
 *                         .buffer = data, .length = size | BUFFER_OUT};
 *     long count = message_call(channel, &m);
 */
#include <octavo/calls.h>
#include <octavo/message.h>

struct message {
    uint64_t label;   /* low 32 bits, and MESSAGE_ flags above them */
    uint64_t word[3]; /* word[2] is a handle when MESSAGE_MOVE or MESSAGE_COPY is set */
    /* A caller sets these two; after a call they are as they were. */
    void *buffer;
    uint64_t length; /* bytes | BUFFER_IN | BUFFER_OUT; a server receives it as it was declared */
    /* A server receives these two. */
    uint64_t token; /* names the waiting caller; 0: news from the kernel */
    uint64_t badge; /* of the channel, or of the event */
};

/* Does a handle ride on this message (in word[2])? */
static inline int message_has_handle(const struct message *m)
{
    return (m->label & (MESSAGE_MOVE | MESSAGE_COPY)) != 0;
}

/* The handle that rides on the message becomes the caller's: a server loop will not close it.
 * -> the handle, or HANDLE_NONE. */
static inline int message_take_handle(struct message *m)
{
    if (!message_has_handle(m))
        return HANDLE_NONE;
    m->label &= ~(MESSAGE_MOVE | MESSAGE_COPY);
    return (int)m->word[2];
}

/* Sends *m and waits. -> the server's status, with the reply's label and words in *m; or a negative
 * error of the call itself. */
static inline long message_call(int channel, struct message *m)
{
    register uint64_t a0 __asm__("a0") = CALL_SIGNED(channel);
    register uint64_t a1 __asm__("a1") = m->label;
    register uint64_t a2 __asm__("a2") = m->word[0];
    register uint64_t a3 __asm__("a3") = m->word[1];
    register uint64_t a4 __asm__("a4") = m->word[2];
    register uint64_t a5 __asm__("a5") = CALL_POINTER(m->buffer);
    register uint64_t a6 __asm__("a6") = m->length;
    register uint64_t a7 __asm__("a7") = SYS_CALL;

    __asm__ volatile("ecall"
                     : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a5), "+r"(a6),
                       "+r"(a7)
                     :
                     : SYSTEM_CALL_CLOBBERS);
    m->label = a1;
    m->word[0] = a2;
    m->word[1] = a3;
    m->word[2] = a4;
    return (long)a0;
}

/* Answers the caller that m->token names (0: none) with `status` and the label and words of
 * *reply, then waits for the next message and puts it in *m. -> 0, or a negative error, with *m as
 * it was. */
static inline long message_reply_recv(int port, long status, const struct message *reply,
                                      struct message *m)
{
    register uint64_t a0 __asm__("a0") = m->token;
    register uint64_t a1 __asm__("a1") = reply->label;
    register uint64_t a2 __asm__("a2") = reply->word[0];
    register uint64_t a3 __asm__("a3") = reply->word[1];
    register uint64_t a4 __asm__("a4") = reply->word[2];
    register uint64_t a5 __asm__("a5") = (uint64_t)status;
    register uint64_t a6 __asm__("a6") = CALL_SIGNED(port);
    register uint64_t a7 __asm__("a7") = SYS_REPLY_RECV;

    __asm__ volatile("ecall"
                     : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a5), "+r"(a6),
                       "+r"(a7)
                     :
                     : SYSTEM_CALL_CLOBBERS);
    if ((long)a0 < 0)
        return (long)a0;
    m->token = a0;
    m->label = a1;
    m->word[0] = a2;
    m->word[1] = a3;
    m->word[2] = a4;
    m->badge = a5;
    m->length = a6;
    return 0;
}

/* Waits for a message, a CLOSED or an EVENT. -> 0 or a negative error. */
static inline long message_recv(int port, struct message *m)
{
    static const struct message nothing;

    m->token = 0;
    return message_reply_recv(port, 0, &nothing, m);
}

/* Answers the caller that `token` names. -> 0, or a negative error: E_SRCH, the caller is gone. */
static inline long message_reply(uint64_t token, long status, const struct message *reply)
{
    return system_call(SYS_REPLY, token, reply->label, reply->word[0], reply->word[1],
                       reply->word[2], (uint64_t)status)
        .value;
}

/* Copies `length` bytes from `offset` of the caller's declared buffer. -> length or an error. */
static inline long ipc_read(uint64_t token, uint64_t offset, void *destination, size_t length)
{
    return system_call(SYS_IPC_READ, token, offset, CALL_POINTER(destination), length).value;
}

/* Copies `length` bytes to `offset` of the caller's declared buffer. -> length or an error. */
static inline long ipc_write(uint64_t token, uint64_t offset, const void *source, size_t length)
{
    return system_call(SYS_IPC_WRITE, token, offset, CALL_POINTER(source), length).value;
}
