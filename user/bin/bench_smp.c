/* bench_smp.c - what two independent workers do together in a given time, to compare harts.
 *
 * A line is `row name operations nanoseconds`. scripts/bench-smp runs it on one hart and on two.
 * A worker is a process, or two that call each other; workers share the page they count in, each
 * a line of its own. With `pinned` worker n stays on hart n, as far as there are harts; else the
 * scheduler decides.
 */
#include <octavo/calls.h>
#include <octavo/ipc.h>

#include <inttypes.h>
#include <stdlib.h>

#include "utility.h"

static const char usage[] =
    "usage: bench_smp [MILLISECONDS]\n"
    "Counts what two pairs of processes that call each other, and two that fork,\n"
    "do in that time, a second unless given. Its figures are for comparing one\n"
    "hart with two: see `make bench-smp`.\n";

enum { WORKERS = 2, CACHE_LINE = 64, PAGE = 4096, MILLISECONDS_DEFAULT = 1000 };

struct row {
    const char *name;
    void (*work)(volatile uint64_t *operations); /* never returns */
    bool pinned;
};

/* ---- what workers do --------------------------------------------------------------------------
 */

static void answer(int port)
{
    static const struct message nothing;
    struct message m = {0};

    while (message_reply_recv(port, 0, &nothing, &m) == 0)
        continue;
    process_exit(1);
}

static void call(volatile uint64_t *operations)
{
    int port = (int)port_create();
    int channel = (int)channel_create(port, 0);

    if (process_fork() == 0)
        answer(port);
    for (;; ++*operations) {
        struct message m = {.label = 1, .word = {1, 2, 3}};

        if (message_call(channel, &m) != 0)
            process_exit(1);
    }
}

static void fork_and_wait(volatile uint64_t *operations)
{
    for (;; ++*operations) {
        long child = process_fork();

        if (child == 0)
            process_exit(0);
        if (child < 0 || process_wait((int)child, 0, NULL) != child)
            process_exit(1);
    }
}

static const struct row rows[] = {
    {"message", call, false},
    {"message_pinned", call, true},
    {"fork_exit", fork_and_wait, false},
    {"fork_exit_pinned", fork_and_wait, true},
};

/* ---- counting ---------------------------------------------------------------------------------
 */

static volatile uint64_t *counter_of(long page, int worker)
{
    return (volatile uint64_t *)(uintptr_t)(page + worker * CACHE_LINE);
}

static uint64_t sum(long page)
{
    uint64_t operations = 0;

    for (int i = 0; i < WORKERS; i++)
        operations += *counter_of(page, i);
    return operations;
}

/* Forks a worker. -> its pid, or a negated error. */
static long start(const struct row *row, long page, int worker)
{
    long pid = process_fork();

    if (pid != 0)
        return pid;
    /* On a machine with one hart there is no other, and all stay where they are. */
    if (row->pinned)
        thread_control(HANDLE_NONE, THREAD_SET_AFFINITY, 1ull << worker);
    row->work(counter_of(page, worker));
    process_exit(1);
}

/* Lets the workers run; a tenth of the time goes before, to warm up. -> 0 or a negated error. */
static long run(const struct row *row, uint64_t nanoseconds)
{
    struct mapping mapping = {
        .length = PAGE, .flags = MAP_READ | MAP_WRITE | MAP_SHARE, .memory = HANDLE_NONE};
    long page = vm_map(HANDLE_SPACE, &mapping), result = page < 0 ? page : 0;
    long pids[WORKERS] = {0};

    for (int i = 0; i < WORKERS && result >= 0; i++)
        result = pids[i] = start(row, page, i);
    if (result >= 0) {
        clock_sleep(clock_get() + nanoseconds / 10);
        uint64_t before = sum(page), begun = clock_get();
        clock_sleep(begun + nanoseconds);
        uint64_t done = sum(page) - before, took = clock_get() - begun;
        printf("row %s %" PRIu64 " %" PRIu64 "\n", row->name, done, took);
    }
    for (int i = 0; i < WORKERS && pids[i] > 0; i++) {
        process_kill(HANDLE_SELF, (int)pids[i], DEATH_KILLED | KILL_TREE);
        process_wait((int)pids[i], 0, NULL);
    }
    if (page > 0)
        vm_unmap(HANDLE_SPACE, (uint64_t)page, PAGE);
    return result < 0 ? result : 0;
}

int main(int argc, char **argv)
{
    uint64_t milliseconds = MILLISECONDS_DEFAULT;
    int status = 0;

    if (utility_help(argc, argv, usage))
        return 0;
    if (argc == 2)
        milliseconds = strtoul(argv[1], NULL, 10);
    if (argc > 2 || milliseconds == 0)
        return utility_misuse(usage);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        long result = run(&rows[i], milliseconds * 1000000);

        if (result < 0)
            status = utility_fail("bench_smp", rows[i].name, (int)-result);
    }
    return utility_finish("bench_smp", status);
}
