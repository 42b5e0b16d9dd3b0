/* wait.c - the end of a process as its parent sees it: status, zombies, orphans, refusals. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/tap.h"

enum { CHILDREN = 20 };

static int fork_exiting(int code, unsigned after_ms)
{
    int pid = fork();
    if (pid == 0) {
        sleep_ms(after_ms);
        _exit(code);
    }
    return pid;
}

static void test_exit_codes(void)
{
    static const int codes[] = {0, 1, 42, 127, 128, 255, 256 + 3, -1};
    for (size_t i = 0; i < TAP_COUNT(codes); i++) {
        int status = tap_wait(fork_exiting(codes[i], 0));
        CHECK(WIFEXITED(status));
        CHECK_EQUAL(WEXITSTATUS(status), codes[i] & 0xff);
    }
}

static void test_signals(void)
{
    for (int signal = 1; signal <= DEATH_LAST; signal++) {
        int pid = fork_exiting(0, 60000);
        CHECK_EQUAL(process_kill(HANDLE_SELF, pid, signal), 0);
        int status = tap_wait(pid);
        CHECK(WIFSIGNALED(status));
        CHECK_EQUAL(WTERMSIG(status), signal);
    }
    int pid = fork_exiting(0, 60000);
    CHECK_EQUAL(process_kill(HANDLE_SELF, pid, 0), -E_INVAL);
    CHECK_EQUAL(process_kill(HANDLE_SELF, pid, DEATH_LAST + 1), -E_INVAL);
    CHECK_EQUAL(process_kill(HANDLE_SELF, pid, -1), -E_INVAL);
    tap_kill(pid);
}

/* Any order of ending, any order of waiting. */
static void test_each_child_is_found_by_its_pid(void)
{
    int pids[CHILDREN];
    for (int i = 0; i < CHILDREN; i++)
        pids[i] = fork_exiting(i, (unsigned)tap_random_below(20));
    for (int i = CHILDREN - 1; i >= 0; i--)
        CHECK_EQUAL(WEXITSTATUS(tap_wait(pids[i])), i);
}

static void test_any_child_comes_once(void)
{
    unsigned seen = 0;
    for (int i = 0; i < CHILDREN; i++)
        fork_exiting(i, (unsigned)tap_random_below(20));
    for (int i = 0; i < CHILDREN; i++) {
        int status = 0;
        CHECK(waitpid(-1, &status, 0) > 0);
        CHECK((seen & 1u << WEXITSTATUS(status)) == 0);
        seen |= 1u << WEXITSTATUS(status);
    }
    CHECK_EQUAL(seen, (1u << CHILDREN) - 1);
    CHECK_EQUAL(waitpid(-1, NULL, 0), -1);
    CHECK_EQUAL(errno, ECHILD);
}

static void test_no_hang(void)
{
    CHECK_EQUAL(process_wait(-1, WAIT_NO_HANG, NULL), -E_CHILD);
    int pid = fork_exiting(5, 30);
    CHECK_EQUAL(process_wait(pid, WAIT_NO_HANG, NULL), 0);
    CHECK_EQUAL(process_wait(-1, WAIT_NO_HANG, NULL), 0);
    sleep_ms(100);
    int status = 0;
    CHECK_EQUAL(waitpid(-1, &status, WNOHANG), pid);
    CHECK_EQUAL(WEXITSTATUS(status), 5);
    CHECK_EQUAL(process_wait(pid, WAIT_NO_HANG, NULL), -E_CHILD);
}

static void test_refuses_what_is_no_child(void)
{
    CHECK_EQUAL(process_wait(getpid(), 0, NULL), -E_CHILD);
    CHECK_EQUAL(process_wait(1, 0, NULL), -E_CHILD);
    CHECK_EQUAL(process_wait(1 << 30, 0, NULL), -E_CHILD);
    CHECK_EQUAL(process_wait(-1, 2, NULL), -E_INVAL);
    CHECK_EQUAL(process_wait(-1, -1, NULL), -E_INVAL);
}

/* A zombie keeps its pid and its status, and nothing else that costs much. */
static void test_zombie_stays_until_waited_for(void)
{
    struct process_info info = {0};
    int pid = fork_exiting(9, 0);
    for (int tries = 0; tries < 200 && info.exited == 0; tries++) {
        sleep_ms(5);
        CHECK_EQUAL(process_info(HANDLE_SELF, pid, &info), pid);
    }
    CHECK_EQUAL(info.exited, 1);
    CHECK_EQUAL(info.threads, 0);
    CHECK_EQUAL(info.handles, 0);
    CHECK_EQUAL(info.pages, 0);
    CHECK_EQUAL(WEXITSTATUS(tap_wait(pid)), 9);
    CHECK(process_info(HANDLE_SELF, pid, &info) != pid);
}

/* The orphan tells the grandparent through shared memory who its parent is. */
static void test_orphan_goes_to_init(void)
{
    volatile int *new_parent = map_shared(PAGE);
    int child = fork();
    if (child == 0) {
        int parent = getpid();
        if (fork() != 0)
            _exit(0);
        while (getppid() == parent)
            sleep_ms(1);
        *new_parent = getppid();
        _exit(0);
    }
    tap_join(child);
    for (int tries = 0; tries < 1000 && *new_parent == 0; tries++)
        sleep_ms(2);
    CHECK_EQUAL(*new_parent, 1);
    unmap_pages((void *)new_parent, PAGE);
}

/* A parent that ends with zombies leaves none behind: the census after the test counts. */
static void leave_zombies(void *unused)
{
    (void)unused;
    for (int i = 0; i < CHILDREN; i++)
        fork_exiting(i, i % 2 == 0 ? 0 : 10);
    sleep_ms(5);
}

static void test_zombies_of_the_dead_are_reaped(void) { tap_join(tap_fork(leave_zombies, NULL)); }

static void test_watch_signals_the_end(void)
{
    uint64_t pending = 0;
    int event = (int)event_create();
    CHECK_EQUAL(process_watch(event, 6), 0);
    int pid = fork_exiting(0, 10);
    CHECK_EQUAL(event_wait(event, 2, DEADLINE_NONE, &pending), 0);
    CHECK_EQUAL(pending, 2);
    tap_join(pid);
    CHECK_EQUAL(process_watch(HANDLE_NONE, 0), 0);
    CHECK_EQUAL(event_wait(event, 4, 0, &pending), 0);
    tap_join(fork_exiting(0, 0));
    CHECK_EQUAL(event_wait(event, 7, deadline_in_ms(1), &pending), -E_TIMEDOUT);
    handle_close(event);
}

static void make_a_tree(void *unused)
{
    (void)unused;
    for (int depth = 0; depth < 5; depth++)
        if (fork() < 0)
            break;
    sleep_ms(60000);
}

static void test_kill_of_a_tree(void)
{
    int root = tap_fork(make_a_tree, NULL);
    struct process_info info;
    int processes = 0;
    for (int tries = 0; tries < 500 && processes < 33; tries++) {
        sleep_ms(5);
        processes = 0;
        for (int pid = 0; process_info(HANDLE_SELF, pid, &info) > 0; pid = info.pid + 1)
            processes++;
    }
    CHECK_EQUAL(processes, 33);
    CHECK_EQUAL(process_kill(HANDLE_SELF, root, DEATH_KILLED | KILL_TREE), 0);
    CHECK_EQUAL(WTERMSIG(tap_wait(root)), DEATH_KILLED);
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"wait_exit_codes", test_exit_codes, 0},
        {"wait_signals", test_signals, 0},
        {"wait_each_child_is_found_by_its_pid", test_each_child_is_found_by_its_pid, 0},
        {"wait_any_child_comes_once", test_any_child_comes_once, 0},
        {"wait_no_hang", test_no_hang, 0},
        {"wait_refuses_what_is_no_child", test_refuses_what_is_no_child, 0},
        {"wait_zombie_stays_until_waited_for", test_zombie_stays_until_waited_for, 0},
        {"wait_orphan_goes_to_init", test_orphan_goes_to_init, 0},
        {"wait_zombies_of_the_dead_are_reaped", test_zombies_of_the_dead_are_reaped, 0},
        {"wait_watch_signals_the_end", test_watch_signals_the_end, 0},
        {"wait_kill_of_a_tree", test_kill_of_a_tree, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
