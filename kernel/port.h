#pragma once
/* port.h - ports and channels: where messages queue.
 *
 * A port's queue holds callers, closed channels and bound events, by priority and then by age.
 * Lock: a port's lock guards its queue, its receivers and callers, `item` of its channels, and the
 * threads that wait here. These count nothing: receivers keep a handle, queued callers count the
 * channel, and callers whose port goes are moved to another.
 */
#include "kernel/lock.h"
#include "kernel/thread.h"

struct event;

TAILQ_HEAD(port_queue, port_item);

struct port {
    struct object object;
    struct lock lock;
    struct port_queue queue;
    SLIST_HEAD(, thread) receivers; /* threads in recv */
    SLIST_HEAD(, thread) callers; /* threads whose message was received: they wait for the reply */
    uint64_t server; /* identity of the thread that was in recv last: queued callers lend to it */
    bool dead;       /* no handle is left: every call fails */
};

struct channel {
    struct object object;
    struct port *port; /* counted */
    uint64_t badge;
    struct port_item item; /* CLOSED: queued when the last handle went, and counted by the queue */
};

struct port *port_create(void);
/* A channel of the port; NULL: no memory. */
struct channel *channel_create(struct port *port, uint64_t badge);

/* What port_take found. */
struct port_news {
    enum port_item_kind kind;
    struct thread *caller; /* CALLER: in hand */
    uint64_t badge;        /* CLOSED, EVENT */
    uint64_t bits;         /* EVENT */
};

/* Takes the first thing off the queue. False: it is empty. */
bool port_take(struct port *port, struct port_news *news);

/* A receiver that waits, in hand now; NULL: none, and the running `caller` has been queued and
 * blocked in its place. E_PEERDIED: the port is dead; E_BADF: the channel's last handle just went.
 */
enum error port_meet_receiver(struct channel *channel, struct thread *caller,
                              struct thread **receiver) MUST_USE;

/* Blocks the running thread until something comes to the port. False: something has come already.
 * At a dead port it does not wait: the reply that went before took the last handle with it, so recv
 * runs again and says so. */
bool port_wait(struct port *port, struct thread *receiver);

/* A caller in hand that was in the queue gets an error instead. */
void port_fail_caller(struct thread *caller, enum error error);

/* A caller in hand whose message is `server`'s now waits for the reply under its token. */
void port_expect_reply(struct port *port, struct thread *caller, struct process *server);

/* A caller, locked by thread_lock_token, waits no more: it is in hand, its port's lock released. */
void port_unlock_replied(struct thread *caller);

/* thread_take for the states CALLING, REPLY and RECV. */
bool port_take_thread(struct thread *thread) MUST_USE;

/* The port at which a thread waits, locked; NULL: it waits at none. */
struct port *port_lock_of(const struct thread *thread);

/* Tells the port that an event bound to it has pending bits; the caller counts the port. */
void port_queue_event(struct port *port, struct event *event);
void port_withdraw_event(struct port *port, struct port_item *item);
