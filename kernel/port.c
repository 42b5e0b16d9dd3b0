/* port.c - queues of messages. See port.h for the lock. */
#include "kernel/port.h"

#include <stddef.h>

#include "kernel/cache.h"
#include "kernel/event.h"
#include "kernel/panic.h"
#include "kernel/process.h"
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

static struct thread *take_receiver_locked(struct port *port)
{
    struct thread *receiver = SLIST_FIRST(&port->receivers);

    if (receiver != NULL)
        SLIST_REMOVE_HEAD(&port->receivers, port_link);
    return receiver;
}

static void release_port(struct thread *thread)
{
    struct port *port = thread->port;

    thread->port = NULL;
    object_release(&port->object);
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
    release_channel(caller);
    release_port(caller);
    thread_finish(caller, (uint64_t)-error, 0);
}

/* Wakes the receivers for something that is no call: their recv runs again, and one finds it in the
 * queue. All of them, since the one that was woken alone could be killed before it looks. */
static void wake_receivers(struct port *port)
{
    struct thread *receiver;

    do {
        lock_acquire(&port->lock);
        receiver = take_receiver_locked(port);
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
        } else if (item->kind == ITEM_CLOSED) {
            closed = ITEM_OWNER(item, struct channel);
            news->badge = closed->badge;
        }
    }
    lock_release(&port->lock);
    if (item != NULL && item->kind == ITEM_EVENT)
        event_take(ITEM_OWNER(item, struct event), &news->badge, &news->bits);
    if (closed != NULL)
        object_release(&closed->object);
    return item != NULL;
}

enum error port_meet_receiver(struct channel *channel, struct thread *caller,
                              struct thread **receiver)
{
    struct port *port = channel->port;

    lock_acquire(&port->lock);
    if (port->dead) {
        lock_release(&port->lock);
        return E_PEERDIED;
    }
    *receiver = take_receiver_locked(port);
    if (*receiver == NULL) {
        caller->port = port;
        caller->channel = channel;
        object_retain(&port->object);
        object_add_handle(&channel->object);
        queue_locked(port, &caller->item, caller->priority);
        thread_block(caller, THREAD_CALLING, DEADLINE_NONE);
        if (port->last_receiver != NULL)
            thread_lend(port->last_receiver, caller->priority);
    }
    lock_release(&port->lock);
    return E_OK;
}

void port_wait(struct port *port, struct thread *receiver)
{
    lock_acquire(&port->lock);
    if (!port->dead) {
        receiver->port = port;
        SLIST_INSERT_HEAD(&port->receivers, receiver, port_link);
        thread_block(receiver, THREAD_RECV, DEADLINE_NONE);
    }
    lock_release(&port->lock);
}

void port_set_server(struct port *port, struct thread *thread)
{
    if (thread->serves == port)
        return;
    if (thread->serves != NULL && thread->serves->last_receiver == thread)
        thread->serves->last_receiver = NULL;
    thread->serves = port;
    if (port == NULL)
        return;
    thread->process->served = true;
    if (port->last_receiver != NULL)
        port->last_receiver->serves = NULL;
    port->last_receiver = thread;
}

void port_forget_thread(struct thread *thread)
{
    struct port *port = thread->port;
    struct thread *lent = thread->state == THREAD_CALLING ? port->last_receiver : thread->served_by;

    lock_acquire(&port->lock);
    if (thread->state == THREAD_CALLING)
        unqueue_locked(port, &thread->item);
    else if (thread->state == THREAD_RECV)
        SLIST_REMOVE(&port->receivers, thread, thread, port_link);
    else
        SLIST_REMOVE(&port->callers, thread, thread, port_link);
    thread->server = NULL;
    thread->served_by = NULL;
    lock_release(&port->lock);
    if (thread->state == THREAD_RECV)
        return;
    if (lent != NULL)
        thread_unlend(lent);
    if (thread->state == THREAD_CALLING)
        release_channel(thread);
    release_port(thread);
}

/* --- Callers that wait for a reply ------------------------------------------------------------ */

void port_expect_reply(struct port *port, struct thread *caller, struct thread *receiver)
{
    if (caller->channel != NULL)
        release_channel(caller); /* it was queued, and counts the port already */
    else
        object_retain(&port->object);
    lock_acquire(&port->lock);
    thread_renew_token(caller);
    caller->state = THREAD_REPLY;
    caller->port = port;
    caller->server = receiver->process;
    caller->served_by = caller->priority > receiver->base_priority ? receiver : NULL;
    SLIST_INSERT_HEAD(&port->callers, caller, port_link);
    lock_release(&port->lock);
}

void port_unlock_replied(struct thread *caller)
{
    struct port *port = caller->port;
    struct thread *lent = caller->served_by;

    SLIST_REMOVE(&port->callers, caller, thread, port_link);
    caller->state = THREAD_READY; /* soon */
    caller->server = NULL;
    caller->served_by = NULL;
    lock_release(&port->lock);
    if (lent != NULL)
        thread_unlend(lent);
    release_port(caller);
}

/* The highest priority among callers in the queue; 0: none. */
static uint8_t queued_priority_locked(struct port *port)
{
    const struct port_item *item;

    TAILQ_FOREACH(item, &port->queue, link)
        if (item->kind == ITEM_CALLER)
            return item->priority;
    return 0;
}

uint8_t port_lent_priority(const struct thread *thread)
{
    uint8_t priority = thread->base_priority;
    struct port *port = thread->serves;
    const struct thread *caller;

    if (port == NULL)
        return priority;
    lock_acquire(&port->lock);
    if (queued_priority_locked(port) > priority)
        priority = queued_priority_locked(port);
    SLIST_FOREACH(caller, &port->callers, port_link)
        if (caller->served_by == thread && caller->priority > priority)
            priority = caller->priority;
    lock_release(&port->lock);
    return priority;
}

/* --- Events ----------------------------------------------------------------------------------- */

void port_queue_event(struct port *port, struct port_item *item)
{
    lock_acquire(&port->lock);
    if (!item->queued && !port->dead)
        queue_locked(port, item, PRIORITIES - 1);
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

    lock_acquire(&port->lock);
    if (!port->dead) {
        object_retain(object);
        queue_locked(port, &channel->item, 0);
    }
    lock_release(&port->lock);
    wake_receivers(port);
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
        lock_release(&port->lock);
        if (item == NULL)
            return;
        if (item->kind == ITEM_CALLER) {
            struct thread *caller = ITEM_OWNER(item, struct thread);
            port_fail_caller(caller, E_PEERDIED);
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

static void port_destroy(struct object *object)
{
    struct port *port = (struct port *)object;

    ASSERT(TAILQ_EMPTY(&port->queue));
    ASSERT(SLIST_EMPTY(&port->receivers));
    ASSERT(SLIST_EMPTY(&port->callers));
    if (port->last_receiver != NULL)
        port->last_receiver->serves = NULL;
}
