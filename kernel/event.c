/* event.c - see event.h. A waiting thread's mask is its second argument register. A port's lock
 * ranks before an event's, so ports are told after the event's lock is released.
 */
#include "kernel/event.h"

#include <stddef.h>

#include "kernel/cache.h"
#include "kernel/panic.h"
#include "kernel/thread.h"

static void event_destroy(struct object *object);
static void event_quiet(struct object *object);
static void event_timer_expired(struct timer *timer);

static struct cache event_cache = CACHE_INIT(event_cache, "event", struct event);
const struct object_type event_type = {
    .name = "event", .cache = &event_cache, .unreachable = event_quiet, .destroy = event_destroy};

struct event *event_create(void)
{
    struct event *event = object_create(OBJECT_EVENT);

    if (event == NULL)
        return NULL;
    lock_init(&event->lock, "event", RANK_EVENT);
    TAILQ_INIT(&event->waiting);
    event->item.kind = ITEM_EVENT;
    event->timer.expire = event_timer_expired;
    return event;
}

/* Nobody can name the event: it does nothing by itself any more, and nobody waits for it. */
static void event_quiet(struct object *object)
{
    struct event *event = (struct event *)object;

    timer_disarm(&event->timer);
    event_bind(event, NULL, 0);
}

static void event_destroy(struct object *object)
{
    const struct event *event = (struct event *)object;

    ASSERT(!event->timer.armed);
    ASSERT(event->port == NULL);
    ASSERT(TAILQ_EMPTY(&event->waiting));
}

/* The pending bits that a thread asked for, cleared. */
static uint64_t take_bits(struct event *event, uint64_t mask)
{
    uint64_t bits = event->pending & mask;

    event->pending &= ~bits;
    return bits;
}

/* The first waiting thread that wants something pending, off the queue, with its bits; NULL: none.
 */
static struct thread *take_waiter(struct event *event, uint64_t *bits)
{
    struct thread *thread;

    lock_acquire(&event->lock);
    TAILQ_FOREACH(thread, &event->waiting, link)
        if (thread->registers.a[1] & event->pending)
            break;
    if (thread != NULL) {
        *bits = take_bits(event, thread->registers.a[1]);
        TAILQ_REMOVE(&event->waiting, thread, link);
    }
    lock_release(&event->lock);
    return thread;
}

void event_signal(struct event *event, uint64_t bits)
{
    struct thread *thread;

    lock_acquire(&event->lock);
    event->pending |= bits;
    struct port *port = event->pending != 0 ? event->port : NULL;
    lock_release(&event->lock);
    if (port != NULL)
        port_queue_event(port, &event->item);
    while ((thread = take_waiter(event, &bits)) != NULL) {
        thread->waits_on = NULL;
        thread_finish(thread, E_OK, bits);
        object_release(&event->object);
    }
}

uint64_t event_wait(struct event *event, struct thread *thread, uint64_t mask, uint64_t deadline_ns)
{
    lock_acquire(&event->lock);
    uint64_t bits = take_bits(event, mask);
    if (bits == 0 && clock_now() < deadline_ns) {
        object_retain(&event->object);
        thread->waits_on = event;
        TAILQ_INSERT_TAIL(&event->waiting, thread, link);
        thread_block(thread, THREAD_EVENT, deadline_ns);
    }
    lock_release(&event->lock);
    return bits;
}

void event_forget_thread(struct thread *thread)
{
    struct event *event = thread->waits_on;

    lock_acquire(&event->lock);
    TAILQ_REMOVE(&event->waiting, thread, link);
    thread->waits_on = NULL;
    lock_release(&event->lock);
    object_release(&event->object);
}

bool event_is_bound(struct event *event)
{
    lock_acquire(&event->lock);
    bool bound = event->port != NULL;
    lock_release(&event->lock);
    return bound;
}

/* Those who wait look again: their event_wait says why they cannot. */
static void turn_waiters_away(struct event *event)
{
    struct thread *thread;

    for (;;) {
        lock_acquire(&event->lock);
        thread = TAILQ_FIRST(&event->waiting);
        lock_release(&event->lock);
        if (thread == NULL)
            return;
        event_forget_thread(thread);
        thread_wake(thread);
    }
}

void event_bind(struct event *event, struct port *port, uint64_t badge)
{
    turn_waiters_away(event);
    lock_acquire(&event->lock);
    struct port *old = event->port;
    lock_release(&event->lock);
    if (old != NULL)
        port_withdraw_event(old, &event->item);
    if (port != NULL)
        object_retain(&port->object);

    lock_acquire(&event->lock);
    event->port = port;
    event->badge = badge;
    bool pending = event->pending != 0;
    lock_release(&event->lock);
    if (old != NULL)
        object_release(&old->object);
    if (port != NULL && pending)
        port_queue_event(port, &event->item);
}

void event_take(struct event *event, uint64_t *badge, uint64_t *bits)
{
    lock_acquire(&event->lock);
    *badge = event->badge;
    *bits = take_bits(event, UINT64_MAX);
    lock_release(&event->lock);
}

void event_set_timer(struct event *event, uint64_t bits, uint64_t deadline_ns, uint64_t period_ns)
{
    timer_disarm(&event->timer);
    lock_acquire(&event->lock);
    event->timer_bits = bits;
    event->timer_period_ns = period_ns;
    lock_release(&event->lock);
    timer_arm(&event->timer, deadline_ns);
}

static void event_timer_expired(struct timer *timer)
{
    struct event *event = (struct event *)((char *)timer - offsetof(struct event, timer));
    uint64_t period = event->timer_period_ns, next = timer->deadline_ns + period;
    uint64_t now = clock_now();

    if (period != 0) /* periods that were missed are not made up for */
        timer_arm(timer, next > now ? next : now + period - (now - next) % period);
    event_signal(event, event->timer_bits);
}
