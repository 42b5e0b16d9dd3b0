/* clock.c - timers in a tree by deadline. timer_lock guards tree and timers; expire functions run
 * without it, so that they may take locks that rank before it.
 */
#include "kernel/clock.h"

#include "kernel/lock.h"
#include "kernel/panic.h"
#include "kernel/riscv/hart.h"
#include "kernel/riscv/timer.h"

enum { NS_PER_SECOND = 1000000000 };

static int timer_compare(const struct timer *a, const struct timer *b)
{
    if (a->deadline_ns != b->deadline_ns)
        return a->deadline_ns < b->deadline_ns ? -1 : 1;
    return a < b ? -1 : a > b;
}

RB_HEAD(timer_tree, timer);
RB_GENERATE_STATIC(timer_tree, timer, link, timer_compare)

static struct lock timer_lock = LOCK_INIT("timers", RANK_TIMER);
static struct timer_tree timers = RB_INITIALIZER(&timers); /* timer_lock */

/* Ticks to nanoseconds as a fixed-point factor with 32 fractional bits, and back. Set once at boot.
 */
static uint64_t frequency, ns_per_tick_32, boot_ticks;

void clock_init(uint64_t timebase_hz)
{
    frequency = timebase_hz;
    ns_per_tick_32 = ((unsigned __int128)NS_PER_SECOND << 32) / timebase_hz;
    boot_ticks = timer_ticks();
}

uint64_t clock_timebase(void) { return frequency; }

static uint64_t scale_32(uint64_t value, uint64_t factor)
{
    return (unsigned __int128)value * factor >> 32;
}

uint64_t clock_ns(uint64_t ticks) { return scale_32(ticks, ns_per_tick_32); }

uint64_t clock_now(void) { return scale_32(timer_ticks() - boot_ticks, ns_per_tick_32); }

/* The first tick at which clock_now has reached `ns`: rounded up, for an interrupt that comes early
 * comes again and again until it is due. */
static uint64_t clock_ticks_at(uint64_t ns)
{
    uint64_t seconds = ns / NS_PER_SECOND, rest = ns % NS_PER_SECOND;

    if (seconds >= (INT64_MAX - boot_ticks) / frequency)
        return UINT64_MAX;
    return boot_ticks + seconds * frequency + (rest * frequency) / NS_PER_SECOND + 2;
}

void timer_disarm(struct timer *timer)
{
    if (!timer->armed)
        return;
    lock_acquire(&timer_lock);
    RB_REMOVE(timer_tree, &timers, timer);
    timer->armed = false;
    hart_self()->timers_changed = true;
    lock_release(&timer_lock);
}

void timer_arm(struct timer *timer, uint64_t deadline_ns)
{
    timer_disarm(timer);
    if (deadline_ns == DEADLINE_NONE)
        return;
    lock_acquire(&timer_lock);
    timer->deadline_ns = deadline_ns;
    timer->armed = true;
    RB_INSERT(timer_tree, &timers, timer);
    hart_self()->timers_changed = true;
    lock_release(&timer_lock);
}

static struct timer *timer_take_due(uint64_t now)
{
    lock_acquire(&timer_lock);
    struct timer *timer = RB_MIN(timer_tree, &timers);
    if (timer != NULL && timer->deadline_ns <= now) {
        RB_REMOVE(timer_tree, &timers, timer);
        timer->armed = false;
    } else {
        timer = NULL;
    }
    lock_release(&timer_lock);
    return timer;
}

void clock_expire(void)
{
    struct timer *timer;
    struct hart *hart = hart_self();
    uint64_t now = clock_now();

    timer_interrupted();
    hart->timers_changed = true;
    while ((timer = timer_take_due(now)) != NULL)
        timer->expire(timer);
    uint64_t after = clock_now();
    hart->timers_rest_ns = after + (after - now);
}

void clock_program(struct hart *hart)
{
    hart->timers_changed = false;
    lock_acquire(&timer_lock);
    struct timer *first = RB_MIN(timer_tree, &timers);
    uint64_t due = first != NULL ? first->deadline_ns : DEADLINE_NONE;
    lock_release(&timer_lock);
    if (hart->slice_end_ns < due)
        due = hart->slice_end_ns;
    if (due < hart->timers_rest_ns)
        due = hart->timers_rest_ns;
    timer_set(due == DEADLINE_NONE ? UINT64_MAX : clock_ticks_at(due));
}
