/* transfer.c - handles that ride on messages: moved, copied, refused; and nothing lost on the way.
 */
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/tap.h"

enum label {
    SIGNAL_IT = 1, /* a handle of an event rides along: signal its bit 0. -> w0: its rights */
    GIVE_MOVED,    /* -> a fresh event, moved */
    GIVE_COPY,     /* -> a fresh event, copied */
    GIVE_WITHOUT_DUP,
    COUNT_HANDLES, /* -> w0: handles open in the server */
    FILL_TABLE,    /* takes every free number */
    EMPTY_TABLE,
    IGNORE,
};

static int channel, server;

/* ---- the server ------------------------------------------------------------------------------ */

static long signal_it(struct message *m, struct message *reply)
{
    if (!message_has_handle(m))
        return -E_INVAL;
    int event = (int)m->word[2];
    reply->word[0] = (uint64_t)handle_control(event, HANDLE_GET, 0);
    long result = event_signal(event, 1);
    handle_close(event);
    return result;
}

/* What was copied, or refused, stays with the server. */
static long give(uint64_t how, uint32_t rights, struct message *reply)
{
    int event = (int)event_create();
    int limited = (int)handle_dup(event, DUP_LOWEST, rights, 0);
    handle_close(event);
    reply->label = how;
    reply->word[2] = (uint64_t)limited;
    return 0;
}

static long change_table(bool fill)
{
    static int first = -1;
    if (fill) {
        first = (int)event_create();
        while (handle_dup(first, DUP_LOWEST, RIGHTS_ALL, 0) >= 0)
            continue;
        return 0;
    }
    for (int handle = first; handle < HANDLE_FIXED; handle++)
        handle_close(handle);
    return 0;
}

static long handle(struct message *m, struct message *reply)
{
    struct process_info info;
    switch (m->label & MESSAGE_LABEL) {
    case SIGNAL_IT:
        return signal_it(m, reply);
    case GIVE_MOVED:
        return give(MESSAGE_MOVE, RIGHTS_ALL, reply);
    case GIVE_COPY:
        return give(MESSAGE_COPY, RIGHTS_ALL, reply);
    case GIVE_WITHOUT_DUP:
        return give(MESSAGE_COPY, RIGHT_WAIT, reply);
    case COUNT_HANDLES:
        process_info(HANDLE_SELF, getpid(), &info);
        reply->word[0] = info.handles;
        return 0;
    case FILL_TABLE:
        return change_table(true);
    case EMPTY_TABLE:
        return change_table(false);
    default:
        return -E_NOSYS;
    }
}

/* ---- the tests ------------------------------------------------------------------------------- */

static void start_server(void)
{
    int port = (int)port_create();
    channel = (int)channel_create(port, 0);
    server = serve(port, handle);
    handle_close(port);
}

static void stop_server(void)
{
    tap_kill(server);
    handle_close(channel);
}

static uint64_t handles_of_server(void)
{
    struct message m = {.label = COUNT_HANDLES};
    CHECK_EQUAL(message_call(channel, &m), 0);
    return m.word[0];
}

static long call_with(uint64_t label, int ride)
{
    return call_words(channel, label, 0, 0, (uint64_t)ride);
}

static bool is_open(int number) { return handle_control(number, HANDLE_GET, 0) >= 0; }

static bool was_signalled(int event) { return event_wait(event, 1, 0, NULL) == 0; }

static void test_copy_and_move(void)
{
    start_server();
    uint64_t before = handles_of_server();
    int event = (int)event_create();
    int second = (int)handle_dup(event, DUP_LOWEST, RIGHTS_ALL, 0);
    CHECK_EQUAL(call_with(SIGNAL_IT | MESSAGE_COPY, event), 0);
    CHECK(is_open(event) && was_signalled(event));
    CHECK_EQUAL(call_with(SIGNAL_IT | MESSAGE_MOVE, second), 0);
    CHECK(!is_open(second) && was_signalled(event));
    CHECK_EQUAL(handles_of_server(), before);
    handle_close(event);
    stop_server();
}

/* The rights travel with the handle, no more and no less. */
static void test_rights_travel(void)
{
    start_server();
    int event = (int)event_create();
    for (uint32_t rights = 0; rights <= RIGHTS_ALL; rights++) {
        int limited = (int)handle_dup(event, DUP_LOWEST, rights, HANDLE_CLOEXEC);
        struct message m = {.label = SIGNAL_IT | MESSAGE_MOVE, .word = {0, 0, (uint64_t)limited}};
        CHECK_EQUAL(message_call(channel, &m), rights & RIGHT_SIGNAL ? 0 : -E_PERM);
        CHECK_EQUAL(m.word[0] & 0xffff, OBJECT_EVENT | rights << 8);
        CHECK_EQUAL(was_signalled(event), (rights & RIGHT_SIGNAL) != 0);
    }
    handle_close(event);
    stop_server();
}

static void test_refused_rides(void)
{
    start_server();
    uint64_t before = handles_of_server();
    int event = (int)event_create();
    int fixed = (int)handle_dup(event, DUP_LOWEST, RIGHTS_ALL & ~RIGHT_DUP, 0);
    CHECK_EQUAL(call_with(SIGNAL_IT | MESSAGE_COPY, fixed), -E_PERM);
    CHECK(is_open(fixed) && !was_signalled(event));
    CHECK_EQUAL(call_with(SIGNAL_IT | MESSAGE_MOVE, fixed), 0);
    CHECK(!is_open(fixed));
    CHECK_EQUAL(call_with(SIGNAL_IT | MESSAGE_COPY, 999), -E_BADF);
    CHECK_EQUAL(call_with(SIGNAL_IT | MESSAGE_MOVE, -1), -E_BADF);
    CHECK_EQUAL(call_with(SIGNAL_IT | MESSAGE_MOVE, HANDLE_LIMIT), -E_BADF);
    CHECK_EQUAL(handles_of_server(), before);
    handle_close(event);
    stop_server();
}

/* What a reply brought: an event that works, or nothing. */
static void check_gift(uint64_t label, long status)
{
    struct message m = {.label = label};
    CHECK_EQUAL(message_call(channel, &m), status);
    CHECK_EQUAL(message_has_handle(&m) != 0, status == 0);
    if (status != 0)
        return;
    int event = message_take_handle(&m);
    CHECK_EQUAL(event_signal(event, 1), 0);
    CHECK(was_signalled(event));
    CHECK_EQUAL(handle_close(event), 0);
}

static void test_rides_on_replies(void)
{
    start_server();
    uint64_t before = handles_of_server();
    for (int i = 0; i < 50; i++)
        check_gift(GIVE_MOVED, 0);
    CHECK_EQUAL(handles_of_server(), before);
    for (int i = 0; i < 50; i++)
        check_gift(GIVE_COPY, 0);
    CHECK_EQUAL(handles_of_server(), before + 50);
    check_gift(GIVE_WITHOUT_DUP, -E_PERM);
    CHECK_EQUAL(handles_of_server(), before + 51);
    stop_server();
}

/* The server has no number left: the caller is told and keeps its handle. */
static void test_into_a_full_table(void)
{
    start_server();
    int event = (int)event_create();
    CHECK_EQUAL(call_words(channel, FILL_TABLE, 0, 0, 0), 0);
    CHECK_EQUAL(call_with(SIGNAL_IT | MESSAGE_COPY, event), -E_MFILE);
    CHECK_EQUAL(call_with(SIGNAL_IT | MESSAGE_MOVE, event), -E_MFILE);
    CHECK(is_open(event) && !was_signalled(event));
    CHECK_EQUAL(call_words(channel, EMPTY_TABLE, 0, 0, 0), 0);
    CHECK_EQUAL(call_with(SIGNAL_IT | MESSAGE_COPY, event), 0);
    CHECK(was_signalled(event));
    handle_close(event);
    stop_server();
}

/* The client has no number left: it is told. What was to move is gone, what was copied stays. */
static void receive_with_full_table(void *unused)
{
    (void)unused;
    uint64_t before = handles_of_server();
    int first = (int)event_create(), last = first;
    for (int next; (next = (int)handle_dup(first, DUP_LOWEST, RIGHTS_ALL, 0)) >= 0;)
        last = next;
    check_gift(GIVE_MOVED, -E_MFILE);
    check_gift(GIVE_COPY, -E_MFILE);
    CHECK_EQUAL(handles_of_server(), before + 1);
    CHECK_EQUAL(handle_close(last), 0);
    check_gift(GIVE_MOVED, 0);
    CHECK_EQUAL(handles_of_server(), before + 1);
}

static void test_out_to_a_full_table(void)
{
    start_server();
    tap_join(tap_fork(receive_with_full_table, NULL));
    stop_server();
}

/* A message in the queue holds the handle that moves with it; it goes with the message. */
static void call_with_event(void *event) { call_with(SIGNAL_IT | MESSAGE_MOVE, *(int *)event); }

static void test_caller_dies_before_the_server_takes_it(void)
{
    int port = (int)port_create(), event = (int)event_create();
    channel = (int)channel_create(port, 0);
    int caller = tap_fork(call_with_event, &event);
    thread_reaches(caller, 0, THREAD_CALLING);
    tap_kill(caller);
    handle_close(channel);
    struct message m = {0};
    CHECK_EQUAL(message_recv(port, &m), 0);
    CHECK_EQUAL(m.label, MESSAGE_CLOSED);
    handle_close(event);
    handle_close(port);
}

/* A channel travels inside its own message; a port's own channel waits in its own queue, where
 * nobody can reach either any more. */
static void test_channel_inside_its_own_message(void)
{
    start_server();
    int copy = (int)handle_dup(channel, DUP_LOWEST, RIGHTS_ALL, 0);
    CHECK_EQUAL(call_words(copy, SIGNAL_IT | MESSAGE_MOVE, 0, 0, (uint64_t)copy), -E_BADF);
    CHECK(!is_open(copy));
    stop_server();

    int port = (int)port_create();
    channel = (int)channel_create(port, 0);
    int caller = tap_fork(call_with_event, &port);
    thread_reaches(caller, 0, THREAD_CALLING);
    handle_close(port);
    handle_close(channel);
    tap_kill(caller);
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"transfer_copy_and_move", test_copy_and_move, 0},
        {"transfer_rights_travel", test_rights_travel, 0},
        {"transfer_refused_rides", test_refused_rides, 0},
        {"transfer_rides_on_replies", test_rides_on_replies, 0},
        {"transfer_into_a_full_table", test_into_a_full_table, 0},
        {"transfer_out_to_a_full_table", test_out_to_a_full_table, 0},
        {"transfer_caller_dies_first", test_caller_dies_before_the_server_takes_it, 0},
        {"transfer_channel_inside_its_own_message", test_channel_inside_its_own_message, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
