/* event.c - see event.h. A waiting thread's mask is its second argument register. A port's lock
 * ranks before an event's, so ports are told after the event's lock is released, and look again
 * whether the event is bound there. Whoever binds holds bind_lock.
 */
#include "kernel/event.h"

#include <stddef.h>

#include "kernel/cache.h"
#include "kernel/grace.h"
#include "kernel/panic.h"
#include "kernel/riscv/ipi.h"
#include "kernel/thread.h"

static void event_destroy(struct object *object);
static void event_quiet(struct object *object);
static void event_timer_expired(struct timer *timer);

static struct cache event_cache = CACHE_INIT(event_cache, "event", struct event);
const struct object_type event_type = {
    .name = "event", .cache = &event_cache, .unreachable = event_quiet, .destroy = event_destroy};

static struct lock bind_lock = LOCK_INIT("bind", RANK_BIND);

struct event *event_create(void)
{
    struct event *event = object_create(OBJECT_EVENT);

    if (event == NULL)
        return NULL;
    lock_init(&event->lock, "event", RANK_EVENT);
    TAILQ_INIT(&event->waiting);
    event->item.kind = ITEM_EVENT;
    event->timer.expire = event_timer_expired;
    event->timer.owner = &event->object;
    return event;
}

/* Nobody can name the event: it does nothing by itself any more, and nobody waits for it. */
static void event_quiet(struct object *object)
{
    struct event *event = (struct event *)object;

    lock_acquire(&event->lock);
    event->unreachable = true;
    event->timer_on = false;
    timer_disarm(&event->timer);
    lock_release(&event->lock);
    event_bind(event, NULL, 0);
}

static void event_destroy(struct object *object)
{
    const struct event *event = (struct event *)object;

    grace_period();
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

/* Takes a waiting thread in hand, which counts the event no more: the caller does. */
static void remove_locked(struct event *event, struct thread *thread)
{
    TAILQ_REMOVE(&event->waiting, thread, link);
    thread->event = NULL;
    __atomic_store_n(&thread->state, THREAD_READY, __ATOMIC_RELAXED);
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
        remove_locked(event, thread);
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
    bool waited_for = !TAILQ_EMPTY(&event->waiting);
    if (port != NULL)
        object_retain(&port->object);
    lock_release(&event->lock);
    if (port != NULL) {
        port_queue_event(port, event);
        object_release(&port->object);
    }
    while (waited_for && (thread = take_waiter(event, &bits)) != NULL) {
        thread_finish(thread, E_OK, bits);
        object_release(&event->object);
    }
}

enum event_outcome event_wait(struct event *event, struct thread *thread, uint64_t deadline_ns,
                              uint64_t mask, uint64_t *bits)
{
    enum event_outcome outcome = EVENT_TAKEN;

    lock_acquire(&event->lock);
    if (event->port != NULL) {
        outcome = EVENT_BOUND;
    } else if ((*bits = take_bits(event, mask)) == 0) {
        outcome = deadline_ns != DEADLINE_NONE && clock_now() >= deadline_ns ? EVENT_TIMED_OUT
                                                                             : EVENT_BLOCKED;
    }
    if (outcome == EVENT_BLOCKED) {
        object_retain(&event->object);
        thread->event = event;
        TAILQ_INSERT_TAIL(&event->waiting, thread, link);
        thread_block(thread, THREAD_EVENT, deadline_ns);
    }
    lock_release(&event->lock);
    return outcome;
}

/* The event that a thread waits for, locked; NULL: it waits for none. */
static struct event *lock_event_of(const struct thread *thread)
{
    struct event *event = NULL;
    bool locked = false;

    while (!locked && __atomic_load_n(&thread->state, __ATOMIC_RELAXED) == THREAD_EVENT) {
        reader_enter();
        event = __atomic_load_n(&thread->event, __ATOMIC_RELAXED);
        locked = event != NULL && lock_try(&event->lock);
        if (locked && (thread->event != event || thread->state != THREAD_EVENT)) {
            lock_release(&event->lock);
            locked = false;
        }
        reader_leave();
        if (!locked)
            hart_serve_requests();
    }
    return locked ? event : NULL;
}

bool event_take_thread(struct thread *thread)
{
    struct event *event = lock_event_of(thread);

    if (event == NULL)
        return false;
    remove_locked(event, thread);
    lock_release(&event->lock);
    object_release(&event->object);
    return true;
}

bool event_is_pending_at(struct event *event, const struct port *port)
{
    lock_acquire(&event->lock);
    bool pending = event->port == port && event->pending != 0;
    lock_release(&event->lock);
    return pending;
}

/* Those who wait look again: their event_wait says why they cannot. */
static void turn_waiters_away(struct event *event)
{
    struct thread *thread;

    do {
        lock_acquire(&event->lock);
        bool away = event->port != NULL || event->unreachable;
        thread = away ? TAILQ_FIRST(&event->waiting) : NULL;
        if (thread != NULL)
            remove_locked(event, thread);
        lock_release(&event->lock);
        if (thread != NULL) {
            thread_wake(thread);
            object_release(&event->object);
        }
    } while (thread != NULL);
}

/* Where pending bits go from now on; the new port is counted. */
static struct port *replace_port(struct event *event, struct port *port, uint64_t badge)
{
    lock_acquire(&event->lock);
    struct port *old = event->port;
    event->port = event->unreachable ? NULL : port;
    if (event->port != NULL) {
        event->badge = badge;
        object_retain(&port->object);
    }
    lock_release(&event->lock);
    return old;
}

void event_bind(struct event *event, struct port *port, uint64_t badge)
{
    lock_acquire(&bind_lock);
    struct port *old = replace_port(event, NULL, 0);
    if (old != NULL)
        port_withdraw_event(old, &event->item);
    replace_port(event, port, badge);
    lock_release(&bind_lock);
    if (old != NULL)
        object_release(&old->object);
    turn_waiters_away(event);
    if (port != NULL)
        port_queue_event(port, event);
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
    lock_acquire(&event->lock);
    event->timer_on = deadline_ns != DEADLINE_NONE && !event->unreachable;
    event->timer_bits = bits;
    event->timer_period_ns = period_ns;
    timer_arm(&event->timer, event->timer_on ? deadline_ns : DEADLINE_NONE);
    lock_release(&event->lock);
}

static void event_timer_expired(struct timer *timer)
{
    struct event *event = (struct event *)((char *)timer - offsetof(struct event, timer));

    lock_acquire(&event->lock);
    uint64_t bits = event->timer_bits, period = event->timer_period_ns;
    uint64_t now = clock_now(), next = timer->deadline_ns + period;
    bool due = event->timer_on && !timer->armed; /* nobody has set it anew or switched it off */
    if (due && period != 0)                      /* periods that were missed are not made up for */
        timer_arm(timer, next > now ? next : now + period - (now - next) % period);
    else if (due)
        event->timer_on = false;
    lock_release(&event->lock);
    if (due)
        event_signal(event, bits);
}
