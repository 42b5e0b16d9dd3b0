#pragma once
/* sched_policy.h - which of the threads that wait for a hart runs next, and for how long: what a
 * course replaces. Mechanism (sched.c) and policy meet in these four functions; where a thread may
 * run, when the running one is interrupted, and what is lent to it is not the policy's affair.
 *
 * Lock: the run queue's, held by the caller.
 */
#include <octavo/process.h>
#include <stdbool.h>
#include <stdint.h>

#include "kernel/thread.h"

/* The threads that wait for one hart: a list for each priority, round robin inside. Zeroed: empty.
 */
struct ready_queue {
    uint32_t bitmap; /* bit p is set if list p holds a thread; else the list is not set up */
    struct thread_list list[PRIORITIES];
};

/* Adds a thread: behind its equals, or with `front` before them. */
void policy_add(struct ready_queue *queue, struct thread *thread, bool front);

/* Takes a thread off, whose priority is what it was when it was added. */
void policy_remove(struct ready_queue *queue, struct thread *thread);

/* The thread that shall run next on a hart of the set `allowed` (thread->affinity). It stays in
 * the queue. NULL: none. */
struct thread *policy_first(const struct ready_queue *queue, uint64_t allowed);

/* How long the thread may run while equals wait, nanoseconds. */
uint64_t policy_slice_ns(const struct thread *thread);
