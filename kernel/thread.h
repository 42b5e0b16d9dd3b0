#pragma once
/* thread.h - threads: registers, a state, and the one queue that a thread is on.
 *
 * A waiting thread is a record on a queue; it has no kernel stack. Most waits *restart*: the
 * program counter still points at the ecall, waking the thread runs the call again, and all
 * progress is in objects and registers. Where another party finishes the call (a reply, a futex
 * wake-up), it writes the result and moves the pc on.
 *
 * Locks: `state`, `link` and `waits_on` belong to the lock of what the thread waits for; while it
 * is ready, to the run queue's.
 */
#include <octavo/process.h>
#include <sys/queue.h>

#include "kernel/clock.h"
#include "kernel/object.h"
#include "kernel/riscv/fpu.h"
#include "kernel/riscv/registers.h"

struct hart;
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

struct thread {
    /* What entry.S and fastpath.S reach (offsets.h). */
    struct registers registers;
    struct hart *hart;       /* that runs it, or ran it last */
    struct process *process; /* counted; what is left of a dead thread keeps it too */
    enum thread_state state;
    uint8_t priority; /* what it runs with: the base, or more while a caller lends */
    uint8_t base_priority;
    bool lent; /* priority is above the base */
    bool on_run_queue;
    SLIST_ENTRY(thread) port_link; /* RECV: in the port's receivers; REPLY: in its callers */
    uint64_t token;                /* of the call under way; a new one each call */
    struct port *port;      /* CALLING, REPLY: counted; RECV: not, receivers keep a port's handle */
    struct process *server; /* REPLY: who received the message */
    struct thread *served_by; /* REPLY: whom it lends a higher priority, or NULL */
    uint64_t cpu_ticks;       /* time on a hart up to its last leave */

    struct object object;
    TAILQ_ENTRY(thread) link;    /* of the run queue, or of those who wait for the same */
    TAILQ_ENTRY(thread) sibling; /* in process->threads: the tree's lock */
    int number;                  /* inside the process */
    struct timer timer;          /* deadline of the wait */
    struct port_item item;       /* CALLING: in the port's queue */
    struct channel *channel;     /* CALLING: counted as a handle, so that CLOSED comes later */
    struct port *serves;         /* whose last_receiver it is, or NULL */
    uint64_t affinity;           /* harts that it may run on, a bit each */
    uint64_t slice_ns;           /* what is left of its time slice */
    void *waits_on;              /* EVENT: struct event; FUTEX: the bucket */
    uint64_t futex_address;      /* FUTEX: as the user named it, for ps */
    uint64_t futex_key;          /* FUTEX: physical address of the word */
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

/* Ends a thread wherever it is: takes it off its queue and off its process, and its token is dead.
 * The caller's `thread` stays valid as long as somebody counts it. */
void thread_end(struct thread *thread);

/* The thread a token names if it still waits for `server` to reply, with the lock of its port held;
 * else NULL. */
struct thread *thread_lock_token(uint64_t token, const struct process *server);

/* The next thread that waits for `server` to reply, from slot *slot on, which moves; likewise
 * locked. */
struct thread *thread_lock_caller(uint64_t *slot, const struct process *server);
/* A fresh token for the thread's next call. */
void thread_renew_token(struct thread *thread);

/* The running thread gives up its hart in `state`, to be woken at the deadline at the latest. The
 * caller puts it on its queue. */
void thread_block(struct thread *thread, enum thread_state state, uint64_t deadline_ns);

/* Makes a waiting thread, already off its queue, ready: its system call runs again. */
void thread_wake(struct thread *thread);

/* Sets the results of a system call and moves on behind it: a0 and a1, every other caller-saved
 * register zero (ra is kept, since stubs return through it). */
void thread_return(struct thread *thread, uint64_t a0, uint64_t a1);

/* thread_return for a waiting thread that is off its queue, then ready. */
void thread_finish(struct thread *thread, uint64_t a0, uint64_t a1);

/* Gives a thread another base priority. */
void thread_set_base(struct thread *thread, uint8_t priority);

/* Adds or ends lent priority: the thread runs with at least `priority`; with its base and what its
 * callers lend. */
void thread_lend(struct thread *thread, uint8_t priority);
void thread_unlend(struct thread *thread);
