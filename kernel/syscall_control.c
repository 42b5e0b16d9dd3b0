/* syscall_control.c - thread_control and process_control (octavo/syscall.h): priorities, where
 * threads may run, and the end of a thread.
 */
#include "kernel/lend.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "kernel/thread.h"

/* --- Priority --------------------------------------------------------------------------------- */

static enum error priority_check(const struct process *process, uint64_t value)
{
    if (value >= PRIORITIES)
        return E_INVAL;
    return value > process->ceiling ? E_PERM : E_OK;
}

static int64_t set_priority(struct thread *target, uint64_t value)
{
    int64_t old = target->base_priority;
    enum error error = priority_check(target->process, value);

    if (error != E_OK)
        return -error;
    lend_set_base(target, value);
    return old;
}

static void set_priority_of_all(struct process *process, uint8_t above, uint8_t priority)
{
    struct thread *thread;

    TAILQ_FOREACH(thread, &process->threads, sibling)
        if (thread->base_priority > above || above == PRIORITIES)
            lend_set_base(thread, priority);
}

/* The tree's lock is held. */
static int64_t set_ceiling(struct process *process, uint64_t value)
{
    int64_t old = process->ceiling;
    enum error error = priority_check(process, value);

    if (error != E_OK)
        return -error;
    process->ceiling = value;
    set_priority_of_all(process, value, value);
    return old;
}

/* --- Affinity --------------------------------------------------------------------------------- */

static int64_t set_affinity(struct thread *target, uint64_t value)
{
    int64_t old = (int64_t)(target->affinity & sched_harts());

    if ((value & sched_harts()) == 0)
        return -E_INVAL;
    sched_set_affinity(target, value & sched_harts());
    return old;
}

static int64_t set_affinity_of_all(struct process *process, uint64_t value)
{
    struct thread *thread;

    if ((value & sched_harts()) == 0)
        return -E_INVAL;
    TAILQ_FOREACH(thread, &process->threads, sibling)
        sched_set_affinity(thread, value & sched_harts());
    return 0;
}

/* --- thread_control --------------------------------------------------------------------------- */

static int64_t kill_thread(struct thread *thread, struct thread *target)
{
    thread_return(thread, 0, 0); /* it may be the caller that ends */
    process_end_thread(target, STATUS_KILLED(DEATH_KILLED));
    return SYSCALL_DONE;
}

/* The tree's lock is held, so the target does not end meanwhile. */
static int64_t control_locked(struct thread *thread, struct thread *target, const uint64_t *a)
{
    if (target->state == THREAD_DEAD)
        return -E_SRCH;
    switch (a[1]) {
    case THREAD_GET_PRIORITY:
        return target->base_priority;
    case THREAD_SET_PRIORITY:
        return set_priority(target, a[2]);
    case THREAD_SET_CEILING:
        return set_ceiling(thread->process, a[2]);
    case THREAD_GET_AFFINITY:
        return (int64_t)(target->affinity & sched_harts());
    case THREAD_SET_AFFINITY:
        return set_affinity(target, a[2]);
    default:
        return -E_INVAL;
    }
}

static int64_t thread_control(struct thread *thread, struct thread *target, const uint64_t *a)
{
    lock_acquire(&tree_lock);
    bool kill = a[1] == THREAD_KILL && target->state != THREAD_DEAD;
    int64_t result = kill ? 0 : control_locked(thread, target, a);
    lock_release(&tree_lock);
    return kill ? kill_thread(thread, target) : result;
}

int64_t sys_thread_control(struct thread *thread, const uint64_t *a)
{
    struct thread *target = thread;

    if (a[0] == (uint64_t)HANDLE_NONE) {
        object_retain(&thread->object);
    } else {
        enum error error =
            handle_find(&thread->process->handles, a[0], OBJECT_THREAD, RIGHT_MANAGE, &target);
        if (error != E_OK)
            return -error;
    }
    int64_t result = thread_control(thread, target, a);
    object_release(&target->object);
    return result;
}

/* --- process_control -------------------------------------------------------------------------- */

static int64_t process_control_locked(struct process *process, uint64_t operation, uint64_t value)
{
    enum error error = priority_check(process, value);

    if (process->ending)
        return -E_SRCH;
    switch (operation) {
    case PROCESS_SET_PRIORITY:
        if (error == E_OK)
            set_priority_of_all(process, PRIORITIES, value);
        return -error;
    case PROCESS_SET_CEILING:
        return set_ceiling(process, value) < 0 ? -error : 0;
    case PROCESS_SET_AFFINITY:
        return set_affinity_of_all(process, value);
    default:
        return -E_INVAL;
    }
}

int64_t sys_process_control(struct thread *thread, const uint64_t *a)
{
    struct process *ancestor, *process;
    enum error error =
        handle_find(&thread->process->handles, a[0], OBJECT_PROCESS, RIGHT_MANAGE, &ancestor);

    if (error != E_OK)
        return -error;
    error = process_find_under(ancestor, (int64_t)a[1], &process);
    object_release(&ancestor->object);
    if (error != E_OK)
        return -error;
    lock_acquire(&tree_lock);
    int64_t result = process_control_locked(process, a[2], a[3]);
    lock_release(&tree_lock);
    object_release(&process->object);
    return result;
}
