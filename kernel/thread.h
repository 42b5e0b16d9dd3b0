#pragma once
/* thread.h - threads: registers, a state, and the one queue that a thread is on.
 *
 * A waiting thread is a record on a queue; it has no kernel stack. Most waits *restart*: the
 * program counter still points at the ecall, waking the thread runs the call again, and all
 * progress is in objects and registers. Where another party finishes the call (a reply, a futex
 * wake-up), it writes the result and moves the pc on.
 *
 * A thread belongs to whoever has it: the queue that it is on (under the queue's lock), the hart
 * that runs it, or a hart that has it *in hand*: it took the thread off one queue and will soon put
 * it on another. Only who has a thread may change it. With a thread in hand one does not wait for
 * the tree's lock, since who ends threads holds that and waits until the thread is somewhere.
 */
#include <octavo/process.h>
#include <sys/queue.h>

#include "kernel/clock.h"
#include "kernel/object.h"
#include "kernel/riscv/fpu.h"
#include "kernel/riscv/registers.h"

struct bucket;
struct event;
struct hart;
struct memory;
struct port;
struct process;

TAILQ_HEAD(thread_list, thread);

/* What can stand in a port's queue (port.h). */
enum port_item_kind { ITEM_CALLER, ITEM_CLOSED, ITEM_EVENT };
struct port_item {
    TAILQ_ENTRY(port_item) link;
    enum port_item_kind kind;
    uint8_t priority;
    bool queued;
};

/* The message of a thread that waits for a page, at the places where the registers of a call have
 * it; there is nothing at the others. */
enum { PAGE_CALL_LABEL = 1, PAGE_CALL_INDEX = 2, PAGE_CALL_ACCESS = 3, PAGE_CALL_WORDS = 7 };

struct thread {
    /* What entry.S and fastpath.S reach (offsets.h). */
    struct registers registers;
    struct hart *hart;       /* that runs it, or ran it last; NULL: none yet in its space */
    struct process *process; /* counted; what is left of a dead thread keeps it too */
    enum thread_state state;
    uint8_t priority; /* what it runs with: the base, or more while a caller lends */
    uint8_t base_priority;
    bool on_run_queue;
    SLIST_ENTRY(thread) port_link; /* RECV: in the port's receivers; REPLY: in its callers */
    uint64_t token;                /* of the call under way; a new one each call */
    struct port *port;             /* CALLING: counted; REPLY, RECV: not; else NULL */
    struct process *server;        /* REPLY: who received the message */
    struct thread *lends_to;       /* whom it lends its priority, or NULL: lend.h */
    struct hart *direct; /* the hart that a message may hand it without the scheduler, or NULL */
    uint64_t cpu_ticks;  /* time on a hart up to its last leave */

    struct object object;
    uint64_t identity;              /* for port->server: its slot, and a number that no other has */
    struct hart *home;              /* in whose run queue it is, or would be: sched.c */
    TAILQ_ENTRY(thread) link;       /* of the run queue, or of those who wait for the same */
    TAILQ_ENTRY(thread) sibling;    /* in process->threads: the tree's lock */
    int number;                     /* inside the process */
    struct timer timer;             /* deadline of the wait */
    struct port_item item;          /* CALLING: in the port's queue */
    struct channel *channel;        /* CALLING: counted as a handle, so that CLOSED comes later */
    LIST_HEAD(, thread) lenders;    /* who lends to it: lend.h */
    LIST_ENTRY(thread) lender_link; /* in their list */
    bool doomed;                    /* tree's lock: it ends as soon as somebody has it */
    bool mailed;                    /* tree's lock: in a hart's mail, which counts it */
    SLIST_ENTRY(thread) mail_link;
    uint64_t affinity;      /* harts that it may run on, a bit each */
    uint64_t slice_ticks;   /* what is left of its time slice */
    struct event *event;    /* EVENT: counted */
    struct bucket *bucket;  /* FUTEX: futex.c */
    uint64_t futex_address; /* FUTEX: as the user named it, for ps */
    uint64_t futex_key[2];  /* FUTEX: names the word (space.h: struct user_word) */
    uint64_t kept_token; /* of the last call whose registers are all here: it can be made again */

    /* pager.h */
    struct memory *page_of; /* CALLING, REPLY: waits for a page of it, counted; else NULL */
    uint64_t page_call[PAGE_CALL_WORDS];
    bool page_refused; /* by the pager: the next page that it misses is its end */
    struct fpu_state fpu;
};

/* A token is the number of a slot and, above it, a count that every call renews. */
struct thread_slot {
    struct thread *thread; /* NULL: free */
    uint64_t token;        /* free: the last one that a thread here had, for none is used twice */
};
extern struct thread_slot *thread_slots;

/* Reserves slots for `capacity` threads. */
void thread_table_init(uint64_t capacity);

/* A thread of the process, not yet ready, registers zero, with the priority and affinity of `maker`
 * (NULL: the default ones); the process's list gets a reference, the caller another. E_NOMEM,
 * E_AGAIN: too many threads. */
enum error thread_create(struct process *process, const struct thread *maker,
                         struct thread **thread) MUST_USE;

/* Undoes thread_create for a thread that has never been ready. */
void thread_discard(struct thread *thread);

/* Takes a thread off the queue where it waits or is ready: the caller has it in hand then. False:
 * it runs, is in somebody's hand, or dead. For a thread in state CHILD the tree's lock is held. */
bool thread_take(struct thread *thread) MUST_USE;

/* Ends a thread, now if it can be had, else as soon as the hart that runs it looks (its mail). The
 * tree's lock is held. True: it was the last one of its process, which the caller has to bury
 * (process.h) once the lock is released. */
bool thread_doom(struct thread *thread) MUST_USE;

/* Ends the threads that others doomed while they ran on this hart, wherever they are now. */
void thread_open_mail(struct hart *hart);

/* The thread a token names if it still waits for `server` to reply, with the lock of its port held;
 * else NULL. */
struct thread *thread_lock_token(uint64_t token, const struct process *server);

/* The next thread that waits for `server` to reply, from slot *slot on, which moves; likewise
 * locked. */
struct thread *thread_lock_caller(uint64_t *slot, const struct process *server);

/* The thread that has this identity, counted; NULL: it is gone. */
struct thread *thread_find(uint64_t identity);

/* A fresh token for the thread's next call. */
void thread_renew_token(struct thread *thread);

/* The running thread gives up its hart in `state`, to be woken at the deadline at the latest. The
 * caller puts it on its queue, whose lock it holds; once that is released the thread is not its own
 * any more. */
void thread_block(struct thread *thread, enum thread_state state, uint64_t deadline_ns);

/* Makes a waiting thread, already in hand, ready: its system call runs again. */
void thread_wake(struct thread *thread);

/* Sets the results of a system call and moves on behind it: a0 and a1, every other caller-saved
 * register zero (ra is kept, since stubs return through it). */
void thread_return(struct thread *thread, uint64_t a0, uint64_t a1);

/* The call of a waiting thread in hand fails: it gets the error, or if the call was for a page,
 * runs into its end. */
void thread_fail_call(struct thread *thread, enum error error);

/* thread_return for a waiting thread in hand, then ready. */
void thread_finish(struct thread *thread, uint64_t a0, uint64_t a1);
