/* smp_event.c - events signalled, waited for, bound and timed from many threads at once: each
 * signal whose bit was clear is seen once, by one.
 */
#include <stdint.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/smp.h"
#include "tests/lib/tap.h"

enum {
    SIGNALLERS = 12,
    TAKERS = 4,
    SIGNALS = 100, /* of each */
    TIMERS = 6,
    SHOTS = 25, /* of each timer */
};

static uint64_t seed;
static int event, answers, port;
static uint32_t taken[SIGNALLERS]; /* how often each bit was seen */
static uint32_t over;

/* ---- signals and answers ----------------------------------------------------------------------
 */

/* Signals its bit, and goes on when somebody has seen it: its bit is clear before each signal. */
static void *signal_own_bit(void *number)
{
    uint64_t bit = 1ull << (uintptr_t)number;
    unsigned signals = rounds_of(SIGNALS);
    for (unsigned i = 1; i <= signals; i++) {
        CHECK_EQUAL(event_signal(event, bit), 0);
        if (!CHECK_EQUAL(event_wait(answers, bit, deadline_in_ms(20000), NULL), 0))
            break;
        CHECK_EQUAL(__atomic_load_n(&taken[(uintptr_t)number], __ATOMIC_ACQUIRE), i);
    }
    return NULL;
}

static void take(uint64_t bits)
{
    for (int i = 0; i < SIGNALLERS; i++)
        if ((bits >> i & 1) != 0)
            __atomic_fetch_add(&taken[i], 1, __ATOMIC_RELEASE);
    CHECK_EQUAL(event_signal(answers, bits), 0);
}

/* Takes what comes in time, of masks that overlap those of the others. */
static void *wait_with_masks(void *number)
{
    uint64_t random = seed + (uintptr_t)number;
    while (__atomic_load_n(&over, __ATOMIC_RELAXED) == 0) {
        uint64_t bits = 0, mask = random_below(&random, 1 << SIGNALLERS) | 1;
        long result = event_wait(event, mask, clock_get() + random_below(&random, 300000), &bits);
        if (result == 0) {
            CHECK(bits != 0 && (bits & ~mask) == 0);
            take(bits);
        } else {
            CHECK_EQUAL(result, -E_TIMEDOUT);
        }
    }
    return NULL;
}

static void *receive_bits(void *unused)
{
    static const struct message nothing;
    struct message m;
    while (message_recv(port, &m) == 0 && m.token == 0) {
        if (m.label == MESSAGE_CLOSED)
            continue; /* another receiver's caller has its answer */
        CHECK(m.label == MESSAGE_EVENT && m.badge == 55 && m.word[0] != 0);
        take(m.word[0]);
    }
    CHECK_EQUAL(message_reply(m.token, 0, &nothing), 0);
    return unused;
}

static void set_up(void)
{
    seed = tap_random();
    event = (int)event_create();
    answers = (int)event_create();
    over = 0;
    for (int i = 0; i < SIGNALLERS; i++)
        taken[i] = 0;
}

static void clean_up(void)
{
    for (int i = 0; i < SIGNALLERS; i++)
        CHECK_EQUAL(taken[i], rounds_of(SIGNALS));
    CHECK_EQUAL(event_wait(answers, UINT64_MAX, 0, NULL), -E_TIMEDOUT);
    handle_close(event);
    handle_close(answers);
}

static void test_masks_and_deadlines(void)
{
    struct crew takers;
    set_up();
    crew_start(&takers, TAKERS, wait_with_masks);
    crew_run(SIGNALLERS, signal_own_bit);
    over = 1;
    crew_join(&takers);
    CHECK_EQUAL(event_wait(event, UINT64_MAX, 0, NULL), -E_TIMEDOUT);
    clean_up();
}

/* A call ends the receiver that gets it. */
static void *end_receiver(void *unused)
{
    int channel = (int)channel_create(port, 1);
    CHECK_EQUAL(call_words(channel, 1, 0, 0, 0), 0);
    handle_close(channel);
    return unused;
}

static void test_bound_to_a_port(void)
{
    struct crew takers;
    set_up();
    port = (int)port_create();
    CHECK_EQUAL(event_bind(event, port, 55), 0);
    crew_start(&takers, TAKERS, receive_bits);
    crew_run(SIGNALLERS, signal_own_bit);
    crew_run(TAKERS, end_receiver);
    crew_join(&takers);
    handle_close(port);
    clean_up();
}

/* ---- timers -----------------------------------------------------------------------------------
 */

/* Each shot comes once and not before its time; one that is disarmed in time never comes. */
static void *shoot(void *number)
{
    uint64_t random = seed + (uintptr_t)number * 7;
    int own = (int)event_create();
    unsigned shots = rounds_of(SHOTS);
    for (unsigned i = 0; i < shots; i++) {
        uint64_t at = clock_get() + random_below(&random, 3000000);
        CHECK_EQUAL(event_timer(own, 1, at, 0), 0);
        if (random_below(&random, 3) == 0) {
            clock_sleep(clock_get() + random_below(&random, 2000000));
            CHECK_EQUAL(event_timer(own, 0, DEADLINE_NONE, 0), 0);
            uint64_t now = clock_get();
            long result = event_wait(own, 1, 0, NULL);
            CHECK(result == -E_TIMEDOUT || (result == 0 && at <= now));
        } else {
            CHECK_EQUAL(event_wait(own, 1, DEADLINE_NONE, NULL), 0);
            CHECK(clock_get() >= at);
        }
        CHECK_EQUAL(event_wait(own, UINT64_MAX, 0, NULL), -E_TIMEDOUT);
    }
    handle_close(own);
    return NULL;
}

static void test_timers(void)
{
    seed = tap_random();
    crew_run(TIMERS, shoot);
}

/* One event, whose timer all set and wait for. The last to set it is served at the latest. */
static void *share_timer(void *number)
{
    uint64_t random = seed + (uintptr_t)number * 5;
    while (__atomic_load_n(&over, __ATOMIC_RELAXED) == 0) {
        event_timer(event, 1, clock_get() + random_below(&random, 1000000),
                    random_below(&random, 2) * 150000);
        long result = event_wait(event, 1, clock_get() + random_below(&random, 1000000), NULL);
        CHECK(result == 0 || result == -E_TIMEDOUT);
        if (result == 0)
            __atomic_fetch_add(&taken[0], 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

static void test_timer_of_all(void)
{
    struct crew crew;
    set_up();
    crew_start(&crew, TIMERS, share_timer);
    sleep_ms(tap_warming_up() ? 20 : 200);
    uint64_t patience =
        deadline_in_ms(20000); /* a busy host may let all harts but one stand still */
    while (__atomic_load_n(&taken[0], __ATOMIC_RELAXED) == 0 && clock_get() < patience)
        sleep_ms(1);
    over = 1;
    crew_join(&crew);
    CHECK(taken[0] > 0);
    event_timer(event, 1, clock_get(), 0);
    CHECK_EQUAL(event_wait(event, 1, deadline_in_ms(10000), NULL), 0);
    handle_close(event);
    handle_close(answers);
}

/* The bits of many signals at once all come together: nothing is lost where nobody waits. */
static void *signal_a_quarter(void *number)
{
    for (unsigned i = 0; i < 16; i++)
        CHECK_EQUAL(event_signal(event, 1ull << (i * 4 + (uintptr_t)number)), 0);
    return NULL;
}

static void test_bits_gather(void)
{
    unsigned rounds = rounds_of(30);
    event = (int)event_create();
    for (unsigned i = 0; i < rounds; i++) {
        uint64_t bits = 0;
        crew_run(4, signal_a_quarter);
        CHECK_EQUAL(event_wait(event, UINT64_MAX, 0, &bits), 0);
        CHECK_EQUAL(bits, UINT64_MAX);
    }
    handle_close(event);
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"smp_event_masks_and_deadlines", test_masks_and_deadlines, 0},
        {"smp_event_bound_to_a_port", test_bound_to_a_port, 0},
        {"smp_event_timers", test_timers, 0},
        {"smp_event_timer_of_all", test_timer_of_all, 0},
        {"smp_event_bits_gather", test_bits_gather, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
