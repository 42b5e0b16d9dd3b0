#pragma once
/* run_queue.h - a hart's run queue, for sched.c and sched_pick.c alone.
 *
 * Its lock guards the queue, which thread the hart picks, and of each thread whose `home` the hart
 * is: `home`, `priority`, `affinity` and `on_run_queue`.
 *
 * A queue also knows the priority of the thread that its hart picked last: `floor`. Messages may
 * hand the hart on without the lock (fastpath.S), but to nobody below hart->limit, which is the
 * floor or the best in the queue. So who makes a thread ready knows under the lock whether the hart
 * must look.
 */
#include "kernel/clock.h"
#include "kernel/lock.h"
#include "kernel/panic.h"
#include "kernel/riscv/hart.h"
#include "kernel/sched_policy.h"

struct run_queue {
    struct lock lock;
    int floor;                /* lock: of the thread picked last; -1: the hart idles. Others look */
    int waiting;              /* lock: threads in the queue. Others look */
    bool sliced;              /* lock: the hart's timer ends the slice of the one that runs */
    struct ready_queue ready; /* lock; others look at `best` */
    struct hart *hart;
};

extern struct run_queue run_queues[HARTS_MAX];
extern uint32_t idle_harts; /* atomic */

static inline struct run_queue *queue_of(const struct hart *hart)
{
    return &run_queues[hart->index];
}

static inline int look_at(const int *field) { return __atomic_load_n(field, __ATOMIC_RELAXED); }

static inline bool may_run_on(const struct thread *thread, const struct hart *hart)
{
    return thread->affinity >> hart->index & 1;
}

/* --- The queue; its lock is held -------------------------------------------------------------- */

/* After each change of the queue or its floor. */
static inline void set_limit(struct run_queue *queue)
{
    int best = queue->ready.best;

    queue->hart->limit = best > queue->floor ? best : queue->floor;
}

static inline void enqueue(struct run_queue *queue, struct thread *thread, bool front)
{
    ASSERT(!thread->on_run_queue);
    policy_add(&queue->ready, thread, front);
    thread->on_run_queue = true;
    queue->waiting++;
}

static inline void dequeue(struct run_queue *queue, struct thread *thread)
{
    ASSERT(thread->on_run_queue);
    policy_remove(&queue->ready, thread);
    thread->on_run_queue = false;
    queue->waiting--;
}

static inline void new_slice(struct thread *thread)
{
    thread->slice_ticks = clock_ticks(policy_slice_ns(thread));
}

/* --- sched.c ---------------------------------------------------------------------------------- */

/* Locks the queue of the thread's home, which only its holder changes. */
struct run_queue *run_queue_lock_home(const struct thread *thread);

/* Adds a thread in hand to a hart's queue; its home's queue, `queue`, is locked and let go. */
void run_queue_add_to(struct run_queue *queue, struct hart *target, struct thread *thread,
                      bool front);

/* A thread waits: a hart that idles and is allowed to shall come and take it. It may have become
 * idle just now, and have looked at the queues before the thread was there. */
void run_queue_offer(uint64_t allowed);
