/* clock.c - time goes forward, sleep lasts as long as was asked, and sleepers wake in order. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/tap.h"

enum {
    SLEEPERS = 12,
    TRIES = 5,
    LATE_MS = 20000, /* how late a busy host may make us */
};

static void test_goes_forward(void)
{
    uint64_t last = clock_get();
    for (int i = 0; i < 20000; i++) {
        uint64_t now = clock_get();
        CHECK(now >= last);
        last = now;
    }
    struct timespec posix;
    CHECK_EQUAL(clock_gettime(CLOCK_MONOTONIC, &posix), 0);
    CHECK((uint64_t)posix.tv_sec * 1000000000u + (uint64_t)posix.tv_nsec >= last);
    CHECK(posix.tv_nsec >= 0 && posix.tv_nsec < 1000000000);
}

static void check_sleep(uint64_t before, uint64_t ms)
{
    uint64_t slept = clock_get() - before;
    CHECK(slept >= MILLISECONDS(ms));
    CHECK(slept < MILLISECONDS(ms + LATE_MS));
}

static void test_sleep_lasts_as_long_as_asked(void)
{
    for (uint64_t ms = 1; ms <= 64; ms *= 2) {
        uint64_t before = clock_get();
        CHECK_EQUAL(clock_sleep(before + MILLISECONDS(ms)), 0);
        check_sleep(before, ms);
    }
}

static void test_past_deadlines_return_at_once(void)
{
    CHECK_EQUAL(clock_sleep(0), 0);
    CHECK_EQUAL(clock_sleep(1), 0);
    CHECK_EQUAL(clock_sleep(clock_get()), 0);
}

static void test_posix_sleeps(void)
{
    uint64_t before = clock_get();
    struct timespec wanted = {.tv_sec = 0, .tv_nsec = 20000000};
    CHECK_EQUAL(nanosleep(&wanted, NULL), 0);
    check_sleep(before, 20);
    before = clock_get();
    CHECK_EQUAL(usleep(15000), 0);
    check_sleep(before, 15);
    before = clock_get();
    CHECK_EQUAL(sleep(1), 0);
    check_sleep(before, 1000);
    wanted.tv_nsec = 1000000000;
    CHECK_EQUAL(nanosleep(&wanted, NULL), -1);
    CHECK_EQUAL(errno, EINVAL);
}

/* Shared with the sleepers: who woke, in which order. */
static struct wakes {
    uint32_t go; /* futex: 1 when the deadlines stand */
    uint64_t deadline[SLEEPERS];
    uint32_t count, order[SLEEPERS];
} * wakes;

static void sleep_and_tell(void *number)
{
    uintptr_t place = (uintptr_t)number;
    futex_wait(&wakes->go, 0, DEADLINE_NONE);
    clock_sleep(wakes->deadline[place]);
    CHECK(clock_get() >= wakes->deadline[place]);
    wakes->order[__atomic_fetch_add(&wakes->count, 1, __ATOMIC_SEQ_CST)] = (uint32_t)place;
}

/* Started in another order, do they wake in the order of their deadlines? */
static bool sleepers_wake_in_order(void)
{
    int children[SLEEPERS];
    bool in_order = true;
    wakes->go = wakes->count = 0;
    for (uintptr_t i = 0; i < SLEEPERS; i++) {
        children[i] = tap_fork(sleep_and_tell, (void *)(i * 7 % SLEEPERS));
        thread_reaches(children[i], 0, THREAD_FUTEX);
    }
    for (uint64_t place = 0; place < SLEEPERS; place++)
        wakes->deadline[place] = deadline_in_ms(200 + 20 * place);
    wakes->go = 1;
    CHECK_EQUAL(futex_wake(&wakes->go, SLEEPERS), SLEEPERS);
    for (int i = 0; i < SLEEPERS; i++)
        tap_join(children[i]);
    for (uint32_t i = 0; i < SLEEPERS; i++)
        in_order = in_order && wakes->order[i] == i;
    return in_order;
}

/* A host that stops the machine, while one has just woken, gives the others time to come first: so
 * it may take several tries. */
static void test_sleepers_wake_in_order(void)
{
    bool in_order = false;
    wakes = map_shared(PAGE);
    for (int tries = 0; tries < TRIES && !in_order; tries++)
        in_order = sleepers_wake_in_order();
    CHECK(in_order);
    unmap_pages(wakes, PAGE);
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"clock_goes_forward", test_goes_forward, 0},
        {"clock_sleep_lasts_as_long_as_asked", test_sleep_lasts_as_long_as_asked, 0},
        {"clock_past_deadlines_return_at_once", test_past_deadlines_return_at_once, 0},
        {"clock_posix_sleeps", test_posix_sleeps, 0},
        {"clock_sleepers_wake_in_order", test_sleepers_wake_in_order, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
