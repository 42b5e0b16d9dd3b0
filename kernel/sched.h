#pragma once
/* sched.h - which thread runs on which hart: a run queue for each, in whose lock a thread is made
 * ready, chosen, moved and given another priority.
 *
 * The running thread is on no queue. With equals waiting it has a time slice; alone at its priority
 * it needs none, and no timer ticks. A thread that goes to the front of its queue keeps what is
 * left of its slice, so that neither two that call each other nor one that is often preempted can
 * keep their equals from running. Who waits for whom inside a queue is sched_policy.h's affair.
 *
 * A thread that becomes ready goes to the hart where it was last if it can run there at once, else
 * to one that idles, else to the one that runs the least urgent thread. A hart with nothing better
 * to do takes from the others' queues. A hart is interrupted only if it has to look.
 */
#include <stdbool.h>
#include <stdint.h>

struct hart;
struct thread;

void sched_init(void);

/* Makes a thread that the caller has in hand ready. It goes to the end of its queue, or with
 * `soon`, if its slice is not over, to the front: for a thread that continues what the running one
 * began. */
void sched_ready(struct thread *thread, bool soon);

/* The same for a thread that shall have this hart now, if it may run here: the running one has
 * handed over its work and left. */
void sched_hand_over(struct thread *thread);

/* Takes a ready thread off its run queue. False: it is on none. */
bool sched_take(struct thread *thread);

/* Takes a sleeping thread. False: it does not sleep. */
bool sched_take_sleeper(struct thread *thread);

/* The hart that runs the thread, or NULL. The answer holds for this hart, and for another one until
 * that leaves the kernel. */
struct hart *sched_hart_of(const struct thread *thread);

/* Takes the running thread off its hart, this one. */
void sched_leave(struct thread *thread);

/* The running thread goes behind its equals, if there are any. Its registers are complete. */
void sched_yield(struct thread *thread);

/* Gives a thread another effective priority wherever it is. */
void sched_set_priority(struct thread *thread, uint8_t priority);

/* The harts that run, a bit each, and to which of them a thread shall keep from now on: at least
 * one. The tree's lock is held. */
uint64_t sched_harts(void);
void sched_set_affinity(struct thread *thread, uint64_t allowed);

/* The thread to resume on this hart: the current one, or a better; idles until there is one. Space,
 * FPU and timer are set up for it. */
struct thread *sched_next(struct hart *hart);

/* CPU time of a thread, the running stretch included; and what a hart spent without one, so far. */
uint64_t sched_cpu_ns(const struct thread *thread);
uint64_t sched_idle_ns(const struct hart *hart);
