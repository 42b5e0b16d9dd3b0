/* fastpath.c - messages that the fast path may carry: what is in each register on both sides, and
 * that what it must not carry is told from what it may.
 */
#include <octavo/handle.h>
#include <octavo/syscall.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/tap.h"

enum { ROUNDS = 200, FLOATS = 32 };

static int port, channel, server;

/* All argument registers of a system call, and after it those and the temporaries. */
struct call {
    uint64_t a[8];
    uint64_t t[7];
};

/* Fills the temporaries with garbage, traps, and keeps what is in every caller-saved register then.
 */
static void trap(struct call *call)
{
    __asm__ volatile("mv s2, %0\n"
                     "ld a0, 0(s2)\n ld a1, 8(s2)\n ld a2, 16(s2)\n ld a3, 24(s2)\n"
                     "ld a4, 32(s2)\n ld a5, 40(s2)\n ld a6, 48(s2)\n ld a7, 56(s2)\n"
                     "li t0, -1\n mv t1, t0\n mv t2, t0\n mv t3, t0\n mv t4, t0\n mv t5, t0\n"
                     "mv t6, t0\n"
                     "ecall\n"
                     "sd a0, 0(s2)\n sd a1, 8(s2)\n sd a2, 16(s2)\n sd a3, 24(s2)\n"
                     "sd a4, 32(s2)\n sd a5, 40(s2)\n sd a6, 48(s2)\n sd a7, 56(s2)\n"
                     "sd t0, 64(s2)\n sd t1, 72(s2)\n sd t2, 80(s2)\n sd t3, 88(s2)\n"
                     "sd t4, 96(s2)\n sd t5, 104(s2)\n sd t6, 112(s2)\n" ::"r"(call)
                     : "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "t0", "t1", "t2", "t3", "t4",
                       "t5", "t6", "s2", "memory");
}

static bool temporaries_are_zero(const struct call *call)
{
    uint64_t all = call->a[7];
    for (size_t i = 0; i < TAP_COUNT(call->t); i++)
        all |= call->t[i];
    return all == 0;
}

/* Answers with the words plus one; status 1 if its own registers were not as they should be. */
static void echo(void *unused)
{
    (void)unused;
    struct call call = {.a = {(uint64_t)port, [7] = SYS_RECV}};
    for (;;) {
        trap(&call);
        uint64_t badge = call.a[5];
        uint64_t wrong = !temporaries_are_zero(&call) || badge != 77 || call.a[1] != 5;
        call.a[1]++, call.a[2]++, call.a[3]++, call.a[4]++;
        call.a[5] = wrong;
        call.a[6] = (uint64_t)port;
        call.a[7] = SYS_REPLY_RECV;
    }
}

static void start(void (*body)(void *))
{
    port = (int)port_create();
    channel = (int)channel_create(port, 77);
    server = tap_fork(body, NULL);
    thread_reaches(server, 0, THREAD_RECV);
}

static void stop(void)
{
    process_kill(HANDLE_SELF, server, DEATH_KILLED);
    tap_wait(server);
    handle_close(channel);
    handle_close(port);
}

static void test_registers_of_both_sides(void)
{
    static uint8_t buffer[64];
    start(echo);
    for (uint64_t round = 0; round < ROUNDS; round++) {
        uint64_t length = round % 2 ? BUFFER_IN | BUFFER_OUT | sizeof buffer : 0;
        struct call call = {.a = {(uint64_t)channel, 5, round, ~round, round << 40,
                                  (uintptr_t)buffer, length, SYS_CALL}};
        trap(&call);
        CHECK_EQUAL(call.a[0], 0);
        CHECK_EQUAL(call.a[1], 6);
        CHECK_EQUAL(call.a[2], round + 1);
        CHECK_EQUAL(call.a[3], ~round + 1);
        CHECK_EQUAL(call.a[4], (round << 40) + 1);
        CHECK((call.a[5] | call.a[6]) == 0 && temporaries_are_zero(&call));
    }
    stop();
}

/* What looks like the handle or the buffer of a fast call but is none. */
static void test_refusals(void)
{
    static const struct {
        uint64_t handle, label, address, length;
        long error;
    } bad[] = {
        {(uint64_t)-1, 0, 0, 0, E_BADF},
        {(uint64_t)(HANDLE_ROOT - HANDLE_LIMIT), 0, 0, 0, E_BADF},
        {HANDLE_LIMIT, 0, 0, 0, E_BADF},
        {1ull << 60, 0, 0, 0, E_BADF},
        {HANDLE_SELF, 0, 0, 0, E_BADF},
        {UINT64_MAX - 1, MESSAGE_MOVE, 0, 0, E_BADF},
        {0, MESSAGE_CLOSED, 0, 0, E_INVAL},
        {0, MESSAGE_MOVE | MESSAGE_COPY, 0, 0, E_INVAL},
        {0, 0, 0, 1ull << 34, E_INVAL},
        {0, 0, UINT64_MAX, BUFFER_IN | 2, E_INVAL},
        {0, 0, 1ull << 63, BUFFER_IN | 1, E_INVAL},
        {0, 0, UINT64_MAX - 15, BUFFER_OUT | 16, E_INVAL},
    };
    start(echo);
    for (size_t i = 0; i < TAP_COUNT(bad); i++) {
        uint64_t handle = bad[i].handle != 0 ? bad[i].handle : (uint64_t)channel;
        struct call call = {
            .a = {handle, bad[i].label, 0, 0, 0, bad[i].address, bad[i].length, SYS_CALL}};
        trap(&call);
        if (!CHECK_EQUAL(call.a[0], -bad[i].error))
            tap_comment("case %zu", i);
    }
    stop();
}

/* Two handles in one integer: a number that a smaller table lacks is no way past its end. */
static void test_handles_beyond_the_table(void)
{
    start(echo);
    for (uint64_t handle = 200; handle < HANDLE_FIXED; handle += 7) {
        struct call call = {.a = {handle, 5, [7] = SYS_CALL}};
        trap(&call);
        CHECK_EQUAL(call.a[0], -E_BADF);
        call = (struct call){.a = {0, 0, 0, 0, 0, 0, handle, SYS_REPLY_RECV}};
        trap(&call);
        CHECK_EQUAL(call.a[0], -E_BADF);
    }
    stop();
}

static double floats[FLOATS];

static void set_floats(double first)
{
    for (int i = 0; i < FLOATS; i++)
        floats[i] = first + i;
    __asm__ volatile("fld fs0, 0(%0)\n fld fs1, 8(%0)\n fld fs2, 16(%0)\n fld fs11, 24(%0)\n"
                     "fld ft11, 32(%0)\n" ::"r"(floats)
                     : "fs0", "fs1", "fs2", "fs11", "ft11", "memory");
}

/* Puts its own numbers into the FPU at every message. */
static void echo_with_floats(void *unused)
{
    struct message m = {0};
    (void)unused;
    message_recv(port, &m);
    for (;;) {
        set_floats(-1000.0 - (double)m.word[0]);
        m.buffer = NULL;
        message_reply(m.token, 0, &m);
        message_recv(port, &m);
    }
}

/* Registers that a function keeps hold their values across calls to a server that uses them too. */
static void test_floats_are_each_side_s_own(void)
{
    start(echo_with_floats);
    for (uint64_t round = 0; round < ROUNDS; round++) {
        register double kept __asm__("fs0") = (double)round;
        register double other __asm__("fs11") = (double)round * 3;
        __asm__ volatile("" : "+f"(kept), "+f"(other));
        call_words(channel, 5, round, 0, 0);
        __asm__ volatile("" : "+f"(kept), "+f"(other));
        CHECK(kept == (double)round && other == (double)round * 3);
    }
    stop();
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"fastpath_registers_of_both_sides", test_registers_of_both_sides, 0},
        {"fastpath_refusals", test_refusals, 0},
        {"fastpath_handles_beyond_the_table", test_handles_beyond_the_table, 0},
        {"fastpath_floats_are_each_sides_own", test_floats_are_each_side_s_own, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
