#pragma once
/* sched_policy.h - which of the threads that wait for a hart runs next, and for how long: the whole
 * policy, for a course to replace. Mechanism (sched.c, sched_pick.c) and policy meet in these four
 * functions; where a thread may run, when the running one is interrupted, and what is lent to it is
 * not the policy's affair. Inline, since every switch calls three of them.
 *
 * This one: 32 priorities, round robin inside each, the same time slice for all.
 *
 * Lock: the run queue's, held by the caller.
 */
#include <octavo/process.h>
#include <stdbool.h>
#include <stdint.h>

#include "kernel/thread.h"

enum { SLICE_NS = 10000000 };
_Static_assert(PRIORITIES == 32, "a priority is a bit of the bitmap");

/* The threads that wait for one hart: a list for each priority. */
struct ready_queue {
    int best;        /* the priority of the first thread, or -1: what preemption looks at */
    uint32_t bitmap; /* bit p is set if list p holds a thread; else the list is not set up */
    struct thread_list list[PRIORITIES];
};

#define READY_QUEUE_EMPTY ((struct ready_queue){.best = -1})

/* Adds a thread: behind its equals, or with `front` before them. */
static inline void policy_add(struct ready_queue *queue, struct thread *thread, bool front)
{
    struct thread_list *list = &queue->list[thread->priority];
    uint32_t bit = 1u << thread->priority;

    if (!(queue->bitmap & bit))
        TAILQ_INIT(list);
    if (front)
        TAILQ_INSERT_HEAD(list, thread, link);
    else
        TAILQ_INSERT_TAIL(list, thread, link);
    queue->bitmap |= bit;
    if (thread->priority > queue->best)
        queue->best = thread->priority;
}

/* Takes a thread off, whose priority is what it was when it was added. */
static inline void policy_remove(struct ready_queue *queue, struct thread *thread)
{
    struct thread_list *list = &queue->list[thread->priority];

    TAILQ_REMOVE(list, thread, link);
    if (!TAILQ_EMPTY(list))
        return;
    queue->bitmap &= ~(1u << thread->priority);
    if (queue->bitmap == 0)
        queue->best = -1;
    while (queue->best >= 0 && !(queue->bitmap >> queue->best & 1))
        queue->best--;
}

/* The thread that shall run next on a hart of the set `allowed` (thread->affinity). It stays in
 * the queue. NULL: none. */
static inline struct thread *policy_first(const struct ready_queue *queue, uint64_t allowed)
{
    struct thread *thread;

    for (int priority = queue->best; priority >= 0; priority--)
        if (queue->bitmap >> priority & 1)
            TAILQ_FOREACH(thread, &queue->list[priority], link)
                if (thread->affinity & allowed)
                    return thread;
    return NULL;
}

/* How long the thread may run while equals wait, nanoseconds. */
static inline uint64_t policy_slice_ns(const struct thread *thread)
{
    (void)thread;
    return SLICE_NS;
}
