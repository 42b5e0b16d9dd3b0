#pragma once
/* process.h - processes: a space, a handle table, threads, and a place in the tree.
 *
 * A process ends when its last thread is gone. It is a zombie then until its parent waits for it;
 * children of the dead go to init. `tree_lock` guards the tree, the pids, the thread lists and
 * every field without a lock of its own.
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
    bool keeps_calls;    /* a pager's memory was mapped: calls keep all registers (message.c) */

    char name[32];
    struct process *parent; /* NULL: init */
    TAILQ_HEAD(, process) children;
    TAILQ_ENTRY(process) sibling;
    RB_ENTRY(process) by_pid;
    struct thread_list threads;
    int thread_count, next_thread;
    struct thread_list waiting;  /* own threads in process_wait, or in exec until they are alone */
    SLIST_ENTRY(process) burial; /* whoever ended its last thread will bury it */
    struct space *next_space;    /* of an exec that waits: counted, and used */
    struct event *watch;         /* counted; signalled when a child ends */
    uint64_t watch_bits;
    uint8_t ceiling;    /* no thread's base priority exceeds it */
    bool ending;        /* no thread and no child comes any more; threads may still be on harts */
    bool ended;         /* nothing is left but this record */
    int status;         /* as POSIX encodes it; once ending: final */
    uint64_t cpu_ticks; /* of threads that are gone */
};

extern struct lock tree_lock;

/* The first process, pid 1. E_NOMEM. */
enum error process_create_init(struct process **process) MUST_USE;

/* fork: a child with a copy of parent's space and handles, and one thread, a copy of `thread` that
 * sees a0 = 0. All or nothing. E_NOMEM, E_AGAIN. */
enum error process_fork(struct thread *thread, int *pid) MUST_USE;

/* exec: the running thread's process continues in `space` at entry, alone. The caller has checked
 * entry and sp. E_BUSY: another process is in the space. E_AGAIN: the call is to run again, for
 * other threads have to end first, or this one. */
enum error process_exec(struct thread *thread, struct space *space, uint64_t entry,
                        uint64_t sp) MUST_USE;

/* An exec that waited to run again never comes to its end: its space is free again. */
void process_exec_failed(struct process *process);

/* Ends a process with a status. Its threads that run on other harts end a little later; then its
 * handles and space go, the record when its parent waits. */
void process_end(struct process *process, int status);

/* Ends a thread; the last one's end is the process's, with this status. */
void process_end_thread(struct thread *thread, int status);

/* The last thread of an ending process has gone: whoever ended it gives back what the process had
 * and tells the parent. Once. */
void process_bury(struct process *process);

/* Ends a process and its descendants. */
void process_end_tree(struct process *root, int status);

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
