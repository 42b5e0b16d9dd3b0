/* message.c - the slow path of messages: plain C, every case. */
#include "kernel/message.h"

#include <octavo/message.h>
#include <string.h>

#include "kernel/lend.h"
#include "kernel/pager.h"
#include "kernel/panic.h"
#include "kernel/port.h"
#include "kernel/process.h"
#include "kernel/riscv/hart.h"
#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/syscall.h"
#include "kernel/thread.h"

enum {
    A_LABEL = 1,
    A_WORD0 = 2,
    A_HANDLE = 4, /* the third word, when the label says so */
    A_BUFFER = 5,
    A_LENGTH = 6,

    REPLY_STATUS = 5,
    REPLY_PORT = 6,

    COPY_AT_ONCE = 65536, /* bytes of a buffer copied between two looks at interrupts */
};

#define MESSAGE_HANDLE   (MESSAGE_MOVE | MESSAGE_COPY)
#define BUFFER_DIRECTION (BUFFER_IN | BUFFER_OUT)

void message_keep_calls(struct process *process)
{
    process->keeps_calls = true;
    handle_table_set_shared(&process->handles, true);
}

/* If the running thread is the process's only one, its handles need no lock (handle.h). */
static void allow_fast(struct process *process)
{
    if (!process->handles.shared || __atomic_load_n(&process->thread_count, __ATOMIC_RELAXED) != 1)
        return;
    process->keeps_calls = process->keeps_calls && !SLIST_EMPTY(&process->space->paged);
    if (!process->keeps_calls)
        handle_table_set_shared(&process->handles, false);
}

/* Registers of a thread whose call or recv is complete. */
static void message_return(struct thread *thread, uint64_t a0, const uint64_t *label_and_words)
{
    uint64_t message[4];

    memcpy(message, label_and_words, sizeof message);
    thread_return(thread, a0, 0);
    memcpy(&thread->registers.a[A_LABEL], message, sizeof message);
}

static enum error label_check(uint64_t label)
{
    if (label & ~(MESSAGE_LABEL | MESSAGE_HANDLE))
        return E_INVAL;
    return (label & MESSAGE_HANDLE) == MESSAGE_HANDLE ? E_INVAL : E_OK;
}

/* The handle that rides: is it there, and may it be copied? */
static enum error rider_check(struct process *process, uint64_t label, uint64_t handle)
{
    struct handle_entry entry;

    if (!(label & MESSAGE_HANDLE))
        return E_OK;
    enum error error = handle_get(&process->handles, handle, &entry);
    if (error != E_OK)
        return error;
    if ((label & MESSAGE_COPY) && !(entry.rights & RIGHT_DUP))
        error = E_PERM;
    object_release(entry.object);
    return error;
}

/* --- Call ------------------------------------------------------------------------------------- */

/* Registers of a call: the caller's, or what the kernel says for one that misses a page. */
static const uint64_t *message_of(const struct thread *caller)
{
    return caller->page_of != NULL ? caller->page_call : caller->registers.a;
}

/* Carries the message of a caller, which runs or is in hand, over to a receiver, likewise, whose
 * recv is then complete; the caller waits for the reply. On error, which is the caller's, nothing
 * has happened. */
static enum error deliver(struct thread *caller, struct thread *receiver,
                          const struct channel *channel)
{
    const uint64_t *from = message_of(caller);
    uint64_t handle = from[A_HANDLE];
    struct port *port = channel->port;

    if (from[A_LABEL] & MESSAGE_HANDLE) {
        enum error error =
            handle_transfer(&caller->process->handles, handle, from[A_LABEL] & MESSAGE_MOVE,
                            &receiver->process->handles, &handle);
        if (error != E_OK)
            return error;
    }
    thread_renew_token(caller);
    caller->kept_token = from[A_LABEL] & MESSAGE_MOVE ? 0 : caller->token;
    message_return(receiver, caller->token, &from[A_LABEL]);
    receiver->registers.a[A_HANDLE] = handle;
    receiver->registers.a[A_BUFFER] = channel->badge;
    receiver->registers.a[A_LENGTH] = from[A_LENGTH];
    if (hart_self()->current == caller)
        sched_leave(caller);
    lend(caller, receiver);
    port_expect_reply(port, caller, receiver->process);
    return E_OK;
}

/* A receiver waits: the message goes straight to it. */
static int64_t call_receiver(struct thread *caller, struct thread *receiver,
                             const struct channel *channel)
{
    enum error error = deliver(caller, receiver, channel);

    if (error != E_OK) {
        thread_wake(receiver);
        return -error;
    }
    sched_hand_over(receiver);
    return SYSCALL_DONE;
}

static enum error call_check(struct thread *thread, const uint64_t *a)
{
    enum error error = label_check(a[A_LABEL]);

    if (error != E_OK)
        return error;
    if (a[A_LENGTH] & ~(BUFFER_LENGTH | BUFFER_DIRECTION))
        return E_INVAL;
    if ((a[A_LENGTH] & BUFFER_DIRECTION) &&
        !space_range_is_user(a[A_BUFFER], a[A_LENGTH] & BUFFER_LENGTH))
        return E_INVAL;
    return rider_check(thread->process, a[A_LABEL], a[A_HANDLE]);
}

/* No server waits for a client's pager: the client does, before it calls. E_AGAIN, E_NOMEM. */
static enum error bring_in_buffer(struct thread *thread, const uint64_t *a)
{
    const bool write = a[A_LENGTH] & BUFFER_OUT;

    if (!thread->process->keeps_calls || !(a[A_LENGTH] & BUFFER_DIRECTION))
        return E_OK;
    return space_bring_in(thread->process->space, a[A_BUFFER], a[A_LENGTH] & BUFFER_LENGTH, write);
}

int64_t sys_call(struct thread *thread, const uint64_t *a)
{
    struct channel *channel;
    struct thread *receiver;
    int64_t result = SYSCALL_DONE;
    enum error error = call_check(thread, a);

    allow_fast(thread->process);
    if (error == E_OK)
        error = bring_in_buffer(thread, a);
    if (error == E_OK)
        error = handle_find(&thread->process->handles, a[0], OBJECT_CHANNEL, RIGHT_SEND, &channel);
    if (error != E_OK)
        return -error;
    error = port_meet_receiver(channel, thread, &receiver);
    if (error != E_OK)
        result = -error;
    else if (receiver != NULL)
        result = call_receiver(thread, receiver, channel);
    object_release(&channel->object);
    return result;
}

enum error message_call_pager(struct thread *thread, struct channel *channel)
{
    struct thread *receiver;

    object_retain(&channel->object);
    enum error error = port_meet_receiver(channel, thread, &receiver);
    if (error == E_OK && receiver != NULL) {
        int64_t result = call_receiver(thread, receiver, channel);
        ASSERT(result == SYSCALL_DONE); /* no handle rides */
    }
    object_release(&channel->object);
    return error;
}

/* --- Receive ---------------------------------------------------------------------------------- */

static void return_news(struct thread *thread, uint64_t label, const struct port_news *news)
{
    thread_return(thread, 0, label);
    thread->registers.a[A_WORD0] = news->bits;
    thread->registers.a[A_BUFFER] = news->badge;
}

/* A queued caller's message to the running thread. False: the caller failed, look further. */
static bool receive_caller(struct thread *thread, struct thread *caller)
{
    enum error error = deliver(caller, thread, caller->channel);

    if (error != E_OK)
        port_fail_caller(caller, error);
    return error == E_OK;
}

static int64_t receive(struct thread *thread, struct port *port)
{
    struct port_news news = {0};

    thread->process->served = true;
    __atomic_store_n(&port->server, thread->identity, __ATOMIC_RELAXED);
    do {
        while (port_take(port, &news)) {
            if (news.kind != ITEM_CALLER)
                return_news(thread, news.kind == ITEM_CLOSED ? MESSAGE_CLOSED : MESSAGE_EVENT,
                            &news);
            else if (!receive_caller(thread, news.caller))
                continue;
            return SYSCALL_DONE;
        }
    } while (!port_wait(port, thread));
    return SYSCALL_DONE;
}

int64_t sys_recv(struct thread *thread, const uint64_t *a)
{
    struct port *port;
    enum error error = handle_find(&thread->process->handles, a[0], OBJECT_PORT, RIGHT_RECV, &port);

    if (error != E_OK)
        return -error;
    int64_t result = receive(thread, port);
    object_release(&port->object);
    return result;
}

/* --- Reply ------------------------------------------------------------------------------------ */

/* Hands the handle of a reply over. That there is no room in the caller's table is the caller's
 * error: a handle that was to move is gone then. */
static enum error reply_rider(struct thread *thread, struct thread *caller, const uint64_t *a,
                              uint64_t *handle)
{
    bool move = a[A_LABEL] & MESSAGE_MOVE;
    enum error error = handle_transfer(&thread->process->handles, a[A_HANDLE], move,
                                       &caller->process->handles, handle);

    if (error != E_OK && move && handle_close(&thread->process->handles, a[A_HANDLE]) != E_OK)
        return E_BADF; /* another thread of the server closed it just now */
    return error;
}

/* Completes the call of a caller that waits no more. */
static void reply_to(struct thread *thread, struct thread *caller, const uint64_t *a)
{
    uint64_t handle = a[A_HANDLE];
    enum error error = E_OK;

    if (a[A_LABEL] & MESSAGE_HANDLE)
        error = reply_rider(thread, caller, a, &handle);
    if (error != E_OK) {
        thread_return(caller, (uint64_t)-error, 0);
    } else {
        message_return(caller, a[REPLY_STATUS], &a[A_LABEL]);
        caller->registers.a[A_HANDLE] = handle;
    }
    sched_ready(caller, true);
}

static enum error reply_page(struct thread *thread, const uint64_t *a)
{
    const bool refused = a[REPLY_STATUS] != 0 || (a[A_LABEL] & MESSAGE_HANDLE);
    return pager_reply(thread, &(struct page_reply){a[0], refused, &a[A_WORD0]});
}

static enum error reply(struct thread *thread, const uint64_t *a)
{
    enum error error = label_check(a[A_LABEL]);

    if (error == E_OK)
        error = rider_check(thread->process, a[A_LABEL], a[A_HANDLE]);
    if (error != E_OK)
        return error;
    struct thread *caller = thread_lock_token(a[0], thread->process);
    if (caller == NULL)
        return E_SRCH;
    if (caller->page_of != NULL) {
        lock_release(&caller->port->lock);
        return reply_page(thread, a);
    }
    port_unlock_replied(caller);
    reply_to(thread, caller, a);
    return E_OK;
}

int64_t sys_reply(struct thread *thread, const uint64_t *a) { return -reply(thread, a); }

int64_t sys_reply_recv(struct thread *thread, const uint64_t *a)
{
    struct port *port;
    enum error error =
        handle_find(&thread->process->handles, a[REPLY_PORT], OBJECT_PORT, RIGHT_RECV, &port);

    allow_fast(thread->process);
    if (error != E_OK)
        return -error;
    if (a[0] != 0)
        error = reply(thread, a);
    if (error == E_SRCH) { /* nobody is there to take the handle that was to move */
        error =
            a[A_LABEL] & MESSAGE_MOVE ? handle_close(&thread->process->handles, a[A_HANDLE]) : E_OK;
    }
    int64_t result = -error;
    if (error == E_OK) {
        thread->registers.a[0] = 0; /* if recv restarts, the reply does not */
        result = receive(thread, port);
    }
    object_release(&port->object);
    return result;
}

void message_fail_callers(struct process *process)
{
    struct thread *caller;
    uint64_t slot = 0;

    while (process->served && (caller = thread_lock_caller(&slot, process)) != NULL) {
        port_unlock_replied(caller);
        thread_fail_call(caller, E_PEERDIED);
    }
}

/* --- Buffers ---------------------------------------------------------------------------------- */

/* The space and address of the part [offset, offset + length) of the caller's buffer. */
static enum error caller_buffer(struct thread *thread, const uint64_t *a, uint64_t direction,
                                struct user_range *range)
{
    const struct thread *caller = thread_lock_token(a[0], thread->process);
    enum error error = E_OK;

    if (caller == NULL)
        return E_SRCH;
    const uint64_t *message = message_of(caller);
    uint64_t declared = message[A_LENGTH], length = declared & BUFFER_LENGTH;
    if (!(declared & direction))
        error = E_PERM;
    else if (a[1] > length || a[3] > length - a[1])
        error = E_MSGSIZE;
    range->space = caller->process->space;
    range->address = message[A_BUFFER] + a[1];
    if (error == E_OK)
        object_retain(&range->space->object);
    lock_release(&caller->port->lock);
    return error;
}

/* The caller's buffer misses a page by now: the caller waits for its own pager, and then makes the
 * call again. To the server it is gone. What cannot be made again is an error of the buffer. */
static enum error send_again(struct thread *thread, uint64_t token)
{
    struct thread *caller = thread_lock_token(token, thread->process);

    pager_forget_missing();
    if (caller == NULL)
        return E_SRCH;
    if (caller->kept_token != token) {
        lock_release(&caller->port->lock);
        return E_FAULT;
    }
    port_unlock_replied(caller);
    thread_wake(caller);
    return E_SRCH;
}

/* ipc_read and ipc_write(token, offset, address, length, done). A long copy goes in pieces: each
 * piece but the last moves the argument registers on, adds to `done` and lets the call run again,
 * so that interrupts get in. */
static int64_t ipc_copy(struct thread *thread, const uint64_t *a, uint64_t direction)
{
    struct user_range peer, own = {thread->process->space, a[2]};
    uint64_t part = a[3] < COPY_AT_ONCE ? a[3] : COPY_AT_ONCE;
    enum error error = caller_buffer(thread, a, direction, &peer);

    if (error != E_OK)
        return -error;
    error = direction == BUFFER_IN ? space_copy(own, peer, part) : space_copy(peer, own, part);
    const bool missing = error == E_AGAIN && peer.space != own.space && pager_misses_in(peer.space);
    object_release(&peer.space->object);
    if (missing)
        error = send_again(thread, a[0]);
    if (error != E_OK)
        return -error;
    if (part == a[3])
        return a[4] + part;
    uint64_t *next = thread->registers.a;
    next[1] += part;
    next[2] += part;
    next[3] -= part;
    next[4] += part;
    return SYSCALL_DONE;
}

int64_t sys_ipc_read(struct thread *thread, const uint64_t *a)
{
    return ipc_copy(thread, a, BUFFER_IN);
}

int64_t sys_ipc_write(struct thread *thread, const uint64_t *a)
{
    return ipc_copy(thread, a, BUFFER_OUT);
}
