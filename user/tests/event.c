/* event.c - events: bits that are signalled, waited for, sent by timers, and received at ports. */
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/tap.h"

enum { WAITERS = 6 };

static int event;
static uint64_t *results; /* shared with children */

static uint64_t pending(uint64_t mask)
{
    uint64_t bits = 0;
    long result = event_wait(event, mask, 0, &bits);
    CHECK(result == 0 || result == -E_TIMEDOUT);
    return bits;
}

static void test_mask_chooses_what_is_cleared(void)
{
    event = (int)event_create();
    CHECK_EQUAL(pending(UINT64_MAX), 0);
    CHECK_EQUAL(event_signal(event, 0xf0 | 1ull << 63), 0);
    CHECK_EQUAL(event_signal(event, 0x18), 0);
    CHECK_EQUAL(pending(0x30), 0x30);
    CHECK_EQUAL(pending(0x30), 0);
    CHECK_EQUAL(pending(0x0f), 0x08);
    CHECK_EQUAL(pending(UINT64_MAX), 0xc0 | 1ull << 63);
    CHECK_EQUAL(event_signal(event, 0), 0);
    CHECK_EQUAL(pending(UINT64_MAX), 0);
    handle_close(event);
}

static void test_rights_and_refusals(void)
{
    event = (int)event_create();
    int signal_only = (int)handle_dup(event, DUP_LOWEST, RIGHT_SIGNAL, 0);
    int wait_only = (int)handle_dup(event, DUP_LOWEST, RIGHT_WAIT, 0);
    CHECK_EQUAL(event_wait(event, 0, 0, NULL), -E_INVAL);
    CHECK_EQUAL(event_wait(signal_only, 1, 0, NULL), -E_PERM);
    CHECK_EQUAL(event_bind(signal_only, HANDLE_NONE, 0), -E_PERM);
    CHECK_EQUAL(event_signal(wait_only, 1), -E_PERM);
    CHECK_EQUAL(event_timer(wait_only, 1, 0, 0), -E_PERM);
    CHECK_EQUAL(process_watch(wait_only, 1), -E_PERM);
    CHECK_EQUAL(event_signal(HANDLE_SELF, 1), -E_BADF);
    CHECK_EQUAL(event_timer(event, 1, 0, 99999), -E_INVAL);
    CHECK_EQUAL(event_signal(signal_only, 2), 0);
    CHECK_EQUAL(event_wait(wait_only, 2, 0, NULL), 0);
    handle_close(signal_only);
    handle_close(wait_only);
    handle_close(event);
}

static void wait_for_a_bit(void *number)
{
    uint64_t bits = 0;
    CHECK_EQUAL(event_wait(event, 1ull << (uintptr_t)number, DEADLINE_NONE, &bits), 0);
    CHECK_EQUAL(bits, 1ull << (uintptr_t)number);
}

/* Each waiter waits for a bit of its own; one signal wakes just those it concerns. */
static void test_wakes_whom_it_concerns(void)
{
    int children[WAITERS];
    event = (int)event_create();
    for (uintptr_t i = 0; i < WAITERS; i++) {
        children[i] = tap_fork(wait_for_a_bit, (void *)i);
        thread_reaches(children[i], 0, THREAD_EVENT);
    }
    CHECK_EQUAL(event_signal(event, 1 << 2), 0);
    tap_join(children[2]);
    thread_reaches(children[1], 0, THREAD_EVENT);
    CHECK_EQUAL(event_signal(event, (1 << WAITERS) - 1 - (1 << 2)), 0);
    for (int i = 0; i < WAITERS; i++)
        if (i != 2)
            tap_join(children[i]);
    CHECK_EQUAL(pending(UINT64_MAX), 0);
    handle_close(event);
}

static void test_wait_times_out(void)
{
    event = (int)event_create();
    for (uint64_t ms = 0; ms <= 40; ms += 8) {
        uint64_t deadline = deadline_in_ms(ms);
        CHECK_EQUAL(event_wait(event, 1, deadline, NULL), -E_TIMEDOUT);
        CHECK(clock_get() >= deadline);
    }
    handle_close(event);
}

/* Between two calls a busy host may stop the machine for a while: a timer that must not be over
 * when the next call comes has LATER milliseconds. */
enum { LATER = 400 };

static void test_one_shot_timer(void)
{
    event = (int)event_create();
    uint64_t deadline = deadline_in_ms(LATER);
    CHECK_EQUAL(event_timer(event, 6, deadline, 0), 0);
    CHECK_EQUAL(pending(UINT64_MAX), 0);
    CHECK_EQUAL(event_wait(event, 4, DEADLINE_NONE, NULL), 0);
    CHECK(clock_get() >= deadline);
    CHECK_EQUAL(pending(UINT64_MAX), 2);
    CHECK_EQUAL(event_wait(event, 6, deadline_in_ms(30), NULL), -E_TIMEDOUT);

    CHECK_EQUAL(event_timer(event, 1, 0, 0), 0); /* already past */
    CHECK_EQUAL(event_wait(event, 1, deadline_in_ms(1000), NULL), 0);

    deadline = deadline_in_ms(LATER);
    CHECK_EQUAL(event_timer(event, 1, deadline, 0), 0);
    CHECK_EQUAL(event_timer(event, 2, deadline, 0), 0); /* replaces the first */
    CHECK_EQUAL(event_wait(event, 2, DEADLINE_NONE, NULL), 0);
    CHECK_EQUAL(event_wait(event, 1, deadline + MILLISECONDS(20), NULL), -E_TIMEDOUT);

    deadline = deadline_in_ms(LATER);
    CHECK_EQUAL(event_timer(event, 1, deadline, 0), 0);
    CHECK_EQUAL(event_timer(event, 1, DEADLINE_NONE, 0), 0);
    CHECK_EQUAL(event_wait(event, 1, deadline + MILLISECONDS(20), NULL), -E_TIMEDOUT);
    handle_close(event);
}

/* Twenty ticks take twenty periods, however late each is seen; afterwards it is quiet. */
static void test_periodic_timer(void)
{
    event = (int)event_create();
    uint64_t start = clock_get(), period = MILLISECONDS(5);
    CHECK_EQUAL(event_timer(event, 1, start + period, period), 0);
    for (uint64_t tick = 1; tick <= 20; tick++)
        CHECK_EQUAL(event_wait(event, 1, deadline_in_ms(2000), NULL), 0);
    CHECK(clock_get() - start >= MILLISECONDS(50));
    CHECK_EQUAL(event_timer(event, 0, DEADLINE_NONE, 0), 0);
    pending(1);
    CHECK_EQUAL(event_wait(event, 1, deadline_in_ms(30), NULL), -E_TIMEDOUT);
    CHECK_EQUAL(event_timer(event, 1, clock_get(), 100000), 0);
    handle_close(event); /* with the timer armed: the census sees whether it goes */
}

/* Periods that went by before the timer was set, a thousand since boot, are not made up for. */
static void test_missed_periods_are_gone(void)
{
    event = (int)event_create();
    int ticks = 0;
    uint64_t end = deadline_in_ms(60);
    CHECK_EQUAL(event_timer(event, 1, 1, MILLISECONDS(10)), 0);
    do
        ticks += event_wait(event, 1, end, NULL) == 0;
    while (clock_get() < end);
    CHECK(ticks >= 1 && ticks <= 8);
    handle_close(event);
}

/* Deadlines and periods at the far end of time: quiet, and the clock goes on for everybody. */
static void test_timers_at_the_end_of_time(void)
{
    static const uint64_t far[] = {1ull << 56, UINT64_MAX / 100, 1ull << 62, INT64_MAX - 1,
                                   INT64_MAX};
    static const uint64_t farther[] = {1ull << 63, UINT64_MAX - (1ull << 40), UINT64_MAX - 1};
    event = (int)event_create();
    for (size_t i = 0; i < TAP_COUNT(far); i++) {
        CHECK_EQUAL(event_timer(event, 1, far[i], far[i]), 0);
        CHECK_EQUAL(event_wait(event, 1, deadline_in_ms(3), NULL), -E_TIMEDOUT);
        CHECK_EQUAL(event_timer(event, 1, 1, far[i]), 0); /* past: once, then far away */
        CHECK_EQUAL(event_wait(event, 1, deadline_in_ms(1000), NULL), 0);
        CHECK_EQUAL(event_wait(event, 1, deadline_in_ms(3), NULL), -E_TIMEDOUT);
    }
    for (size_t i = 0; i < TAP_COUNT(farther); i++) {
        CHECK_EQUAL(event_timer(event, 1, farther[i], 0), 0);
        CHECK_EQUAL(event_wait(event, 1, deadline_in_ms(3), NULL), -E_TIMEDOUT);
        CHECK_EQUAL(event_timer(event, 1, 1, farther[i]), -E_INVAL);
    }
    handle_close(event);
}

static void test_bound_to_a_port(void)
{
    struct message m = {0};
    int port = (int)port_create(), other = (int)port_create();
    event = (int)event_create();
    CHECK_EQUAL(event_signal(event, 4), 0);
    CHECK_EQUAL(event_bind(event, port, 77), 0);
    CHECK_EQUAL(event_wait(event, 4, 0, NULL), -E_INVAL);
    CHECK_EQUAL(event_signal(event, 8), 0);
    CHECK_EQUAL(message_recv(port, &m), 0);
    CHECK_EQUAL(m.token, 0);
    CHECK_EQUAL(m.label, MESSAGE_EVENT);
    CHECK_EQUAL(m.word[0], 12);
    CHECK_EQUAL(m.badge, 77);

    CHECK_EQUAL(event_timer(event, 16, deadline_in_ms(10), 0), 0);
    CHECK_EQUAL(message_recv(port, &m), 0);
    CHECK_EQUAL(m.word[0], 16);

    CHECK_EQUAL(event_bind(event, other, 78), 0);
    CHECK_EQUAL(event_signal(event, 1), 0);
    CHECK_EQUAL(message_recv(other, &m), 0);
    CHECK_EQUAL(m.badge, 78);
    CHECK_EQUAL(event_bind(event, HANDLE_NONE, 0), 0);
    CHECK_EQUAL(event_signal(event, 2), 0);
    CHECK_EQUAL(pending(3), 2);
    handle_close(port);
    handle_close(other);
    handle_close(event);
}

/* Event and port may go in either order, with news pending or not. */
static void test_bound_and_closed(void)
{
    for (int order = 0; order < 4; order++) {
        int port = (int)port_create();
        event = (int)event_create();
        CHECK_EQUAL(event_bind(event, port, 1), 0);
        if (order & 1)
            CHECK_EQUAL(event_signal(event, 1), 0);
        handle_close(order & 2 ? event : port);
        if (!(order & 2)) {
            CHECK_EQUAL(event_signal(event, 1), 0);
            CHECK_EQUAL(event_bind(event, HANDLE_NONE, 0), 0);
        }
        handle_close(order & 2 ? port : event);
    }
}

static void signal_often(void *unused)
{
    (void)unused;
    for (uint64_t i = 0; i < 1000; i++) {
        __atomic_fetch_add(results, 1, __ATOMIC_SEQ_CST);
        CHECK_EQUAL(event_signal(event, 1), 0);
        if (i % 10 == 0)
            thread_yield();
    }
}

/* No signal is lost: after each wait, all that was done before the signal is seen. */
static void test_from_another_process(void)
{
    event = (int)event_create();
    results = map_shared(PAGE);
    int child = tap_fork(signal_often, NULL);
    while (__atomic_load_n(results, __ATOMIC_SEQ_CST) < 1000)
        if (!CHECK_EQUAL(event_wait(event, 1, deadline_in_ms(5000), NULL), 0))
            break;
    tap_join(child);
    unmap_pages(results, PAGE);
    handle_close(event);
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"event_mask_chooses_what_is_cleared", test_mask_chooses_what_is_cleared, 0},
        {"event_rights_and_refusals", test_rights_and_refusals, 0},
        {"event_wakes_whom_it_concerns", test_wakes_whom_it_concerns, 0},
        {"event_wait_times_out", test_wait_times_out, 0},
        {"event_one_shot_timer", test_one_shot_timer, 0},
        {"event_periodic_timer", test_periodic_timer, 0},
        {"event_missed_periods_are_gone", test_missed_periods_are_gone, 0},
        {"event_timers_at_the_end_of_time", test_timers_at_the_end_of_time, 0},
        {"event_bound_to_a_port", test_bound_to_a_port, 0},
        {"event_bound_and_closed", test_bound_and_closed, 0},
        {"event_from_another_process", test_from_another_process, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
