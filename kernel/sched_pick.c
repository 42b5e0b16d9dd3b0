/* sched_pick.c - what a hart runs: the best thread of its queue, or of another one; nothing. See
 * run_queue.h for the lock, sched.c for how threads get there.
 */
#include "kernel/clock.h"
#include "kernel/frame.h"
#include "kernel/process.h"
#include "kernel/riscv/csr.h"
#include "kernel/riscv/fpu.h"
#include "kernel/riscv/hart.h"
#include "kernel/riscv/interrupt.h"
#include "kernel/riscv/ipi.h"
#include "kernel/riscv/timer.h"
#include "kernel/run_queue.h"
#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/thread.h"

/* --- Time ------------------------------------------------------------------------------------- */

/* The time since the last charge is this thread's. */
static void charge(struct hart *hart, struct thread *thread, uint64_t now)
{
    thread->cpu_ticks += now - hart->started_ticks;
    hart->started_ticks = now;
}

/* Takes the running thread off the hart, except that it is still `current`. */
static inline void stop(struct hart *hart, struct thread *thread, uint64_t now)
{
    uint64_t ran = now - hart->slice_start;

    thread->slice_ticks -= ran < thread->slice_ticks ? ran : thread->slice_ticks;
    charge(hart, thread, now);
    fpu_save(thread);
    __atomic_store_n(&hart->loaded, &thread->process->space->tlb, __ATOMIC_RELAXED);
}

void sched_leave(struct thread *thread)
{
    struct hart *hart = hart_self();

    ASSERT(hart->current == thread);
    stop(hart, thread, timer_ticks());
    hart->slice_end = TICKS_NEVER;
    hart->current = NULL;
}

/* Threads that hand the hart to each other by messages share the slice in which they began. */
static void set_slice_end(struct run_queue *queue, const struct thread *thread)
{
    struct hart *hart = queue->hart;

    queue->sliced = queue->ready.best == thread->priority;
    hart->slice_end = queue->sliced ? hart->slice_start + thread->slice_ticks : TICKS_NEVER;
    if (hart->slice_end < hart->timer_set_to)
        hart->timers_changed = true;
}

uint64_t sched_cpu_ns(const struct thread *thread)
{
    const struct hart *hart = __atomic_load_n(&thread->home, __ATOMIC_RELAXED);
    uint64_t started, ticks;

    do { /* until the hart did not charge while we looked */
        started = __atomic_load_n(&hart->started_ticks, __ATOMIC_ACQUIRE);
        ticks = __atomic_load_n(&thread->cpu_ticks, __ATOMIC_RELAXED);
        if (__atomic_load_n(&hart->current, __ATOMIC_ACQUIRE) == thread)
            ticks += timer_ticks() - started;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
    } while (__atomic_load_n(&hart->started_ticks, __ATOMIC_RELAXED) != started);
    return clock_ns(ticks);
}

uint64_t sched_idle_ns(const struct hart *hart)
{
    uint64_t started = __atomic_load_n(&hart->started_ticks, __ATOMIC_RELAXED);
    uint64_t ticks = hart->idle_ticks;

    if (__atomic_load_n(&idle_harts, __ATOMIC_RELAXED) & hart_bit(hart))
        ticks += timer_ticks() - started;
    return clock_ns(ticks);
}

/* --- Choosing; the hart's own queue ----------------------------------------------------------- */

/* Gives the hart to a thread of its queue, which is locked. */
static inline void start(struct run_queue *queue, struct thread *thread, uint64_t now)
{
    struct hart *hart = queue->hart;

    dequeue(queue, thread);
    queue->floor = thread->priority;
    set_limit(queue);
    thread->direct = hart;
    hart->current = thread;
    hart->slice_start = hart->started_ticks = now;
    hart->switches++;
    set_slice_end(queue, thread);
}

/* The running thread waits in the queue, and the best one runs. Lets go of the queue's lock. */
static void exchange(struct run_queue *queue, struct thread *thread, bool front)
{
    struct hart *hart = queue->hart;
    uint64_t now = timer_ticks();

    if (!may_run_on(thread, hart)) {
        lock_release(&queue->lock);
        sched_leave(thread);
        sched_ready(thread, true);
        return;
    }
    stop(hart, thread, now);
    if (!front || thread->slice_ticks == 0) {
        new_slice(thread);
        front = false;
    }
    uint64_t allowed = thread->affinity;
    enqueue(queue, thread, front);
    start(queue, policy_first(&queue->ready, hart_bit(hart)), now);
    lock_release(&queue->lock);
    run_queue_offer(allowed);
}

void sched_yield(struct thread *thread)
{
    struct run_queue *queue = queue_of(hart_self());

    lock_acquire(&queue->lock);
    if (queue->ready.best >= thread->priority)
        exchange(queue, thread, false);
    else
        lock_release(&queue->lock);
}

/* The first hart of the set where the thread would wait behind fewer ones than here, and not behind
 * a better one; NULL: none. */
static struct hart *first_less_crowded(uint32_t set, const struct hart *self,
                                       const struct thread *thread)
{
    struct hart *hart;

    HARTS_FOREACH(hart, set)
        if (look_at(&queue_of(hart)->waiting) < look_at(&queue_of(self)->waiting) &&
            look_at(&queue_of(hart)->floor) <= thread->priority)
            return hart;
    return NULL;
}

/* Where the thread shall go so that threads of which there are more than harts all get their share:
 * once round the ring of harts. NULL: it stays. */
static struct hart *less_crowded(const struct hart *self, const struct thread *thread)
{
    uint32_t others = harts_others() & (uint32_t)thread->affinity;
    uint32_t behind = others & ~(2 * hart_bit(self) - 1);
    struct hart *found = first_less_crowded(behind, self, thread);

    return found != NULL ? found : first_less_crowded(others & ~behind, self, thread);
}

/* The running thread goes to another hart's queue. */
static void send_away(struct thread *thread, struct hart *target)
{
    sched_leave(thread);
    new_slice(thread);
    run_queue_add_to(run_queue_lock_home(thread), target, thread, false);
}

/* The slice of the running thread is over, and an equal one waits. */
static void rotate(struct run_queue *queue, struct thread *thread)
{
    struct hart *target = less_crowded(queue->hart, thread);

    if (target != NULL) {
        send_away(thread, target);
        return;
    }
    lock_acquire(&queue->lock);
    if (queue->ready.best >= thread->priority)
        exchange(queue, thread, false);
    else
        lock_release(&queue->lock);
}

/* --- Choosing; others' queues ----------------------------------------------------------------- */

/* The priority of the best thread in a queue that may run on `self`; -1: none. */
static int best_for(struct run_queue *queue, const struct hart *self)
{
    lock_acquire(&queue->lock);
    const struct thread *thread = policy_first(&queue->ready, hart_bit(self));
    int priority = thread != NULL ? thread->priority : -1;
    lock_release(&queue->lock);
    return priority;
}

/* The other queue in which the best thread above `priority` waits that may run here; NULL: none. */
static struct run_queue *best_elsewhere(const struct hart *self, int priority)
{
    struct run_queue *found = NULL;
    struct hart *hart;
    uint32_t others = harts_others();

    HARTS_FOREACH(hart, others) {
        struct run_queue *queue = queue_of(hart);
        int best = look_at(&queue->ready.best) > priority ? best_for(queue, self) : -1;
        if (best > priority) {
            priority = best;
            found = queue;
        }
    }
    return found;
}

/* Takes the best thread that may run here from another hart's queue into our own, if it is still
 * there and above `priority`. */
static void steal(struct hart *self, struct run_queue *from, int priority)
{
    lock_acquire(&from->lock);
    struct thread *thread = policy_first(&from->ready, hart_bit(self));
    if (thread == NULL || thread->priority <= priority) {
        lock_release(&from->lock);
        return;
    }
    dequeue(from, thread);
    set_limit(from);
    self->steals++;
    run_queue_add_to(from, self, thread, false);
}

/* If a better thread than those here, and than `priority`, waits for another hart: takes it. */
static void fetch(struct hart *hart, int priority)
{
    if (harts_running() == hart_bit(hart))
        return;
    int best = look_at(&queue_of(hart)->ready.best);
    int above = best > priority ? best : priority;
    struct run_queue *from = best_elsewhere(hart, above);

    if (from != NULL)
        steal(hart, from, above);
}

/* --- The hart ------------------------------------------------------------------------------- */

/* Whoever is left in the queue may run on a hart that idles. */
static void release_and_offer(struct run_queue *queue)
{
    const struct thread *next = policy_first(&queue->ready, UINT64_MAX);
    uint64_t allowed = next != NULL ? next->affinity : 0;

    lock_release(&queue->lock);
    if (allowed != 0)
        run_queue_offer(allowed);
}

/* The running thread makes room for a better one, and for an equal one once its slice is over. */
static void preempt(struct hart *hart)
{
    struct run_queue *queue = queue_of(hart);
    struct thread *thread = hart->current;

    fetch(hart, thread->priority);
    if (!may_run_on(thread, hart)) {
        sched_leave(thread);
        sched_ready(thread, true);
        return;
    }
    lock_acquire(&queue->lock);
    queue->floor = thread->priority;
    set_limit(queue);
    bool better = queue->ready.best > thread->priority;
    bool over = queue->ready.best == thread->priority &&
                timer_ticks() - hart->slice_start >= thread->slice_ticks;
    if (better) {
        exchange(queue, thread, true);
        return;
    }
    if (!over)
        set_slice_end(queue, thread);
    release_and_offer(queue);
    if (over)
        rotate(queue, thread);
}

/* Waits for an interrupt that makes a thread ready, or does a little work in advance. Interrupts
 * stay off: a pending one ends the wait, and is served here. */
static void idle(struct hart *hart)
{
    tlb_leave_all();
    __atomic_store_n(&hart->loaded, NULL, __ATOMIC_RELEASE);
    hart->started_ticks = timer_ticks();
    __atomic_fetch_or(&idle_harts, hart_bit(hart), __ATOMIC_SEQ_CST);
    if (look_at(&queue_of(hart)->ready.best) < 0 && best_elsewhere(hart, -1) == NULL &&
        SLIST_EMPTY(&hart->mail) && !space_reap_waits() && !frame_zero_one()) {
        clock_program(hart);
        wait_for_interrupt();
    }
    __atomic_fetch_and(&idle_harts, ~hart_bit(hart), __ATOMIC_SEQ_CST);
    hart->idle_ticks += timer_ticks() - hart->started_ticks;
    interrupt_poll();
}

/* Gives the free hart to the best thread, which may wait for another one. False: there is none. */
static bool pick(struct hart *hart)
{
    struct run_queue *queue = queue_of(hart);

    fetch(hart, -1);
    hart->reschedule = false;
    lock_acquire(&queue->lock);
    struct thread *thread = policy_first(&queue->ready, hart_bit(hart));
    queue->floor = -1;
    if (thread != NULL)
        start(queue, thread, timer_ticks());
    else
        set_limit(queue);
    release_and_offer(queue);
    return thread != NULL;
}

/* The thread has not run here before, or not lately. */
static void arrive(struct hart *hart, struct thread *thread)
{
    fence_instructions(); /* its program may have been written on another hart */
    tlb_thread_moved(&thread->process->space->tlb, thread->hart, hart);
    thread->hart = hart;
}

struct thread *sched_next(struct hart *hart)
{
    for (;;) {
        if (!SLIST_EMPTY(&hart->mail))
            thread_open_mail(hart);
        if (space_reap_waits())
            space_reap();
        if (hart->current == NULL) {
            if (!pick(hart))
                idle(hart);
        } else if (hart->reschedule) {
            hart->reschedule = false;
            preempt(hart);
        } else {
            break;
        }
    }
    struct thread *thread = hart->current;
    if (thread->hart != hart)
        arrive(hart, thread);
    if (hart->timers_changed)
        clock_program(hart);
    space_activate(thread->process->space);
    __atomic_store_n(&hart->loaded, NULL, __ATOMIC_RELEASE);
    return thread;
}
