#pragma once
/* lock.h - the one lock of a mounted file system, and sleeping until something under it changes.
 *
 * All zero bits: nobody has it. lock.c has it for Octavo; a test on the host brings its own.
 */
#include <octavo/thread.h>

struct fs_lock {
    struct mutex mutex;
    uint32_t turn;    /* futex: grows with each fs_lock_wake */
    uint32_t waiting; /* lock: threads in fs_lock_wait */
};

void fs_lock_take(struct fs_lock *lock);
void fs_lock_release(struct fs_lock *lock);

/* Lets go of the lock, sleeps until somebody calls fs_lock_wake, and takes it again. Callers look
 * again at what they wait for. */
void fs_lock_wait(struct fs_lock *lock);
void fs_lock_wake(struct fs_lock *lock);
