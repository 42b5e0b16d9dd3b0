#pragma once
/* process.h - processes: a space, a handle table, threads, and a place in the tree.
 *
 * A process that has ended is a zombie until its parent waits for it; children of the dead go to
 * init. `tree_lock` guards the tree, the pids, the thread lists and every field without a lock of
 * its own.
 */
#include <octavo/process.h>
#include <sys/queue.h>
#include <sys/tree.h>

#include "kernel/handle.h"
#include "kernel/lock.h"
#include "kernel/object.h"
#include "kernel/thread.h"

struct event;
struct space;

struct process {
    /* What fastpath.S reaches (offsets.h). */
    struct object object;
    int pid, parent_pid;
    bool served; /* it has been in recv, and may owe replies */
    struct handle_table handles;
    struct space *space; /* counted; NULL once ended */

    char name[32];
    struct process *parent; /* NULL: init */
    TAILQ_HEAD(, process) children;
    TAILQ_ENTRY(process) sibling;
    RB_ENTRY(process) by_pid;
    struct thread_list threads;
    int thread_count, next_thread;
    struct thread_list waiting; /* own threads in process_wait */
    struct event *watch;        /* counted; signalled when a child ends */
    uint64_t watch_bits;
    uint8_t ceiling; /* no thread's base priority exceeds it */
    bool ended;
    int status;         /* once ended: as POSIX encodes it */
    uint64_t cpu_ticks; /* of threads that are gone */
};

extern struct lock tree_lock;

/* The first process, pid 1. E_NOMEM. */
enum error process_create_init(struct process **process) MUST_USE;

/* fork: a child with a copy of parent's space and handles, and one thread, a copy of `thread` that
 * sees a0 = 0. All or nothing. E_NOMEM, E_AGAIN. */
enum error process_fork(struct thread *thread, int *pid) MUST_USE;

/* exec: `thread`'s process continues in `space` at entry. The caller has checked all and owns a
 * reference to `space`, which it keeps. */
void process_exec(struct thread *thread, struct space *space, uint64_t entry, uint64_t sp);

/* Ends a process with a status; its threads, handles and space go now, the record when its parent
 * waits. */
void process_end(struct process *process, int status);

/* Ends a thread; the last one's end is the process's, with this status. */
void process_end_thread(struct thread *thread, int status);

/* Ends a process's descendants, then itself. */
void process_end_tree(struct process *process, int status);

/* The process with this pid if it is `ancestor` or under it, counted, zombies too. E_SRCH. pid 0:
 * the ancestor. */
enum error process_find_under(struct process *ancestor, int64_t pid,
                              struct process **process) MUST_USE;

/* The living or zombie process under `ancestor` with the lowest pid not below `pid`, counted; NULL:
 * none. */
struct process *process_next_under(struct process *ancestor, int64_t pid);

/* A child of `parent` that has ended: forgets it and gives pid and status. E_CHILD: no child
 * matches; E_AGAIN: none has ended. */
enum error process_reap(struct process *parent, int64_t pid, int *reaped, int *status) MUST_USE;

/* Kernel space of init's records: the process that `HANDLE_SYSTEM` means. */
struct process *process_init(void);
