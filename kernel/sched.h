#pragma once
/* sched.h - who runs next: 32 priorities, round robin within one.
 *
 * The running thread is on no queue. With equals waiting it has a time slice; alone at its priority
 * it needs none, and no timer ticks. A thread that goes to the front of its queue keeps what is
 * left of its slice, so that neither two that call each other nor one that is often preempted can
 * keep their equals from running.
 */
#include <stdbool.h>
#include <stdint.h>

struct hart;
struct thread;

void sched_init(void);

/* Makes a thread ready. It goes to the end of its queue, or with `soon`, if its slice is not over,
 * to the front: for a thread that continues what the running one began. */
void sched_ready(struct thread *thread, bool soon);

/* Takes a ready thread off its run queue. */
void sched_remove(struct thread *thread);

/* Takes the running thread off its hart. */
void sched_leave(struct thread *thread);

/* The running thread goes behind its equals. */
void sched_yield(struct thread *thread);

/* Gives a thread another effective priority wherever it is. */
void sched_set_priority(struct thread *thread, uint8_t priority);

/* The harts that run, a bit each, and to which of them a thread shall keep from now on: at least
 * one. */
uint64_t sched_harts(void);
void sched_set_affinity(struct thread *thread, uint64_t allowed);

/* The thread to resume on this hart: the current one, or a better; idles until there is one. Space,
 * FPU and timer are set up for it. */
struct thread *sched_next(struct hart *hart);

/* CPU time of a thread, the running stretch included. */
uint64_t sched_cpu_ns(const struct thread *thread);
