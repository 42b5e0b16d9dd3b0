#pragma once
/* lock.h - spin locks with ranks.
 *
 * The kernel runs with interrupts off, so a lock is never taken twice on one hart by accident of an
 * interrupt. A hart takes locks in ascending rank only; two of the same rank only by
 * lock_acquire_both, which orders them by address. DEBUG builds assert that at each acquire, and
 * that a lock is released by its holder.
 */
#include <stdbool.h>
#include <stdint.h>

#include "kernel/config.h"

/* Outermost first (docs/locking.md). */
enum lock_rank {
    RANK_TREE,    /* the process tree */
    RANK_HANDLES, /* a handle table */
    RANK_SPACE,   /* an address space */
    RANK_MEMORY,  /* a memory object */
    RANK_PORT,
    RANK_EVENT, /* an event or a futex bucket */
    RANK_TIMER, /* a timer queue */
    RANK_RUN,   /* a run queue */
    RANK_CACHE, /* an object cache */
    RANK_FRAME, /* the buddy allocator */
    RANK_LOG,
};

struct hart;

struct lock {
    uint32_t held;
    enum lock_rank rank;
    const char *name;
    const struct hart *holder; /* DEBUG */
};

#define LOCK_INIT(lock_name, lock_rank)          \
    {                                            \
        .rank = (lock_rank), .name = (lock_name) \
    }

void lock_init(struct lock *lock, const char *name, enum lock_rank rank);

/* The checks of a DEBUG build: before a lock is taken (`equal`: after one of its own rank), when it
 * is held, before it is released. */
void lock_check_order(const struct lock *lock, bool equal);
void lock_note_taken(struct lock *lock);
void lock_note_released(struct lock *lock);

static inline void lock_take(struct lock *lock, bool equal)
{
    if (DEBUG)
        lock_check_order(lock, equal);
    while (__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE) != 0)
        while (__atomic_load_n(&lock->held, __ATOMIC_RELAXED) != 0)
            continue;
    if (DEBUG)
        lock_note_taken(lock);
}

static inline void lock_acquire(struct lock *lock) { lock_take(lock, false); }

static inline void lock_release(struct lock *lock)
{
    if (DEBUG)
        lock_note_released(lock);
    __atomic_store_n(&lock->held, 0, __ATOMIC_RELEASE);
}

/* Two locks of one rank; they may be the same. */
void lock_acquire_both(struct lock *a, struct lock *b);
void lock_release_both(struct lock *a, struct lock *b);

/* Panics unless this hart holds the lock; does nothing but in DEBUG builds. */
void lock_assert_held(const struct lock *lock);
