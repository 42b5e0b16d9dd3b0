/* token.c - tokens name waiting callers: kept, answered in any order, once, and by nobody else. */
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/tap.h"

enum {
    CALLERS = 16,
    ROUNDS = 8,
    GUESSES = 20000,
};

static int port, channel;

static void open_port(void)
{
    port = (int)port_create();
    channel = (int)channel_create(port, 9);
}

static void close_port(void)
{
    handle_close(port);
    handle_close(channel);
}

/* Calls with its number; the answer must be about that number. */
static void call_with_number(void *number)
{
    for (uint64_t round = 0; round < ROUNDS; round++) {
        uint64_t word = (uintptr_t)number * 100 + round;
        struct message m = {.label = 1, .word = {word}};
        CHECK_EQUAL(message_call(channel, &m), word + 1);
        CHECK_EQUAL(m.word[0], word + 2);
    }
}

static void answer(const struct message *request)
{
    struct message reply = {.word = {request->word[0] + 2}};
    CHECK_EQUAL(message_reply(request->token, (long)request->word[0] + 1, &reply), 0);
}

/* Collects all calls of a round, then answers them in a random order. */
static void test_answered_out_of_order(void)
{
    struct message kept[CALLERS];
    int callers[CALLERS];
    open_port();
    for (uintptr_t i = 0; i < CALLERS; i++)
        callers[i] = tap_fork(call_with_number, (void *)i);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < CALLERS; i++) {
            CHECK_EQUAL(message_recv(port, &kept[i]), 0);
            CHECK(kept[i].token != 0);
        }
        for (int left = CALLERS; left > 0; left--) {
            uint64_t chosen = tap_random_below((uint64_t)left);
            answer(&kept[chosen]);
            kept[chosen] = kept[left - 1];
        }
    }
    for (int i = 0; i < CALLERS; i++)
        tap_join(callers[i]);
    close_port();
}

static void call_once(void *unused)
{
    (void)unused;
    CHECK_EQUAL(call_words(channel, 1, 0, 0, 0), 5);
}

static void test_is_good_once(void)
{
    static const struct message nothing;
    struct message m = {0};
    char byte = 0;
    open_port();
    int caller = tap_fork(call_once, NULL);
    CHECK_EQUAL(message_recv(port, &m), 0);
    CHECK_EQUAL(message_reply(m.token, 5, &nothing), 0);
    CHECK_EQUAL(message_reply(m.token, 6, &nothing), -E_SRCH);
    CHECK_EQUAL(ipc_read(m.token, 0, &byte, 0), -E_SRCH);
    CHECK_EQUAL(ipc_write(m.token, 0, &byte, 1), -E_SRCH);
    tap_join(caller);

    uint64_t stale = m.token;
    caller = tap_fork(call_once, NULL);
    CHECK_EQUAL(message_recv(port, &m), 0);
    CHECK(m.token != stale);
    CHECK_EQUAL(message_reply(stale, 6, &nothing), -E_SRCH);
    CHECK_EQUAL(message_reply(m.token, 5, &nothing), 0);
    tap_join(caller);
    close_port();
}

static void test_is_dead_with_its_caller(void)
{
    static const struct message nothing;
    struct message m = {0};
    char byte = 0;
    open_port();
    int caller = tap_fork(call_once, NULL);
    CHECK_EQUAL(message_recv(port, &m), 0);
    thread_reaches(caller, 0, THREAD_REPLY);
    tap_kill(caller);
    CHECK_EQUAL(ipc_read(m.token, 0, &byte, 0), -E_SRCH);
    CHECK_EQUAL(message_reply(m.token, 5, &nothing), -E_SRCH);
    close_port();
}

/* reply_recv with a dead token forgets the reply and waits on. */
static void test_reply_recv_drops_a_dead_token(void)
{
    static const struct message nothing;
    struct message m = {0};
    open_port();
    int caller = tap_fork(call_once, NULL);
    CHECK_EQUAL(message_recv(port, &m), 0);
    tap_kill(caller);
    caller = tap_fork(call_once, NULL);
    CHECK_EQUAL(message_reply_recv(port, 6, &nothing, &m), 0);
    CHECK_EQUAL(m.label, 1);
    CHECK_EQUAL(message_reply(m.token, 5, &nothing), 0);
    tap_join(caller);
    close_port();
}

/* A reply whose handle cannot be sent leaves the caller waiting and the token good. */
static void test_survives_a_reply_that_fails(void)
{
    struct message m = {0};
    static const struct message bad = {.label = MESSAGE_MOVE, .word = {0, 0, 999}};
    static const struct message nothing;
    open_port();
    int caller = tap_fork(call_once, NULL);
    CHECK_EQUAL(message_recv(port, &m), 0);
    CHECK_EQUAL(message_reply(m.token, 6, &bad), -E_BADF);
    CHECK_EQUAL(message_reply_recv(port, 6, &bad, &m), -E_BADF);
    CHECK_EQUAL(message_reply_recv(999, 6, &nothing, &m), -E_BADF);
    thread_reaches(caller, 0, THREAD_REPLY);
    CHECK_EQUAL(message_reply(m.token, 5, &nothing), 0);
    tap_join(caller);
    close_port();
}

/* Another process, which may even hold the port, answers and reads with somebody else's token. */
static void guess(void *token)
{
    static const struct message nothing;
    uint64_t known = *(uint64_t *)token;
    char byte = 0;
    CHECK_EQUAL(message_reply(known, 6, &nothing), -E_SRCH);
    CHECK_EQUAL(ipc_read(known, 0, &byte, 1), -E_SRCH);
    for (int i = 0; i < GUESSES; i++) {
        uint64_t near = known + tap_random_below(2000) - 1000, any = tap_random();
        uint64_t bit = known ^ (1ull << tap_random_below(64));
        CHECK_EQUAL(message_reply(near, 6, &nothing), -E_SRCH);
        CHECK_EQUAL(message_reply(any, 6, &nothing), -E_SRCH);
        CHECK_EQUAL(message_reply(bit, 6, &nothing), -E_SRCH);
    }
}

/* The same by reply_recv, which would go on to receive. */
static void guess_and_receive(void *token)
{
    static const struct message nothing;
    struct message m = {.token = *(uint64_t *)token};
    message_reply_recv(port, 6, &nothing, &m);
}

static void test_is_nobody_elses(void)
{
    static const struct message nothing;
    struct message m = {0};
    open_port();
    int caller = tap_fork(call_once, NULL);
    CHECK_EQUAL(message_recv(port, &m), 0);
    tap_join(tap_fork(guess, &m.token));
    int thief = tap_fork(guess_and_receive, &m.token);
    thread_reaches(thief, 0, THREAD_RECV);
    thread_reaches(caller, 0, THREAD_REPLY);
    tap_kill(thief);
    CHECK_EQUAL(message_reply(m.token, 5, &nothing), 0);
    tap_join(caller);
    close_port();
}

/* The server's own guesses find nobody but its caller. */
static void test_guessed_by_the_server_itself(void)
{
    static const struct message nothing;
    struct message m = {0};
    open_port();
    int caller = tap_fork(call_once, NULL);
    CHECK_EQUAL(message_recv(port, &m), 0);
    for (int i = 0; i < GUESSES; i++) {
        uint64_t token = i % 2 == 0 ? tap_random() : m.token ^ (1ull << tap_random_below(64));
        if (token != m.token)
            CHECK_EQUAL(message_reply(token, 6, &nothing), -E_SRCH);
    }
    CHECK_EQUAL(message_reply(m.token, 5, &nothing), 0);
    tap_join(caller);
    close_port();
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"token_answered_out_of_order", test_answered_out_of_order, 0},
        {"token_is_good_once", test_is_good_once, 0},
        {"token_is_dead_with_its_caller", test_is_dead_with_its_caller, 0},
        {"token_reply_recv_drops_a_dead_one", test_reply_recv_drops_a_dead_token, 0},
        {"token_survives_a_reply_that_fails", test_survives_a_reply_that_fails, 0},
        {"token_is_nobody_elses", test_is_nobody_elses, 0},
        {"token_guessed_by_the_server_itself", test_guessed_by_the_server_itself, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
