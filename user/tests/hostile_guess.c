/* hostile_guess.c - a program without authority: what it can name, it was given; the rest it cannot
 * reach by guessing. */
#include <errno.h>
#include <octavo/ipc.h>
#include <proto/name.h>
#include <proto/start.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/tap.h"

enum { PIDS = 2000 };

/* Keeps nothing but itself. */
static void drop_all(void)
{
    for (int handle = 0; handle < HANDLE_LIMIT; handle++)
        if (handle != HANDLE_SELF && handle != HANDLE_SPACE)
            handle_close(handle);
}

/* The status is the number of wrong answers: there is no console any more to say more. */
static void guess_handles(void *unused)
{
    (void)unused;
    int wrong = 0;
    drop_all();
    for (int64_t i = 0; i < 20000; i++) {
        int64_t handle = i < HANDLE_SELF - 1 ? i : (int64_t)tap_random();
        if (handle == HANDLE_SELF || handle == HANDLE_SPACE)
            continue;
        uint64_t number = (uint64_t)handle;
        wrong += system_call(SYS_CALL, number, 1, 2, 3, 4, 0).value != -E_BADF;
        wrong += system_call(SYS_RECV, number).value != -E_BADF;
        wrong += system_call(SYS_EVENT_SIGNAL, number, 1).value != -E_BADF;
        wrong += system_call(SYS_HANDLE_DUP, number, DUP_LOWEST, RIGHTS_ALL, 0).value != -E_BADF;
        wrong += system_call(SYS_PROCESS_KILL, number, 0, 9).value != -E_BADF;
        wrong += system_call(SYS_SYSTEM_CONTROL, number, SYSTEM_SHUTDOWN, 0, 0).value != -E_BADF;
    }
    process_exit(wrong != 0);
}

static void test_handles(void) { tap_join(tap_fork(guess_handles, NULL)); }

static void guess_pids(void *unused)
{
    (void)unused;
    struct process_info info = {0};
    int self = getpid();
    for (int pid = -10; pid < PIDS; pid++) {
        if (pid == self || pid == 0)
            continue;
        if (!CHECK_EQUAL(process_kill(HANDLE_SELF, pid, DEATH_KILLED), -E_SRCH))
            break;
        CHECK_EQUAL(process_open(HANDLE_SELF, pid, RIGHT_WAIT), -E_SRCH);
        CHECK_EQUAL(process_wait(pid == -1 ? -2 : pid, WAIT_NO_HANG, NULL), -E_CHILD);
    }
    CHECK_EQUAL(process_info(HANDLE_SELF, 0, &info), self);
    CHECK_EQUAL(process_info(HANDLE_SELF, self + 1, &info), -E_SRCH);
    CHECK_EQUAL(space_print(HANDLE_SELF, 1, NULL, 0), -E_SRCH);
}

static void test_pids(void) { tap_join(tap_fork(guess_pids, NULL)); }

/* What only init's process handle opens. */
static void test_system_calls_need_the_system_handle(void)
{
    struct system_memory memory;
    int look = (int)handle_dup(HANDLE_SYSTEM, DUP_LOWEST, RIGHT_WAIT, 0);
    CHECK(system_info(HANDLE_SELF, INFO_MEMORY, &memory, sizeof memory) < 0);
    CHECK(system_control(HANDLE_SELF, SYSTEM_SHUTDOWN, 0, 0) < 0);
    CHECK_EQUAL(system_control(look, SYSTEM_SHUTDOWN, 0, 0), -E_PERM);
    CHECK_EQUAL(system_control(look, SYSTEM_LOG_WRITE, (uintptr_t) "x", 1), -E_PERM);
    CHECK_EQUAL(process_kill(look, 1, DEATH_KILLED), -E_PERM);
    CHECK(system_info(look, INFO_MEMORY, &memory, sizeof memory) > 0);
    CHECK_EQUAL(system_control(HANDLE_SYSTEM, 99, 0, 0), -E_INVAL);
    CHECK_EQUAL(system_info(HANDLE_SYSTEM, 99, &memory, sizeof memory), -E_INVAL);
    CHECK(system_info(HANDLE_ROOT, INFO_MEMORY, &memory, sizeof memory) < 0);
    handle_close(look);
}

static long call_init(uint64_t label, const char *name, uint64_t word, int handle)
{
    struct message m = {.label = label,
                        .word = {word, 0, (uint64_t)handle},
                        .buffer = (void *)(uintptr_t)name,
                        .length = strlen(name) | BUFFER_IN};
    long status = message_call(HANDLE_NAMES, &m);
    if (message_has_handle(&m))
        handle_close(message_take_handle(&m));
    return status;
}

/* A program cannot pass for a server, nor take a server's name or devices. */
static void test_names_of_servers(void)
{
    int port = (int)port_create();
    int channel = (int)channel_create(port, 0);
    CHECK_EQUAL(call_init(NAME_REGISTER | MESSAGE_COPY, "console", 0, channel), -E_PERM);
    CHECK_EQUAL(call_init(NAME_REGISTER | MESSAGE_COPY, "fresh", 0, channel), -E_PERM);
    CHECK_EQUAL(call_init(NAME_DECLINE, "console", 0, 0), -E_PERM);
    CHECK_EQUAL(call_init(START_GET_DEVICES, "", 0, 0), -E_PERM);
    CHECK_EQUAL(call_init(START_KEEP | MESSAGE_COPY, "", 0, channel), -E_PERM);
    CHECK_EQUAL(call_init(START_DROP, "", START_KEPT, 0), -E_PERM);
    CHECK(channel_create(HANDLE_NAMES, 1) < 0);
    CHECK(call_init(NAME_LOOKUP, "", NAME_NO_WAIT, 0) < 0);
    CHECK_EQUAL(call_init(NAME_LOOKUP, "no-such-name", NAME_NO_WAIT, 0), -E_NOENT);
    CHECK(call_init(NAME_LOOKUP, "a-name-that-is-much-longer-than-names-may-be", NAME_NO_WAIT, 0) <
          0);
    CHECK_EQUAL(call_init(NAME_LOOKUP, "console", NAME_NO_WAIT, 0), 0);
    handle_close(channel);
    handle_close(port);
}

/* Ones that are not there are waited for; a waiting client that dies costs init nothing. */
static void look_up_for_ever(void *unused)
{
    (void)unused;
    call_init(NAME_LOOKUP, "no-such-name", 0, 0);
}

static void test_waiting_for_a_name(void)
{
    for (int i = 0; i < 40; i++) {
        int child = tap_fork(look_up_for_ever, NULL);
        thread_reaches(child, 0, THREAD_REPLY);
        tap_kill(child);
    }
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"hostile_guess_handles", test_handles, 0},
        {"hostile_guess_pids", test_pids, 0},
        {"hostile_guess_system_handle", test_system_calls_need_the_system_handle, 0},
        {"hostile_guess_names_of_servers", test_names_of_servers, 0},
        {"hostile_guess_waiting_for_a_name", test_waiting_for_a_name, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
