/* priority.c - who runs first, who shares, and that a call lends the caller's priority to the
 * server. What depends on a single hart is asked only there. */
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/tap.h"

enum {
    RUNNERS = 6,
    LOW = 4,
    MIDDLE = 8,
    HIGH = 12,
};

/* Shared with children. */
static struct board {
    uint32_t start; /* futex: 0 until the runners may go */
    uint32_t finished;
    uint32_t stop;
    uint64_t order[RUNNERS];
    uint64_t counter[RUNNERS];
} * board;

static int channel;

static bool single_hart(void)
{
    struct system_machine machine = {0};
    CHECK(system_info(HANDLE_SYSTEM, INFO_MACHINE, &machine, sizeof machine) > 0);
    return machine.harts == 1;
}

static void set_priority(uint64_t priority)
{
    CHECK(thread_control(HANDLE_NONE, THREAD_SET_PRIORITY, priority) >= 0);
}

static void refuse_what_is_above_the_ceiling(void *unused)
{
    (void)unused;
    CHECK_EQUAL(thread_control(HANDLE_NONE, THREAD_GET_PRIORITY, 0), PRIORITY_DEFAULT);
    CHECK_EQUAL(thread_control(HANDLE_NONE, THREAD_SET_PRIORITY, PRIORITIES), -E_INVAL);
    CHECK_EQUAL(thread_control(HANDLE_NONE, THREAD_SET_PRIORITY, UINT64_MAX), -E_INVAL);
    CHECK_EQUAL(thread_control(HANDLE_NONE, 99, 0), -E_INVAL);
    set_priority(MIDDLE);
    CHECK_EQUAL(thread_control(HANDLE_NONE, THREAD_GET_PRIORITY, 0), MIDDLE);
    CHECK(thread_control(HANDLE_NONE, THREAD_SET_CEILING, HIGH) >= 0);
    CHECK_EQUAL(thread_control(HANDLE_NONE, THREAD_SET_PRIORITY, HIGH + 1), -E_PERM);
    set_priority(HIGH);
    thread_control(HANDLE_NONE, THREAD_SET_CEILING, PRIORITIES - 1); /* never raises it */
    CHECK_EQUAL(thread_control(HANDLE_NONE, THREAD_SET_PRIORITY, HIGH + 1), -E_PERM);
    CHECK_EQUAL(thread_control(HANDLE_NONE, THREAD_SET_CEILING, MIDDLE), HIGH);
    CHECK_EQUAL(thread_control(HANDLE_NONE, THREAD_GET_PRIORITY, 0), MIDDLE);
}

static void refuse_in_a_child(void *unused)
{
    refuse_what_is_above_the_ceiling(unused);
    int child = fork();
    if (child == 0)
        _exit(thread_control(HANDLE_NONE, THREAD_SET_PRIORITY, HIGH + 1) != -E_PERM);
    tap_join(child);
}

static void test_has_a_ceiling_that_is_inherited(void)
{
    tap_join(tap_fork(refuse_in_a_child, NULL));
}

static void run_when_told(void *number)
{
    set_priority(LOW + (uintptr_t)number);
    futex_wait(&board->start, 0, DEADLINE_NONE);
    board->order[__atomic_fetch_add(&board->finished, 1, __ATOMIC_SEQ_CST)] = (uintptr_t)number;
}

/* All are woken at once by one of a higher priority: the highest comes first. */
static void test_highest_runs_first(void)
{
    int children[RUNNERS];
    if (!single_hart())
        return;
    board = map_shared(PAGE);
    for (uintptr_t i = 0; i < RUNNERS; i++) {
        uintptr_t number = i * 5 % RUNNERS;
        children[i] = tap_fork(run_when_told, (void *)number);
        thread_reaches(children[i], 0, THREAD_FUTEX);
    }
    board->start = 1;
    CHECK_EQUAL(futex_wake(&board->start, RUNNERS), RUNNERS);
    for (int i = 0; i < RUNNERS; i++)
        tap_join(children[i]);
    for (int i = 0; i < RUNNERS; i++)
        CHECK_EQUAL(board->order[i], RUNNERS - 1 - i);
    unmap_pages(board, PAGE);
}

static void count(void *number)
{
    set_priority(LOW);
    while (__atomic_load_n(&board->stop, __ATOMIC_RELAXED) == 0)
        board->counter[(uintptr_t)number]++;
}

static void test_equals_share(void)
{
    int children[RUNNERS];
    board = map_shared(PAGE);
    for (uintptr_t i = 0; i < RUNNERS; i++)
        children[i] = tap_fork(count, (void *)i);
    sleep_ms(600);
    board->stop = 1;
    for (int i = 0; i < RUNNERS; i++)
        tap_join(children[i]);
    uint64_t least = UINT64_MAX, most = 0;
    for (int i = 0; i < RUNNERS; i++) {
        least = board->counter[i] < least ? board->counter[i] : least;
        most = board->counter[i] > most ? board->counter[i] : most;
    }
    if (!CHECK(least > most / 10))
        tap_comment("from %lu to %lu", (unsigned long)least, (unsigned long)most);
    unmap_pages(board, PAGE);
}

/* Who is woken every few milliseconds preempts them; that gives nobody a new slice. */
static void test_preempted_equals_share(void)
{
    board = map_shared(PAGE);
    int first = tap_fork(count, (void *)0), second = tap_fork(count, (void *)1);
    for (int i = 0; i < 150; i++)
        sleep_ms(3);
    board->stop = 1;
    tap_join(first);
    tap_join(second);
    CHECK(board->counter[0] > board->counter[1] / 10);
    CHECK(board->counter[1] > board->counter[0] / 10);
    unmap_pages(board, PAGE);
}

static void compute_alone(void *low_counter)
{
    set_priority(HIGH);
    uint64_t *counter = low_counter, before = *counter, end = deadline_in_ms(150);
    while (clock_get() < end)
        continue;
    CHECK_EQUAL(__atomic_load_n(counter, __ATOMIC_RELAXED), before);
}

/* While one of higher priority computes, the lower gets nothing; and wakes up on time it does. */
static void test_higher_goes_before_lower(void)
{
    if (!single_hart())
        return;
    board = map_shared(PAGE);
    int low = tap_fork(count, NULL);
    sleep_ms(20);
    CHECK(board->counter[0] > 0);
    tap_join(tap_fork(compute_alone, &board->counter[0]));
    board->stop = 1;
    tap_join(low);
    unmap_pages(board, PAGE);
}

/* ---- lending ----------------------------------------------------------------------------------
 */

/* The server's own priority, as the kernel has it while it serves. */
static long tell_priority(struct message *request, struct message *reply)
{
    struct thread_info info = {0};
    (void)request;
    thread_info(HANDLE_SELF, getpid(), 0, &info);
    reply->word[0] = (uint64_t)info.priority;
    reply->word[1] = (uint64_t)info.base_priority;
    return 0;
}

static int priority_of(int pid)
{
    struct thread_info info = {.priority = -1};
    CHECK_EQUAL(thread_info(HANDLE_SELF, pid, 0, &info), pid);
    return info.priority;
}

static int start_low_server(void)
{
    int port = (int)port_create();
    channel = (int)channel_create(port, 0);
    set_priority(LOW);
    int server = serve(port, tell_priority);
    set_priority(PRIORITY_DEFAULT);
    handle_close(port);
    thread_reaches(server, 0, THREAD_RECV);
    return server;
}

static void check_lent(int priority)
{
    struct message m = {.label = 1};
    set_priority((uint64_t)priority);
    CHECK_EQUAL(message_call(channel, &m), 0);
    set_priority(PRIORITY_DEFAULT);
    CHECK_EQUAL(m.word[0], priority > LOW ? priority : LOW);
    CHECK_EQUAL(m.word[1], LOW);
}

static void test_is_lent_by_a_call(void)
{
    struct thread_info info = {0};
    int server = start_low_server();
    check_lent(HIGH);
    check_lent(LOW);
    check_lent(MIDDLE);
    check_lent(LOW - 1);
    thread_reaches(server, 0, THREAD_RECV);
    CHECK_EQUAL(thread_info(HANDLE_SELF, server, 0, &info), server);
    CHECK_EQUAL(info.priority, LOW);
    tap_kill(server);
    handle_close(channel);
}

static void call_from_high(void *unused)
{
    (void)unused;
    set_priority(HIGH);
    call_words(channel, 1, 0, 0, 0);
}

static void receive_and_keep(void *port)
{
    struct message m;
    set_priority(LOW);
    message_recv((int)(intptr_t)port, &m);
    clock_sleep(DEADLINE_NONE);
}

/* One caller has been received, the other queues: each lends as long as it lives. */
static void test_lending_ends_with_the_caller(void)
{
    int port = (int)port_create();
    channel = (int)channel_create(port, 0);
    int server = tap_fork(receive_and_keep, (void *)(intptr_t)port);
    thread_reaches(server, 0, THREAD_RECV);
    int received = tap_fork(call_from_high, NULL);
    thread_reaches(received, 0, THREAD_REPLY);
    int queued = tap_fork(call_from_high, NULL);
    thread_reaches(queued, 0, THREAD_CALLING);
    tap_kill(received);
    CHECK_EQUAL(priority_of(server), HIGH);
    tap_kill(queued);
    CHECK_EQUAL(priority_of(server), LOW);
    tap_kill(server);
    handle_close(port);
    handle_close(channel);
}

/* The server is this process, so that it can look at itself at each stage. */
static void serve_and_look(void *unused)
{
    (void)unused;
    static const struct message nothing;
    struct message m = {0};
    struct thread_info info = {0};
    int port = (int)port_create();
    channel = (int)channel_create(port, 0);
    set_priority(LOW);
    int client = tap_fork(call_from_high, NULL);
    CHECK_EQUAL(message_recv(port, &m), 0);
    thread_info(HANDLE_SELF, getpid(), 0, &info);
    CHECK_EQUAL(info.priority, HIGH);
    CHECK_EQUAL(message_reply(m.token, 5, &nothing), 0);
    thread_info(HANDLE_SELF, getpid(), 0, &info);
    CHECK_EQUAL(info.priority, LOW);
    tap_join(client);
}

static void test_is_given_back_with_the_reply(void) { tap_join(tap_fork(serve_and_look, NULL)); }

static void compute_in_the_middle(void *unused)
{
    (void)unused;
    set_priority(MIDDLE);
    board->start = 1;
    uint64_t end = deadline_in_ms(5000);
    while (__atomic_load_n(&board->stop, __ATOMIC_RELAXED) == 0 && clock_get() < end)
        board->counter[0]++;
    board->finished = 1;
}

/* Priority inversion: without lending the call would last as long as the middle one computes. */
static void test_lending_prevents_inversion(void)
{
    if (!single_hart())
        return;
    board = map_shared(PAGE);
    int server = start_low_server();
    int middle = tap_fork(compute_in_the_middle, NULL);
    while (__atomic_load_n(&board->start, __ATOMIC_RELAXED) == 0)
        sleep_ms(1);
    CHECK_EQUAL(call_words(channel, 1, 0, 0, 0), 0);
    CHECK_EQUAL(board->finished, 0);
    board->stop = 1;
    tap_join(middle);
    tap_kill(server);
    handle_close(channel);
    unmap_pages(board, PAGE);
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"priority_has_a_ceiling_that_is_inherited", test_has_a_ceiling_that_is_inherited, 0},
        {"priority_highest_runs_first", test_highest_runs_first, 0},
        {"priority_equals_share", test_equals_share, 0},
        {"priority_preempted_equals_share", test_preempted_equals_share, 0},
        {"priority_higher_goes_before_lower", test_higher_goes_before_lower, 0},
        {"priority_is_lent_by_a_call", test_is_lent_by_a_call, 0},
        {"priority_lending_ends_with_the_caller", test_lending_ends_with_the_caller, 0},
        {"priority_is_given_back_with_the_reply", test_is_given_back_with_the_reply, 0},
        {"priority_lending_prevents_inversion", test_lending_prevents_inversion, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
