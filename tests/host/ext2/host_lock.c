/* host_lock.c - the lock of a file system on the host: all of them share one of pthread's. */
#include "servers/ext2/lock.h"

#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

void fs_lock_take(struct fs_lock *lock)
{
    (void)lock;
    pthread_mutex_lock(&mutex);
}

void fs_lock_release(struct fs_lock *lock)
{
    (void)lock;
    pthread_mutex_unlock(&mutex);
}

void fs_lock_wait(struct fs_lock *lock)
{
    (void)lock;
    pthread_cond_wait(&changed, &mutex);
}

void fs_lock_wake(struct fs_lock *lock)
{
    (void)lock;
    pthread_cond_broadcast(&changed);
}
