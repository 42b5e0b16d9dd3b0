/* tap.c - runs the tests of a program, judges and prints (tap.h).
 *
 * Two processes: the watchdog, which only waits, and the runner, in which everything happens. State
 * belongs to the runner; a forked child gets a copy and reports by its exit status alone.
 */
#include "tap.h"

#include <octavo/calls.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "census.h"

enum {
    DEFAULT_SEED = 1,
    DEFAULT_SECONDS = 60,
    FAILURES_SHOWN = 12, /* in each process of each test */
    SETTLE_MILLISECONDS =
        3000, /* for orphans to be reaped and servers to hear of closed channels */
};

static struct {
    bool failed; /* a check of the current test, or of this child, did not hold */
    unsigned failures;
    bool warming_up;
    uint64_t seed;
    uint64_t random;
} tap;

/* ---- checks and numbers ---------------------------------------------------------------------- */

void tap_comment(const char *format, ...)
{
    char line[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    printf("# %s\n", line);
    fflush(stdout);
}

/* A loop that goes wrong says so some times, not ten thousand. */
static bool note_failure(void)
{
    tap.failed = true;
    if (++tap.failures == FAILURES_SHOWN + 1)
        tap_comment("more checks failed");
    return tap.failures <= FAILURES_SHOWN;
}

bool tap_check(bool condition, const char *file, int line, const char *text)
{
    if (!condition && note_failure())
        tap_comment("%s:%d: %s", file, line, text);
    return condition;
}

bool tap_check_equal(long actual, long expected, const char *file, int line, const char *text)
{
    if (actual != expected && note_failure())
        tap_comment("%s:%d: %s (%ld, %ld)", file, line, text, actual, expected);
    return actual == expected;
}

bool tap_warming_up(void) { return tap.warming_up; }

/* splitmix64: any seed is a good one. */
uint64_t tap_random(void)
{
    uint64_t z = tap.random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t tap_random_below(uint64_t limit) { return tap_random() % limit; }

/* Goes on only once the terminal has sent all: what a test makes the kernel log goes to the same
 * port, and with several harts at the same time. */
static void line_end(void)
{
    fflush(stdout);
    fsync(STDOUT_FILENO);
}

/* ---- children -------------------------------------------------------------------------------- */

int tap_fork(void (*body)(void *argument), void *argument)
{
    fflush(stdout);
    int pid = fork();
    if (pid != 0) {
        CHECK(pid > 0);
        return pid;
    }
    tap.failed = false;
    body(argument);
    fflush(stdout);
    _exit(tap.failed);
}

int tap_wait(int pid)
{
    int status = -1;
    CHECK_EQUAL(waitpid(pid, &status, 0), pid);
    return status;
}

void tap_join(int pid) { CHECK_EQUAL(tap_wait(pid), 0); }

void tap_kill(int pid)
{
    CHECK_EQUAL(process_kill(HANDLE_SELF, pid, DEATH_KILLED | KILL_TREE), 0);
    tap_wait(pid);
}

/* ---- the runner ------------------------------------------------------------------------------ */

/* One of the two runs. Both see the same random numbers, so that they do the same work. */
static void run_once(const struct tap_test *test, bool warming_up)
{
    tap.warming_up = warming_up;
    tap.random = tap.seed;
    for (const char *c = test->name; *c != '\0'; c++)
        tap.random = tap.random * 31 + (uint64_t)*c;
    test->run();
}

static void run_test(const struct tap_test *test, size_t number)
{
    struct census before, after;
    tap.failed = false;
    tap.failures = 0;
    run_once(test, true);
    census_settle();
    census_take(&before);
    run_once(test, false);
    for (int waited = 0; waited < SETTLE_MILLISECONDS; waited += 10) {
        census_take(&after);
        if (census_equal(&before, &after))
            break;
        usleep(10000);
    }
    if (!CHECK(census_equal(&before, &after)))
        census_print_difference(&before, &after);
    printf("%s %zu - %s\n", tap.failed ? "not ok" : "ok", number, test->name);
    line_end();
}

/* Without names every test is wanted. */
static bool test_is_wanted(const struct tap_test *test, int count, char **names)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], test->name) == 0)
            return true;
    return count == 0;
}

static void print_plan(const struct tap_test *tests, size_t count, int names_count, char **names)
{
    size_t planned = 0;
    for (size_t i = 0; i < count; i++)
        planned += test_is_wanted(&tests[i], names_count, names);
    printf("# seed %llu\n1..%zu\n", (unsigned long long)tap.seed, planned);
    line_end();
}

/* The runner's work: every wanted test in order. The exit status says whether all went well. */
static int run_all(const struct tap_test *tests, size_t count, int names_count, char **names)
{
    bool all_well = true;
    size_t number = 0;
    print_plan(tests, count, names_count, names);
    for (size_t i = 0; i < count; i++) {
        if (!test_is_wanted(&tests[i], names_count, names))
            continue;
        run_test(&tests[i], ++number);
        all_well = all_well && !tap.failed;
    }
    return all_well ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- the watchdog ---------------------------------------------------------------------------- */

static uint64_t deadline_of(const struct tap_test *tests, size_t count, int names_count,
                            char **names)
{
    uint64_t seconds = 0;
    for (size_t i = 0; i < count; i++)
        if (test_is_wanted(&tests[i], names_count, names))
            seconds += tests[i].seconds != 0 ? tests[i].seconds : DEFAULT_SECONDS;
    return clock_get() + seconds * 1000000000u;
}

int tap_main(int argc, char **argv, const struct tap_test *tests, size_t count)
{
    int names_count = argc > 2 ? argc - 2 : 0;
    char **names = argv + argc - names_count;
    tap.seed = argc > 1 ? strtoull(argv[1], NULL, 0) : DEFAULT_SEED;

    int ended = (int)event_create();
    int status = EXIT_FAILURE << 8;
    process_watch(ended, 1);
    int runner = fork();
    if (runner == 0) {
        close(ended);
        exit(run_all(tests, count, names_count, names));
    }
    if (event_wait(ended, 1, deadline_of(tests, count, names_count, names), NULL) < 0) {
        printf("Bail out! out of time\n");
        process_kill(HANDLE_SELF, runner, DEATH_KILLED | KILL_TREE);
    }
    waitpid(runner, &status, 0);
    if (!WIFEXITED(status))
        printf("Bail out! the tests' own process was killed by signal %d\n", WTERMSIG(status));
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}
