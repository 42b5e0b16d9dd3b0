/* sched.c - threads become ready: where, and which hart must look. sched_pick.c has the other half:
 * what a hart runs.
 */
#include "kernel/sched.h"

#include "kernel/riscv/hart.h"
#include "kernel/riscv/ipi.h"
#include "kernel/riscv/timer.h"
#include "kernel/run_queue.h"
#include "kernel/thread.h"

struct run_queue run_queues[HARTS_MAX];
uint32_t idle_harts;

void sched_init(void)
{
    for (int i = 0; i < HARTS_MAX; i++) {
        struct run_queue *queue = &run_queues[i];
        lock_init(&queue->lock, "run queue", RANK_RUN);
        queue->ready = READY_QUEUE_EMPTY;
        queue->floor = -1;
        queue->hart = &harts[i];
        harts[i].limit = -1;
        harts[i].slice_end = TICKS_NEVER;
    }
}

struct run_queue *run_queue_lock_home(const struct thread *thread)
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

/* Somebody came or a priority changed: must the hart look, because the one that runs has to make
 * room or needs a time slice now? */
static bool must_look(const struct run_queue *queue)
{
    return queue->ready.best > queue->floor ||
           (queue->ready.best == queue->floor && !queue->sliced);
}

/* Makes a hart look; no lock is held. */
static void wake_hart(struct hart *hart)
{
    if (hart == hart_self())
        hart->reschedule = true;
    else
        ipi_send(hart_bit(hart));
}

void run_queue_offer(uint64_t allowed)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    uint32_t idle = __atomic_load_n(&idle_harts, __ATOMIC_RELAXED) & (uint32_t)allowed;
    if (idle != 0)
        ipi_send(idle & -idle);
}

/* --- Ready ------------------------------------------------------------------------------------ */

/* The allowed hart with the least urgent thread, running or waiting, if the thread is more urgent
 * than that; or NULL. */
static struct hart *least_urgent(const struct thread *thread)
{
    struct hart *hart, *found = NULL;
    uint32_t allowed = harts_running() & (uint32_t)thread->affinity;
    int lowest = thread->priority;

    HARTS_FOREACH(hart, allowed) {
        int limit = look_at(&hart->limit);
        if (limit < lowest) {
            lowest = limit;
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

    if (allowed && (home->limit < thread->priority || harts_running() == hart_bit(home)))
        return home;
    struct hart *better = least_urgent(thread);
    if (better != NULL)
        return better;
    return allowed ? home : &harts[__builtin_ctzll(thread->affinity & harts_running())];
}

void run_queue_add_to(struct run_queue *queue, struct hart *target, struct thread *thread,
                      bool front)
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
    if (target == hart_self() && target->current == NULL)
        return; /* it picks soon, and offers what is left */
    if (look)
        wake_hart(target);
    else
        run_queue_offer(allowed);
}

static void make_ready(struct thread *thread, bool front)
{
    struct run_queue *queue = run_queue_lock_home(thread);

    run_queue_add_to(queue, place(thread), thread, front);
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
    struct run_queue *queue = run_queue_lock_home(thread);

    if (!front)
        new_slice(thread);
    run_queue_add_to(queue, may_run_on(thread, self) ? self : place(thread), thread, front);
}

bool sched_take(struct thread *thread)
{
    struct run_queue *queue = run_queue_lock_home(thread);
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
    struct run_queue *queue = run_queue_lock_home(thread);
    bool sleeps = __atomic_load_n(&thread->state, __ATOMIC_ACQUIRE) == THREAD_SLEEP;

    if (sleeps)
        thread->state = THREAD_READY;
    lock_release(&queue->lock);
    return sleeps;
}

struct hart *sched_hart_of(const struct thread *thread)
{
    struct run_queue *queue = run_queue_lock_home(thread);
    bool runs = __atomic_load_n(&queue->hart->current, __ATOMIC_RELAXED) == thread;

    lock_release(&queue->lock);
    return runs ? queue->hart : NULL;
}

void sched_set_priority(struct thread *thread, uint8_t priority)
{
    struct run_queue *queue = run_queue_lock_home(thread);
    struct hart *home = queue->hart;
    bool queued = thread->on_run_queue;

    if (queued)
        dequeue(queue, thread);
    thread->priority = priority;
    bool lower = !queued && priority < queue->floor; /* it may run there */
    if (queued)
        enqueue(queue, thread, false);
    else if (lower)
        queue->floor = priority;
    set_limit(queue);
    bool look = lower || must_look(queue); /* a better one may wait elsewhere */
    lock_release(&queue->lock);
    if (look)
        wake_hart(home);
}

uint64_t sched_harts(void) { return harts_running(); }

void sched_set_affinity(struct thread *thread, uint64_t allowed)
{
    struct run_queue *queue = run_queue_lock_home(thread);
    struct hart *home = queue->hart;

    bool queued = thread->on_run_queue;
    if (queued) {
        dequeue(queue, thread);
        set_limit(queue);
    }
    thread->affinity = allowed;
    bool leave = !may_run_on(thread, home);
    if (leave)
        thread->direct = NULL; /* no message hands it the hart where it was */
    lock_release(&queue->lock);
    if (queued)
        sched_ready(thread, true); /* perhaps elsewhere */
    else if (leave)
        wake_hart(home); /* it may run there */
}
