#pragma once
/* lock.h - spin locks with ranks.
 *
 * The kernel runs with interrupts off, so a lock is never taken twice on one hart by accident of an
 * interrupt. A hart takes locks in ascending rank only; two of the same rank only by
 * lock_acquire_both, which orders them by address. DEBUG builds assert that at each acquire, and
 * that a lock is released by its holder. A hart that spins serves what others ask of it
 * (riscv/ipi.h), for they may hold the lock.
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
    RANK_BIND,    /* what events and interrupts are bound to */
    RANK_PORT,
    RANK_EVENT,  /* an event or a futex bucket */
    RANK_LEND,   /* who lends priority to whom */
    RANK_TIMER,  /* a hart's timers */
    RANK_RUN,    /* a hart's run queue */
    RANK_TLB,    /* address-space identifiers */
    RANK_REAPER, /* spaces that are being taken apart */
    RANK_CACHE,  /* an object cache */
    RANK_FRAME,  /* the buddy allocator */
    RANK_FRAME_CACHE,
    RANK_LOG,
};

struct hart;

struct lock {
    uint32_t held;
    enum lock_rank rank;
    const char *name;
    const struct hart *holder; /* DEBUG */
    uint64_t spins;            /* how often a hart found it held */
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

/* Takes a lock that was found held. */
void lock_spin(struct lock *lock);

/* Takes the lock if it is free. Tries in any order: who does not wait cannot be part of a circle.
 */
static inline bool lock_try(struct lock *lock)
{
    if (__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE) != 0)
        return false;
    if (DEBUG)
        lock_note_taken(lock);
    return true;
}

static inline void lock_take(struct lock *lock, bool equal)
{
    if (DEBUG)
        lock_check_order(lock, equal);
    if (__builtin_expect(__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE) != 0, 0))
        lock_spin(lock);
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
