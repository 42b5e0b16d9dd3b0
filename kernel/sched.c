/* sched.c - a run queue for each hart. Its lock guards the queue, which thread the hart picks, and
 * of each thread whose `home` the hart is: `home`, `priority`, `affinity` and `on_run_queue`.
 *
 * A queue also knows the priority of the thread that its hart picked last: `floor`. Messages may
 * hand the hart on without the lock (fastpath.S), but to nobody below hart->limit, which is the
 * floor or the best in the queue. So who makes a thread ready knows under the lock whether the hart
 * must look.
 */
#include "kernel/sched.h"

#include "kernel/clock.h"
#include "kernel/lock.h"
#include "kernel/panic.h"
#include "kernel/process.h"
#include "kernel/riscv/csr.h"
#include "kernel/riscv/hart.h"
#include "kernel/riscv/interrupt.h"
#include "kernel/riscv/ipi.h"
#include "kernel/riscv/timer.h"
#include "kernel/sched_policy.h"
#include "kernel/space.h"
#include "kernel/thread.h"

struct run_queue {
    struct lock lock;
    int best;    /* lock: the highest priority that waits, or -1. Others look at it */
    int floor;   /* lock: of the thread picked last; -1: the hart idles. Others look at it */
    int waiting; /* lock: threads in the queue. Others look at it */
    bool sliced; /* lock: the hart's timer ends the slice of the one that runs */
    struct ready_queue ready; /* lock */
    struct hart *hart;
};

static struct run_queue queues[HARTS_MAX];
static uint32_t idle_harts; /* atomic */

void sched_init(void)
{
    for (int i = 0; i < HARTS_MAX; i++) {
        lock_init(&queues[i].lock, "run queue", RANK_RUN);
        queues[i].best = queues[i].floor = -1;
        queues[i].hart = &harts[i];
        harts[i].limit = -1;
        harts[i].slice_end = TICKS_NEVER;
    }
}

static struct run_queue *queue_of(const struct hart *hart) { return &queues[hart->index]; }

static int look_at(const int *field) { return __atomic_load_n(field, __ATOMIC_RELAXED); }

static bool may_run_on(const struct thread *thread, const struct hart *hart)
{
    return thread->affinity >> hart->index & 1;
}

/* Locks the queue of the thread's home, which only its holder changes. */
static struct run_queue *lock_home(const struct thread *thread)
{
    for (;;) {
        struct hart *home = __atomic_load_n(&thread->home, __ATOMIC_RELAXED);
        struct run_queue *queue = queue_of(home);
        lock_acquire(&queue->lock);
        if (thread->home == home)
            return queue;
        lock_release(&queue->lock);
    }
}

/* --- A queue; its lock is held ---------------------------------------------------------------- */

static void set_limit(struct run_queue *queue)
{
    const struct thread *first = policy_first(&queue->ready, UINT64_MAX);

    queue->best = first != NULL ? first->priority : -1;
    queue->hart->limit = queue->best > queue->floor ? queue->best : queue->floor;
}

/* set_limit() is to follow these two. */
static void enqueue(struct run_queue *queue, struct thread *thread, bool front)
{
    ASSERT(!thread->on_run_queue);
    policy_add(&queue->ready, thread, front);
    thread->on_run_queue = true;
    queue->waiting++;
}

static void dequeue(struct run_queue *queue, struct thread *thread)
{
    ASSERT(thread->on_run_queue);
    policy_remove(&queue->ready, thread);
    thread->on_run_queue = false;
    queue->waiting--;
}

/* Somebody came or a priority changed: must the hart look, because the one that runs has to make
 * room or needs a time slice now? */
static bool must_look(const struct run_queue *queue)
{
    return queue->best > queue->floor || (queue->best == queue->floor && !queue->sliced);
}

/* Makes a hart look; no lock is held. */
static void wake_hart(struct hart *hart)
{
    if (hart == hart_self())
        hart->reschedule = true;
    else
        ipi_send(hart_bit(hart));
}

/* A thread waits: a hart that idles and is allowed to shall come and take it. It may have become
 * idle just now, and have looked at the queues before the thread was there. */
static void offer(uint64_t allowed)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    uint32_t idle = __atomic_load_n(&idle_harts, __ATOMIC_RELAXED) & (uint32_t)allowed;
    if (idle != 0)
        ipi_send(idle & -idle);
}

/* --- Ready ------------------------------------------------------------------------------------ */

/* The allowed hart whose thread is the least urgent, if the thread may interrupt it; or NULL. */
static struct hart *least_urgent(const struct thread *thread)
{
    struct hart *hart, *found = NULL;
    uint32_t allowed = harts_running() & (uint32_t)thread->affinity;
    int lowest = thread->priority;

    HARTS_FOREACH(hart, allowed)
    {
        int floor = look_at(&queue_of(hart)->floor);
        if (floor < lowest) {
            lowest = floor;
            found = hart;
        }
    }
    return found;
}

/* Where a thread shall become ready. Its home's queue is locked. */
static struct hart *place(const struct thread *thread)
{
    struct hart *home = thread->home;
    bool allowed = may_run_on(thread, home);

    if (allowed && (queue_of(home)->floor < thread->priority || harts_running() == hart_bit(home)))
        return home;
    struct hart *better = least_urgent(thread);
    if (better != NULL)
        return better;
    return allowed ? home : &harts[__builtin_ctzll(thread->affinity & harts_running())];
}

/* Adds a thread in hand to a hart's queue; its home's queue, `queue`, is locked and let go. */
static void add_to(struct run_queue *queue, struct hart *target, struct thread *thread, bool front)
{
    while (target != queue->hart) {
        thread->home = target;
        lock_release(&queue->lock);
        queue = queue_of(target);
        lock_acquire(&queue->lock);
        if (!may_run_on(thread, target)) /* since a moment ago */
            target = place(thread);
    }
    enqueue(queue, thread, front);
    set_limit(queue);
    bool look = must_look(queue);
    uint64_t allowed = thread->affinity;
    lock_release(&queue->lock); /* from here on the thread is others' */
    if (look)
        wake_hart(target);
    else
        offer(allowed);
}

static void make_ready(struct thread *thread, bool front)
{
    struct run_queue *queue = lock_home(thread);

    add_to(queue, place(thread), thread, front);
}

static void new_slice(struct thread *thread)
{
    thread->slice_ticks = clock_ticks(policy_slice_ns(thread));
}

void sched_ready(struct thread *thread, bool soon)
{
    bool front = soon && thread->slice_ticks > 0;

    if (!front)
        new_slice(thread);
    make_ready(thread, front);
}

void sched_hand_over(struct thread *thread)
{
    struct hart *self = hart_self();
    bool front = thread->slice_ticks > 0;
    struct run_queue *queue = lock_home(thread);

    if (!front)
        new_slice(thread);
    add_to(queue, may_run_on(thread, self) ? self : place(thread), thread, front);
}

bool sched_take(struct thread *thread)
{
    struct run_queue *queue = lock_home(thread);
    bool queued = thread->on_run_queue;

    if (queued) {
        dequeue(queue, thread);
        set_limit(queue);
    }
    lock_release(&queue->lock);
    return queued;
}

bool sched_take_sleeper(struct thread *thread)
{
    struct run_queue *queue = lock_home(thread);
    bool sleeps = thread->state == THREAD_SLEEP;

    if (sleeps)
        thread->state = THREAD_READY;
    lock_release(&queue->lock);
    return sleeps;
}

struct hart *sched_hart_of(const struct thread *thread)
{
    struct run_queue *queue = lock_home(thread);
    bool runs = __atomic_load_n(&queue->hart->current, __ATOMIC_RELAXED) == thread;

    lock_release(&queue->lock);
    return runs ? queue->hart : NULL;
}

void sched_set_priority(struct thread *thread, uint8_t priority)
{
    struct run_queue *queue = lock_home(thread);
    struct hart *home = queue->hart;
    bool queued = thread->on_run_queue;

    if (queued)
        dequeue(queue, thread);
    thread->priority = priority;
    if (queued)
        enqueue(queue, thread, false);
    else if (priority < queue->floor) /* it may run there */
        queue->floor = priority;
    set_limit(queue);
    bool look = must_look(queue);
    lock_release(&queue->lock);
    if (look)
        wake_hart(home);
}

uint64_t sched_harts(void) { return harts_running(); }

void sched_set_affinity(struct thread *thread, uint64_t allowed)
{
    struct run_queue *queue = lock_home(thread);
    struct hart *home = queue->hart;

    thread->affinity = allowed;
    if (may_run_on(thread, home)) {
        lock_release(&queue->lock);
        return;
    }
    thread->direct = NULL; /* no message hands it the hart where it was */
    bool queued = thread->on_run_queue;
    if (queued) {
        dequeue(queue, thread);
        set_limit(queue);
    }
    lock_release(&queue->lock);
    if (queued)
        sched_ready(thread, true);
    else
        wake_hart(home); /* it may run there */
}

/* --- Time ------------------------------------------------------------------------------------- */

/* The time since the last charge is this thread's. */
static void charge(struct hart *hart, struct thread *thread, uint64_t now)
{
    thread->cpu_ticks += now - hart->started_ticks;
    hart->started_ticks = now;
}

/* Takes the running thread off the hart, except that it is still `current`. */
static void stop(struct hart *hart, struct thread *thread, uint64_t now)
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

    queue->sliced = queue->best == thread->priority;
    hart->slice_end = queue->sliced ? hart->slice_start + thread->slice_ticks : TICKS_NEVER;
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
static void start(struct run_queue *queue, struct thread *thread, uint64_t now)
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

    stop(hart, thread, now);
    if (!front || thread->slice_ticks == 0) {
        new_slice(thread);
        front = false;
    }
    uint64_t allowed = thread->affinity;
    enqueue(queue, thread, front);
    start(queue, policy_first(&queue->ready, hart_bit(hart)), now);
    lock_release(&queue->lock);
    offer(allowed);
}

void sched_yield(struct thread *thread)
{
    struct run_queue *queue = queue_of(hart_self());

    lock_acquire(&queue->lock);
    if (queue->best >= thread->priority)
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
    add_to(lock_home(thread), target, thread, false);
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
    if (queue->best >= thread->priority)
        exchange(queue, thread, false);
    else
        lock_release(&queue->lock);
}

/* The running thread makes room for a better one, and for an equal one once its slice is over. */
static void preempt(struct hart *hart)
{
    struct run_queue *queue = queue_of(hart);
    struct thread *thread = hart->current;

    if (!may_run_on(thread, hart)) {
        sched_leave(thread);
        sched_ready(thread, true);
        return;
    }
    lock_acquire(&queue->lock);
    queue->floor = thread->priority;
    set_limit(queue);
    bool better = queue->best > thread->priority;
    bool over =
        queue->best == thread->priority && timer_ticks() - hart->slice_start >= thread->slice_ticks;
    if (better) {
        exchange(queue, thread, true);
        return;
    }
    if (!over)
        set_slice_end(queue, thread);
    lock_release(&queue->lock);
    if (over)
        rotate(queue, thread);
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

    HARTS_FOREACH(hart, others)
    {
        struct run_queue *queue = queue_of(hart);
        int best = look_at(&queue->best) > priority ? best_for(queue, self) : -1;
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
    add_to(from, self, thread, false);
}

/* Waits for an interrupt that makes a thread ready. Interrupts stay off: a pending one ends the
 * wait, and is served here. */
static void idle(struct hart *hart)
{
    tlb_leave_all();
    __atomic_store_n(&hart->loaded, NULL, __ATOMIC_RELEASE);
    hart->started_ticks = timer_ticks();
    __atomic_fetch_or(&idle_harts, hart_bit(hart), __ATOMIC_SEQ_CST);
    if (look_at(&queue_of(hart)->best) < 0 && best_elsewhere(hart, -1) == NULL &&
        SLIST_EMPTY(&hart->mail)) {
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
    struct run_queue *from = best_elsewhere(hart, queue->best);

    if (from != NULL)
        steal(hart, from, queue->best);
    hart->reschedule = false;
    lock_acquire(&queue->lock);
    struct thread *thread = policy_first(&queue->ready, hart_bit(hart));
    queue->floor = -1;
    if (thread != NULL)
        start(queue, thread, timer_ticks());
    else
        set_limit(queue);
    lock_release(&queue->lock);
    return thread != NULL;
}

/* The thread has not run here before, or not lately. */
static void arrive(struct hart *hart, struct thread *thread)
{
    tlb_thread_moved(&thread->process->space->tlb, thread->hart, hart);
    thread->hart = hart;
}

struct thread *sched_next(struct hart *hart)
{
    for (;;) {
        if (!SLIST_EMPTY(&hart->mail))
            thread_open_mail(hart);
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
