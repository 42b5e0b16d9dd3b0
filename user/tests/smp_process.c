/* smp_process.c - fork, exec, exit and wait from many threads and processes at once: every child
 * is a good copy, ends with its own status and is reaped once.
 *
 * The program execs itself as `smp_process --exit CODE`, which exits with it if it runs alone.
 * Children forked while other threads run use no lock of the library: its holder is not there.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <octavo/program.h>

#include "tests/lib/help.h"
#include "tests/lib/smp.h"
#include "tests/lib/tap.h"

enum {
    PROCESSES = 3,
    THREADS = 3,
    FORKS = 24,
    EXECS = 8, /* of each thread: 48 together */
    CROWDED = 20,
    ORPHANS = 24,
    FAMILY = 40,
};

static const char self[] = "/tests/smp_process";
static uint64_t seed;

/* ---- fork, exit, wait -------------------------------------------------------------------------
 */

/* The child of a fork among threads; sometimes it has a child itself. */
static _Noreturn void be_child(uint64_t value, volatile uint64_t *copy)
{
    int status = 0;
    long grandchild = value % 3 == 0 ? process_fork() : -1;
    *copy = value + 1; /* the parent must not see it */
    if (grandchild == 0)
        process_exit((int)(value % 100));
    if (grandchild > 0)
        if (process_wait((int)grandchild, 0, &status) != grandchild ||
            status != STATUS_EXITED((int)(value % 100)))
            process_exit(255);
    process_exit((int)(value % 200));
}

static void *fork_and_wait(void *number)
{
    uint64_t random = seed + (uintptr_t)number * 313;
    volatile uint64_t copy = 0;
    unsigned rounds = rounds_of(FORKS);
    for (unsigned i = 0; i < rounds; i++) {
        int status = -1;
        uint64_t value = random_next(&random);
        copy = value;
        long child = process_fork();
        if (child == 0)
            be_child(copy, &copy);
        CHECK_EQUAL(process_wait((int)child, 0, &status), child);
        CHECK_EQUAL(status, STATUS_EXITED((int)(value % 200)));
        CHECK_EQUAL(copy, value);
    }
    return NULL;
}

static void fork_from_threads(void *number)
{
    seed += (uintptr_t)number << 24;
    crew_run(THREADS, fork_and_wait);
}

static void test_fork_storm(void)
{
    int children[PROCESSES];
    seed = tap_random();
    for (uintptr_t i = 0; i < PROCESSES; i++)
        children[i] = tap_fork(fork_from_threads, (void *)i);
    for (int i = 0; i < PROCESSES; i++)
        tap_join(children[i]);
}

/* ---- wait for any -----------------------------------------------------------------------------
 */

static uint32_t reaped[FAMILY], strangers;
static int family[FAMILY];

static void *reap(void *unused)
{
    int status;
    for (;;) {
        long pid = process_wait(-1, 0, &status);
        if (pid == -E_CHILD)
            return unused;
        int code = WEXITSTATUS(status);
        if (!WIFEXITED(status) || code >= FAMILY || family[code] != pid)
            __atomic_fetch_add(&strangers, 1, __ATOMIC_RELAXED);
        else
            __atomic_fetch_add(&reaped[code], 1, __ATOMIC_RELAXED);
    }
}

static void reap_from_threads(void *unused)
{
    struct crew crew;
    uint32_t go = 0, *start = map_shared(PAGE);
    (void)unused;
    for (int i = 0; i < FAMILY; i++) {
        family[i] = (int)process_fork();
        if (family[i] == 0) {
            futex_wait(start, go, DEADLINE_NONE);
            process_exit(i);
        }
    }
    crew_start(&crew, THREADS, reap);
    *start = 1;
    futex_wake(start, FAMILY);
    crew_join(&crew);
    CHECK_EQUAL(strangers, 0);
    for (int i = 0; i < FAMILY; i++)
        CHECK_EQUAL(reaped[i], 1);
}

/* Several threads wait for any child: each child is reaped once. */
static void test_each_is_reaped_once(void)
{
    unsigned rounds = rounds_of(20);
    for (unsigned i = 0; i < rounds; i++)
        tap_join(tap_fork(reap_from_threads, NULL));
}

static void leave_orphans(void *unused)
{
    (void)unused;
    for (int i = 0; i < 4; i++)
        if (process_fork() == 0)
            process_exit(process_fork() == 0);
}

/* Parent and children end at once; whoever is left goes to init. The census sees if one stays. */
static void test_parents_end_with_children(void)
{
    unsigned rounds = rounds_of(ORPHANS);
    for (unsigned i = 0; i < rounds; i++)
        tap_join(tap_fork(leave_orphans, NULL));
}

/* ---- exec -------------------------------------------------------------------------------------
 */

static int load_self(int code, struct program *program)
{
    char text[16];
    char *arguments[] = {(char *)(uintptr_t)self, (char *)(uintptr_t) "--exit", text, NULL};
    snprintf(text, sizeof text, "%d", code);
    return program_load(self, arguments, arguments + 3, program);
}

/* What `smp_process --exit CODE` does. */
static int exit_if_alone(const char *code)
{
    struct process_info info = {0};
    if (process_info(HANDLE_SELF, getpid(), &info) < 0 || info.threads != 1)
        return 254;
    return strcmp(info.name, "smp_process") == 0 ? atoi(code) : 253;
}

static void *spawn_and_wait(void *number)
{
    uint64_t random = seed + (uintptr_t)number * 17;
    unsigned rounds = rounds_of(EXECS);
    for (unsigned i = 0; i < rounds; i++) {
        struct program program;
        int status = -1, code = (int)random_below(&random, 100);
        if (!CHECK_EQUAL(load_self(code, &program), 0))
            break;
        long child = process_fork();
        if (child == 0) {
            program_run(&program);
            process_exit(255);
        }
        program_unload(&program);
        CHECK_EQUAL(process_wait((int)child, 0, &status), child);
        CHECK_EQUAL(status, STATUS_EXITED(code));
    }
    return NULL;
}

static void spawn_from_threads(void *number)
{
    seed += (uintptr_t)number << 24;
    crew_run(2, spawn_and_wait);
}

static void test_exec_storm(void)
{
    int children[PROCESSES];
    seed = tap_random();
    for (uintptr_t i = 0; i < PROCESSES; i++)
        children[i] = tap_fork(spawn_from_threads, (void *)i);
    for (int i = 0; i < PROCESSES; i++)
        tap_join(children[i]);
}

/* ---- exec among threads -----------------------------------------------------------------------
 */

static struct board {
    uint32_t ready;
    uint64_t counter[4]; /* of threads that compute */
} * board;

static struct program programs[2];
static uint32_t run_now;

static void *disturb(void *number)
{
    uint64_t kind = (uintptr_t)number, value = 0;
    for (;;) {
        __atomic_fetch_add(&board->counter[kind], 1, __ATOMIC_RELAXED);
        if (kind == 1)
            futex_wait(&run_now, 2, deadline_in_ms(1));
        else if (kind == 2)
            handle_close((int)port_create());
        else if (kind == 3)
            clock_sleep(clock_get() + 200000);
        else
            value++;
    }
    return (void *)(uintptr_t)value;
}

static void *run_program(void *number)
{
    __atomic_fetch_add(&board->ready, 1, __ATOMIC_RELEASE);
    spin_until(&run_now, 1);
    program_run(&programs[(uintptr_t)number]);
    _exit(255);
}

static void exec_among_threads(void *unused)
{
    struct crew disturbers, runners;
    (void)unused;
    CHECK_EQUAL(load_self(40, &programs[0]), 0);
    CHECK_EQUAL(load_self(41, &programs[1]), 0);
    crew_start(&disturbers, 4, disturb);
    crew_start(&runners, 2, run_program);
    spin_until(&board->ready, 2);
    __atomic_store_n(&run_now, 1, __ATOMIC_RELEASE);
    disturb(NULL);
}

static uint64_t counted(void)
{
    uint64_t sum = 0;
    for (int i = 0; i < 4; i++)
        sum += __atomic_load_n(&board->counter[i], __ATOMIC_RELAXED);
    return sum;
}

/* Two threads exec at once while others run: one wins, and all the others are dead when its
 * program runs. */
static void test_exec_ends_other_threads(void)
{
    unsigned rounds = rounds_of(CROWDED);
    board = map_shared(PAGE);
    for (unsigned i = 0; i < rounds; i++) {
        board->ready = 0;
        int status = tap_wait(tap_fork(exec_among_threads, NULL));
        uint64_t sum = counted();
        if (!CHECK(status == STATUS_EXITED(40) || status == STATUS_EXITED(41)))
            tap_comment("round %u: status %#x", i, (unsigned)status);
        sleep_ms(1);
        CHECK_EQUAL(counted(), sum);
    }
    unmap_pages(board, PAGE);
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"smp_process_fork_storm", test_fork_storm, 0},
        {"smp_process_each_is_reaped_once", test_each_is_reaped_once, 0},
        {"smp_process_parents_end_with_children", test_parents_end_with_children, 0},
        {"smp_process_exec_storm", test_exec_storm, 0},
        {"smp_process_exec_ends_other_threads", test_exec_ends_other_threads, 0},
    };
    if (argc == 3 && strcmp(argv[1], "--exit") == 0)
        return exit_if_alone(argv[2]);
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
