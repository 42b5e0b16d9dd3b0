#pragma once
/* event.h - 64 bits that anybody may set and a thread or a port waits for. */
#include "kernel/clock.h"
#include "kernel/lock.h"
#include "kernel/port.h"
#include "kernel/process.h"

struct event {
    struct object object;
    struct lock lock; /* guards all below but `item`, which is the port's; see also event.c */
    uint64_t pending;
    bool unreachable;           /* no handle is left: it can be bound no more */
    struct thread_list waiting; /* each counts the event */
    struct port *port;          /* counted: where pending bits go; NULL: nowhere */
    uint64_t badge;
    struct port_item item;
    struct timer timer;
    bool timer_on; /* it was set, and has not yet expired for good */
    uint64_t timer_bits, timer_period_ns;
};

struct event *event_create(void);
void event_signal(struct event *event, uint64_t bits);

enum event_outcome { EVENT_TAKEN, EVENT_BLOCKED, EVENT_TIMED_OUT, EVENT_BOUND };

/* Takes pending bits of the mask, which are cleared. EVENT_BLOCKED: there are none, and the running
 * thread waits for them. EVENT_BOUND: they go to a port. */
enum event_outcome event_wait(struct event *event, struct thread *thread, uint64_t deadline_ns,
                              uint64_t mask, uint64_t *bits);

/* Binds to a port, or with NULL to none. */
void event_bind(struct event *event, struct port *port, uint64_t badge);

/* For the port, whose lock is held: what a queued event says, its bits cleared; and whether it is
 * bound there and has something to say. */
bool event_is_pending_at(struct event *event, const struct port *port);
void event_take(struct event *event, uint64_t *badge, uint64_t *bits);

void event_set_timer(struct event *event, uint64_t bits, uint64_t deadline_ns, uint64_t period_ns);

/* thread_take for the state EVENT. */
bool event_take_thread(struct thread *thread) MUST_USE;
