/* smp_migrate.c - threads that compute with floating point move from hart to hart: by others, by
 * themselves, over calls and fork. All 32 registers and fcsr stay their own.
 */
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/smp.h"
#include "tests/lib/tap.h"

enum {
    MOVED = 6,
    HOLDS = 40,  /* of each thread that others move */
    STEPS = 200, /* of each thread that moves itself */
    CALLS = 100, /* of each client */
    FORKS = 24,  /* of each thread */
    SPINS = 1 << 19,
    FLOATS = 32,
    ROUNDING_MODES = 5,
};

static uint64_t seed;

/* ---- what is in the registers -----------------------------------------------------------------
 */

struct floats {
    uint64_t f[FLOATS];
    uint64_t fcsr;
    long result; /* of the system call in between */
};
_Static_assert(offsetof(struct floats, fcsr) == 256 && offsetof(struct floats, result) == 264,
               "hold() has the numbers");

/* Fills every floating-point register and fcsr, spins, makes the system call (number, then a0, a1,
 * a2) unless it is NULL, and looks what is there then. */
static void hold(const struct floats *set, struct floats *seen, uint64_t spins,
                 const uint64_t *call)
{
    register const struct floats *from __asm__("s2") = set;
    register struct floats *to __asm__("s3") = seen;
    register uint64_t count __asm__("s4") = spins;
    register const uint64_t *arguments __asm__("s5") = call;
    __asm__ volatile(
        ".irp "
        "n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
        "fld f\\n, \\n*8(s2)\n"
        ".endr\n"
        "ld t0, 256(s2)\n"
        "fscsr t0\n"
        "1: beqz s4, 2f\n"
        "addi s4, s4, -1\n"
        "j 1b\n"
        "2: beqz s5, 3f\n"
        "ld a7, 0(s5)\n ld a0, 8(s5)\n ld a1, 16(s5)\n ld a2, 24(s5)\n"
        "li a3, 0\n li a4, 0\n li a5, 0\n li a6, 0\n"
        "ecall\n"
        "sd a0, 264(s3)\n"
        "3: frcsr t0\n"
        "sd t0, 256(s3)\n"
        ".irp "
        "n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
        "fsd f\\n, \\n*8(s3)\n"
        ".endr\n"
        "fscsr zero\n"
        : "+r"(count)
        : "r"(from), "r"(to), "r"(arguments)
        : "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "t0", "t1", "t2", "t3", "t4", "t5", "t6",
          "ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "fs0", "fs1", "fa0", "fa1", "fa2",
          "fa3", "fa4", "fa5", "fa6", "fa7", "fs2", "fs3", "fs4", "fs5", "fs6", "fs7", "fs8", "fs9",
          "fs10", "fs11", "ft8", "ft9", "ft10", "ft11", "memory");
}

static void choose(struct floats *set, uint64_t *random)
{
    for (int i = 0; i < FLOATS; i++)
        set->f[i] = random_next(random) << 16 | (uint64_t)i;
    set->fcsr = random_below(random, ROUNDING_MODES) << 5 | random_below(random, 32);
}

/* fs0 to fs11, which a function keeps. */
static bool is_kept_by_calls(int n) { return n == 8 || n == 9 || (n >= 18 && n <= 27); }

/* How many registers are not as they should be: what a call need not keep may also be zero. */
static unsigned differences(const struct floats *set, const struct floats *seen, bool call)
{
    unsigned wrong = set->fcsr != seen->fcsr;
    for (int i = 0; i < FLOATS; i++)
        if (seen->f[i] != set->f[i] && !(call && seen->f[i] == 0 && !is_kept_by_calls(i)))
            wrong++;
    return wrong;
}

/* ---- moved by others --------------------------------------------------------------------------
 */

static uint32_t moving;

/* Odd numbers leave floating point alone, so that some threads have nothing to save. */
static void *hold_and_compare(void *number)
{
    uint64_t random = seed + (uintptr_t)number;
    struct floats set, seen;
    unsigned holds = rounds_of(HOLDS);
    for (unsigned i = 0; i < holds; i++) {
        if ((uintptr_t)number % 3 == 2) {
            for (volatile uint64_t spins = SPINS / 4; spins > 0; spins--)
                continue;
            continue;
        }
        choose(&set, &random);
        hold(&set, &seen, SPINS + random_below(&random, SPINS), NULL);
        CHECK_EQUAL(differences(&set, &seen, false), 0);
    }
    __atomic_fetch_sub(&moving, 1, __ATOMIC_RELEASE);
    return NULL;
}

static void test_by_others(void)
{
    struct crew crew;
    uint64_t random = seed = tap_random();
    unsigned harts = hart_count();
    moving = MOVED;
    crew_start(&crew, MOVED, hold_and_compare);
    while (__atomic_load_n(&moving, __ATOMIC_ACQUIRE) != 0) {
        int thread = crew.thread[random_below(&random, MOVED)].handle;
        long result =
            thread_control(thread, THREAD_SET_AFFINITY, 1ull << random_below(&random, harts));
        CHECK(result >= 0 || result == -E_SRCH);
        clock_sleep(clock_get() + random_below(&random, 300000));
    }
    crew_join(&crew);
}

/* ---- by themselves ----------------------------------------------------------------------------
 */

static void *move_oneself(void *number)
{
    uint64_t random = seed + (uintptr_t)number;
    unsigned harts = hart_count(), steps = rounds_of(STEPS);
    struct floats set, seen;
    for (unsigned i = 0; i < steps; i++) {
        uint64_t move[] = {SYS_THREAD_CONTROL, (uint64_t)HANDLE_NONE, THREAD_SET_AFFINITY,
                           1ull << random_below(&random, harts)};
        choose(&set, &random);
        hold(&set, &seen, random_below(&random, 1000), move);
        CHECK(seen.result >= 0);
        CHECK_EQUAL(differences(&set, &seen, true), 0);
    }
    return NULL;
}

static void test_by_themselves(void)
{
    seed = tap_random();
    crew_run(MOVED, move_oneself);
}

/* ---- over calls -------------------------------------------------------------------------------
 */

static int port, channel;

/* Spoils the registers, on a hart that changes with each request. */
static long answer(struct message *request, struct message *reply)
{
    uint64_t random = request->word[0];
    struct floats set, seen;
    choose(&set, &random);
    run_on(1ull << random_below(&random, hart_count()));
    hold(&set, &seen, random_below(&random, 100), NULL);
    reply->word[0] = ~request->word[0];
    return differences(&set, &seen, false) == 0 ? 0 : -E_IO;
}

static void *call_and_compare(void *number)
{
    uint64_t random = seed + (uintptr_t)number;
    unsigned calls = rounds_of(CALLS);
    struct floats set, seen;
    run_on(1ull << (uintptr_t)number % hart_count());
    for (unsigned i = 0; i < calls; i++) {
        uint64_t call[] = {SYS_CALL, (uint64_t)channel, 1, random_next(&random)};
        choose(&set, &random);
        hold(&set, &seen, 0, call);
        CHECK_EQUAL(seen.result, 0);
        CHECK_EQUAL(differences(&set, &seen, true), 0);
    }
    return NULL;
}

static void test_over_calls(void)
{
    int servers[2];
    seed = tap_random();
    port = (int)port_create();
    channel = (int)channel_create(port, 0);
    for (int i = 0; i < 2; i++)
        servers[i] = serve(port, answer);
    crew_run(4, call_and_compare);
    for (int i = 0; i < 2; i++)
        tap_kill(servers[i]);
    handle_close(port);
    handle_close(channel);
}

/* ---- over fork --------------------------------------------------------------------------------
 */

static void *fork_and_compare(void *number)
{
    static const uint64_t fork_call[] = {SYS_PROCESS_FORK, 0, 0, 0};
    uint64_t random = seed + (uintptr_t)number;
    unsigned forks = rounds_of(FORKS), harts = hart_count();
    struct floats set, seen;
    for (unsigned i = 0; i < forks; i++) {
        int status = -1;
        run_on(1ull << random_below(&random, harts));
        choose(&set, &random);
        hold(&set, &seen, random_below(&random, 1000), fork_call);
        unsigned wrong = differences(&set, &seen, true);
        if (seen.result == 0)
            process_exit(wrong != 0);
        CHECK_EQUAL(wrong, 0);
        CHECK_EQUAL(process_wait((int)seen.result, 0, &status), seen.result);
        CHECK_EQUAL(status, 0);
    }
    return NULL;
}

static void test_over_fork(void)
{
    seed = tap_random();
    crew_run(3, fork_and_compare);
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"smp_migrate_by_others", test_by_others, 0},
        {"smp_migrate_by_themselves", test_by_themselves, 0},
        {"smp_migrate_over_calls", test_over_calls, 0},
        {"smp_migrate_over_fork", test_over_fork, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
