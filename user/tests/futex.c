/* futex.c - waiting for a word in memory: who is woken, when, and what is refused. */
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <octavo/thread.h>

#include "tests/lib/help.h"
#include "tests/lib/tap.h"

enum {
    WAITERS = 10,
    ADDERS = 4,
    ADDITIONS = 5000,
};

static uint32_t *words; /* a page shared with children: [0] the futex, [1] how many were woken */

static void wait_on_word(void *unused)
{
    (void)unused;
    CHECK_EQUAL(futex_wait(words, 0, DEADLINE_NONE), 0);
    __atomic_fetch_add(&words[1], 1, __ATOMIC_SEQ_CST);
}

static bool reaches(uint32_t *counter, uint32_t value)
{
    for (int tries = 0; tries < 1000; tries++) {
        if (__atomic_load_n(counter, __ATOMIC_SEQ_CST) == value)
            return true;
        sleep_ms(2);
    }
    return CHECK_EQUAL(*counter, value);
}

/* Between processes, through shared memory. */
static void test_wakes_as_many_as_asked(void)
{
    int children[WAITERS];
    words = map_shared(PAGE);
    for (int i = 0; i < WAITERS; i++)
        children[i] = tap_fork(wait_on_word, NULL);
    for (int i = 0; i < WAITERS; i++)
        thread_reaches(children[i], 0, THREAD_FUTEX);
    CHECK_EQUAL(futex_wake(words, 0), 0);
    for (size_t i = 1; i < PAGE / sizeof *words; i++)
        CHECK_EQUAL(futex_wake(words + i, 100), 0);
    CHECK_EQUAL(futex_wake(words, 1), 1);
    reaches(&words[1], 1);
    CHECK_EQUAL(futex_wake(words, 3), 3);
    reaches(&words[1], 4);
    CHECK_EQUAL(futex_wake(words, UINT64_MAX), WAITERS - 4);
    CHECK_EQUAL(futex_wake(words, 1), 0);
    for (int i = 0; i < WAITERS; i++)
        tap_join(children[i]);
    CHECK_EQUAL(words[1], WAITERS);
    unmap_pages(words, PAGE);
}

static void test_returns_at_once_when_the_value_differs(void)
{
    static uint32_t word = 5;
    CHECK_EQUAL(futex_wait(&word, 4, DEADLINE_NONE), -E_AGAIN);
    CHECK_EQUAL(futex_wait(&word, 4, 0), -E_AGAIN);
    CHECK_EQUAL(futex_wait(&word, 5, 0), -E_TIMEDOUT);
}

static void test_times_out(void)
{
    static uint32_t word;
    for (uint64_t ms = 1; ms <= 50; ms += 7) {
        uint64_t deadline = deadline_in_ms(ms);
        CHECK_EQUAL(futex_wait(&word, 0, deadline), -E_TIMEDOUT);
        CHECK(clock_get() >= deadline);
    }
    CHECK_EQUAL(futex_wake(&word, 1), 0);
}

static void test_refuses_bad_addresses(void)
{
    static _Alignas(8) uint8_t bytes[16];
    for (int offset = 1; offset < 4; offset++) {
        const uint32_t *unaligned = (const uint32_t *)(uintptr_t)(bytes + offset);
        CHECK_EQUAL(futex_wait(unaligned, 0, 0), -E_INVAL);
        CHECK_EQUAL(futex_wake(unaligned, 1), -E_INVAL);
    }
    CHECK_EQUAL(futex_wait(NULL, 0, 0), -E_FAULT);
    CHECK_EQUAL(futex_wait((uint32_t *)0x1000, 0, 0), -E_FAULT);
    CHECK_EQUAL(futex_wait((uint32_t *)(1ull << 63), 0, 0), -E_FAULT);
    CHECK_EQUAL(futex_wait((uint32_t *)(UINT64_MAX - 3), 0, 0), -E_FAULT);
}

/* The same address in a copy of the space is another word. */
static void wait_in_copy(void *word)
{
    CHECK_EQUAL(futex_wait(word, 0, deadline_in_ms(100)), -E_TIMEDOUT);
}

static void test_private_words_are_apart(void)
{
    static uint32_t word;
    int child = tap_fork(wait_in_copy, &word);
    thread_reaches(child, 0, THREAD_FUTEX);
    CHECK_EQUAL(futex_wake(&word, 100), 0);
    tap_join(child);
}

/* A waiter whose memory goes, and one that is killed, leave nothing to wake. */
static void test_waiter_is_killed(void)
{
    words = map_shared(PAGE);
    int child = tap_fork(wait_on_word, NULL);
    thread_reaches(child, 0, THREAD_FUTEX);
    tap_kill(child);
    CHECK_EQUAL(futex_wake(words, 100), 0);
    unmap_pages(words, PAGE);
}

static struct mutex mutex;
static volatile uint64_t sum;

static void *add(void *unused)
{
    (void)unused;
    for (int i = 0; i < ADDITIONS; i++) {
        mutex_lock(&mutex);
        uint64_t seen = sum;
        if (i % 64 == 0)
            thread_yield();
        sum = seen + 1;
        mutex_unlock(&mutex);
    }
    return (void *)(uintptr_t)sum;
}

/* The library's lock and threads stand on it. */
static void test_carries_a_lock(void)
{
    struct thread threads[ADDERS];
    sum = 0;
    for (int i = 0; i < ADDERS; i++)
        CHECK_EQUAL(thread_start(&threads[i], add, NULL), 0);
    for (int i = 0; i < ADDERS; i++)
        CHECK(thread_join(&threads[i]) != NULL);
    CHECK_EQUAL(sum, ADDERS * ADDITIONS);
}

static void *wait_on_page(void *page)
{
    return futex_wait(page, 0, DEADLINE_NONE) == -E_FAULT ? page : NULL;
}

static void unmap_under_a_waiter(void *unused)
{
    struct thread thread;
    void *page = map_pages(PAGE, MAP_READ | MAP_WRITE);
    (void)unused;
    CHECK_EQUAL(thread_start(&thread, wait_on_page, page), 0);
    thread_reaches(getpid(), 1, THREAD_FUTEX);
    unmap_pages(page, PAGE);
    CHECK(thread_join(&thread) == page);
}

/* Whoever gets the page next must not meet the waiter: its wake-ups would go to a stranger. */
static void test_waiter_goes_with_the_page(void) { tap_join(tap_fork(unmap_under_a_waiter, NULL)); }

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"futex_wakes_as_many_as_asked", test_wakes_as_many_as_asked, 0},
        {"futex_returns_at_once_when_the_value_differs",
         test_returns_at_once_when_the_value_differs, 0},
        {"futex_times_out", test_times_out, 0},
        {"futex_refuses_bad_addresses", test_refuses_bad_addresses, 0},
        {"futex_private_words_are_apart", test_private_words_are_apart, 0},
        {"futex_waiter_is_killed", test_waiter_is_killed, 0},
        {"futex_waiter_goes_with_the_page", test_waiter_goes_with_the_page, 0},
        {"futex_carries_a_lock", test_carries_a_lock, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
