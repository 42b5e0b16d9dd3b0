/* syscall_thread.c - system calls on threads, futexes and time (octavo/syscall.h). */
#include "kernel/futex.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/syscall.h"
#include "kernel/thread.h"

int64_t sys_thread_create(struct thread *thread, const uint64_t *a)
{
    struct process *process = thread->process;
    struct thread *created;
    uint64_t handle = 0;

    if (a[0] % 2 != 0 || !space_range_is_user(a[0], 2))
        return -E_INVAL;
    lock_acquire(&tree_lock);
    enum error error = thread_create(process, thread->base_priority, &created);
    lock_release(&tree_lock);
    if (error != E_OK)
        return -error;
    struct handle_entry entry = {.object = &created->object, .rights = RIGHT_MANAGE | RIGHT_DUP};
    error = handle_insert(&process->handles, &entry, 0, &handle);
    if (error == E_OK) {
        created->registers.pc = a[0];
        created->registers.sp = a[1];
        created->registers.a[0] = a[2];
        created->registers.tp = a[3];
        sched_ready(created, false);
    } else {
        lock_acquire(&tree_lock);
        thread_end(created);
        lock_release(&tree_lock);
    }
    object_release(&created->object);
    return error == E_OK ? (int64_t)handle : -error;
}

/* Ends a thread; the last one's end is the process's. */
static void end_thread(struct thread *thread, int status)
{
    struct process *process = thread->process;

    object_retain(&process->object);
    lock_acquire(&tree_lock);
    bool last = process->thread_count == 1;
    if (!last)
        thread_end(thread);
    lock_release(&tree_lock);
    if (last)
        process_end(process, status);
    object_release(&process->object);
}

int64_t sys_thread_exit(struct thread *thread, const uint64_t *a)
{
    if (a[0] != 0)
        futex_clear(thread->process->space, a[0]);
    end_thread(thread, STATUS_EXITED(0));
    return SYSCALL_DONE;
}

static int64_t set_priority(struct thread *target, uint64_t value)
{
    int64_t old = target->base_priority;

    if (value >= PRIORITIES)
        return -E_INVAL;
    if (value > target->process->ceiling)
        return -E_PERM;
    thread_set_base(target, value);
    return old;
}

static int64_t set_ceiling(struct process *process, uint64_t value)
{
    int64_t old = process->ceiling;
    struct thread *thread;

    if (value >= PRIORITIES)
        return -E_INVAL;
    if (value > process->ceiling)
        return -E_PERM;
    lock_acquire(&tree_lock);
    process->ceiling = value;
    TAILQ_FOREACH(thread, &process->threads, sibling)
        if (thread->base_priority > value)
            thread_set_base(thread, value);
    lock_release(&tree_lock);
    return old;
}

static int64_t thread_control(struct thread *thread, struct thread *target, const uint64_t *a)
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
    case THREAD_KILL:
        thread_return(thread, 0, 0); /* it may be the caller that ends */
        end_thread(target, STATUS_KILLED(DEATH_KILLED));
        return SYSCALL_DONE;
    default:
        return -E_INVAL;
    }
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

int64_t sys_thread_yield(struct thread *thread, const uint64_t *a)
{
    (void)a;
    thread_return(thread, 0, 0);
    sched_yield(thread);
    return SYSCALL_DONE;
}

int64_t sys_futex_wait(struct thread *thread, const uint64_t *a)
{
    enum error error = futex_wait(thread, a[0], (uint32_t)a[1], a[2]);
    return error == E_OK ? SYSCALL_DONE : -error;
}

int64_t sys_futex_wake(struct thread *thread, const uint64_t *a)
{
    uint64_t woken = 0;
    enum error error = futex_wake(thread->process->space, a[0], a[1], &woken);
    return error == E_OK ? (int64_t)woken : -error;
}

int64_t sys_clock_get(struct thread *thread, const uint64_t *a)
{
    (void)thread, (void)a;
    return (int64_t)clock_now();
}

int64_t sys_clock_sleep(struct thread *thread, const uint64_t *a)
{
    if (clock_now() >= a[0])
        return 0;
    thread_block(thread, THREAD_SLEEP, a[0]);
    return SYSCALL_DONE;
}
