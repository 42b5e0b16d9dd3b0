/* lock.c - the lock of a file system on Octavo: a mutex, and a futex for those that wait. */
#include "lock.h"

#include <octavo/calls.h>

void fs_lock_take(struct fs_lock *lock) { mutex_lock(&lock->mutex); }

void fs_lock_release(struct fs_lock *lock) { mutex_unlock(&lock->mutex); }

void fs_lock_wait(struct fs_lock *lock)
{
    uint32_t seen = __atomic_load_n(&lock->turn, __ATOMIC_RELAXED);

    lock->waiting++;
    mutex_unlock(&lock->mutex);
    futex_wait(&lock->turn, seen, DEADLINE_NONE);
    mutex_lock(&lock->mutex);
    lock->waiting--;
}

void fs_lock_wake(struct fs_lock *lock)
{
    if (lock->waiting == 0)
        return;
    __atomic_fetch_add(&lock->turn, 1, __ATOMIC_RELAXED);
    futex_wake(&lock->turn, UINT64_MAX);
}
