/* smp_affinity.c - a thread runs on the harts of its affinity and nowhere else, whoever set it and
 * whatever it waits for; and priority is lent from one hart to another.
 */
#include <stdint.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/smp.h"
#include "tests/lib/tap.h"

enum {
    SAMPLES = 60,
    MOVES = 60,
    CALLS = 60, /* to each server */
    HARTS_MAX = 8,
    RECV_ROUNDS = 40,
    LEND_ROUNDS = 20,
    LOW = 4,
    MIDDLE = 8,
    HIGH = 12,
    HOG_MS = 20000,
};

static unsigned harts;

static struct board {
    uint32_t stop;
    uint32_t hogs; /* that compute */
} * board;

/* ---- where a thread runs ----------------------------------------------------------------------
 */

static void compute_until_stopped(void *unused)
{
    (void)unused;
    __atomic_fetch_add(&board->hogs, 1, __ATOMIC_RELEASE);
    while (__atomic_load_n(&board->stop, __ATOMIC_RELAXED) == 0)
        continue;
}

static void compute_pinned(void *hart)
{
    run_on(1ull << (uintptr_t)hart);
    compute_until_stopped(NULL);
}

static void set_up(void)
{
    harts = hart_count();
    board = map_shared(PAGE);
}

static void clean_up(void) { unmap_pages(board, PAGE); }

/* Two threads for each hart, which have nothing better to do than to move elsewhere. */
static void test_pinned_thread_stays(void)
{
    int hogs[2 * HARTS_MAX];
    struct thread_info info;
    set_up();
    for (uintptr_t i = 0; i < 2 * harts; i++)
        hogs[i] = tap_fork(compute_pinned, (void *)(i % harts));
    while (__atomic_load_n(&board->hogs, __ATOMIC_ACQUIRE) != 2 * harts)
        sleep_ms(1);
    unsigned samples = rounds_of(SAMPLES);
    for (unsigned i = 0; i < samples; i++) {
        for (unsigned j = 0; j < 2 * harts; j++) {
            CHECK_EQUAL(thread_info(HANDLE_SELF, hogs[j], 0, &info), hogs[j]);
            CHECK_EQUAL(info.hart, j % harts);
            CHECK_EQUAL(info.affinity, 1ull << j % harts);
        }
        clock_sleep(clock_get() + tap_random_below(2000000));
    }
    board->stop = 1;
    for (unsigned i = 0; i < 2 * harts; i++)
        tap_join(hogs[i]);
    clean_up();
}

/* Whoever pins itself is there when the call returns. */
static void move_oneself(void *new_seed)
{
    uint64_t random = (uintptr_t)new_seed;
    unsigned moves = rounds_of(MOVES);
    for (unsigned i = 0; i < moves; i++) {
        uint64_t mask = 1 + random_below(&random, (1ull << harts) - 1);
        run_on(mask);
        CHECK((mask >> current_hart() & 1) != 0);
        if (random_below(&random, 4) == 0)
            clock_sleep(clock_get() + random_below(&random, 100000));
        CHECK((mask >> current_hart() & 1) != 0);
    }
}

static void test_mask_holds_at_once(void)
{
    int movers[HARTS_MAX + 1];
    set_up();
    for (unsigned i = 0; i <= harts; i++)
        movers[i] = tap_fork(move_oneself, (void *)(uintptr_t)(tap_random() >> 8));
    for (unsigned i = 0; i <= harts; i++)
        tap_join(movers[i]);
    clean_up();
}

/* A running thread leaves the hart that it may not use any more, soon, and for good. */
static void test_running_thread_is_moved(void)
{
    struct thread_info info = {0};
    set_up();
    int hog = tap_fork(compute_until_stopped, NULL);
    unsigned moves = rounds_of(MOVES);
    for (unsigned i = 0; i < moves; i++) {
        int hart = (int)tap_random_below(harts);
        CHECK_EQUAL(process_control(HANDLE_SELF, hog, PROCESS_SET_AFFINITY, 1ull << hart), 0);
        for (int tries = 0; tries < 100000; tries++) { /* a busy host may let a hart stand still */
            CHECK_EQUAL(thread_info(HANDLE_SELF, hog, 0, &info), hog);
            if (info.hart == hart)
                break;
            clock_sleep(clock_get() + 100000);
        }
        for (int again = 0; again < 3; again++) {
            CHECK_EQUAL(info.hart, hart);
            clock_sleep(clock_get() + tap_random_below(300000));
            CHECK_EQUAL(thread_info(HANDLE_SELF, hog, 0, &info), hog);
        }
    }
    board->stop = 1;
    tap_join(hog);
    clean_up();
}

static void test_refusals(void)
{
    set_up();
    CHECK_EQUAL(thread_control(HANDLE_NONE, THREAD_SET_AFFINITY, 0), -E_INVAL);
    CHECK_EQUAL(process_control(HANDLE_SELF, 0, PROCESS_SET_AFFINITY, 0), -E_INVAL);
    if (harts < 64)
        CHECK_EQUAL(thread_control(HANDLE_NONE, THREAD_SET_AFFINITY, 1ull << 63), -E_INVAL);
    CHECK(thread_control(HANDLE_NONE, THREAD_SET_AFFINITY, UINT64_MAX) >= 0);
    CHECK_EQUAL(thread_control(HANDLE_NONE, THREAD_GET_AFFINITY, 0), (1ull << harts) - 1);
    clean_up();
}

/* ---- over messages ----------------------------------------------------------------------------
 */

static int ports[HARTS_MAX], channels[HARTS_MAX], servers[HARTS_MAX];

static long tell_hart(struct message *request, struct message *reply)
{
    (void)request;
    reply->word[0] = (uint64_t)current_hart();
    return 0;
}

static void open_servers(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        ports[i] = (int)port_create();
        channels[i] = (int)channel_create(ports[i], i);
        servers[i] = serve(ports[i], tell_hart);
        thread_reaches(servers[i], 0, THREAD_RECV);
    }
}

static void close_servers(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        tap_kill(servers[i]);
        handle_close(ports[i]);
        handle_close(channels[i]);
    }
}

static void call_all(void *hart)
{
    unsigned calls = rounds_of(CALLS);
    run_on(1ull << (uintptr_t)hart);
    for (unsigned i = 0; i < calls; i++) {
        for (unsigned j = 0; j < harts; j++) {
            struct message m = {.label = 1};
            CHECK_EQUAL(message_call(channels[j], &m), 0);
            CHECK_EQUAL(m.word[0], j);
            CHECK_EQUAL(current_hart(), (uintptr_t)hart);
        }
    }
}

/* A call goes straight from one thread to the other, but not to a hart where the other may not be.
 */
static void test_calls_keep_both_sides_in_place(void)
{
    int clients[HARTS_MAX];
    set_up();
    open_servers(harts);
    for (unsigned i = 0; i < harts; i++)
        CHECK_EQUAL(process_control(HANDLE_SELF, servers[i], PROCESS_SET_AFFINITY, 1ull << i), 0);
    for (uintptr_t i = 0; i < harts; i++)
        clients[i] = tap_fork(call_all, (void *)i);
    for (unsigned i = 0; i < harts; i++)
        tap_join(clients[i]);
    close_servers(harts);
    clean_up();
}

/* Pinned while it waits for messages: the next one finds it there. */
static void test_pinned_while_it_waits(void)
{
    set_up();
    open_servers(1);
    unsigned rounds = rounds_of(RECV_ROUNDS);
    for (unsigned i = 0; i < rounds; i++) {
        struct message m = {.label = 1};
        uint64_t hart = tap_random_below(harts);
        thread_reaches(servers[0], 0, THREAD_RECV);
        CHECK_EQUAL(process_control(HANDLE_SELF, servers[0], PROCESS_SET_AFFINITY, 1ull << hart),
                    0);
        CHECK_EQUAL(message_call(channels[0], &m), 0);
        CHECK_EQUAL(m.word[0], hart);
    }
    close_servers(1);
    clean_up();
}

/* ---- lending ----------------------------------------------------------------------------------
 */

static void set_priority(uint64_t priority)
{
    CHECK(thread_control(HANDLE_NONE, THREAD_SET_PRIORITY, priority) >= 0);
}

static void compute_in_the_middle(void *unused)
{
    uint64_t end = deadline_in_ms(HOG_MS);
    (void)unused;
    set_priority(MIDDLE);
    run_on(1);
    __atomic_store_n(&board->hogs, 1, __ATOMIC_RELEASE);
    while (__atomic_load_n(&board->stop, __ATOMIC_RELAXED) == 0 && clock_get() < end)
        continue;
    board->hogs = 0;
}

static void call_in_time(void *unused)
{
    (void)unused;
    set_priority(HIGH);
    run_on(1ull << (harts > 1));
    unsigned rounds = rounds_of(LEND_ROUNDS);
    for (unsigned i = 0; i < rounds; i++) {
        struct message m = {.label = 1};
        CHECK_EQUAL(message_call(channels[0], &m), 0);
        CHECK_EQUAL(m.word[0], 0);
        CHECK_EQUAL(__atomic_load_n(&board->hogs, __ATOMIC_RELAXED), 1); /* it did not wait */
    }
}

/* The server's hart has better work than the server, until somebody better calls from elsewhere;
 * two callers, so that one waits in the queue. */
static void test_lending_reaches_another_hart(void)
{
    set_up();
    open_servers(1);
    CHECK_EQUAL(process_control(HANDLE_SELF, servers[0], PROCESS_SET_AFFINITY, 1), 0);
    CHECK_EQUAL(process_control(HANDLE_SELF, servers[0], PROCESS_SET_PRIORITY, LOW), 0);
    int hog = tap_fork(compute_in_the_middle, NULL);
    while (__atomic_load_n(&board->hogs, __ATOMIC_ACQUIRE) == 0)
        sleep_ms(1);
    int first = tap_fork(call_in_time, NULL), second = tap_fork(call_in_time, NULL);
    tap_join(first);
    tap_join(second);
    board->stop = 1;
    tap_join(hog);
    close_servers(1);
    clean_up();
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"smp_affinity_refusals", test_refusals, 0},
        {"smp_affinity_pinned_thread_stays", test_pinned_thread_stays, 0},
        {"smp_affinity_mask_holds_at_once", test_mask_holds_at_once, 0},
        {"smp_affinity_running_thread_is_moved", test_running_thread_is_moved, 0},
        {"smp_affinity_calls_keep_both_sides_in_place", test_calls_keep_both_sides_in_place, 0},
        {"smp_affinity_pinned_while_it_waits", test_pinned_while_it_waits, 0},
        {"smp_affinity_lending_reaches_another_hart", test_lending_reaches_another_hart, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
