/* process.c - the life of processes. See process.h for the lock. */
#include "kernel/process.h"

#include <octavo/memory.h>
#include <string.h>

#include "kernel/cache.h"
#include "kernel/event.h"
#include "kernel/klog.h"
#include "kernel/message.h"
#include "kernel/panic.h"
#include "kernel/power.h"
#include "kernel/riscv/csr.h"
#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/thread.h"

enum { PID_MAX = 1 << 20 };

static struct cache process_cache = CACHE_INIT(process_cache, "process", struct process);
const struct object_type process_type = {.name = "process", .cache = &process_cache};

struct lock tree_lock = LOCK_INIT("process tree", RANK_TREE);

RB_HEAD(pid_tree, process);
static int pid_compare(const struct process *a, const struct process *b)
{
    return (a->pid > b->pid) - (a->pid < b->pid);
}
RB_GENERATE_STATIC(pid_tree, process, by_pid, pid_compare)

static struct pid_tree pids = RB_INITIALIZER(&pids); /* tree_lock: living and zombies */
static int last_pid;                                 /* tree_lock */
static struct process *init;                         /* set once */

struct process *process_init(void) { return init; }

/* --- Birth ------------------------------------------------------------------------------------ */

static struct process *process_new(void)
{
    struct process *process = object_create(OBJECT_PROCESS);

    if (process == NULL)
        return NULL;
    TAILQ_INIT(&process->children);
    TAILQ_INIT(&process->threads);
    TAILQ_INIT(&process->waiting);
    process->ceiling = PRIORITIES - 1;
    return process;
}

static enum error pid_allocate(struct process *process)
{
    for (int tries = 0; tries < PID_MAX; tries++) {
        last_pid = last_pid % PID_MAX + 1;
        process->pid = last_pid;
        if (RB_INSERT(pid_tree, &pids, process) == NULL)
            return E_OK;
    }
    return E_AGAIN;
}

/* Handles that every process has of itself. */
static enum error own_handles(struct process *process)
{
    struct handle_entry self = {.object = &process->object,
                                .rights = RIGHT_WAIT | RIGHT_MANAGE | RIGHT_DUP};
    struct handle_entry space = {.object = &process->space->object,
                                 .rights = RIGHT_MAP | RIGHT_MANAGE | RIGHT_DUP};
    enum error error = handle_replace(&process->handles, &self, HANDLE_SELF);

    return error == E_OK ? handle_replace(&process->handles, &space, HANDLE_SPACE) : error;
}

enum error process_create_init(struct process **result)
{
    init = process_new();
    if (init == NULL)
        return E_NOMEM;
    strcpy(init->name, "init");
    init->space = space_create();
    if (init->space == NULL)
        return E_NOMEM;
    init->space->users = 1;
    enum error error = handle_table_init(&init->handles);
    if (error == E_OK)
        error = own_handles(init);
    if (error == E_OK)
        error = pid_allocate(init);
    *result = init;
    return error;
}

/* The child's thread continues behind the parent's ecall, with 0. */
static void copy_thread(struct thread *child, struct thread *parent)
{
    fpu_save(parent);
    child->registers = parent->registers;
    child->fpu = parent->fpu;
    thread_return(child, 0, 0);
}

/* Gives the child its place in the world: pid, thread, parent. Nothing fails behind it. */
static enum error child_enter_tree(struct process *child, struct thread *parent_thread, int *pid)
{
    struct process *parent = parent_thread->process;
    struct thread *thread;

    lock_acquire(&tree_lock);
    enum error error = parent->ending ? E_AGAIN : pid_allocate(child);
    if (error == E_OK) {
        error = thread_create(child, parent_thread, &thread);
        if (error != E_OK)
            RB_REMOVE(pid_tree, &pids, child);
    }
    if (error == E_OK) {
        child->parent = parent;
        child->parent_pid = parent->pid;
        child->space->users = 1;
        TAILQ_INSERT_TAIL(&parent->children, child, sibling);
        copy_thread(thread, parent_thread);
        *pid = child->pid; /* once it runs it may be gone at any time */
        sched_ready(thread, false);
        object_release(&thread->object);
    }
    lock_release(&tree_lock);
    return error;
}

enum error process_fork(struct thread *thread, int *pid)
{
    struct process *parent = thread->process, *child = process_new();

    if (child == NULL)
        return E_NOMEM;
    memcpy(child->name, parent->name, sizeof child->name);
    child->ceiling = parent->ceiling;
    enum error error = space_clone(parent->space, &child->space);
    if (error != E_OK)
        goto undo_process;
    error = handle_table_clone(&child->handles, &parent->handles);
    if (error != E_OK)
        goto undo_space;
    error = own_handles(child);
    if (parent->keeps_calls)
        message_keep_calls(child);
    if (error == E_OK)
        error = child_enter_tree(child, thread, pid);
    if (error != E_OK)
        goto undo_handles;
    return E_OK;

undo_handles:
    handle_table_close(&child->handles, 0);
    handle_table_destroy(&child->handles);
undo_space:
    space_abandon(child->space);
undo_process:
    object_release(&child->object);
    return error;
}

/* --- Another program -------------------------------------------------------------------------- */

/* Dooms the others. Those on other harts go a little later. */
static void end_other_threads(struct thread *thread)
{
    struct thread *other, *next;

    lock_assert_held(&tree_lock);
    for (other = TAILQ_FIRST(&thread->process->threads); other != NULL; other = next) {
        next = TAILQ_NEXT(other, sibling);
        bool last = other != thread && thread_doom(other);
        ASSERT(!last); /* this one is left */
    }
}

/* Makes sure that the process has the space to itself and that the thread is alone. The space is
 * reserved meanwhile: at most one of several that exec into it gets it. */
static enum error prepare_exec(struct thread *thread, struct space *space)
{
    struct process *process = thread->process;

    lock_assert_held(&tree_lock);
    if (thread->doomed)
        return E_AGAIN;
    if (process->next_space != space) {
        if (space->users != 0 || process->next_space != NULL)
            return E_BUSY;
        object_retain(&space->object);
        space->users++;
        process->next_space = space;
    }
    end_other_threads(thread);
    if (process->thread_count == 1)
        return E_OK;
    TAILQ_INSERT_TAIL(&process->waiting, thread, link);
    thread_block(thread, THREAD_CHILD, DEADLINE_NONE);
    return E_AGAIN;
}

/* Moves the process, whose one thread runs, to its next space; returns the old one. */
static struct space *change_space(struct thread *thread)
{
    struct process *process = thread->process;
    struct space *old = process->space;

    lock_assert_held(&tree_lock);
    tlb_thread_moved(&old->tlb, thread->hart, NULL);
    thread->hart = NULL;
    thread->direct = NULL;
    tlb_leave_all(); /* whoever lets go of the old space last, on whatever hart, frees its tables */
    process->space = process->next_space;
    process->next_space = NULL;
    old->users--;
    return old;
}

enum error process_exec(struct thread *thread, struct space *space, uint64_t entry, uint64_t sp)
{
    struct process *process = thread->process;
    struct handle_entry own = {.object = &space->object,
                               .rights = RIGHT_MAP | RIGHT_MANAGE | RIGHT_DUP};
    struct space *old = NULL;

    lock_acquire(&tree_lock);
    enum error error = prepare_exec(thread, space);
    if (error == E_OK)
        old = change_space(thread);
    lock_release(&tree_lock);
    if (error != E_OK)
        return error;
    error = handle_replace(&process->handles, &own, HANDLE_SPACE);
    ASSERT(error == E_OK); /* the first page of a table is always there */
    handle_table_close(&process->handles, HANDLE_CLOEXEC);
    object_release(&old->object);
    process->keeps_calls = thread->page_refused = false;
    if (!SLIST_EMPTY(&space->paged))
        message_keep_calls(process);
    fpu_reset(thread);
    memset(&thread->registers, 0, sizeof thread->registers);
    thread->registers.pc = entry;
    thread->registers.sp = sp;
    fence_instructions();
    return E_OK;
}

/* --- Death ------------------------------------------------------------------------------------ */

/* A child of the process has ended: waiting threads look again, the event is signalled. */
static void tell(struct process *process)
{
    struct thread *waiter;

    while ((waiter = TAILQ_FIRST(&process->waiting)) != NULL) {
        TAILQ_REMOVE(&process->waiting, waiter, link);
        waiter->state = THREAD_READY;
        thread_wake(waiter);
    }
    if (process->watch != NULL)
        event_signal(process->watch, process->watch_bits);
}

/* Zombies stand in front, where wait finds them at once. */
static void become_child(struct process *child, struct process *parent)
{
    child->parent = parent;
    child->parent_pid = parent->pid;
    if (child->ended)
        TAILQ_INSERT_HEAD(&parent->children, child, sibling);
    else
        TAILQ_INSERT_TAIL(&parent->children, child, sibling);
}

static void give_children_to_init(struct process *process)
{
    struct process *child;
    bool zombies = false;

    while ((child = TAILQ_FIRST(&process->children)) != NULL) {
        TAILQ_REMOVE(&process->children, child, sibling);
        zombies |= child->ended;
        become_child(child, init);
    }
    if (zombies)
        tell(init);
}

static void tell_parent(struct process *process)
{
    TAILQ_REMOVE(&process->parent->children, process, sibling);
    become_child(process, process->parent);
    tell(process->parent);
}

static void init_ended(int status) __attribute__((noreturn));

static void init_ended(int status)
{
    klog("init ended with status %#x: nothing is left to run\n", status);
    power_off(true);
}

void process_exec_failed(struct process *process)
{
    lock_acquire(&tree_lock);
    struct space *space = process->next_space;
    process->next_space = NULL;
    if (space != NULL)
        space->users--;
    lock_release(&tree_lock);
    if (space != NULL)
        object_release(&space->object);
}

static void give_back(struct process *process)
{
    message_fail_callers(process);
    handle_table_close(&process->handles, 0);
    handle_table_destroy(&process->handles);
    process_exec_failed(process);
    lock_acquire(&tree_lock);
    struct event *watch = process->watch;
    struct space *space = process->space;
    process->watch = NULL;
    process->space = NULL;
    space->users--;
    lock_release(&tree_lock);
    if (watch != NULL)
        object_release(&watch->object);
    object_release(&space->object);
}

void process_bury(struct process *process)
{
    if (process == init)
        init_ended(process->status);
    object_retain(&process->object);
    give_back(process);
    lock_acquire(&tree_lock);
    process->ended = true;
    give_children_to_init(process);
    tell_parent(process);
    lock_release(&tree_lock);
    object_release(&process->object);
}

SLIST_HEAD(burials, process);

/* Nothing of the process goes on. It joins `burials` if its last thread is gone already. */
static void end_locked(struct process *process, int status, struct burials *burials)
{
    struct thread *thread, *next;
    bool last = false;

    lock_assert_held(&tree_lock);
    if (process->ending)
        return;
    process->ending = true;
    process->status = status;
    for (thread = TAILQ_FIRST(&process->threads); thread != NULL; thread = next) {
        next = TAILQ_NEXT(thread, sibling);
        last |= thread_doom(thread);
    }
    if (!last)
        return;
    object_retain(&process->object);
    SLIST_INSERT_HEAD(burials, process, burial);
}

static void bury_all(struct burials *burials)
{
    struct process *process;

    while ((process = SLIST_FIRST(burials)) != NULL) {
        SLIST_REMOVE_HEAD(burials, burial);
        process_bury(process);
        object_release(&process->object);
    }
}

void process_end(struct process *process, int status)
{
    struct burials burials = SLIST_HEAD_INITIALIZER(burials);

    lock_acquire(&tree_lock);
    end_locked(process, status, &burials);
    lock_release(&tree_lock);
    bury_all(&burials);
}

/* The process after `process` in the tree under `root`, parents before children; NULL: none. */
static struct process *next_in_tree(struct process *process, const struct process *root)
{
    struct process *next = TAILQ_FIRST(&process->children);

    while (next == NULL && process != root) {
        next = TAILQ_NEXT(process, sibling);
        process = process->parent;
    }
    return next;
}

/* The lock is held from the first to the last, so that no process of the tree forks in between. */
void process_end_tree(struct process *root, int status)
{
    struct burials burials = SLIST_HEAD_INITIALIZER(burials);
    struct process *process;

    lock_acquire(&tree_lock);
    for (process = root; process != NULL; process = next_in_tree(process, root))
        end_locked(process, status, &burials);
    lock_release(&tree_lock);
    bury_all(&burials); /* children before parents */
}

void process_end_thread(struct thread *thread, int status)
{
    struct process *process = thread->process;

    object_retain(&process->object);
    lock_acquire(&tree_lock);
    if (!process->ending)
        process->status = status;
    bool last = thread_doom(thread);
    lock_release(&tree_lock);
    if (last)
        process_bury(process);
    object_release(&process->object);
}

enum error process_reap(struct process *parent, int64_t pid, int *reaped, int *status)
{
    struct process *child;
    bool match = false;

    lock_assert_held(&tree_lock);
    TAILQ_FOREACH(child, &parent->children, sibling) {
        match |= pid == -1 || child->pid == pid;
        if (child->ended && (pid == -1 || child->pid == pid))
            break;
    }
    if (child == NULL)
        return match ? E_AGAIN : E_CHILD;
    *reaped = child->pid;
    *status = child->status;
    TAILQ_REMOVE(&parent->children, child, sibling);
    RB_REMOVE(pid_tree, &pids, child);
    object_release(&child->object);
    return E_OK;
}

/* --- Finding ---------------------------------------------------------------------------------- */

static bool is_under(const struct process *process, const struct process *ancestor)
{
    while (process != NULL && process != ancestor)
        process = process->parent;
    return process != NULL;
}

enum error process_find_under(struct process *ancestor, int64_t pid, struct process **result)
{
    struct process key = {.pid = (int)pid};
    struct process *process = ancestor;

    lock_acquire(&tree_lock);
    if (pid < 0 || pid > PID_MAX)
        process = NULL;
    else if (pid != 0)
        process = RB_FIND(pid_tree, &pids, &key);
    if (process != NULL && !is_under(process, ancestor))
        process = NULL;
    if (process != NULL) {
        object_retain(&process->object);
        *result = process;
    }
    lock_release(&tree_lock);
    return process != NULL ? E_OK : E_SRCH;
}

struct process *process_next_under(struct process *ancestor, int64_t pid)
{
    struct process key = {.pid = pid < 0 ? 0 : (int)pid};
    struct process *process = NULL;

    lock_acquire(&tree_lock);
    if (pid <= PID_MAX)
        process = RB_NFIND(pid_tree, &pids, &key);
    while (process != NULL && !is_under(process, ancestor))
        process = RB_NEXT(pid_tree, &pids, process);
    if (process != NULL)
        object_retain(&process->object);
    lock_release(&tree_lock);
    return process;
}
