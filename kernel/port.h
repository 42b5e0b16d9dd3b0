#pragma once
/* port.h - ports and channels: where messages queue.
 *
 * A port's queue holds callers, closed channels and bound events, by priority and then by age.
 * Lock: a port's lock guards its queue, its receivers, and `closed` and `item` of its channels.
 */
#include "kernel/lock.h"
#include "kernel/thread.h"

TAILQ_HEAD(port_queue, port_item);

struct port {
    struct object object;
    struct lock lock;
    struct port_queue queue;
    SLIST_HEAD(, thread) receivers; /* threads in recv, which count nothing: a handle is open */
    SLIST_HEAD(, thread) callers; /* threads whose message was received: they wait for the reply */
    struct thread *last_receiver; /* queued callers lend to it; it knows us as `serves` */
    bool dead;                    /* no handle is left: every call fails */
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
    struct thread *caller; /* CALLER: off the queue, still in state CALLING, nowhere queued */
    uint64_t badge;        /* CLOSED, EVENT */
    uint64_t bits;         /* EVENT */
};

/* Takes the first thing off the queue. False: it is empty. */
bool port_take(struct port *port, struct port_news *news);

/* A receiver that waits, taken off the queue; NULL: none, and the running `caller` has been queued
 * and blocked in its place. E_PEERDIED: the port is dead. */
enum error port_meet_receiver(struct channel *channel, struct thread *caller,
                              struct thread **receiver) MUST_USE;

/* Blocks the running thread until something comes to the port; not at a dead one: the reply that
 * went before took the last handle with it, so recv runs again and says so. */
void port_wait(struct port *port, struct thread *receiver);

/* From now on callers that must queue at the port lend their priority to the thread; NULL: at none.
 */
void port_set_server(struct port *port, struct thread *thread);

/* A caller taken off the queue gets an error instead. */
void port_fail_caller(struct thread *caller, enum error error);

/* A caller's message is `receiver`'s now: it waits for the reply under a fresh token. */
void port_expect_reply(struct port *port, struct thread *caller, struct thread *receiver);

/* A caller, locked by thread_lock_token, waits no more; its port's lock is released. */
void port_unlock_replied(struct thread *caller);

/* What a thread's callers, received and queued, lend it: at least its own base priority. */
uint8_t port_lent_priority(const struct thread *thread);

/* Takes a CALLING, REPLY or RECV thread off its port. */
void port_forget_thread(struct thread *thread);

/* Queues an event's item; `event` keeps it alive until it is taken or withdrawn. */
void port_queue_event(struct port *port, struct port_item *item);
void port_withdraw_event(struct port *port, struct port_item *item);
