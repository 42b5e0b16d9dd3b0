/* sched.c - the run queue: a list for each priority and a bitmap of the lists that hold somebody.
 * Its lock guards both, and the state of ready threads.
 */
#include "kernel/sched.h"

#include "kernel/clock.h"
#include "kernel/irq.h"
#include "kernel/lock.h"
#include "kernel/panic.h"
#include "kernel/process.h"
#include "kernel/riscv/csr.h"
#include "kernel/riscv/hart.h"
#include "kernel/riscv/interrupt.h"
#include "kernel/riscv/timer.h"
#include "kernel/space.h"
#include "kernel/thread.h"

enum { SLICE_NS = 10000000 };

struct run_queue {
    int best;        /* lock: the highest priority that waits, or -1; fastpath.S looks at it */
    uint32_t bitmap; /* lock: bit p is set if queue p holds a thread */
    struct lock lock;
    struct thread_list queue[PRIORITIES]; /* lock */
};
_Static_assert(PRIORITIES == 32, "a priority is a bit of the bitmap");

struct run_queue run_queue;

void sched_init(void)
{
    lock_init(&run_queue.lock, "run queue", RANK_RUN);
    run_queue.best = -1;
    for (int i = 0; i < PRIORITIES; i++)
        TAILQ_INIT(&run_queue.queue[i]);
}

/* --- The queue; its lock is held -------------------------------------------------------------- */

static void enqueue_locked(struct thread *thread, bool front)
{
    struct thread_list *queue = &run_queue.queue[thread->priority];

    ASSERT(!thread->on_run_queue);
    if (front)
        TAILQ_INSERT_HEAD(queue, thread, link);
    else
        TAILQ_INSERT_TAIL(queue, thread, link);
    thread->on_run_queue = true;
    run_queue.bitmap |= 1u << thread->priority;
    if (thread->priority > run_queue.best)
        run_queue.best = thread->priority;
}

static void dequeue_locked(struct thread *thread)
{
    struct thread_list *queue = &run_queue.queue[thread->priority];

    ASSERT(thread->on_run_queue);
    TAILQ_REMOVE(queue, thread, link);
    thread->on_run_queue = false;
    if (TAILQ_EMPTY(queue))
        run_queue.bitmap &= ~(1u << thread->priority);
    while (run_queue.best >= 0 && !(run_queue.bitmap >> run_queue.best & 1))
        run_queue.best--;
}

/* The hart looks again before it returns to the thread if somebody as good waits. */
static void reconsider(struct hart *hart)
{
    if (hart->current != NULL && run_queue.best >= hart->current->priority)
        hart->reschedule = true;
}

/* --- Operations ------------------------------------------------------------------------------- */

void sched_ready(struct thread *thread, bool soon)
{
    bool front = soon && thread->slice_ns > 0;

    if (!front)
        thread->slice_ns = SLICE_NS;
    lock_acquire(&run_queue.lock);
    thread->state = THREAD_READY;
    enqueue_locked(thread, front);
    reconsider(hart_self());
    lock_release(&run_queue.lock);
}

void sched_remove(struct thread *thread)
{
    lock_acquire(&run_queue.lock);
    if (thread->on_run_queue)
        dequeue_locked(thread);
    lock_release(&run_queue.lock);
}

/* The time since the last charge is this thread's. */
static void charge(struct hart *hart, struct thread *thread)
{
    uint64_t now = timer_ticks();

    thread->cpu_ticks += now - hart->started_ticks;
    hart->started_ticks = now;
}

void sched_leave(struct thread *thread)
{
    struct hart *hart = hart_self();
    uint64_t ran = clock_now() - hart->slice_start_ns;

    ASSERT(hart->current == thread);
    thread->slice_ns -= ran < thread->slice_ns ? ran : thread->slice_ns;
    charge(hart, thread);
    fpu_save(thread);
    hart->current = NULL;
    hart->slice_end_ns = DEADLINE_NONE;
}

void sched_yield(struct thread *thread)
{
    sched_leave(thread);
    sched_ready(thread, false);
}

void sched_set_priority(struct thread *thread, uint8_t priority)
{
    lock_acquire(&run_queue.lock);
    bool queued = thread->on_run_queue;
    if (queued)
        dequeue_locked(thread);
    thread->priority = priority;
    thread->lent = priority != thread->base_priority;
    if (queued)
        enqueue_locked(thread, false);
    reconsider(hart_self());
    lock_release(&run_queue.lock);
}

uint64_t sched_harts(void) { return 1; }

void sched_set_affinity(struct thread *thread, uint64_t allowed) { thread->affinity = allowed; }

uint64_t sched_cpu_ns(const struct thread *thread)
{
    uint64_t ticks = thread->cpu_ticks;

    if (thread->hart->current == thread)
        ticks += timer_ticks() - thread->hart->started_ticks;
    return clock_ns(ticks);
}

/* --- Choosing --------------------------------------------------------------------------------- */

/* Threads that hand the hart to each other by messages share the slice in which they began. */
static uint64_t slice_end(const struct hart *hart)
{
    return hart->slice_start_ns + hart->current->slice_ns;
}

/* The running thread makes room for a better one, and for an equal one once its slice is over. */
static void preempt(struct hart *hart)
{
    struct thread *thread = hart->current;
    int best = run_queue.best;

    if (best < thread->priority) {
        hart->slice_end_ns = DEADLINE_NONE;
    } else if (best > thread->priority) {
        sched_leave(thread);
        sched_ready(thread, true);
    } else if (clock_now() >= slice_end(hart)) {
        sched_yield(thread);
    } else {
        hart->slice_end_ns = slice_end(hart);
    }
}

static struct thread *take_best(void)
{
    struct thread *thread = NULL;

    lock_acquire(&run_queue.lock);
    int best = run_queue.best;
    if (best >= 0) {
        thread = TAILQ_FIRST(&run_queue.queue[best]);
        dequeue_locked(thread);
    }
    lock_release(&run_queue.lock);
    return thread;
}

static void start(struct hart *hart, struct thread *thread)
{
    hart->current = thread;
    thread->hart = hart;
    hart->slice_start_ns = clock_now();
    hart->started_ticks = timer_ticks();
    hart->slice_end_ns = run_queue.best == thread->priority ? slice_end(hart) : DEADLINE_NONE;
    hart->timers_changed = true;
}

/* Waits for an interrupt that makes a thread ready. Interrupts stay off: a pending one ends the
 * wait, and is served here. */
static void idle(struct hart *hart)
{
    clock_program(hart);
    wait_for_interrupt();
    interrupt_poll();
}

struct thread *sched_next(struct hart *hart)
{
    if (hart->reschedule) {
        hart->reschedule = false;
        if (hart->current != NULL)
            preempt(hart);
        hart->timers_changed = true;
    }
    while (hart->current == NULL) {
        struct thread *thread = take_best();
        if (thread != NULL)
            start(hart, thread);
        else
            idle(hart);
    }
    if (hart->timers_changed)
        clock_program(hart);
    space_activate(hart->current->process->space);
    return hart->current;
}
