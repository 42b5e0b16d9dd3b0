/* vm_fault.c - pages that come when they are touched: by all harts at once, in larger pages, by the
 * kernel, at the end of the stack.
 */
#include <octavo/thread.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/smp.h"
#include "tests/lib/tap.h"
#include "tests/lib/vm.h"

enum {
    RACERS_MAX = 8,
    RACE_PAGES = 32,
    LARGE = 2 << 20,
    LARGE_PAGES = LARGE / PAGE,
};

/* ---- one page, all harts ---------------------------------------------------------------------
 */

static uint32_t racers, at_line[RACE_PAGES];
static uint64_t race_base;
static uint32_t read_first;

static void *race(void *number)
{
    run_on(1ull << (uintptr_t)number % hart_count());
    for (unsigned i = 0; i < RACE_PAGES; i++) {
        uint64_t *word = (uint64_t *)(uintptr_t)(race_base + i * PAGE);
        __atomic_fetch_add(&at_line[i], 1, __ATOMIC_ACQ_REL);
        spin_until(&at_line[i], racers);
        if (read_first)
            CHECK(*(volatile uint64_t *)word <= 1000u + racers);
        __atomic_fetch_add(word, 1, __ATOMIC_RELAXED);
        word[1 + (uintptr_t)number] = (uintptr_t)number + 1;
    }
    return NULL;
}

/* Nothing that one of them wrote is lost to a second page. */
static void race_on(uint64_t base, uint64_t before)
{
    racers = hart_count() < RACERS_MAX ? hart_count() : RACERS_MAX;
    race_base = base;
    memset(at_line, 0, sizeof at_line);
    crew_run(racers, race);
    for (unsigned i = 0; i < RACE_PAGES; i++) {
        volatile uint64_t *words = word_at(base + i * PAGE);
        CHECK_EQUAL(words[0], before + racers);
        for (unsigned n = 0; n < racers; n++)
            CHECK_EQUAL(words[1 + n], n + 1);
    }
}

static void test_one_page_all_harts(void)
{
    for (read_first = 0; read_first < 2; read_first++) {
        CHECK_EQUAL(map_at(PLACE, RACE_PAGES, SMALL), PLACE);
        race_on(PLACE, 0);
        CHECK_EQUAL(unmap_at(PLACE, RACE_PAGES), 0);
        CHECK_EQUAL(map_at(PLACE, LARGE_PAGES * 2, MAP_WRITE), PLACE);
        race_on(PLACE + LARGE - RACE_PAGES / 2 * PAGE, 0);
        CHECK_EQUAL(unmap_at(PLACE, LARGE_PAGES * 2), 0);
    }
}

static uint32_t *go;

static void hold_pages(void *base)
{
    spin_until(go, 1);
    for (unsigned i = 0; i < RACE_PAGES; i++)
        CHECK_EQUAL(word_at((uintptr_t)base + i * PAGE)[0], 1000);
}

static void test_one_shared_page_all_harts(void)
{
    go = map_shared(PAGE);
    for (read_first = 0; read_first < 2; read_first++) {
        *go = 0;
        CHECK_EQUAL(map_at(PLACE, RACE_PAGES, SMALL), PLACE);
        for (unsigned i = 0; i < RACE_PAGES; i++)
            *word_at(PLACE + i * PAGE) = 1000;
        int child = tap_fork(hold_pages, (void *)PLACE);
        race_on(PLACE, 1000);
        __atomic_store_n(go, 1, __ATOMIC_RELEASE);
        tap_join(child);
        CHECK_EQUAL(unmap_at(PLACE, RACE_PAGES), 0);
    }
    unmap_pages(go, PAGE);
}

/* ---- lazy pages ------------------------------------------------------------------------------
 */

static void test_lazy_pages_come_one_by_one(void)
{
    CHECK_EQUAL(map_at(PLACE, 64, SMALL), PLACE);
    CHECK(area_is(PLACE, 64, SMALL, 0));
    CHECK_EQUAL(*word_at(PLACE + 7 * PAGE), 0);
    CHECK(area_is(PLACE, 64, SMALL, 1));
    *word_at(PLACE + 63 * PAGE) = 1;
    *word_at(PLACE + 7 * PAGE + 8) = 2;
    CHECK(area_is(PLACE, 64, SMALL, 2));
    CHECK_EQUAL(query(PLACE).large, 0);
    CHECK_EQUAL(query(PLACE).shared, 0);
    /* The kernel's reading and writing is touching, too. */
    struct system_memory *memory = (void *)(PLACE + 20 * PAGE - 32);
    CHECK(system_info(HANDLE_SYSTEM, INFO_MEMORY, memory, sizeof *memory) > 0);
    CHECK(memory->free_pages > 0);
    CHECK(area_is(PLACE, 64, SMALL, 4));
    CHECK_EQUAL(futex_wake((uint32_t *)(PLACE + 30 * PAGE), 1), 0);
    CHECK(area_is(PLACE, 64, SMALL, 5));
    CHECK_EQUAL(unmap_at(PLACE, 64), 0);
    CHECK(query(PLACE).address != PLACE);
}

static void test_populate_brings_all(void)
{
    struct system_memory memory;
    CHECK_EQUAL(map_at(PLACE, 700, MAP_WRITE | MAP_POPULATE), PLACE);
    struct vm_area area = query(PLACE);
    uint64_t resident = 0;
    for (; area.length != 0 && area.address < PLACE + 700 * PAGE;
         area = query(area.address + area.length))
        resident += area.resident;
    CHECK_EQUAL(resident, 700);
    for (unsigned i = 0; i < 700; i++)
        CHECK_EQUAL(*word_at(PLACE + i * PAGE + 8 * (i % 512)), 0);
    CHECK_EQUAL(unmap_at(PLACE, 700), 0);
    system_info(HANDLE_SYSTEM, INFO_MEMORY, &memory, sizeof memory);
    CHECK_EQUAL(map_at(PLACE, memory.free_pages + 1, MAP_WRITE | MAP_POPULATE), -E_NOMEM);
    CHECK(query(PLACE).address != PLACE);
}

/* ---- larger pages ----------------------------------------------------------------------------
 */

/* Where memory is in pieces small pages do; then there is nothing more to see. */
static bool are_large(uint64_t address, uint64_t pages)
{
    uint64_t large = query(address).large;
    CHECK(large == pages || large == 0 || tap_warming_up());
    return large == pages;
}

static bool all_zero(uint64_t address, uint64_t pages)
{
    for (uint64_t i = 0; i < pages * PAGE; i += 8)
        if (*word_at(address + i) != 0)
            return false;
    return true;
}

static void test_large_pages(void)
{
    CHECK_EQUAL(map_at(PLACE - LARGE / 2, 3 * LARGE_PAGES, MAP_WRITE), PLACE - LARGE / 2);
    CHECK_EQUAL(query(PLACE - LARGE / 2).flags, MAP_READ | MAP_WRITE);
    *word_at(PLACE - LARGE / 2) = 0; /* not the whole larger page is mapped: a small one */
    CHECK_EQUAL(query(PLACE - LARGE / 2).resident, 1);
    CHECK_EQUAL(*word_at(PLACE + 300 * PAGE), 0);
    if (are_large(PLACE - LARGE / 2, LARGE_PAGES))
        CHECK_EQUAL(query(PLACE - LARGE / 2).resident, LARGE_PAGES + 1);
    CHECK(all_zero(PLACE, LARGE_PAGES));
    number_pages(PLACE, LARGE_PAGES, 1);

    /* A hole in the middle: what is around it stays. */
    CHECK_EQUAL(unmap_at(PLACE + 100 * PAGE, 3), 0);
    CHECK(are_numbered(PLACE, 100, 1) && are_numbered(PLACE + 103 * PAGE, 409, 104));
    CHECK_EQUAL(query(PLACE).large, 0);
    CHECK(faults(load_word, PLACE + 101 * PAGE));
    CHECK_EQUAL(unmap_at(PLACE - LARGE / 2, 3 * LARGE_PAGES), 0);
}

static void write_in_large(void *unused)
{
    (void)unused;
    *word_at(PLACE + 200 * PAGE) = 7;
    CHECK(are_numbered(PLACE, 200, 1) && are_numbered(PLACE + 201 * PAGE, 311, 202));
    CHECK_EQUAL(unmap_at(PLACE + 10 * PAGE, 10), 0);
    CHECK_EQUAL(*word_at(PLACE + 20 * PAGE), 21);
}

static void test_large_pages_in_parts(void)
{
    CHECK_EQUAL(map_at(PLACE, LARGE_PAGES, MAP_WRITE), PLACE);
    number_pages(PLACE, LARGE_PAGES, 1);
    are_large(PLACE, LARGE_PAGES);
    tap_join(tap_fork(write_in_large, NULL));
    CHECK(are_numbered(PLACE, LARGE_PAGES, 1));
    are_large(PLACE, LARGE_PAGES); /* the child took its parts out of its own */

    CHECK_EQUAL(protect_at(PLACE + 50 * PAGE, 2, MAP_READ), 0);
    CHECK(faults(store_word, PLACE + 51 * PAGE));
    *word_at(PLACE + 49 * PAGE) = *word_at(PLACE + 52 * PAGE) = 3;
    CHECK(are_numbered(PLACE + 50 * PAGE, 2, 51));
    CHECK_EQUAL(protect_at(PLACE, LARGE_PAGES, MAP_WRITE), 0);
    number_pages(PLACE, LARGE_PAGES, 5);
    CHECK(are_numbered(PLACE, LARGE_PAGES, 5));
    CHECK_EQUAL(unmap_at(PLACE, LARGE_PAGES), 0);
}

/* ---- the stack, guard pages ------------------------------------------------------------------
 */

static void touch_whole_stack(void *lowest)
{
    uint64_t here = (uintptr_t)__builtin_frame_address(0) & -(uint64_t)PAGE;
    for (uint64_t page = here; page >= (uintptr_t)lowest; page -= PAGE)
        *word_at(page) += 1;
}

/* The lowest page of this stack, which may be several mappings. */
static uint64_t stack_start(void)
{
    struct vm_area area = query((uintptr_t)__builtin_frame_address(0)), below = area;
    do {
        area = below;
        below = query(area.address - PAGE);
    } while (below.address < area.address && (below.flags & MAP_WRITE) != 0);
    return area.address;
}

/* Every page down to the limit can be had, and below it is nothing. */
static void test_stack_limit(void)
{
    uint64_t start = stack_start();
    CHECK((uintptr_t)__builtin_frame_address(0) - start >= 128 * 1024);
    tap_join(tap_fork(touch_whole_stack, (void *)start));
    CHECK(faults(touch_whole_stack, start - PAGE));
    CHECK(faults(store_word, start - 8));
}

static void *overflow(void *depth)
{
    volatile char frame[3 * PAGE / 4];
    frame[0] = 1;
    void *end = (uintptr_t)depth > 1 << 20 ? NULL : overflow((char *)depth + 1);
    return frame[0] == 1 ? end : depth;
}

static void overflow_in_thread(void *unused)
{
    (void)unused;
    crew_run(1, overflow);
}

static void test_thread_stack_has_a_guard(void)
{
    int status = tap_wait(tap_fork(overflow_in_thread, NULL));
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == DEATH_FAULT);
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"vm_fault_one_page_all_harts", test_one_page_all_harts, 0},
        {"vm_fault_one_shared_page_all_harts", test_one_shared_page_all_harts, 0},
        {"vm_fault_lazy_pages_come_one_by_one", test_lazy_pages_come_one_by_one, 0},
        {"vm_fault_populate_brings_all", test_populate_brings_all, 0},
        {"vm_fault_large_pages", test_large_pages, 0},
        {"vm_fault_large_pages_in_parts", test_large_pages_in_parts, 0},
        {"vm_fault_stack_limit", test_stack_limit, 0},
        {"vm_fault_thread_stack_has_a_guard", test_thread_stack_has_a_guard, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
