/* syscall_thread.c - system calls on threads, futexes and time (octavo/syscall.h). */
#include "kernel/futex.h"
#include "kernel/klog.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/syscall.h"
#include "kernel/thread.h"

/* A thread with a handle in its maker's table, ready to run. The tree's lock is held all the time,
 * so that nobody ends the thread while it is neither ready nor anywhere. */
static enum error create_locked(struct thread *thread, const uint64_t *a, uint64_t *handle)
{
    struct process *process = thread->process;
    struct thread *created;
    enum error error = thread_create(process, thread, &created);

    if (error != E_OK)
        return error;
    struct handle_entry entry = {.object = &created->object, .rights = RIGHT_MANAGE | RIGHT_DUP};
    error = handle_insert(&process->handles, &entry, 0, handle);
    if (error == E_OK) {
        created->registers.pc = a[0];
        created->registers.sp = a[1];
        created->registers.a[0] = a[2];
        created->registers.tp = a[3];
        sched_ready(created, false);
    } else {
        thread_discard(created);
    }
    object_release(&created->object);
    return error;
}

int64_t sys_thread_create(struct thread *thread, const uint64_t *a)
{
    uint64_t handle = 0;

    if (a[0] % 2 != 0 || !space_range_is_user(a[0], 2))
        return -E_INVAL;
    lock_acquire(&tree_lock);
    enum error error = create_locked(thread, a, &handle);
    lock_release(&tree_lock);
    return error == E_OK ? (int64_t)handle : -error;
}

/* Whoever waits for the word must not wait for ever: without memory for it the process ends, as it
 * would if the thread had written there itself. */
int64_t sys_thread_exit(struct thread *thread, const uint64_t *a)
{
    struct process *process = thread->process;
    enum error error = E_OK;

    do
        error = a[0] != 0 ? futex_clear(process->space, a[0]) : E_OK;
    while (error == E_NOMEM && space_reap_for_memory());
    if (error == E_AGAIN)
        return -E_AGAIN; /* its pager has to bring the word first */
    if (error != E_NOMEM) {
        process_end_thread(thread, STATUS_EXITED(0));
        return SYSCALL_DONE;
    }
    klog("killed: process %d (%s): exit of a thread, word %#lx: out of memory\n", process->pid,
         process->name, a[0]);
    process_end(process, STATUS_KILLED(DEATH_MEMORY));
    return SYSCALL_DONE;
}

int64_t sys_thread_yield(struct thread *thread, const uint64_t *a)
{
    (void)a;
    thread_return(thread, 0, 0);
    sched_yield(thread);
    return SYSCALL_RETURNED;
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
