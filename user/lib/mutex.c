/* mutex.c - the lock of <octavo/thread.h>: one word, a system call only when threads meet.
 *
 * state: 0 unlocked, 1 locked, 2 locked and somebody may be waiting. Who takes it after a wait
 * leaves 2, since others may still wait; who releases 2 wakes one.
 */
#include <octavo/calls.h>
#include <octavo/thread.h>

int mutex_try_lock(struct mutex *mutex)
{
    uint32_t unlocked = 0;

    return __atomic_compare_exchange_n(&mutex->state, &unlocked, 1, 0, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

void mutex_lock(struct mutex *mutex)
{
    if (mutex_try_lock(mutex))
        return;
    while (__atomic_exchange_n(&mutex->state, 2, __ATOMIC_ACQUIRE) != 0)
        futex_wait(&mutex->state, 2, DEADLINE_NONE);
}

void mutex_unlock(struct mutex *mutex)
{
    if (__atomic_exchange_n(&mutex->state, 0, __ATOMIC_RELEASE) == 2)
        futex_wake(&mutex->state, 1);
}
