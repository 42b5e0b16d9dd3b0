/* peer.c - the death of servers and clients at each stage of a call, and what a port hears of its
 * channels. */
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/tap.h"

enum {
    CHANNELS = 40,
    CALLERS = 10,
};

static const struct message nothing;

static int port, channel;

static void open_port(void)
{
    port = (int)port_create();
    channel = (int)channel_create(port, 7);
}

static void call_a_dead_server(void *unused)
{
    (void)unused;
    CHECK_EQUAL(call_words(channel, 1, 0, 0, 0), -E_PEERDIED);
}

static void call_for_five(void *unused)
{
    (void)unused;
    CHECK_EQUAL(call_words(channel, 1, 0, 0, 0), 5);
}

static void sleep_for_ever(void *unused)
{
    (void)unused;
    clock_sleep(DEADLINE_NONE);
}

static void receive_and_keep(void *count)
{
    struct message m;
    for (int i = 0; i < *(int *)count; i++)
        CHECK_EQUAL(message_recv(port, &m), 0);
    sleep_for_ever(NULL);
}

/* The only owner of the port dies before it has received anything. */
static void test_server_dies_before_it_receives(void)
{
    int callers[CALLERS];
    open_port();
    int server = tap_fork(sleep_for_ever, NULL);
    handle_close(port);
    for (int i = 0; i < CALLERS; i++)
        callers[i] = tap_fork(call_a_dead_server, NULL);
    for (int i = 0; i < CALLERS; i++)
        thread_reaches(callers[i], 0, THREAD_CALLING);
    tap_kill(server);
    for (int i = 0; i < CALLERS; i++)
        tap_join(callers[i]);
    call_a_dead_server(NULL);
    handle_close(channel);
}

static void test_server_dies_after_it_received(void)
{
    int callers[CALLERS], half = CALLERS / 2;
    open_port();
    /* The callers must not hold the port: they are forked once it is the server's alone. */
    int server = tap_fork(receive_and_keep, &half);
    handle_close(port);
    for (int i = 0; i < CALLERS; i++)
        callers[i] = tap_fork(call_a_dead_server, NULL);
    thread_reaches(server, 0, THREAD_SLEEP);
    tap_kill(server);
    for (int i = 0; i < CALLERS; i++)
        tap_join(callers[i]);
    handle_close(channel);
}

/* Callers already received fail; those still in the queue, and later ones, get the next server. */
static void test_supervisor_keeps_the_port(void)
{
    int waiting[CALLERS], one = 1;
    open_port();
    int server = tap_fork(receive_and_keep, &one);
    int unlucky = tap_fork(call_a_dead_server, NULL);
    thread_reaches(unlucky, 0, THREAD_REPLY);
    for (int i = 0; i < CALLERS; i++)
        waiting[i] = tap_fork(call_for_five, NULL);
    for (int i = 0; i < CALLERS; i++)
        thread_reaches(waiting[i], 0, THREAD_CALLING);
    tap_kill(server);
    tap_join(unlucky);
    for (int i = 0; i < CALLERS; i++) {
        struct message m = {0};
        CHECK_EQUAL(message_recv(port, &m), 0);
        CHECK_EQUAL(message_reply(m.token, 5, &nothing), 0);
    }
    for (int i = 0; i < CALLERS; i++)
        tap_join(waiting[i]);
    handle_close(channel);
    handle_close(port);
}

/* A server that closes the port, alive, is as dead to its callers: those it has received too. */
static void close_port_with_a_caller(void *unused)
{
    struct message m;
    (void)unused;
    CHECK_EQUAL(message_recv(port, &m), 0);
    CHECK_EQUAL(handle_close(port), 0);
    CHECK_EQUAL(message_recv(port, &m), -E_BADF);
}

static void test_port_is_closed_by_its_server(void)
{
    open_port();
    int server = tap_fork(close_port_with_a_caller, NULL);
    handle_close(port);
    int callers[2] = {tap_fork(call_a_dead_server, NULL), tap_fork(call_a_dead_server, NULL)};
    tap_join(server);
    tap_join(callers[0]);
    tap_join(callers[1]);
    handle_close(channel);
}

/* The client of a client dies: the middle one is untouched. */
static void test_caller_dies_at_each_stage(void)
{
    struct message m = {0};
    open_port();
    int queued = tap_fork(call_for_five, NULL);
    thread_reaches(queued, 0, THREAD_CALLING);
    tap_kill(queued);
    int received = tap_fork(call_for_five, NULL);
    CHECK_EQUAL(message_recv(port, &m), 0);
    tap_kill(received);
    CHECK_EQUAL(message_reply(m.token, 5, &nothing), -E_SRCH);
    int lucky = tap_fork(call_for_five, NULL);
    CHECK_EQUAL(message_recv(port, &m), 0);
    CHECK_EQUAL(message_reply(m.token, 5, &nothing), 0);
    tap_join(lucky);
    handle_close(channel);
    handle_close(port);
}

static void expect_closed(uint64_t badge)
{
    struct message m = {0};
    CHECK_EQUAL(message_recv(port, &m), 0);
    CHECK_EQUAL(m.token, 0);
    CHECK_EQUAL(m.label, MESSAGE_CLOSED);
    CHECK_EQUAL(m.badge, badge);
}

/* Is there nothing to receive? The end of a fresh channel comes behind all that is there. */
static void expect_nothing(void)
{
    handle_close((int)channel_create(port, 999));
    expect_closed(999);
}

static uint64_t badge_of(int i) { return (uint64_t)i * 1001; }

static void test_badges_are_closed_once_in_order(void)
{
    int channels[CHANNELS], order[CHANNELS];
    port = (int)port_create();
    for (int i = 0; i < CHANNELS; i++) {
        channels[i] = (int)channel_create(port, badge_of(i));
        order[i] = i;
    }
    for (int i = CHANNELS - 1; i > 0; i--) {
        uint64_t other = tap_random_below((uint64_t)i + 1);
        int swap = order[i];
        order[i] = order[other];
        order[other] = swap;
    }
    for (int i = 0; i < CHANNELS; i++)
        handle_close(channels[order[i]]);
    for (int i = 0; i < CHANNELS; i++)
        expect_closed(badge_of(order[i]));
    expect_nothing();
    handle_close(port);
}

/* The last of several handles counts, wherever it is: here, in a child, in a child that dies. */
static void test_badge_is_closed_with_the_last_handle(void)
{
    open_port();
    int copy = (int)handle_dup(channel, DUP_LOWEST, RIGHTS_ALL, 0);
    int child = tap_fork(sleep_for_ever, NULL);
    handle_close(channel);
    handle_close(copy);
    expect_nothing();
    tap_kill(child);
    expect_closed(7);
    expect_nothing();
    handle_close(port);
}

/* CLOSED comes after the calls that were made through the channel. */
static void test_closed_comes_after_calls(void)
{
    struct message m = {0};
    open_port();
    int child = tap_fork(call_for_five, NULL);
    handle_close(channel);
    thread_reaches(child, 0, THREAD_CALLING);
    CHECK_EQUAL(message_recv(port, &m), 0);
    CHECK_EQUAL(m.label, 1);
    CHECK_EQUAL(message_reply(m.token, 5, &nothing), 0);
    tap_join(child);
    expect_closed(7);
    handle_close(port);
}

/* Channels that outlive their port can be closed, and news that nobody reads costs nothing. */
static void test_port_goes_first(void)
{
    int channels[CHANNELS];
    port = (int)port_create();
    for (int i = 0; i < CHANNELS; i++)
        channels[i] = (int)channel_create(port, (uint64_t)i);
    for (int i = 0; i < CHANNELS / 2; i++)
        handle_close(channels[i]);
    handle_close(port);
    for (int i = CHANNELS / 2; i < CHANNELS; i++) {
        CHECK_EQUAL(call_words(channels[i], 1, 0, 0, 0), -E_PEERDIED);
        handle_close(channels[i]);
    }
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"peer_server_dies_before_it_receives", test_server_dies_before_it_receives, 0},
        {"peer_server_dies_after_it_received", test_server_dies_after_it_received, 0},
        {"peer_supervisor_keeps_the_port", test_supervisor_keeps_the_port, 0},
        {"peer_port_is_closed_by_its_server", test_port_is_closed_by_its_server, 0},
        {"peer_caller_dies_at_each_stage", test_caller_dies_at_each_stage, 0},
        {"peer_badges_are_closed_once_in_order", test_badges_are_closed_once_in_order, 0},
        {"peer_badge_is_closed_with_the_last_handle", test_badge_is_closed_with_the_last_handle, 0},
        {"peer_closed_comes_after_calls", test_closed_comes_after_calls, 0},
        {"peer_port_goes_first", test_port_goes_first, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
