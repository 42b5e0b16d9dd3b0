/* main.c - registers: what a thread finds in them after a system call, after others have computed,
 * after fork, and at its very start. */
#include "probes.h"

#include <octavo/calls.h>

#include <string.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/tap.h"

_Static_assert(SYS_THREAD_EXIT == 13 && SYS_PROCESS_EXIT == 5, "probes.S has the numbers");

enum {
    RA = 1,
    SP = 2,
    A0 = 10,
    A1 = 11,
    ROUNDS = 20000000, /* some ten time slices */
    COMPUTERS = 4,
};

/* ra is the caller's by the ABI, and a stub that returns needs it: it may be zero or kept. */
static bool is_cleared_by_call(int n)
{
    return (n >= 5 && n <= 7) || (n >= A0 && n <= 17) || n > 27;
}

/* All registers but the first `results` from a0 up are as a system call promises. */
static void check_after_call(const uint64_t seen[REGISTERS], int results)
{
    CHECK(seen[RA] == 0 || seen[RA] == PATTERN(RA));
    for (int n = SP + 1; n < REGISTERS; n++) {
        if (n >= A0 && n < A0 + results)
            continue;
        if (!CHECK_EQUAL(seen[n], is_cleared_by_call(n) ? 0 : PATTERN(n)))
            tap_comment("the register was x%d", n);
    }
}

static void test_calls_that_return_at_once(void)
{
    static const struct {
        uint64_t number, first;
        int results;
    } calls[] = {
        {SYS_PROCESS_ID, 0, 2},   {SYS_CLOCK_GET, 0, 1},
        {SYS_THREAD_YIELD, 0, 1}, {SYS_HANDLE_CLOSE, (uint64_t)HANDLE_NONE, 1},
        {SYSTEM_CALLS, 0, 1},     {UINT64_MAX, 0, 1},
        {SYS_REPLY, 12345, 1},    {SYS_PORT_CREATE, 0, 1},
    };
    uint64_t seen[REGISTERS];
    for (size_t i = 0; i < TAP_COUNT(calls); i++) {
        uint64_t arguments[8] = {calls[i].first, 1, 2, 3, 4, 5, 6, calls[i].number};
        probe_call(seen, arguments);
        check_after_call(seen, calls[i].results);
    }
    close((int)seen[A0]);
}

static void test_calls_that_wait(void)
{
    uint64_t seen[REGISTERS];
    int event = (int)event_create();
    uint64_t sleep[8] = {deadline_in_ms(2), [7] = SYS_CLOCK_SLEEP};
    probe_call(seen, sleep);
    check_after_call(seen, 1);
    CHECK_EQUAL(seen[A0], 0);

    uint64_t wait[8] = {(uint64_t)event, 1, deadline_in_ms(2), [7] = SYS_EVENT_WAIT};
    probe_call(seen, wait);
    check_after_call(seen, 2);
    CHECK_EQUAL(seen[A0], -E_TIMEDOUT);
    close(event);
}

static void test_fork_copies_them(void)
{
    uint64_t seen[REGISTERS];
    uint64_t arguments[8] = {1, 2, 3, 4, 5, 6, 7, SYS_PROCESS_FORK};
    probe_call(seen, arguments);
    check_after_call(seen, 1);
    if (seen[A0] == 0)
        _exit(seen[8] != PATTERN(8));
    tap_join((int)seen[A0]);
}

/* In a child: nothing may change while others compute. */
static void compute_integers(void *unused)
{
    (void)unused;
    uint64_t seen[REGISTERS];
    probe_compute(seen, ROUNDS);
    for (int n = RA; n < REGISTERS; n++)
        if (n != SP)
            CHECK_EQUAL(seen[n], PATTERN(n));
}

static void compute_floats(void *first)
{
    uint64_t values[REGISTERS], seen[REGISTERS];
    for (int n = 0; n < REGISTERS; n++)
        values[n] = ((uint64_t)(uintptr_t)first << 40) + PATTERN(n);
    __asm__ volatile("fsrm %0" ::"r"((uintptr_t)first % 5));
    probe_float(seen, values, ROUNDS);
    uint64_t rounding;
    __asm__ volatile("frrm %0" : "=r"(rounding));
    CHECK_EQUAL(rounding, (uintptr_t)first % 5);
    CHECK(memcmp(values, seen, sizeof values) == 0);
}

/* Half of them use floating point, half do not: the kernel saves it only when it is dirty. */
static void test_survive_other_processes(void)
{
    int children[2 * COMPUTERS];
    for (uintptr_t i = 0; i < COMPUTERS; i++) {
        children[2 * i] = tap_fork(compute_integers, NULL);
        children[2 * i + 1] = tap_fork(compute_floats, (void *)(i + 1));
    }
    for (int i = 0; i < 2 * COMPUTERS; i++)
        tap_join(children[i]);
}

static void test_floats_survive_calls_and_fork(void)
{
    uint64_t values[REGISTERS], seen[REGISTERS];
    for (int n = 0; n < REGISTERS; n++)
        values[n] = ~PATTERN(n);
    register double saved __asm__("fs5") = 1234.5;
    __asm__ volatile("" : "+f"(saved));
    thread_yield();
    sleep_ms(1);
    int child = fork();
    __asm__ volatile("" : "+f"(saved));
    if (child == 0)
        _exit(saved != 1234.5);
    tap_join(child);
    CHECK(saved == 1234.5);
    probe_float(seen, values, 1);
    CHECK(memcmp(values, seen, sizeof values) == 0);
}

/* ---- messages, which switch from one thread to the other at once ------------------------------
 */

/* Spoils what it can: floating-point registers and its own integer registers. */
static long serve_with_floats(struct message *request, struct message *reply)
{
    uint64_t values[REGISTERS], seen[REGISTERS];
    for (int n = 0; n < REGISTERS; n++)
        values[n] = request->word[0] + (uint64_t)n;
    probe_float(seen, values, 1);
    reply->word[0] = request->word[0] + 1;
    return memcmp(values, seen, sizeof values) == 0 ? 0 : -E_IO;
}

/* A call may clear floating-point registers or keep them; it never shows another's. */
static void check_floats_after_message(int channel, uint64_t round)
{
    uint64_t values[REGISTERS], seen[REGISTERS];
    uint64_t call[8] = {(uint64_t)channel, 1, round, [7] = SYS_CALL};
    for (uint64_t n = 0; n < REGISTERS; n++)
        values[n] = ~(round << 8 | n);
    CHECK_EQUAL(probe_float_call(seen, values, call), 0);
    for (int n = 0; n < REGISTERS; n++) {
        bool is_saved = n == 8 || n == 9 || (n >= 18 && n <= 27); /* fs0 to fs11 */
        CHECK(seen[n] == values[n] || (seen[n] == 0 && !is_saved));
    }
}

static void test_message_keeps_them(void)
{
    uint64_t seen[REGISTERS];
    int port = (int)port_create();
    int channel = (int)channel_create(port, 1);
    int server = serve(port, serve_with_floats);
    for (uint64_t round = 0; round < 50; round++) {
        uint64_t call[8] = {(uint64_t)channel, 1, round, 3, 4, 0, 0, SYS_CALL};
        probe_call(seen, call);
        check_after_call(seen, 5);
        CHECK_EQUAL(seen[A0], 0);
        CHECK_EQUAL(seen[A0 + 2], round + 1);
        if (round % 5 == 0)
            thread_reaches(server, 0, THREAD_RECV);
        check_floats_after_message(channel, round);
    }
    tap_kill(server);
    handle_close(channel);
    handle_close(port);
}

/* The server's side: what reply_recv leaves alone and what it clears. */
static void test_reply_recv_keeps_them(void)
{
    uint64_t seen[REGISTERS];
    int port = (int)port_create();
    int channel = (int)channel_create(port, 7);
    int client = fork();
    if (client == 0)
        for (;;)
            call_words(channel, 1, 2, 3, 4);
    uint64_t token = 0;
    for (int round = 0; round < 50; round++) {
        uint64_t answer[8] = {token, 0, 0, 0, 0, 0, (uint64_t)port, SYS_REPLY_RECV};
        probe_call(seen, answer);
        check_after_call(seen, 7);
        token = seen[A0];
        CHECK(token != 0);
        for (uint64_t n = 1; n < 5; n++)
            CHECK_EQUAL(seen[A0 + n], n);
        CHECK_EQUAL(seen[A0 + 5], 7);
        CHECK_EQUAL(seen[A0 + 6], 0);
    }
    tap_kill(client);
    handle_close(channel);
    handle_close(port);
}

/* A new thread sees nothing of those before it. */
static void test_new_thread_starts_with_zeros(void)
{
    static _Alignas(16) uint8_t stack[4096];
    static struct probe_start start;
    uint64_t values[REGISTERS], seen[REGISTERS];
    memset(values, 0xa5, sizeof values);
    probe_float(seen, values, 1);
    memset(&start, 0xff, sizeof start);
    start.running = 1;
    uintptr_t top = (uintptr_t)stack + sizeof stack;
    int thread = (int)thread_create((uintptr_t)probe_thread, top, (uintptr_t)&start, 77);
    if (!CHECK(thread >= 0))
        return;
    while (futex_wait(&start.running, 1, DEADLINE_NONE) == 0)
        continue;
    for (int n = RA; n < REGISTERS; n++) {
        uint64_t expected = n == SP ? top : n == 4 ? 77 : n == A0 ? (uintptr_t)&start : 0;
        if (!CHECK_EQUAL(start.integer[n], expected))
            tap_comment("the register was x%d", n);
    }
    for (int n = 0; n < REGISTERS; n++)
        CHECK_EQUAL(start.floating[n], 0);
    close(thread);
}

/* Fills its registers and becomes the bare program. */
static void exec_bare_program(void *unused)
{
    (void)unused;
    struct mapping code = {
        .address = 0x10000, .length = PAGE, .flags = MAP_READ | MAP_EXECUTE | MAP_EXACT};
    code.memory = (int32_t)memory_create(PAGE, MEMORY_ANONYMOUS, HANDLE_NONE);
    struct mapping here = {.length = PAGE, .flags = MAP_WRITE | MAP_SHARE, .memory = code.memory};
    char *page = (char *)(uintptr_t)vm_map(HANDLE_SPACE, &here);
    memcpy(page, probe_program, (size_t)(probe_program_end - probe_program));
    int space = (int)space_create();
    CHECK_EQUAL(vm_map(space, &code), code.address);

    uint64_t values[REGISTERS], seen[REGISTERS];
    memset(values, 0xa5, sizeof values);
    __asm__ volatile("fsflags %0" ::"r"(31));
    probe_float(seen, values, 1);
    uint64_t arguments[8] = {(uint64_t)space, code.address, 0x12340, 0, 0, 5, 6, SYS_PROCESS_EXEC};
    probe_call(seen, arguments);
    CHECK_EQUAL(seen[A0], 0); /* never reached when exec works */
}

static void test_new_program_starts_with_zeros(void)
{
    tap_join(tap_fork(exec_bare_program, NULL));
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"registers_after_calls_that_return_at_once", test_calls_that_return_at_once, 0},
        {"registers_after_calls_that_wait", test_calls_that_wait, 0},
        {"registers_are_copied_by_fork", test_fork_copies_them, 0},
        {"registers_survive_other_processes", test_survive_other_processes, 120},
        {"registers_floats_survive_calls_and_fork", test_floats_survive_calls_and_fork, 0},
        {"registers_message_keeps_them", test_message_keeps_them, 0},
        {"registers_reply_recv_keeps_them", test_reply_recv_keeps_them, 0},
        {"registers_new_thread_starts_with_zeros", test_new_thread_starts_with_zeros, 0},
        {"registers_new_program_starts_with_zeros", test_new_program_starts_with_zeros, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
