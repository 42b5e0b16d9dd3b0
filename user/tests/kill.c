/* kill.c - a thread can be ended in whatever state it is, alone or with its process, and nothing
 * that waited for it or with it is lost. */
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/smp.h"
#include "tests/lib/tap.h"

enum { VICTIMS = 12 };

static int port, channel, event;
static uint32_t word;

/* ---- one body for each state; none comes back -------------------------------------------------
 */

static void compute(void *unused)
{
    (void)unused;
    for (volatile uint64_t counter = 0;; counter++)
        continue;
}

static void call(void *unused)
{
    (void)unused;
    call_words(channel, 1, 0, 0, 0);
}

static void receive(void *unused)
{
    (void)unused;
    struct message m;
    int own_port = (int)port_create();
    message_recv(own_port, &m);
}

static void wait_for_event(void *unused)
{
    (void)unused;
    event_wait(event, 1, DEADLINE_NONE, NULL);
}

static void wait_for_word(void *unused)
{
    (void)unused;
    futex_wait(&word, 0, DEADLINE_NONE);
}

static void sleep_for_ever(void *unused)
{
    (void)unused;
    clock_sleep(DEADLINE_NONE);
}

static void wait_for_child(void *unused)
{
    (void)unused;
    long child = process_fork();
    if (child == 0)
        clock_sleep(DEADLINE_NONE);
    process_wait((int)child, 0, NULL);
}

/* REPLY before CALLING: at a port with both the first call is the one that gets received. CHILD is
 * the last. */
static const struct {
    const char *name;
    void (*body)(void *);
    enum thread_state state;
} states[] = {
    {"ready", compute, THREAD_READY},        {"reply", call, THREAD_REPLY},
    {"calling", call, THREAD_CALLING},       {"recv", receive, THREAD_RECV},
    {"event", wait_for_event, THREAD_EVENT}, {"futex", wait_for_word, THREAD_FUTEX},
    {"sleep", sleep_for_ever, THREAD_SLEEP}, {"child", wait_for_child, THREAD_CHILD},
};

static void set_up(void)
{
    port = (int)port_create();
    channel = (int)channel_create(port, 0);
    event = (int)event_create();
    word = 0;
}

static void clean_up(void)
{
    handle_close(port);
    handle_close(channel);
    handle_close(event);
}

/* Waits until thread `index` of the process is in the state; receives its call if that is part of
 * it. */
static void bring_to_state(int pid, int index, enum thread_state state)
{
    struct message m;
    if (state == THREAD_REPLY)
        CHECK_EQUAL(message_recv(port, &m), 0);
    thread_reaches(pid, index, state);
}

static void test_process_in_each_state(void)
{
    set_up();
    for (size_t i = 0; i < TAP_COUNT(states); i++) {
        int victim = tap_fork(states[i].body, NULL);
        bring_to_state(victim, 0, states[i].state);
        CHECK_EQUAL(process_kill(HANDLE_SELF, victim, DEATH_KILLED | KILL_TREE), 0);
        int status = tap_wait(victim);
        if (!CHECK(WIFSIGNALED(status) && WTERMSIG(status) == DEATH_KILLED))
            tap_comment("the state was %s", states[i].name);
    }
    clean_up();
}

/* The process has a thread in every state at once; it is killed, or exits from the first. An exit
 * would leave the child of the last one behind: that one is left out. */
static void have_all_states(void *exits)
{
    static char stacks[TAP_COUNT(states)][PAGE];
    set_up();
    for (size_t i = 0; i < TAP_COUNT(states) - (exits != NULL); i++) {
        start_thread(states[i].body, NULL, stacks[i], PAGE);
        bring_to_state(getpid(), (int)i + 1, states[i].state);
    }
    if (exits != NULL)
        _exit(33);
    sleep_for_ever(NULL);
}

static void test_process_in_all_states_at_once(void)
{
    int victim = tap_fork(have_all_states, NULL);
    thread_reaches(victim, 0, THREAD_SLEEP);
    tap_kill(victim);
    victim = tap_fork(have_all_states, &port);
    CHECK_EQUAL(WEXITSTATUS(tap_wait(victim)), 33);
}

static bool thread_is_gone(int index)
{
    struct thread_info info = {0};
    for (int tries = 0; tries < 500; tries++) {
        if (thread_info(HANDLE_SELF, getpid(), index, &info) < 0 || info.thread != index ||
            info.state == THREAD_DEAD)
            return true;
        sleep_ms(2);
    }
    return false;
}

/* Number of the newest thread of this process. */
static int newest_thread(void)
{
    struct thread_info info = {.thread = -1};
    while (thread_info(HANDLE_SELF, getpid(), info.thread + 1, &info) > 0)
        continue;
    return info.thread;
}

/* One thread of a process goes, the others stay. In a child, whose end cleans up after it. */
static void kill_single_threads(void *unused)
{
    static char stacks[TAP_COUNT(states)][PAGE];
    (void)unused;
    set_up();
    for (size_t i = 0; i < TAP_COUNT(states); i++) {
        int thread = start_thread(states[i].body, NULL, stacks[i], PAGE);
        int index = newest_thread();
        bring_to_state(getpid(), index, states[i].state);
        CHECK_EQUAL(thread_control(thread, THREAD_KILL, 0), 0);
        if (!CHECK(thread_is_gone(index)))
            tap_comment("the state was %s", states[i].name);
        CHECK_EQUAL(handle_close(thread), 0);
    }
    process_kill(HANDLE_SELF, 0, DEATH_KILLED | KILL_TREE);
}

static void test_single_thread_in_each_state(void)
{
    CHECK_EQUAL(WTERMSIG(tap_wait(tap_fork(kill_single_threads, NULL))), DEATH_KILLED);
}

static void end_last_thread(void *unused)
{
    (void)unused;
    thread_control(HANDLE_NONE, THREAD_KILL, 0);
}

static void exit_last_thread(void *unused)
{
    (void)unused;
    thread_exit(NULL);
}

static void test_last_thread_ends_the_process(void)
{
    CHECK(WIFEXITED(tap_wait(tap_fork(exit_last_thread, NULL))));
    tap_wait(tap_fork(end_last_thread, NULL));
}

/* Whoever is killed on a queue leaves the others there in their order. */
static void wait_on_queue(void *number)
{
    if (call_words(channel, (uintptr_t)number, 0, 0, 0) != 0)
        _exit(2);
}

static void test_middle_of_a_queue(void)
{
    static const struct message nothing;
    struct message m = {0};
    int callers[VICTIMS];
    set_up();
    for (uintptr_t i = 0; i < VICTIMS; i++) {
        callers[i] = tap_fork(wait_on_queue, (void *)(i + 1));
        thread_reaches(callers[i], 0, THREAD_CALLING);
    }
    for (int i = 1; i < VICTIMS; i += 3)
        tap_kill(callers[i]);
    for (int i = 0; i < VICTIMS; i++) {
        if (i % 3 == 1)
            continue;
        CHECK_EQUAL(message_recv(port, &m), 0);
        CHECK_EQUAL(m.label, i + 1);
        CHECK_EQUAL(message_reply(m.token, 0, &nothing), 0);
        tap_join(callers[i]);
    }
    clean_up();
}

static volatile int heard;

static void hear_event(void *unused)
{
    struct message m;
    (void)unused;
    if (message_recv(port, &m) == 0)
        heard = 1;
    sleep_for_ever(NULL);
}

/* Of two receivers the first is killed after it was woken and before it could look: all are on one
 * hart, where the killer has the higher priority. */
static void kill_a_woken_receiver(void *unused)
{
    static char stacks[2][PAGE];
    (void)unused;
    set_up();
    run_on(1); /* and so will the threads */
    CHECK_EQUAL(event_bind(event, port, 0), 0);
    thread_control(HANDLE_NONE, THREAD_SET_PRIORITY, PRIORITY_DEFAULT - 1);
    int first = start_thread(hear_event, NULL, stacks[0], PAGE);
    thread_reaches(getpid(), 1, THREAD_RECV);
    start_thread(hear_event, NULL, stacks[1], PAGE);
    thread_reaches(getpid(), 2, THREAD_RECV);
    thread_control(HANDLE_NONE, THREAD_SET_PRIORITY, PRIORITY_DEFAULT);
    CHECK_EQUAL(event_signal(event, 1), 0);
    CHECK_EQUAL(thread_control(first, THREAD_KILL, 0), 0);
    for (int tries = 0; tries < 1000 && heard == 0; tries++)
        sleep_ms(5);
    CHECK_EQUAL(heard, 1);
}

static void test_woken_receiver_loses_nothing(void)
{
    tap_join(tap_fork(kill_a_woken_receiver, NULL));
}

static void wait_for_what_is_closed(void *unused)
{
    (void)unused;
    if (event_wait(event, 1, DEADLINE_NONE, NULL) == -E_BADF)
        _exit(33);
}

static void close_what_a_thread_waits_for(void *unused)
{
    static char stack[PAGE];
    (void)unused;
    set_up();
    start_thread(wait_for_what_is_closed, NULL, stack, PAGE);
    thread_reaches(getpid(), 1, THREAD_EVENT);
    handle_close(event);
    sleep_ms(2000);
}

static void test_closed_event_ends_the_wait(void)
{
    CHECK_EQUAL(WEXITSTATUS(tap_wait(tap_fork(close_what_a_thread_waits_for, NULL))), 33);
}

/* Authority: a handle reaches its process and the descendants, with MANAGE only. */
static void test_needs_authority(void)
{
    int victim = tap_fork(sleep_for_ever, NULL);
    int look = (int)process_open(HANDLE_SELF, victim, RIGHT_WAIT);
    int rule = (int)process_open(HANDLE_SELF, victim, RIGHT_MANAGE);
    CHECK_EQUAL(process_kill(look, 0, DEATH_KILLED), -E_PERM);
    CHECK_EQUAL(process_kill(rule, getpid(), DEATH_KILLED), -E_SRCH);
    CHECK_EQUAL(process_kill(HANDLE_SPACE, victim, DEATH_KILLED), -E_BADF);
    CHECK_EQUAL(process_open(look, 0, RIGHT_MANAGE), -E_PERM);
    CHECK_EQUAL(process_open(HANDLE_SELF, 1, RIGHT_WAIT), -E_SRCH);
    CHECK_EQUAL(process_kill(rule, 0, DEATH_KILLED), 0);
    tap_wait(victim);
    CHECK_EQUAL(process_kill(HANDLE_SELF, victim, DEATH_KILLED), -E_SRCH);
    handle_close(look);
    handle_close(rule);
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"kill_process_in_each_state", test_process_in_each_state, 0},
        {"kill_process_in_all_states_at_once", test_process_in_all_states_at_once, 0},
        {"kill_single_thread_in_each_state", test_single_thread_in_each_state, 0},
        {"kill_last_thread_ends_the_process", test_last_thread_ends_the_process, 0},
        {"kill_middle_of_a_queue", test_middle_of_a_queue, 0},
        {"kill_woken_receiver_loses_nothing", test_woken_receiver_loses_nothing, 0},
        {"kill_closed_event_ends_the_wait", test_closed_event_ends_the_wait, 0},
        {"kill_needs_authority", test_needs_authority, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
