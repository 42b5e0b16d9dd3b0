/* port.c - queues of messages. See port.h for the lock. */
#include "kernel/port.h"

#include <stddef.h>

#include "kernel/cache.h"
#include "kernel/event.h"
#include "kernel/grace.h"
#include "kernel/lend.h"
#include "kernel/pager.h"
#include "kernel/panic.h"
#include "kernel/process.h"
#include "kernel/riscv/ipi.h"
#include "kernel/sched.h"

static void port_unreachable(struct object *object);
static void port_destroy(struct object *object);
static void channel_unreachable(struct object *object);
static void channel_destroy(struct object *object);

static struct cache port_cache = CACHE_INIT(port_cache, "port", struct port);
static struct cache channel_cache = CACHE_INIT(channel_cache, "channel", struct channel);
const struct object_type port_type = {
    .name = "port", .cache = &port_cache, .unreachable = port_unreachable, .destroy = port_destroy};
const struct object_type channel_type = {.name = "channel",
                                         .cache = &channel_cache,
                                         .unreachable = channel_unreachable,
                                         .destroy = channel_destroy};

#define ITEM_OWNER(item, type) ((type *)((char *)(item)-offsetof(type, item)))

struct port *port_create(void)
{
    struct port *port = object_create(OBJECT_PORT);

    if (port == NULL)
        return NULL;
    lock_init(&port->lock, "port", RANK_PORT);
    TAILQ_INIT(&port->queue);
    SLIST_INIT(&port->receivers);
    SLIST_INIT(&port->callers);
    return port;
}

struct channel *channel_create(struct port *port, uint64_t badge)
{
    struct channel *channel = object_create(OBJECT_CHANNEL);

    if (channel == NULL)
        return NULL;
    object_retain(&port->object);
    channel->port = port;
    channel->badge = badge;
    channel->item.kind = ITEM_CLOSED;
    return channel;
}

/* --- The queue -------------------------------------------------------------------------------- */

/* Behind all of the same or a higher priority. */
static void queue_locked(struct port *port, struct port_item *item, uint8_t priority)
{
    struct port_item *before = TAILQ_LAST(&port->queue, port_queue);

    lock_assert_held(&port->lock);
    item->priority = priority;
    item->queued = true;
    while (before != NULL && before->priority < priority)
        before = TAILQ_PREV(before, port_queue, link);
    if (before != NULL)
        TAILQ_INSERT_AFTER(&port->queue, before, item, link);
    else
        TAILQ_INSERT_HEAD(&port->queue, item, link);
}

static void unqueue_locked(struct port *port, struct port_item *item)
{
    lock_assert_held(&port->lock);
    TAILQ_REMOVE(&port->queue, item, link);
    item->queued = false;
}

/* A thread is taken off the port: who holds the lock has it in hand. */
static void in_hand_locked(struct thread *thread)
{
    __atomic_store_n(&thread->port, NULL, __ATOMIC_RELAXED);
    __atomic_store_n(&thread->state, THREAD_READY, __ATOMIC_RELAXED);
}

static struct thread *take_receiver_locked(struct port *port)
{
    struct thread *receiver = SLIST_FIRST(&port->receivers);

    if (receiver != NULL) {
        SLIST_REMOVE_HEAD(&port->receivers, port_link);
        in_hand_locked(receiver);
    }
    return receiver;
}

/* A caller is in the queue no more, so the channel may hear of its own end. */
static void release_channel(struct thread *caller)
{
    struct channel *channel = caller->channel;

    caller->channel = NULL;
    object_drop_handle(&channel->object);
}

void port_fail_caller(struct thread *caller, enum error error)
{
    lend_end(caller);
    release_channel(caller);
    thread_fail_call(caller, error);
}

/* Wakes the receivers for something that is no call: their recv runs again, and one finds it in the
 * queue. All of them, since the one that was woken alone could be killed before it looks. */
static void wake_receivers(struct port *port)
{
    struct thread *receiver;

    do {
        lock_acquire(&port->lock);
        bool news = port->dead || !TAILQ_EMPTY(&port->queue);
        receiver = news ? take_receiver_locked(port) : NULL;
        lock_release(&port->lock);
        if (receiver != NULL)
            thread_wake(receiver);
    } while (receiver != NULL);
}

bool port_take(struct port *port, struct port_news *news)
{
    struct channel *closed = NULL;

    lock_acquire(&port->lock);
    struct port_item *item = TAILQ_FIRST(&port->queue);
    if (item != NULL) {
        unqueue_locked(port, item);
        news->kind = item->kind;
        if (item->kind == ITEM_CALLER) {
            news->caller = ITEM_OWNER(item, struct thread);
            in_hand_locked(news->caller);
        } else if (item->kind == ITEM_CLOSED) {
            closed = ITEM_OWNER(item, struct channel);
            news->badge = closed->badge;
        } else {
            event_take(ITEM_OWNER(item, struct event), &news->badge, &news->bits);
        }
    }
    lock_release(&port->lock);
    if (closed != NULL)
        object_release(&closed->object);
    return item != NULL;
}

/* Lends the priority of a caller that must queue to the thread that was in recv last. */
static void lend_to_server(const struct port *port, struct thread *caller)
{
    struct thread *server = thread_find(__atomic_load_n(&port->server, __ATOMIC_RELAXED));

    if (server == NULL)
        return;
    lend(caller, server);
    object_release(&server->object);
}

/* The running caller joins the queue and waits. E_BADF: as port_meet_receiver. */
static enum error queue_caller_locked(struct channel *channel, struct thread *caller)
{
    struct port *port = channel->port;

    if (!object_add_handle(&channel->object))
        return E_BADF;
    caller->channel = channel;
    caller->port = port;
    queue_locked(port, &caller->item, caller->priority);
    thread_block(caller, THREAD_CALLING, DEADLINE_NONE);
    lend_to_server(port, caller);
    return E_OK;
}

enum error port_meet_receiver(struct channel *channel, struct thread *caller,
                              struct thread **receiver)
{
    struct port *port = channel->port;
    enum error error = E_OK;

    lock_acquire(&port->lock);
    *receiver = NULL;
    if (port->dead)
        error = E_PEERDIED;
    else
        *receiver = take_receiver_locked(port);
    if (error == E_OK && *receiver == NULL)
        error = queue_caller_locked(channel, caller);
    lock_release(&port->lock);
    return error;
}

bool port_wait(struct port *port, struct thread *receiver)
{
    lock_acquire(&port->lock);
    bool empty = TAILQ_EMPTY(&port->queue);
    if (empty && !port->dead) {
        receiver->port = port;
        SLIST_INSERT_HEAD(&port->receivers, receiver, port_link);
        thread_block(receiver, THREAD_RECV, DEADLINE_NONE);
    }
    lock_release(&port->lock);
    return empty;
}

/* --- Callers that wait for a reply ------------------------------------------------------------ */

void port_expect_reply(struct port *port, struct thread *caller, struct process *server)
{
    if (caller->channel != NULL)
        release_channel(caller);
    lock_acquire(&port->lock);
    caller->server = server;
    SLIST_INSERT_HEAD(&port->callers, caller, port_link);
    __atomic_store_n(&caller->port, port, __ATOMIC_RELAXED);
    __atomic_store_n(&caller->state, THREAD_REPLY, __ATOMIC_RELAXED);
    lock_release(&port->lock);
}

void port_unlock_replied(struct thread *caller)
{
    struct port *port = caller->port;

    SLIST_REMOVE(&port->callers, caller, thread, port_link);
    in_hand_locked(caller);
    lock_release(&port->lock);
    lend_end(caller);
}

/* --- From a thread to its port ---------------------------------------------------------------- */

static bool is_at_port(const struct thread *thread)
{
    switch (__atomic_load_n(&thread->state, __ATOMIC_RELAXED)) {
    case THREAD_CALLING:
    case THREAD_REPLY:
    case THREAD_RECV:
        return true;
    default:
        return false;
    }
}

struct port *port_lock_of(const struct thread *thread)
{
    struct port *port = NULL;
    bool locked = false;

    while (!locked && is_at_port(thread)) {
        reader_enter();
        port = __atomic_load_n(&thread->port, __ATOMIC_RELAXED);
        locked = port != NULL && lock_try(&port->lock);
        if (locked && (thread->port != port || !is_at_port(thread))) {
            lock_release(&port->lock);
            locked = false;
        }
        reader_leave();
        if (!locked)
            hart_serve_requests();
    }
    return locked ? port : NULL;
}

bool port_take_thread(struct thread *thread)
{
    struct port *port = port_lock_of(thread);

    if (port == NULL)
        return false;
    enum thread_state state = thread->state;
    if (state == THREAD_CALLING)
        unqueue_locked(port, &thread->item);
    else if (state == THREAD_RECV)
        SLIST_REMOVE(&port->receivers, thread, thread, port_link);
    else
        SLIST_REMOVE(&port->callers, thread, thread, port_link);
    in_hand_locked(thread);
    lock_release(&port->lock);
    lend_end(thread);
    if (state == THREAD_CALLING)
        release_channel(thread);
    if (thread->page_of != NULL)
        pager_end_call(thread, false);
    return true;
}

/* --- Events ----------------------------------------------------------------------------------- */

void port_queue_event(struct port *port, struct event *event)
{
    lock_acquire(&port->lock);
    if (!event->item.queued && !port->dead && event_is_pending_at(event, port))
        queue_locked(port, &event->item, PRIORITIES - 1);
    lock_release(&port->lock);
    wake_receivers(port);
}

void port_withdraw_event(struct port *port, struct port_item *item)
{
    lock_acquire(&port->lock);
    if (item->queued)
        unqueue_locked(port, item);
    lock_release(&port->lock);
}

/* --- Ends ------------------------------------------------------------------------------------- */

/* Nobody can call through the channel any more, and every call that was made through it has been
 * received. */
static void channel_unreachable(struct object *object)
{
    struct channel *channel = (struct channel *)object;
    struct port *port = channel->port;

    object_retain(&port->object); /* the channel may be received, and gone, at once */
    lock_acquire(&port->lock);
    if (!port->dead) {
        object_retain(object);
        queue_locked(port, &channel->item, 0);
    }
    lock_release(&port->lock);
    wake_receivers(port);
    object_release(&port->object);
}

static void channel_destroy(struct object *object)
{
    object_release(&((struct channel *)object)->port->object);
}

/* Empties the queue of a dead port: callers fail, closed channels go, events stay with their
 * owners. */
static void fail_queue(struct port *port)
{
    struct port_item *item;

    for (;;) {
        lock_acquire(&port->lock);
        item = TAILQ_FIRST(&port->queue);
        if (item != NULL)
            unqueue_locked(port, item);
        if (item != NULL && item->kind == ITEM_CALLER)
            in_hand_locked(ITEM_OWNER(item, struct thread));
        lock_release(&port->lock);
        if (item == NULL)
            return;
        if (item->kind == ITEM_CALLER) {
            port_fail_caller(ITEM_OWNER(item, struct thread), E_PEERDIED);
        } else if (item->kind == ITEM_CLOSED) {
            object_release(&ITEM_OWNER(item, struct channel)->object);
        }
    }
}

static void port_unreachable(struct object *object)
{
    struct port *port = (struct port *)object;

    lock_acquire(&port->lock);
    port->dead = true;
    lock_release(&port->lock);
    fail_queue(port);
    wake_receivers(port); /* their handle is gone: recv runs again and says so */
}

/* Callers whose port is gone, though not the server that has their message. */
static struct port orphans = {.lock = LOCK_INIT("port", RANK_PORT)};

static void port_destroy(struct object *object)
{
    struct port *port = (struct port *)object;
    struct thread *caller;

    lock_acquire_both(&port->lock, &orphans.lock);
    while ((caller = SLIST_FIRST(&port->callers)) != NULL) {
        SLIST_REMOVE_HEAD(&port->callers, port_link);
        __atomic_store_n(&caller->port, &orphans, __ATOMIC_RELAXED);
        SLIST_INSERT_HEAD(&orphans.callers, caller, port_link);
    }
    lock_release_both(&port->lock, &orphans.lock);
    grace_period();
    ASSERT(TAILQ_EMPTY(&port->queue));
    ASSERT(SLIST_EMPTY(&port->receivers));
}
