/* exec.c - one program becomes another: arguments, environment, handles, and refusals that cost
 * nothing.
 *
 * The program execs itself as `exec --again DEPTH ...` and checks there what arrived.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/tap.h"

enum {
    CHAIN = 5,
    STRINGS_MAX = 600,
    ARGUMENT_BYTES = 64 << 10,
    FAILURES = 50,
};

extern char **environ;

static const char self[] = "/tests/exec";

/* String number n of a list, different in text and length from the others. */
static char *make_string(unsigned n, const char *prefix, size_t length)
{
    char *text = malloc(length + 1);
    size_t used = (size_t)sprintf(text, "%s%u=", prefix, n);
    for (size_t i = used; i < length; i++)
        text[i] = (char)('!' + (n * 7 + i) % 90);
    text[length] = '\0';
    return text;
}

/* Does the text follow make_string()? */
static bool string_is_right(const char *text, unsigned n, const char *prefix, size_t length)
{
    char *right = make_string(n, prefix, length);
    bool same = strcmp(text, right) == 0;
    free(right);
    return same;
}

/* `bytes` of strings, each of `length`, behind the `first` ones that stand already; NULL ends. */
static void fill_list(char **list, unsigned first, const char *prefix, size_t bytes, size_t length)
{
    unsigned count = (unsigned)(bytes / (length + 1));
    for (unsigned i = 0; i < count; i++)
        list[first + i] = make_string(i, prefix, length);
    list[first + count] = NULL;
}

static bool list_is_right(char **list, const char *prefix, size_t bytes, size_t length)
{
    unsigned count = (unsigned)(bytes / (length + 1));
    for (unsigned i = 0; i < count; i++)
        if (list[i] == NULL || !string_is_right(list[i], i, prefix, length))
            return false;
    return list[count] == NULL;
}

/* Becomes `exec --again DEPTH PID` with lists of those sizes; comes back only on failure. */
static void exec_again(int depth, size_t argument_bytes, size_t environment_bytes, size_t length)
{
    char *arguments[STRINGS_MAX + 8], *environment[STRINGS_MAX + 1];
    char numbers[5][24];
    arguments[0] = (char *)(uintptr_t)self;
    arguments[1] = (char *)(uintptr_t) "--again";
    long values[5] = {depth, getpid(), (long)argument_bytes, (long)environment_bytes, (long)length};
    for (int i = 0; i < 5; i++) {
        snprintf(numbers[i], sizeof numbers[i], "%ld", values[i]);
        arguments[2 + i] = numbers[i];
    }
    fill_list(arguments, 7, "A", argument_bytes, length);
    fill_list(environment, 0, "E", environment_bytes, length);
    execve(self, arguments, environment);
    CHECK_EQUAL(errno, 0);
}

/* What `exec --again` does: 0 when all arrived. */
static int run_again(int argc, char **argv)
{
    struct process_info info;
    if (argc < 7 || strcmp(argv[0], self) != 0)
        return 10;
    int depth = atoi(argv[2]);
    size_t argument_bytes = strtoul(argv[4], NULL, 10), length = strtoul(argv[6], NULL, 10);
    size_t environment_bytes = strtoul(argv[5], NULL, 10);
    if (atoi(argv[3]) != getpid())
        return 11;
    if (!list_is_right(argv + 7, "A", argument_bytes, length) || argv[argc] != NULL)
        return 12;
    if (!list_is_right(environ, "E", environment_bytes, length))
        return 13;
    if (process_info(HANDLE_SELF, getpid(), &info) < 0 || strcmp(info.name, "exec") != 0)
        return 14;
    if (depth == 0)
        return 0;
    exec_again(depth - 1, argument_bytes, environment_bytes, length);
    return 15;
}

struct sizes {
    size_t arguments, environment, length;
};

static void exec_with_sizes(void *sizes)
{
    struct sizes *wanted = sizes;
    exec_again(CHAIN, wanted->arguments, wanted->environment, wanted->length);
}

static void test_chain_with_arguments_and_environment(void)
{
    static struct sizes sizes[] = {
        {0, 0, 10},
        {ARGUMENT_BYTES, 0, 127},
        {0, ARGUMENT_BYTES, 255},
        {ARGUMENT_BYTES / 2, ARGUMENT_BYTES / 2, 4095},
        {ARGUMENT_BYTES, 0, ARGUMENT_BYTES - 1},
    };
    for (size_t i = 0; i < TAP_COUNT(sizes); i++)
        tap_join(tap_fork(exec_with_sizes, &sizes[i]));
}

static void test_too_many_arguments_are_refused(void)
{
    size_t size = 1 << 20;
    char *big = malloc(size);
    memset(big, 'x', size - 1);
    big[size - 1] = '\0';
    char *arguments[] = {(char *)(uintptr_t)self, big, NULL};
    char *none[] = {NULL};
    CHECK_EQUAL(execve(self, arguments, none), -1);
    CHECK_EQUAL(errno, E2BIG);
    CHECK_EQUAL(execve(self, none, arguments), -1);
    CHECK_EQUAL(errno, E2BIG);
    free(big);
}

static void test_refusals_leak_nothing(void)
{
    static const struct {
        const char *path;
        int error;
    } cases[] = {
        {"/tests/no-such-program", ENOENT},
        {"/no-such-directory/x", ENOENT},
        {"/tests/exec/x", ENOTDIR},
        {"/tests", EACCES},
        {"/", EACCES},
        {"/etc/servers", EACCES},
        {"", ENOENT},
    };
    char *arguments[] = {(char *)(uintptr_t) "x", NULL};
    for (int round = 0; round < FAILURES; round++)
        for (size_t i = 0; i < TAP_COUNT(cases); i++) {
            CHECK_EQUAL(execve(cases[i].path, arguments, environ), -1);
            if (!CHECK_EQUAL(errno, cases[i].error))
                tap_comment("the path was `%s`", cases[i].path);
        }
}

static void run_true_by_path(void *name)
{
    char *arguments[] = {(char *)name, NULL};
    setenv("PATH", "/no-such:/etc:/bin", 1);
    execvp(name, arguments);
    CHECK_EQUAL(errno, ENOENT);
}

static void test_search_along_path(void)
{
    char there[] = "true", nowhere[] = "no-such-program";
    tap_join(tap_fork(run_true_by_path, there));
    tap_join(tap_fork(run_true_by_path, nowhere));
}

/* Exits 0 if the handle is gone (argument "closed") or still an event ("open"). */
static int run_look(char **argv)
{
    bool open = handle_control(atoi(argv[2]), HANDLE_GET, 0) >= 0;
    return open == (strcmp(argv[3], "open") == 0) ? 0 : 1;
}

static void exec_look(void *flags)
{
    char number[16];
    int event = (int)event_create();
    snprintf(number, sizeof number, "%d", event);
    CHECK_EQUAL(handle_control(event, HANDLE_SET_FLAGS, *(uint64_t *)flags), 0);
    char *state = (char *)(uintptr_t)(*(uint64_t *)flags != 0 ? "closed" : "open");
    char *arguments[] = {(char *)(uintptr_t)self, (char *)(uintptr_t) "--look", number, state,
                         NULL};
    execve(self, arguments, environ);
}

static void test_handles_stay_but_those_marked(void)
{
    uint64_t flags[] = {0, HANDLE_CLOEXEC};
    tap_join(tap_fork(exec_look, &flags[0]));
    tap_join(tap_fork(exec_look, &flags[1]));
}

static void wait_for_ever(void *unused)
{
    (void)unused;
    for (;;)
        clock_sleep(DEADLINE_NONE);
}

static void exec_with_threads(void *unused)
{
    static char stacks[3][PAGE];
    (void)unused;
    for (int i = 0; i < 3; i++)
        start_thread(wait_for_ever, NULL, stacks[i], PAGE);
    thread_reaches(getpid(), 3, THREAD_SLEEP);
    execl("/bin/true", "true", (char *)NULL);
}

static void test_other_threads_end(void) { tap_join(tap_fork(exec_with_threads, NULL)); }

/* A space that a child of this process runs in. */
static void run_in_space(void *space) { process_exec(*(int *)space, 0x10000, 0x20000, "loop", 4); }

static void test_raw_exec_refuses(void)
{
    static const uint32_t loop = 0x0000006f; /* j . */
    struct mapping mapping = {.length = PAGE, .flags = MAP_WRITE | MAP_SHARE};
    mapping.memory = (int32_t)memory_create(PAGE, MEMORY_ANONYMOUS, HANDLE_NONE);
    void *page = (void *)(uintptr_t)vm_map(HANDLE_SPACE, &mapping);
    memcpy(page, &loop, sizeof loop);
    int space = (int)space_create();
    mapping.address = 0x10000;
    mapping.flags = MAP_READ | MAP_EXECUTE | MAP_EXACT;
    CHECK_EQUAL(vm_map(space, &mapping), 0x10000);

    CHECK_EQUAL(process_exec(HANDLE_SELF, 0x10000, 0, "x", 1), -E_BADF);
    CHECK_EQUAL(process_exec(-1, 0x10000, 0, "x", 1), -E_BADF);
    CHECK_EQUAL(process_exec(space, UINT64_MAX - 0xfff, 0, "x", 1), -E_INVAL);
    CHECK_EQUAL(process_exec(space, 0x10000, UINT64_MAX - 0xfff, "x", 1), -E_INVAL);
    CHECK_EQUAL(process_exec(space, 0x10000, 0, (char *)8, 1), -E_FAULT);
    int child = tap_fork(run_in_space, &space);
    struct process_info info = {0};
    for (int tries = 0; tries < 500 && strcmp(info.name, "loop") != 0; tries++) {
        sleep_ms(2);
        process_info(HANDLE_SELF, child, &info);
    }
    CHECK_EQUAL(strcmp(info.name, "loop"), 0);
    CHECK_EQUAL(process_exec(space, 0x10000, 0x20000, "x", 1), -E_BUSY);
    tap_kill(child);
    unmap_pages(page, PAGE);
    handle_close(space);
    handle_close(mapping.memory);
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"exec_chain_with_arguments_and_environment", test_chain_with_arguments_and_environment, 0},
        {"exec_too_many_arguments_are_refused", test_too_many_arguments_are_refused, 0},
        {"exec_refusals_leak_nothing", test_refusals_leak_nothing, 0},
        {"exec_search_along_path", test_search_along_path, 0},
        {"exec_handles_stay_but_those_marked", test_handles_stay_but_those_marked, 0},
        {"exec_other_threads_end", test_other_threads_end, 0},
        {"exec_raw_refuses", test_raw_exec_refuses, 0},
    };
    if (argc > 1 && strcmp(argv[1], "--again") == 0)
        return run_again(argc, argv);
    if (argc == 4 && strcmp(argv[1], "--look") == 0)
        return run_look(argv);
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
