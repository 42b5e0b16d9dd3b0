#pragma once
/* tap.h - what every test program stands on: a list of tests, checks, a seed, and the count of
 * frames and objects before and after.
 *
 * A program prints TAP: `1..N`, then `ok 1 - name` or `not ok 1 - name` for each test, and before a
 * `not ok` the checks that failed as comments. Each test runs twice: the first run warms up what
 * grows once (heaps, caches of the servers); the second must leave as many free frames and live
 * objects as it found. A watchdog, the parent of the process that runs the tests, ends a program
 * that hangs.
 *
 *   usage: PROGRAM [SEED [TEST...]]
 *
 * The seed comes first as `# seed N`; the same seed gives the same run. Names of tests leave out
 * all others.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tap_test {
    const char *name; /* `module_claim` */
    void (*run)(void);
    unsigned seconds; /* the watchdog's limit for both runs; 0: a minute */
};

/* Runs the tests as the arguments say; the exit status for main. */
int tap_main(int argc, char **argv, const struct tap_test *tests, size_t count);

#define TAP_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Notes a failed check, with its place in the file, and goes on. The value is the condition's. */
#define CHECK(condition) tap_check((condition), __FILE__, __LINE__, #condition)

/* The same for two integers, both of which are printed when they differ. */
#define CHECK_EQUAL(actual, expected) \
    tap_check_equal((long)(actual), (long)(expected), __FILE__, __LINE__, #actual " == " #expected)

bool tap_check(bool condition, const char *file, int line, const char *text);
bool tap_check_equal(long actual, long expected, const char *file, int line, const char *text);

/* Prints a comment line, in one write. */
void tap_comment(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The first of the two runs: long tests do less of the same work. */
bool tap_warming_up(void);

/* Pseudo-random numbers that depend on the seed, the test and the place in its sequence alone. */
uint64_t tap_random(void);
uint64_t tap_random_below(uint64_t limit); /* 0 up to limit - 1 */

/* Runs `body` in a forked child and ends it there. Its checks count: the child's status is 0 if all
 * held, and tap_join() checks just that. Returns the child's pid. */
int tap_fork(void (*body)(void *argument), void *argument);

/* Waits for the child and returns its wait status. */
int tap_wait(int pid);

/* Waits for a child of tap_fork() and checks that it ended well. */
void tap_join(int pid);

/* Ends the child and waits for it. */
void tap_kill(int pid);
