#pragma once
/* thread.h - threads of one process, and the lock that they share data under.
 *
 * A thread has its own stack (below it a page that is never mapped) and its own copy of
 * thread-local variables, errno among them. malloc, stdio and the environment are safe to use from
 * all threads; a FILE is locked for each call.
 */
#include <stdint.h>

/* A thread, owned by whoever started it, who keeps it in place until thread_join. */
struct thread {
    int handle;      /* of the thread, for thread_control */
    uint32_t alive;  /* futex: 1 until the thread is gone for good, then 0 */
    uint64_t memory; /* its mapping: stack, and thread-local storage above it */
    void *(*run)(void *argument);
    void *argument;
    void *result;
};

/* Starts run(argument) in a new thread. -> 0, or a negated error: E_NOMEM, E_MFILE. */
long thread_start(struct thread *thread, void *(*run)(void *), void *argument);

/* Waits until the thread has returned, and frees what it had. -> what `run` returned; undefined
 * when the thread was killed. Once for each thread. */
void *thread_join(struct thread *thread);

/* A lock that waiting threads sleep on. All zero bits: unlocked. Not recursive, not fair. */
struct mutex {
    uint32_t state; /* 0 unlocked, 1 locked, 2 locked and somebody may wait */
};

void mutex_lock(struct mutex *mutex);
int mutex_try_lock(struct mutex *mutex); /* -> 1 taken, 0 not */
void mutex_unlock(struct mutex *mutex);
