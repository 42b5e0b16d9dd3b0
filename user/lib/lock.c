/* lock.c - the C library's hooks for locking: malloc's lock and the lock of each stream. */
#include "lock.h"

#include <stdlib.h>
#include <sys/lock.h>

struct __lock __lock___libc_recursive_mutex;

void __retarget_lock_init(_LOCK_T *lock) { *lock = calloc(1, sizeof(**lock)); }

void __retarget_lock_close(_LOCK_T lock) { free(lock); }

void __retarget_lock_acquire(_LOCK_T lock)
{
    if (lock != NULL)
        mutex_lock(&lock->mutex);
}

int __retarget_lock_try_acquire(_LOCK_T lock)
{
    return lock == NULL || mutex_try_lock(&lock->mutex);
}

void __retarget_lock_release(_LOCK_T lock)
{
    if (lock != NULL)
        mutex_unlock(&lock->mutex);
}

void __retarget_lock_init_recursive(_LOCK_T *lock) { __retarget_lock_init(lock); }

void __retarget_lock_close_recursive(_LOCK_T lock) { __retarget_lock_close(lock); }

/* The thread pointer tells threads apart. A stale value read here is some other thread's. */
static uintptr_t self(void) { return (uintptr_t)__builtin_thread_pointer(); }

static int held_by_self(_LOCK_T lock)
{
    return __atomic_load_n(&lock->owner, __ATOMIC_RELAXED) == self();
}

static void take(_LOCK_T lock)
{
    __atomic_store_n(&lock->owner, self(), __ATOMIC_RELAXED);
    lock->depth = 1;
}

void __retarget_lock_acquire_recursive(_LOCK_T lock)
{
    if (lock == NULL)
        return;
    if (held_by_self(lock)) {
        lock->depth++;
        return;
    }
    mutex_lock(&lock->mutex);
    take(lock);
}

int __retarget_lock_try_acquire_recursive(_LOCK_T lock)
{
    if (lock == NULL)
        return 1;
    if (held_by_self(lock)) {
        lock->depth++;
        return 1;
    }
    if (!mutex_try_lock(&lock->mutex))
        return 0;
    take(lock);
    return 1;
}

void __retarget_lock_release_recursive(_LOCK_T lock)
{
    if (lock == NULL || --lock->depth > 0)
        return;
    __atomic_store_n(&lock->owner, 0, __ATOMIC_RELAXED);
    mutex_unlock(&lock->mutex);
}
