/* lock.c - test-and-set with acquire and release ordering (unprivileged specification, chapter
 * "A"). */
#include "kernel/lock.h"

#include "kernel/config.h"
#include "kernel/panic.h"
#include "kernel/riscv/hart.h"

void lock_init(struct lock *lock, const char *name, enum lock_rank rank)
{
    *lock = (struct lock)LOCK_INIT(name, rank);
}

/* `both`: an equal rank is in order. */
static void lock_check_order(const struct lock *lock, const struct hart *hart, bool both)
{
    if (lock->holder == hart)
        panic("lock %s: acquired twice", lock->name);
    if (hart->locks_held == 0)
        return;
    const struct lock *last = hart->lock[hart->locks_held - 1];
    if (last->rank > lock->rank || (last->rank == lock->rank && !both))
        panic("lock %s: acquired while holding %s", lock->name, last->name);
}

static void lock_take(struct lock *lock, bool both)
{
    struct hart *hart = hart_self();

    if (DEBUG)
        lock_check_order(lock, hart, both);
    while (__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE) != 0)
        while (__atomic_load_n(&lock->held, __ATOMIC_RELAXED) != 0)
            continue;
    if (DEBUG) {
        lock->holder = hart;
        ASSERT(hart->locks_held < sizeof hart->lock / sizeof hart->lock[0]);
        hart->lock[hart->locks_held++] = lock;
    }
}

void lock_acquire(struct lock *lock) { lock_take(lock, false); }

/* Locks may be released in any order: the record closes the gap. */
static void lock_forget(struct lock *lock, struct hart *hart)
{
    unsigned i = hart->locks_held;

    if (lock->holder != hart)
        panic("lock %s: released by a hart that does not hold it", lock->name);
    lock->holder = NULL;
    while (i > 0 && hart->lock[i - 1] != lock)
        i--;
    ASSERT(i > 0);
    for (hart->locks_held--; i <= hart->locks_held; i++)
        hart->lock[i - 1] = hart->lock[i];
}

void lock_release(struct lock *lock)
{
    if (DEBUG)
        lock_forget(lock, hart_self());
    __atomic_store_n(&lock->held, 0, __ATOMIC_RELEASE);
}

void lock_acquire_both(struct lock *a, struct lock *b)
{
    if (a > b) {
        struct lock *swap = a;
        a = b;
        b = swap;
    }
    lock_take(a, false);
    if (a != b)
        lock_take(b, true);
}

void lock_release_both(struct lock *a, struct lock *b)
{
    lock_release(a);
    if (a != b)
        lock_release(b);
}

void lock_assert_held(const struct lock *lock)
{
    if (DEBUG && lock->holder != hart_self())
        panic("lock %s: not held", lock->name);
}
