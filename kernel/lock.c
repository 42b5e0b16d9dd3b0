/* lock.c - test-and-set with acquire and release ordering (unprivileged specification, chapter
 * "A"). */
#include "kernel/lock.h"

#include "kernel/panic.h"
#include "kernel/riscv/hart.h"
#include "kernel/riscv/ipi.h"

void lock_init(struct lock *lock, const char *name, enum lock_rank rank)
{
    *lock = (struct lock)LOCK_INIT(name, rank);
}

void lock_check_order(const struct lock *lock, bool equal)
{
    const struct hart *hart = hart_self();

    if (lock->holder == hart)
        panic("lock %s: acquired twice", lock->name);
    for (unsigned i = 0; i < hart->locks_held; i++) {
        const struct lock *other = hart->lock[i];
        if (other->rank > lock->rank || (other->rank == lock->rank && !equal))
            panic("lock %s: acquired while holding %s", lock->name, other->name);
    }
}

void lock_note_taken(struct lock *lock)
{
    struct hart *hart = hart_self();

    lock->holder = hart;
    ASSERT(hart->locks_held < sizeof hart->lock / sizeof hart->lock[0]);
    hart->lock[hart->locks_held++] = lock;
}

/* Locks may be released in any order: the record closes the gap. */
void lock_note_released(struct lock *lock)
{
    struct hart *hart = hart_self();
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

void lock_spin(struct lock *lock)
{
    do {
        while (__atomic_load_n(&lock->held, __ATOMIC_RELAXED) != 0)
            hart_serve_requests();
    } while (__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE) != 0);
    lock->spins++;
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
