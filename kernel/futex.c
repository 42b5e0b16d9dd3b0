/* futex.c - a hash of buckets. A bucket's lock guards its list. It is taken inside the space's
 * lock, and the word is looked at in it, so that between the look and the wait nobody can wake in
 * vain.
 */
#include "kernel/futex.h"

#include <string.h>

#include "kernel/frame.h"
#include "kernel/process.h"
#include "kernel/space.h"
#include "kernel/thread.h"

enum { BUCKETS = 64 };

struct bucket {
    struct lock lock;
    struct thread_list waiting; /* lock */
};

static struct bucket buckets[BUCKETS];

void futex_init(void)
{
    for (int i = 0; i < BUCKETS; i++) {
        lock_init(&buckets[i].lock, "futex", RANK_EVENT);
        TAILQ_INIT(&buckets[i].waiting);
    }
}

static struct bucket *bucket_of(const uint64_t key[2])
{
    return &buckets[(key[1] >> 2 ^ key[1] >> PAGE_BITS ^ key[0] >> 6) % BUCKETS];
}

/* Takes a waiting thread in hand. */
static void remove_locked(struct bucket *bucket, struct thread *thread)
{
    TAILQ_REMOVE(&bucket->waiting, thread, link);
    thread->bucket = NULL;
    __atomic_store_n(&thread->state, THREAD_READY, __ATOMIC_RELAXED);
}

/* The word is looked at in the bucket's lock: a process that shares it has another space, and wakes
 * whoever is in the bucket once it has changed the word. */
static enum error wait_in(struct bucket *bucket, struct thread *thread,
                          const struct user_word *word, uint32_t expected, uint64_t deadline_ns)
{
    lock_assert_held(&bucket->lock);
    if (__atomic_load_n(word->word, __ATOMIC_RELAXED) != expected)
        return E_AGAIN;
    if (clock_now() >= deadline_ns)
        return E_TIMEDOUT;
    memcpy(thread->futex_key, word->key, sizeof thread->futex_key);
    thread->bucket = bucket;
    TAILQ_INSERT_TAIL(&bucket->waiting, thread, link);
    thread_block(thread, THREAD_FUTEX, deadline_ns);
    return E_OK;
}

static enum error wait_locked(struct thread *thread, uint64_t address, uint32_t expected,
                              uint64_t deadline_ns)
{
    struct user_word word;
    enum error error = space_word_locked(thread->process->space, address, &word);

    if (error != E_OK)
        return error;
    struct bucket *bucket = bucket_of(word.key);
    lock_acquire(&bucket->lock);
    thread->futex_address = address;
    error = wait_in(bucket, thread, &word, expected, deadline_ns);
    lock_release(&bucket->lock);
    return error;
}

enum error futex_wait(struct thread *thread, uint64_t address, uint32_t expected,
                      uint64_t deadline_ns)
{
    struct space *space = thread->process->space;

    if (address % sizeof(uint32_t) != 0)
        return E_INVAL;
    lock_acquire(&space->lock);
    enum error error = wait_locked(thread, address, expected, deadline_ns);
    lock_release(&space->lock);
    return error;
}

static uint64_t wake_key(const uint64_t key[2], uint64_t count)
{
    struct bucket *bucket = bucket_of(key);
    struct thread *thread, *next;
    uint64_t woken = 0;

    lock_acquire(&bucket->lock);
    for (thread = TAILQ_FIRST(&bucket->waiting); thread != NULL && woken < count; thread = next) {
        next = TAILQ_NEXT(thread, link);
        if (memcmp(thread->futex_key, key, sizeof thread->futex_key) != 0)
            continue;
        remove_locked(bucket, thread);
        thread_finish(thread, E_OK, 0);
        woken++;
    }
    lock_release(&bucket->lock);
    return woken;
}

enum error futex_wake(struct space *space, uint64_t address, uint64_t count, uint64_t *woken)
{
    if (address % sizeof(uint32_t) != 0)
        return E_INVAL;
    struct user_word word;
    lock_acquire(&space->lock);
    enum error error = space_word_locked(space, address, &word);
    if (error == E_OK)
        *woken = wake_key(word.key, count);
    lock_release(&space->lock);
    return error;
}

enum error futex_clear(struct space *space, uint64_t address)
{
    struct user_word word;

    lock_acquire(&space->lock);
    enum error error = space_word_locked(space, address, &word);
    if (error == E_OK) {
        __atomic_store_n(word.word, 0, __ATOMIC_RELEASE);
        wake_key(word.key, UINT64_MAX);
    }
    lock_release(&space->lock);
    return error;
}

static void evict_locked(struct bucket *bucket, const struct space *space, uint64_t address,
                         uint64_t length)
{
    struct thread *thread, *next;

    for (thread = TAILQ_FIRST(&bucket->waiting); thread != NULL; thread = next) {
        next = TAILQ_NEXT(thread, link);
        if (thread->process->space != space || thread->futex_address - address >= length)
            continue;
        remove_locked(bucket, thread);
        thread_wake(thread);
    }
}

void futex_evict(const struct space *space, uint64_t address, uint64_t length)
{
    for (int i = 0; i < BUCKETS; i++) {
        lock_acquire(&buckets[i].lock);
        evict_locked(&buckets[i], space, address, length);
        lock_release(&buckets[i].lock);
    }
}

bool futex_take_thread(struct thread *thread)
{
    struct bucket *bucket = __atomic_load_n(&thread->bucket, __ATOMIC_RELAXED);
    bool taken = false;

    if (bucket == NULL)
        return false;
    lock_acquire(&bucket->lock);
    if (thread->bucket == bucket && thread->state == THREAD_FUTEX) {
        remove_locked(bucket, thread);
        taken = true;
    }
    lock_release(&bucket->lock);
    return taken;
}
