/* smp_fairness.c - who gets how much of the harts, and how soon.
 *
 * One hart is asked in exact time: under QEMU's -icount an instruction takes a nanosecond, and
 * nobody else uses the machine. Several harts are not: with -icount QEMU runs one after the other,
 * each until the next timer is due, so that none sees in time what another did. In real time the
 * host decides when a hart runs, but not how the kernel shares out the time by its own clock, nor
 * who follows whom: what must be soon is counted there in the times that a hart chose wrongly.
 */
#include <stdint.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/smp.h"
#include "tests/lib/tap.h"

enum {
    SLICE_MS = 10,
    SLICES = 100, /* of each thread, if all are treated alike */
    SLICES_WARMING_UP = 5,
    HARTS_MAX = 8,
    HOGS_MAX = 2 * HARTS_MAX,
    PROBES = 40, /* wake-ups of each probe */
    CALLS = 20,
    WRONG_CHOICES = 2, /* of a hart before it notices: an interrupt may be on its way */
    INEXACT = 10,      /* hundredths of a share that a busy host may take */
    TRIES = 6,
    LOW = 4,
    MIDDLE = 8,
    HIGH = 12,
};

/* What the hogs of one hart see of it. */
struct watch {
    uint64_t due_ns; /* since when somebody better waits for the hart; DEADLINE_NONE: nobody does */
    uint32_t runs;   /* the hog that runs */
    uint32_t wrong;  /* how often another hog followed while he waited */
};

static struct board {
    uint32_t ready, stop;
    struct watch watch[HARTS_MAX];
    uint64_t late_ns[HARTS_MAX]; /* the worst of each probe */
    uint32_t wrong[HARTS_MAX];
} * board;

static unsigned harts;
static bool exact;
static int hogs[HOGS_MAX];

static uint64_t instructions(void)
{
    uint64_t count;
    __asm__ volatile("rdinstret %0" : "=r"(count));
    return count;
}

/* Is each instruction a nanosecond? Elsewhere QEMU counts ticks of the host's clock. */
static bool time_is_exact(void)
{
    uint64_t before = instructions(), start = clock_get(), now;
    do
        now = clock_get();
    while (now - start < MILLISECONDS(2));
    uint64_t counted = instructions() - before;
    return counted > (now - start) * 99 / 100 && counted < (now - start) * 101 / 100;
}

static void set_up(void)
{
    harts = hart_count();
    exact = time_is_exact();
    if (!tap_warming_up())
        tap_comment("%u harts, time is %sexact", harts, exact ? "" : "not ");
    board = map_shared(PAGE);
    for (unsigned i = 0; i < HARTS_MAX; i++)
        board->watch[i].due_ns = DEADLINE_NONE;
}

static void clean_up(void) { unmap_pages(board, PAGE); }

static void set_priority(uint64_t priority)
{
    CHECK(thread_control(HANDLE_NONE, THREAD_SET_PRIORITY, priority) >= 0);
}

/* ---- hogs: they compute all the time ----------------------------------------------------------
 */

/* Notes that hog `me` runs on its hart. */
static void watch(struct watch *watch, uint32_t me)
{
    if (__atomic_load_n(&watch->runs, __ATOMIC_RELAXED) == me)
        return;
    __atomic_store_n(&watch->runs, me, __ATOMIC_RELAXED);
    if (__atomic_load_n(&watch->due_ns, __ATOMIC_RELAXED) < clock_get())
        __atomic_fetch_add(&watch->wrong, 1, __ATOMIC_RELAXED);
}

static void wait_begins(struct watch *watch, uint64_t due_ns)
{
    __atomic_store_n(&watch->wrong, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&watch->due_ns, due_ns, __ATOMIC_RELAXED);
}

/* -> how often the hart chose wrongly */
static uint32_t wait_ends(struct watch *watch)
{
    __atomic_store_n(&watch->due_ns, DEADLINE_NONE, __ATOMIC_RELAXED);
    return __atomic_load_n(&watch->wrong, __ATOMIC_RELAXED);
}

static void compute(void *affinity)
{
    uint64_t set = (uintptr_t)affinity;
    uint32_t me = (uint32_t)process_id();
    run_on(set);
    set_priority(LOW);
    __atomic_fetch_add(&board->ready, 1, __ATOMIC_RELEASE);
    while (__atomic_load_n(&board->stop, __ATOMIC_RELAXED) == 0)
        if ((set & (set - 1)) == 0)
            watch(&board->watch[__builtin_ctzll(set)], me);
}

static void wait_until_ready(unsigned count)
{
    while (__atomic_load_n(&board->ready, __ATOMIC_ACQUIRE) != count)
        sleep_ms(1);
}

static void start_hogs(unsigned count, uint64_t affinity)
{
    board->ready = board->stop = 0;
    for (unsigned i = 0; i < count; i++)
        hogs[i] = tap_fork(compute, (void *)(uintptr_t)affinity);
    wait_until_ready(count);
}

/* So many on each hart, where they stay. */
static void start_hogs_everywhere(unsigned count)
{
    board->ready = board->stop = 0;
    for (unsigned i = 0; i < count * harts; i++)
        hogs[i] = tap_fork(compute, (void *)(1ul << i % harts));
    wait_until_ready(count * harts);
}

static void stop_hogs(unsigned count)
{
    board->stop = 1;
    for (unsigned i = 0; i < count; i++)
        tap_join(hogs[i]);
}

static uint64_t cpu_of(int pid)
{
    struct thread_info info = {0};
    CHECK_EQUAL(thread_info(HANDLE_SELF, pid, 0, &info), pid);
    return info.cpu_ns;
}

/* Lets them run for so many slices each; used[] gets the time of each. -> the time that passed */
static uint64_t measure(unsigned count, uint64_t used[])
{
    uint64_t slices = tap_warming_up() ? SLICES_WARMING_UP : SLICES;
    uint64_t start = clock_get();
    for (unsigned i = 0; i < count; i++)
        used[i] = -cpu_of(hogs[i]);
    sleep_ms(slices * SLICE_MS * count / harts);
    for (unsigned i = 0; i < count; i++)
        used[i] += cpu_of(hogs[i]);
    return clock_get() - start;
}

/* Has each hog so many hundredths of what is its share? `share`: of the time that passed,
 * hundredths. Fewer will do where time is not exact. */
static bool shares_hold(unsigned count, unsigned share, unsigned hundredths, bool last)
{
    uint64_t used[HOGS_MAX];
    uint64_t due = measure(count, used) / 100 * share;
    bool hold = true;
    for (unsigned i = 0; i < count; i++) {
        if (used[i] >= due / 100 * (hundredths - (exact ? 0 : INEXACT)))
            continue;
        hold = false;
        if (last)
            tap_comment("number %u used %lu of %lu us", i, (unsigned long)used[i] / 1000,
                        (unsigned long)due / 1000);
    }
    return hold;
}

/* A host with other work may let a hart stand still, which no scheduler can make up for: so where
 * time is not exact it may take several tries. */
static void check_shares(unsigned count, unsigned share, unsigned hundredths)
{
    unsigned tries = exact ? 1 : TRIES;
    bool hold = false;
    while (!hold && tries-- > 0)
        hold = shares_hold(count, share, hundredths, tries == 0);
    CHECK(hold || tap_warming_up());
}

static void check_equals(unsigned count)
{
    start_hogs(count, (1ull << harts) - 1);
    check_shares(count, harts * 100 / count, 80);
    stop_hogs(count);
}

/* More threads than harts, whose number the harts do not divide: nobody is left behind. */
static void test_one_more_than_harts(void)
{
    set_up();
    check_equals(harts + 1);
    clean_up();
}

static void test_half_as_many_again(void)
{
    set_up();
    check_equals(harts + (harts + 1) / 2);
    clean_up();
}

static void test_twice_as_many(void)
{
    set_up();
    check_equals(2 * harts);
    clean_up();
}

/* A thread on each hart that may not leave it, and one that may go anywhere: nobody starves. */
static void test_pinned_and_free(void)
{
    set_up();
    board->ready = board->stop = 0;
    for (unsigned i = 0; i <= harts; i++) {
        uint64_t affinity = i < harts ? 1ull << i : (1ull << harts) - 1;
        hogs[i] = tap_fork(compute, (void *)(uintptr_t)affinity);
    }
    wait_until_ready(harts + 1);
    check_shares(harts + 1, 50, 80);
    stop_hogs(harts + 1);
    clean_up();
}

/* ---- who is better goes first -----------------------------------------------------------------
 */

static void note_worst(unsigned number, uint64_t late, uint32_t wrong)
{
    if (late > board->late_ns[number])
        board->late_ns[number] = late;
    if (wrong > board->wrong[number])
        board->wrong[number] = wrong;
}

/* Wakes up now and then, and notes how late it ran. Odd ones may run on one hart only, whose hogs
 * note who ran in front of it. */
static void probe(void *argument)
{
    unsigned number = (unsigned)(uintptr_t)argument;
    uint64_t random = number + 1;
    struct watch unused, *seen = number % 2 == 1 ? &board->watch[number] : &unused;
    run_on(number % 2 == 1 ? 1ull << number : (1ull << harts) - 1);
    set_priority(MIDDLE);
    unsigned probes = rounds_of(PROBES);
    for (unsigned i = 0; i < probes; i++) {
        uint64_t deadline = clock_get() + MILLISECONDS(2) + random_below(&random, 5000000);
        wait_begins(seen, deadline);
        clock_sleep(deadline);
        uint64_t late = clock_get() - deadline;
        note_worst(number, late, wait_ends(seen));
        while (clock_get() - deadline - late < MILLISECONDS(1))
            continue;
    }
}

/* Probes find all harts busy with worse threads, and get one at once. */
static void test_better_goes_first(void)
{
    int probes[HARTS_MAX];
    set_up();
    start_hogs_everywhere(2);
    for (uintptr_t i = 0; i < harts; i++)
        probes[i] = tap_fork(probe, (void *)i);
    for (unsigned i = 0; i < harts; i++) {
        tap_join(probes[i]);
        bool soon =
            board->wrong[i] <= WRONG_CHOICES && (!exact || board->late_ns[i] < MILLISECONDS(5));
        if (!CHECK(soon))
            tap_comment("probe %u was %lu us late, after %u wrong choices", i,
                        (unsigned long)board->late_ns[i] / 1000, board->wrong[i]);
    }
    stop_hogs(2 * harts);
    clean_up();
}

/* ---- lending ----------------------------------------------------------------------------------
 */

static int channel;

static long compute_a_little(struct message *request, struct message *reply)
{
    uint64_t start = clock_get();
    (void)request, (void)reply;
    while (clock_get() - start < MILLISECONDS(1))
        continue;
    return 0;
}

static void call_in_time(void *unused)
{
    uint64_t worst = 0;
    unsigned slow = 0; /* calls in which the server's hart chose a hog */
    (void)unused;
    run_on(1ull << (harts > 1));
    set_priority(HIGH);
    unsigned calls = rounds_of(CALLS);
    for (unsigned i = 0; i < calls; i++) {
        uint64_t start = clock_get();
        wait_begins(&board->watch[0], start);
        CHECK_EQUAL(call_words(channel, 1, 0, 0, 0), 0);
        slow += wait_ends(&board->watch[0]) > WRONG_CHOICES;
        uint64_t took = clock_get() - start;
        worst = took > worst ? took : worst;
        sleep_ms(1);
    }
    /* Hogs may follow each other until the caller, whom the host may stop, has really called. */
    if (!CHECK(exact ? worst < MILLISECONDS(10) : slow <= calls / 2))
        tap_comment("a call took %lu us; %u of %u were slow", (unsigned long)worst / 1000, slow,
                    calls);
}

/* A server of the lowest priority shares its hart with hogs; a good client on another hart calls:
 * the hogs must wait, not the client. */
static void test_lending_ends_inversion(void)
{
    set_up();
    int port = (int)port_create();
    channel = (int)channel_create(port, 0);
    int server = serve(port, compute_a_little);
    thread_reaches(server, 0, THREAD_RECV);
    CHECK_EQUAL(process_control(HANDLE_SELF, server, PROCESS_SET_AFFINITY, 1), 0);
    CHECK_EQUAL(process_control(HANDLE_SELF, server, PROCESS_SET_PRIORITY, LOW - 1), 0);
    start_hogs(2, 1);
    tap_join(tap_fork(call_in_time, NULL));
    stop_hogs(2);
    tap_kill(server);
    handle_close(port);
    handle_close(channel);
    clean_up();
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"smp_fairness_one_more_than_harts", test_one_more_than_harts, 0},
        {"smp_fairness_half_as_many_again", test_half_as_many_again, 0},
        {"smp_fairness_twice_as_many", test_twice_as_many, 0},
        {"smp_fairness_pinned_and_free", test_pinned_and_free, 0},
        {"smp_fairness_better_goes_first", test_better_goes_first, 0},
        {"smp_fairness_lending_ends_inversion", test_lending_ends_inversion, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
