/* syscall_process.c - system calls on processes (octavo/syscall.h). */
#include <octavo/process.h>
#include <string.h>

#include "kernel/event.h"
#include "kernel/process.h"
#include "kernel/space.h"
#include "kernel/syscall.h"
#include "kernel/thread.h"

int64_t sys_process_id(struct thread *thread, const uint64_t *a)
{
    const struct process *process = thread->process;

    (void)a;
    thread_return(thread, process->pid, process->parent_pid);
    return SYSCALL_DONE;
}

int64_t sys_process_fork(struct thread *thread, const uint64_t *a)
{
    int pid;
    enum error error = process_fork(thread, &pid);

    (void)a;
    return error == E_OK ? pid : -error;
}

/* Copies a name of at most 31 bytes in; longer ones are cut. */
static enum error copy_name(struct thread *thread, char *name, uint64_t address, uint64_t length)
{
    size_t limit = sizeof thread->process->name - 1;

    memset(name, 0, limit + 1);
    return space_copy_in(thread->process->space, name, address, length < limit ? length : limit);
}

static enum error exec_check(uint64_t entry, uint64_t sp)
{
    if (entry % 2 != 0 || !space_range_is_user(entry, 2))
        return E_INVAL;
    return sp % 16 != 0 || !space_range_is_user(sp, 0) ? E_INVAL : E_OK;
}

static enum error exec(struct thread *thread, struct space *space, const uint64_t *a)
{
    struct process *process = thread->process;
    char name[sizeof process->name];
    uint64_t handle = a[0];
    enum error error = exec_check(a[1], a[2]);

    if (error == E_OK)
        error = copy_name(thread, name, a[3], a[4]);
    if (error == E_OK)
        error = process_exec(thread, space, a[1], a[2]);
    if (error != E_OK)
        return error;
    memcpy(process->name, name, sizeof name);
    if (handle != HANDLE_SPACE)
        error = handle_close(&process->handles, handle);
    return error == E_BADF ? E_OK : error; /* gone already: it was close-on-exec */
}

int64_t sys_process_exec(struct thread *thread, const uint64_t *a)
{
    struct process *process = thread->process;
    struct space *space;
    enum error error = handle_find(&process->handles, a[0], OBJECT_SPACE, RIGHT_MAP, &space);

    if (error == E_OK) {
        error = exec(thread, space, a);
        object_release(&space->object);
    }
    if (error == E_OK || error == E_AGAIN)
        return SYSCALL_DONE;
    if (process->next_space != NULL) /* it was there when the call ran first */
        process_exec_failed(process);
    return -error;
}

int64_t sys_process_exit(struct thread *thread, const uint64_t *a)
{
    process_end(thread->process, STATUS_EXITED((int)a[0]));
    return SYSCALL_DONE;
}

int64_t sys_process_wait(struct thread *thread, const uint64_t *a)
{
    int pid, status;
    struct process *process = thread->process;

    if (a[1] & ~(uint64_t)WAIT_NO_HANG)
        return -E_INVAL;
    lock_acquire(&tree_lock);
    enum error error = process_reap(process, (int64_t)a[0], &pid, &status);
    if (error == E_AGAIN && !(a[1] & WAIT_NO_HANG)) {
        TAILQ_INSERT_TAIL(&process->waiting, thread, link);
        thread_block(thread, THREAD_CHILD, DEADLINE_NONE);
    }
    lock_release(&tree_lock);
    if (error == E_OK) {
        thread_return(thread, pid, status);
        return SYSCALL_DONE;
    }
    if (error == E_AGAIN)
        return a[1] & WAIT_NO_HANG ? 0 : SYSCALL_DONE;
    return -error;
}

/* The process that an authority and a pid name. */
static enum error find_process(struct thread *thread, uint64_t authority, uint64_t pid,
                               struct process **process)
{
    struct process *ancestor;
    enum error error =
        handle_find(&thread->process->handles, authority, OBJECT_PROCESS, RIGHT_MANAGE, &ancestor);

    if (error != E_OK)
        return error;
    error = process_find_under(ancestor, (int64_t)pid, process);
    object_release(&ancestor->object);
    return error;
}

int64_t sys_process_kill(struct thread *thread, const uint64_t *a)
{
    struct process *process;
    uint64_t signal = a[2] & ~(uint64_t)KILL_TREE;

    if (signal < 1 || signal > DEATH_LAST)
        return -E_INVAL;
    enum error error = find_process(thread, a[0], a[1], &process);
    if (error != E_OK)
        return -error;
    /* Ending the caller itself ends `thread` too: its result is set before. */
    bool tree = a[2] & KILL_TREE;
    thread_return(thread, 0, 0);
    if (tree)
        process_end_tree(process, STATUS_KILLED(signal));
    else
        process_end(process, STATUS_KILLED(signal));
    object_release(&process->object);
    return SYSCALL_DONE;
}

int64_t sys_process_open(struct thread *thread, const uint64_t *a)
{
    struct process *process;
    uint64_t handle;

    if (a[2] & ~(uint64_t)(RIGHT_WAIT | RIGHT_MANAGE | RIGHT_DUP))
        return -E_INVAL;
    enum error error = find_process(thread, a[0], a[1], &process);
    if (error != E_OK)
        return -error;
    struct handle_entry entry = {.object = &process->object, .rights = a[2]};
    error = handle_insert(&thread->process->handles, &entry, 0, &handle);
    object_release(&process->object);
    return error == E_OK ? (int64_t)handle : -error;
}

int64_t sys_process_watch(struct thread *thread, const uint64_t *a)
{
    struct process *process = thread->process;
    struct event *event = NULL;
    enum error error = E_OK;

    if (a[0] != (uint64_t)HANDLE_NONE)
        error = handle_find(&process->handles, a[0], OBJECT_EVENT, RIGHT_SIGNAL, &event);
    if (error != E_OK)
        return -error;
    lock_acquire(&tree_lock);
    struct event *old = process->watch;
    process->watch = event;
    process->watch_bits = a[1];
    lock_release(&tree_lock);
    if (old != NULL)
        object_release(&old->object);
    return 0;
}
