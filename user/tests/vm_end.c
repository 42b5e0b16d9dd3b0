/* vm_end.c - much memory goes at once: a process ends, a mapping is removed. Meanwhile whoever is
 * more urgent is not kept waiting, and afterwards all of the memory is there again.
 *
 * In exact time (QEMU's -icount, one hart, an instruction a nanosecond) a timer is late by at most
 * a millisecond. Elsewhere nothing is said about time. Whatever else takes long is shown as a
 * comment.
 */
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/lib/smp.h"
#include "tests/lib/tap.h"
#include "tests/lib/vm.h"

enum {
    WORKER_PRIORITY = 4,
    PERIOD_NS = 150000,
    LATE_NS = 1000000,
    LARGE = 2 << 20,
    BYTES_MAX = 1 << 30,
    OBJECT_BYTES_MAX = 128 << 20, /* a memory object goes in one piece */
};

/* Shared with the two children: one is late, the other one is why. */
static struct board {
    uint32_t watching, stop, stop_spinning;
    uint64_t worst_ns;
} * board;

static uint64_t pages; /* that are used up */

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

/* Sleeps again and again, and notes how much later than asked it wakes. */
static void watch(void *unused)
{
    (void)unused;
    own_pages();
    board->watching = 1;
    while (__atomic_load_n(&board->stop, __ATOMIC_ACQUIRE) == 0) {
        uint64_t deadline = clock_get() + PERIOD_NS;
        clock_sleep(deadline);
        uint64_t late = clock_get() - deadline;
        if (late > board->worst_ns)
            board->worst_ns = late;
    }
}

static void set_priority(uint64_t priority)
{
    CHECK(thread_control(HANDLE_NONE, THREAD_SET_PRIORITY, priority) >= 0);
}

/* Keeps the hart from standing still: then QEMU would let time go by as on the host. */
static void spin(void *unused)
{
    (void)unused;
    set_priority(0);
    while (__atomic_load_n(&board->stop_spinning, __ATOMIC_ACQUIRE) == 0)
        continue;
}

/* From here on it counts. */
static void begin(void) { board->worst_ns = 0; }

/* Runs `work` beside the watcher. -> how late the watcher was at worst since the work said begin()
 */
static uint64_t worst_beside(void (*work)(void *))
{
    board = map_shared(PAGE);
    memset(board, 0, sizeof *board);
    int spinner = tap_fork(spin, NULL), watcher = tap_fork(watch, NULL);
    spin_until(&board->watching, 1);
    int worker = tap_fork(work, NULL);
    tap_join(worker);
    sleep_ms(20); /* what is left of the work is done behind its back */
    __atomic_store_n(&board->stop, 1, __ATOMIC_RELEASE);
    tap_join(watcher);
    __atomic_store_n(&board->stop_spinning, 1, __ATOMIC_RELEASE);
    tap_join(spinner);
    uint64_t worst = board->worst_ns;
    unmap_pages(board, PAGE);
    return worst;
}

/* Nearly half of the free memory, or as much as DEBUG=1 has time for. */
static void set_up(void)
{
    struct system_machine machine = {0};
    CHECK(system_info(HANDLE_SYSTEM, INFO_MACHINE, &machine, sizeof machine) > 0);
    pages = free_frames() * 7 / 16; /* and the same for a copy, with its tables */
    if (pages > BYTES_MAX / PAGE)
        pages = BYTES_MAX / PAGE;
    if (machine.debug != 0 || tap_warming_up())
        pages /= 8;
    pages -= pages % (LARGE / PAGE);
}

static void judge(const char *what, void (*work)(void *), bool strict)
{
    set_up();
    uint64_t before = free_frames(), worst = worst_beside(work);
    bool exact = hart_count() == 1 && time_is_exact();
    if (!tap_warming_up())
        tap_comment("%s of %lu MiB: late by %lu us%s", what, (unsigned long)(pages * PAGE >> 20),
                    (unsigned long)(worst / 1000), exact ? "" : ", not exact");
    if (exact && strict)
        CHECK(worst <= LATE_NS);
    for (int tries = 0; tries < 500 && free_frames() < before; tries++)
        sleep_ms(5);
    CHECK(free_frames() + 64 >= before);
}

/* ---- the work --------------------------------------------------------------------------------
 */

static void touch_all(uint32_t flags)
{
    set_priority(WORKER_PRIORITY);
    CHECK_EQUAL(map_at(PLACE, pages, flags), PLACE);
    number_pages(PLACE, pages, 1);
}

static void end_small(void *unused)
{
    (void)unused;
    touch_all(SMALL);
    begin();
}

static void end_large(void *unused)
{
    (void)unused;
    touch_all(MAP_WRITE);
    begin();
}

static void touch_object(void)
{
    if (pages > OBJECT_BYTES_MAX / PAGE)
        pages = OBJECT_BYTES_MAX / PAGE;
    touch_all(MAP_WRITE | MAP_SHARE);
    begin();
}

static void end_object(void *unused)
{
    (void)unused;
    touch_object();
}

static void unmap_small(void *unused)
{
    touch_all(SMALL);
    begin();
    CHECK_EQUAL(unmap_at(PLACE, pages), 0);
    (void)unused;
}

static void unmap_large(void *unused)
{
    touch_all(MAP_WRITE);
    begin();
    CHECK_EQUAL(unmap_at(PLACE, pages), 0);
    (void)unused;
}

static void unmap_object(void *unused)
{
    touch_object();
    CHECK_EQUAL(unmap_at(PLACE, pages), 0);
    (void)unused;
}

/* The last of two who share all pages ends, and the one before. */
static void fork_and_end(void *unused)
{
    (void)unused;
    touch_all(SMALL);
    begin();
    long child = process_fork();
    if (child == 0)
        process_exit((int)*word_at(PLACE));
    int status = 0;
    process_wait((int)child, 0, &status);
    CHECK_EQUAL(status, 1 << 8);
}

static void protect_all(void *unused)
{
    (void)unused;
    touch_all(SMALL);
    begin();
    CHECK_EQUAL(protect_at(PLACE, pages, MAP_READ), 0);
}

static void query_all(void *unused)
{
    (void)unused;
    touch_all(SMALL);
    begin();
    CHECK(area_is(PLACE, pages, SMALL, pages));
}

static void fault_in_large(void *unused)
{
    (void)unused;
    set_priority(WORKER_PRIORITY);
    CHECK_EQUAL(map_at(PLACE, pages, MAP_WRITE), PLACE);
    begin();
    number_pages(PLACE, pages, 1);
}

static void test_end_of_small_pages(void) { judge("end", end_small, true); }
static void test_end_of_large_pages(void) { judge("end, large pages,", end_large, true); }
static void test_end_of_shared_memory(void) { judge("end, shared memory,", end_object, true); }
static void test_unmap_of_small_pages(void) { judge("unmap", unmap_small, true); }
static void test_unmap_of_large_pages(void) { judge("unmap, large pages,", unmap_large, true); }
static void test_unmap_of_shared_memory(void)
{
    judge("unmap, shared memory,", unmap_object, true);
}
static void test_faults_of_large_pages(void) { judge("touching", fault_in_large, true); }

/* Work that may take as long as there are pages. */
static void test_the_rest_is_shown(void)
{
    judge("fork and end", fork_and_end, false);
    judge("protect", protect_all, false);
    judge("query", query_all, false);
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"vm_end_of_small_pages", test_end_of_small_pages, 120},
        {"vm_end_of_large_pages", test_end_of_large_pages, 120},
        {"vm_end_of_shared_memory", test_end_of_shared_memory, 120},
        {"vm_end_unmap_of_small_pages", test_unmap_of_small_pages, 120},
        {"vm_end_unmap_of_large_pages", test_unmap_of_large_pages, 120},
        {"vm_end_unmap_of_shared_memory", test_unmap_of_shared_memory, 120},
        {"vm_end_faults_of_large_pages", test_faults_of_large_pages, 120},
        {"vm_end_the_rest_is_shown", test_the_rest_is_shown, 120},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
