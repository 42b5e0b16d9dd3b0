/* clock.c - timers in a tree by deadline, one for each hart, with a lock each. Expire functions run
 * without it, so that they may take locks that rank before it.
 */
#include "kernel/clock.h"

#include "kernel/lock.h"
#include "kernel/object.h"
#include "kernel/riscv/hart.h"
#include "kernel/riscv/timer.h"

enum {
    NS_PER_SECOND = 1000000000,
    REST_MAX_NS = 10000000, /* a hart that an emulator stopped does not rest for as long again */
};

static int timer_compare(const struct timer *a, const struct timer *b)
{
    if (a->deadline_ns != b->deadline_ns)
        return a->deadline_ns < b->deadline_ns ? -1 : 1;
    return a < b ? -1 : a > b;
}

RB_HEAD(timer_tree, timer);
RB_GENERATE_STATIC(timer_tree, timer, link, timer_compare)

struct timer_queue {
    struct lock lock;
    struct timer_tree tree; /* lock */
    uint64_t due_ns;        /* lock: of the first one, or DEADLINE_NONE; the hart itself reads it */
    uint64_t due_ticks;     /* lock: the same as the counter shows it */
};

static struct timer_queue queues[HARTS_MAX];

/* Ticks to nanoseconds and back as fixed-point factors with 32 fractional bits. Set once at boot.
 */
static uint64_t frequency, ns_per_tick_32, boot_ticks;
uint64_t clock_ticks_per_ns_32;

void clock_init(uint64_t timebase_hz)
{
    frequency = timebase_hz;
    ns_per_tick_32 = ((unsigned __int128)NS_PER_SECOND << 32) / timebase_hz;
    clock_ticks_per_ns_32 = ((unsigned __int128)timebase_hz << 32) / NS_PER_SECOND;
    boot_ticks = timer_ticks();
    for (int i = 0; i < HARTS_MAX; i++) {
        lock_init(&queues[i].lock, "timers", RANK_TIMER);
        RB_INIT(&queues[i].tree);
        queues[i].due_ns = DEADLINE_NONE;
        queues[i].due_ticks = TICKS_NEVER;
    }
}

uint64_t clock_timebase(void) { return frequency; }

static uint64_t scale_32(uint64_t value, uint64_t factor)
{
    return (unsigned __int128)value * factor >> 32;
}

uint64_t clock_ns(uint64_t ticks) { return scale_32(ticks, ns_per_tick_32); }
uint64_t clock_now(void) { return clock_ns(timer_ticks() - boot_ticks); }

/* The first tick at which clock_now has reached `ns`: rounded up, for an interrupt that comes early
 * comes again and again until it is due. */
static uint64_t clock_ticks_at(uint64_t ns)
{
    uint64_t seconds = ns / NS_PER_SECOND, rest = ns % NS_PER_SECOND;

    if (seconds >= (INT64_MAX - boot_ticks) / frequency)
        return TICKS_NEVER;
    return boot_ticks + seconds * frequency + (rest * frequency) / NS_PER_SECOND + 2;
}

/* --- Timers ----------------------------------------------------------------------------------- */

/* The first timer may be another one now. */
static void note_first_locked(struct timer_queue *queue)
{
    const struct timer *first = RB_MIN(timer_tree, &queue->tree);
    uint64_t due = first != NULL ? first->deadline_ns : DEADLINE_NONE;

    lock_assert_held(&queue->lock);
    if (due == queue->due_ns)
        return;
    queue->due_ns = due;
    queue->due_ticks = due == DEADLINE_NONE ? TICKS_NEVER : clock_ticks_at(due);
}

static void remove_locked(struct timer_queue *queue, struct timer *timer)
{
    RB_REMOVE(timer_tree, &queue->tree, timer);
    timer->armed = false;
    note_first_locked(queue);
}

void timer_disarm(struct timer *timer)
{
    if (timer->hart == NULL)
        return;
    struct timer_queue *queue = &queues[timer->hart->index];
    lock_acquire(&queue->lock);
    if (timer->armed)
        remove_locked(queue, timer);
    lock_release(&queue->lock);
    timer->hart = NULL;
}

void timer_arm(struct timer *timer, uint64_t deadline_ns)
{
    struct hart *hart = hart_self();
    struct timer_queue *queue = &queues[hart->index];

    timer_disarm(timer);
    if (deadline_ns == DEADLINE_NONE)
        return;
    lock_acquire(&queue->lock);
    timer->hart = hart;
    timer->deadline_ns = deadline_ns;
    timer->armed = true;
    RB_INSERT(timer_tree, &queue->tree, timer);
    note_first_locked(queue);
    lock_release(&queue->lock);
    hart->timers_changed = true;
}

/* A timer that is due, disarmed, its owner retained. */
static struct timer *take_due(struct timer_queue *queue, uint64_t now)
{
    struct timer *timer;

    lock_acquire(&queue->lock);
    while ((timer = RB_MIN(timer_tree, &queue->tree)) != NULL && timer->deadline_ns <= now) {
        remove_locked(queue, timer);
        if (object_try_retain(timer->owner))
            break;
    }
    if (timer != NULL && timer->deadline_ns > now)
        timer = NULL;
    lock_release(&queue->lock);
    return timer;
}

void clock_expire(void)
{
    struct timer *timer;
    struct hart *hart = hart_self();
    uint64_t before = timer_ticks(), now = clock_now();

    timer_interrupted(hart);
    hart->timers_changed = true;
    while ((timer = take_due(&queues[hart->index], now)) != NULL) {
        struct object *owner = timer->owner;
        timer->expire(timer);
        object_release(owner);
    }
    uint64_t after = timer_ticks(), rest = after - before, most = clock_ticks(REST_MAX_NS);
    hart->timers_rest = after + (rest < most ? rest : most);
}

void clock_program(struct hart *hart)
{
    uint64_t due = __atomic_load_n(&queues[hart->index].due_ticks, __ATOMIC_RELAXED);

    hart->timers_changed = false;
    if (hart->slice_end < due)
        due = hart->slice_end;
    if (due < hart->timers_rest)
        due = hart->timers_rest;
    timer_set(hart, due);
}
