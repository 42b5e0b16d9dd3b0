#pragma once
/* event.h - 64 bits that anybody may set and a thread or a port waits for. */
#include "kernel/clock.h"
#include "kernel/lock.h"
#include "kernel/port.h"
#include "kernel/process.h"

struct event {
    struct object object;
    struct lock lock; /* guards all below but `item`, which is the port's */
    uint64_t pending;
    struct thread_list waiting; /* each counts the event */
    struct port *port;          /* counted: where pending bits go; NULL: nowhere */
    uint64_t badge;
    struct port_item item;
    struct timer timer;
    uint64_t timer_bits, timer_period_ns;
};

struct event *event_create(void);
void event_signal(struct event *event, uint64_t bits);

/* Pending bits of the mask, which are cleared; 0: none, and the running thread waits for them. */
uint64_t event_wait(struct event *event, struct thread *thread, uint64_t mask,
                    uint64_t deadline_ns);
bool event_is_bound(struct event *event);

/* Binds to a port, or with NULL to none. */
void event_bind(struct event *event, struct port *port, uint64_t badge);

/* For port_take: what a queued event says; its bits are cleared. */
void event_take(struct event *event, uint64_t *badge, uint64_t *bits);

void event_set_timer(struct event *event, uint64_t bits, uint64_t deadline_ns, uint64_t period_ns);

/* Takes a thread in state EVENT off its event. */
void event_forget_thread(struct thread *thread);
