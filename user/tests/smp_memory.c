/* smp_memory.c - mappings that change while others use them: no hart goes on with a translation
 * that is gone. What must not be reached any more is told by its value.
 *
 * A page of a memory object is seen twice: at WINDOW, where mappings come and go, and at `behind`,
 * which stays and shows what the page really holds.
 */
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/smp.h"
#include "tests/lib/tap.h"

#define WINDOW 0x3000000000ull

enum {
    GENERATIONS = 60,
    READERS_MAX = 8,
    WINDOWS = 2,
    KILLS = 20,
    MAPPERS = 3,
    MAPS = 60,
    SPAN = 24, /* pages in which a mapper works */
    REUSERS = 2,
    FORKS = 24,
};

static uint64_t seed;

/* A memory object's own pages, or zeroes. */
static long map_at(uint64_t address, uint64_t pages, uint32_t flags, int memory)
{
    struct mapping mapping = {
        .address = address, .length = pages * PAGE, .flags = flags | MAP_EXACT, .memory = memory};
    if (memory != HANDLE_NONE)
        mapping.flags |= MAP_SHARE;
    return vm_map(HANDLE_SPACE, &mapping);
}

static long unmap_at(uint64_t address, uint64_t pages)
{
    return vm_unmap(HANDLE_SPACE, address, pages * PAGE);
}

static volatile uint64_t *word_at(uint64_t address)
{
    return (volatile uint64_t *)(uintptr_t)address;
}

/* ---- generations ------------------------------------------------------------------------------
 */

/* One window: a page that is another one in each generation. */
static struct window {
    uint32_t generation; /* that may be read now */
    uint32_t readers;    /* that have read it */
} windows[WINDOWS];
static unsigned readers;

static uint64_t window_address(uint64_t window) { return WINDOW + window * PAGE; }

/* The value of a generation, which the next page at that address does not have. */
static uint64_t value_of(uint64_t window, uint64_t generation)
{
    return generation << 16 | window << 8 | 1;
}

/* Maps one page after the other; each is read by all before it goes. Zeroed pages that nobody
 * shares take turns with objects. */
static void *change_window(void *number)
{
    uint64_t window = (uintptr_t)number, address = window_address(window);
    unsigned generations = rounds_of(GENERATIONS);
    for (uint32_t generation = 1; generation <= generations; generation++) {
        int memory = generation % 2 == 0 ? HANDLE_NONE
                                         : (int)memory_create(PAGE, MEMORY_ANONYMOUS, HANDLE_NONE);
        CHECK_EQUAL(map_at(address, 1, MAP_READ | MAP_WRITE, memory), address);
        if (memory != HANDLE_NONE)
            handle_close(memory);
        CHECK_EQUAL(*word_at(address), 0);
        *word_at(address) = value_of(window, generation);
        __atomic_store_n(&windows[window].readers, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&windows[window].generation, generation, __ATOMIC_RELEASE);
        spin_until(&windows[window].readers, readers);
        CHECK_EQUAL(unmap_at(address, 1), 0);
    }
    return NULL;
}

/* Reads every generation of its window, on a hart of its own if there are enough. */
static void *read_window(void *number)
{
    uint64_t window = (uintptr_t)number % WINDOWS, reader = (uintptr_t)number / WINDOWS;
    unsigned generations = rounds_of(GENERATIONS);
    run_on(1ull << reader % hart_count());
    for (uint32_t generation = 1; generation <= generations; generation++) {
        spin_until(&windows[window].generation, generation);
        for (int i = 0; i < 20; i++)
            if (!CHECK_EQUAL(*word_at(window_address(window)), value_of(window, generation)))
                break;
        __atomic_fetch_add(&windows[window].readers, 1, __ATOMIC_RELEASE);
    }
    return NULL;
}

static void test_readers_see_the_new_page(void)
{
    struct crew reading;
    readers = hart_count() < READERS_MAX ? hart_count() : READERS_MAX;
    memset(windows, 0, sizeof windows);
    crew_start(&reading, readers * WINDOWS, read_window);
    crew_run(WINDOWS, change_window);
    crew_join(&reading);
}

/* ---- what is unmapped or made read-only cannot be used ----------------------------------------
 */

/* Shared with the child that dies. */
static struct board {
    uint32_t ready;     /* threads that use the page */
    uint64_t uses;      /* finished by one that reads */
    uint64_t uses_then; /* when the page was gone for sure */
    uint64_t value_then;
    uint32_t gone;
    uint32_t violations;
} * board;

static volatile uint64_t *behind;
static int memory;

static void *read_for_ever(void *unused)
{
    run_on(1ull << (hart_count() - 1));
    for (uint64_t seen = 1; seen != 0;) {
        seen = *word_at(WINDOW);
        __atomic_fetch_add(&board->uses, 1, __ATOMIC_SEQ_CST);
        __atomic_store_n(&board->ready, 1, __ATOMIC_RELEASE);
    }
    return unused;
}

static void *write_for_ever(void *unused)
{
    run_on(1ull << (hart_count() - 1));
    for (uint64_t value = 1;; value++) {
        *word_at(WINDOW) = value;
        __atomic_store_n(&board->ready, 1, __ATOMIC_RELEASE);
    }
    return unused;
}

/* The page goes while a thread reads it on another hart: one read may be on its way, no more. */
static void unmap_under_a_reader(void *unused)
{
    struct crew crew;
    (void)unused;
    run_on(1);
    CHECK_EQUAL(map_at(WINDOW, 1, MAP_READ | MAP_WRITE, memory), WINDOW);
    *word_at(WINDOW) = 1;
    crew_start(&crew, 1, read_for_ever);
    spin_until(&board->ready, 1);
    CHECK_EQUAL(unmap_at(WINDOW, 1), 0);
    board->uses_then = __atomic_load_n(&board->uses, __ATOMIC_SEQ_CST);
    __atomic_store_n(&board->gone, 1, __ATOMIC_SEQ_CST);
    clock_sleep(DEADLINE_NONE);
}

/* The page comes back read-only while a thread writes on another hart: no write comes later. */
static void protect_under_a_writer(void *unused)
{
    struct crew crew;
    (void)unused;
    run_on(1);
    CHECK_EQUAL(map_at(WINDOW, 1, MAP_READ | MAP_WRITE, memory), WINDOW);
    crew_start(&crew, 1, write_for_ever);
    spin_until(&board->ready, 1);
    CHECK_EQUAL(unmap_at(WINDOW, 1), 0);
    board->value_then = *behind;
    __atomic_store_n(&board->gone, 1, __ATOMIC_SEQ_CST);
    if (map_at(WINDOW, 1, MAP_READ, memory) != (long)WINDOW || *word_at(WINDOW) != *behind)
        board->violations++;
    clock_sleep(DEADLINE_NONE);
}

/* Lets `body` die of its access again and again, and looks at what it left. */
static void die_of_access(void (*body)(void *))
{
    unsigned rounds = rounds_of(KILLS);
    memory = (int)memory_create(PAGE, MEMORY_ANONYMOUS, HANDLE_NONE);
    struct mapping mapping = {
        .length = PAGE, .flags = MAP_READ | MAP_WRITE | MAP_SHARE, .memory = memory};
    behind = (volatile uint64_t *)(uintptr_t)vm_map(HANDLE_SPACE, &mapping);
    board = map_shared(PAGE);
    for (unsigned i = 0; i < rounds; i++) {
        memset(board, 0, sizeof *board);
        int status = tap_wait(tap_fork(body, NULL));
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == DEATH_FAULT);
        CHECK_EQUAL(board->violations, 0);
        if (board->gone != 0 && body == unmap_under_a_reader)
            CHECK(board->uses <= board->uses_then + 1);
        if (board->gone != 0 && body == protect_under_a_writer)
            CHECK_EQUAL(*behind, board->value_then);
    }
    unmap_pages(board, PAGE);
    unmap_pages((void *)(uintptr_t)behind, PAGE);
    handle_close(memory);
}

static void test_unmapped_page_is_not_read(void) { die_of_access(unmap_under_a_reader); }

static void test_read_only_page_is_not_written(void) { die_of_access(protect_under_a_writer); }

/* ---- pages that others get --------------------------------------------------------------------
 */

/* Takes pages, fills them, and looks for what others write to them, until it is killed. */
static void reuse_pages(void *number)
{
    uint64_t random = seed + (uintptr_t)number;
    for (;;) {
        uint64_t pages = 1 + random_below(&random, 8), mark = random_next(&random);
        uint64_t *words = map_pages(pages * PAGE, MAP_READ | MAP_WRITE);
        for (uint64_t i = 0; i < pages * PAGE / 8; i++) {
            if (words[i] != 0)
                __atomic_fetch_add(&board->violations, 1, __ATOMIC_RELAXED);
            words[i] = mark + i;
        }
        for (uint64_t i = 0; i < pages * PAGE / 8; i++)
            if (*(volatile uint64_t *)&words[i] != mark + i)
                __atomic_fetch_add(&board->violations, 1, __ATOMIC_RELAXED);
        unmap_pages(words, pages * PAGE);
    }
}

/* Writes to a page of its own until another thread gives it back. */
static void give_back_under_a_writer(void *unused)
{
    struct crew crew;
    (void)unused;
    run_on(1);
    CHECK_EQUAL(map_at(WINDOW, 1, MAP_READ | MAP_WRITE, HANDLE_NONE), WINDOW);
    crew_start(&crew, 1, write_for_ever);
    spin_until(&board->ready, 1);
    CHECK_EQUAL(unmap_at(WINDOW, 1), 0);
    clock_sleep(DEADLINE_NONE);
}

static void test_page_given_back_is_not_written(void)
{
    int reusers[REUSERS];
    unsigned rounds = rounds_of(KILLS);
    seed = tap_random();
    board = map_shared(PAGE);
    for (uintptr_t i = 0; i < REUSERS; i++)
        reusers[i] = tap_fork(reuse_pages, (void *)i);
    for (unsigned i = 0; i < rounds; i++) {
        board->ready = 0;
        int status = tap_wait(tap_fork(give_back_under_a_writer, NULL));
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == DEATH_FAULT);
    }
    for (int i = 0; i < REUSERS; i++)
        tap_kill(reusers[i]);
    CHECK_EQUAL(board->violations, 0);
    unmap_pages(board, PAGE);
}

/* ---- many threads map in one space ------------------------------------------------------------
 */

static uint32_t over;

/* Maps and unmaps runs of pages in a part of the window that is its own. */
static void *map_and_unmap(void *number)
{
    uint64_t random = seed + (uintptr_t)number, base = WINDOW + (uintptr_t)number * SPAN * PAGE;
    unsigned rounds = rounds_of(MAPS);
    for (unsigned round = 0; round < rounds; round++) {
        uint64_t first = random_below(&random, SPAN / 2), mark = random_next(&random);
        uint64_t pages = 1 + random_below(&random, SPAN / 2), address = base + first * PAGE;
        CHECK_EQUAL(map_at(address, pages, MAP_READ | MAP_WRITE, HANDLE_NONE), address);
        for (uint64_t i = 0; i < pages; i++) {
            CHECK_EQUAL(*word_at(address + i * PAGE + 8 * i), 0);
            *word_at(address + i * PAGE + 8 * i) = mark + i;
        }
        thread_yield();
        for (uint64_t i = 0; i < pages; i++)
            CHECK_EQUAL(*word_at(address + i * PAGE + 8 * i), mark + i);
        CHECK_EQUAL(unmap_at(address, pages), 0);
    }
    return NULL;
}

/* A page among those that come and go keeps what is written there. */
static void *use_neighbour(void *number)
{
    uint64_t address = WINDOW + ((uintptr_t)number + MAPPERS * SPAN) * PAGE;
    CHECK_EQUAL(map_at(address, 1, MAP_READ | MAP_WRITE, HANDLE_NONE), address);
    for (uint64_t i = 1; __atomic_load_n(&over, __ATOMIC_RELAXED) == 0; i++) {
        CHECK_EQUAL(*word_at(address + i % 500 * 8), i <= 500 ? 0 : i - 500);
        *word_at(address + i % 500 * 8) = i;
    }
    CHECK_EQUAL(unmap_at(address, 1), 0);
    return NULL;
}

static void test_many_map_in_one_space(void)
{
    struct crew neighbours;
    seed = tap_random();
    over = 0;
    crew_start(&neighbours, 2, use_neighbour);
    crew_run(MAPPERS, map_and_unmap);
    over = 1;
    crew_join(&neighbours);
}

/* ---- fork while others write ------------------------------------------------------------------
 */

static volatile uint64_t pages_written[4][PAGE / 8] __attribute__((aligned(4096)));

/* Counts up in each page; what it wrote stays written, whatever fork does to the page. */
static void *write_and_compare(void *number)
{
    uint64_t expected = 0;
    volatile uint64_t *words = pages_written[(uintptr_t)number];
    words[0] = words[1] = 0;
    while (__atomic_load_n(&over, __ATOMIC_RELAXED) == 0) {
        if (!CHECK_EQUAL(words[0], expected) || !CHECK_EQUAL(words[1], expected))
            break;
        words[0] = ++expected;
        words[1] = expected;
    }
    return NULL;
}

/* The child's copy stands still although the parent writes on. (It need not be of one moment.)
 * -> 0, or 1: it moved */
static int copy_moves(void)
{
    uint64_t first[4][2];
    for (int i = 0; i < 4; i++) {
        first[i][0] = pages_written[i][0];
        first[i][1] = pages_written[i][1];
    }
    clock_sleep(clock_get() + 300000);
    for (int i = 0; i < 4; i++)
        if (pages_written[i][0] != first[i][0] || pages_written[i][1] != first[i][1])
            return 1;
    return 0;
}

static void test_fork_under_writers(void)
{
    struct crew writers;
    unsigned rounds = rounds_of(FORKS);
    over = 0;
    crew_start(&writers, 4, write_and_compare);
    for (unsigned i = 0; i < rounds; i++) {
        int status = -1;
        long child = process_fork();
        if (child == 0)
            process_exit(copy_moves());
        CHECK_EQUAL(process_wait((int)child, 0, &status), child);
        CHECK_EQUAL(status, 0);
    }
    over = 1;
    crew_join(&writers);
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"smp_memory_readers_see_the_new_page", test_readers_see_the_new_page, 0},
        {"smp_memory_unmapped_page_is_not_read", test_unmapped_page_is_not_read, 0},
        {"smp_memory_read_only_page_is_not_written", test_read_only_page_is_not_written, 0},
        {"smp_memory_page_given_back_is_not_written", test_page_given_back_is_not_written, 0},
        {"smp_memory_many_map_in_one_space", test_many_map_in_one_space, 0},
        {"smp_memory_fork_under_writers", test_fork_under_writers, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
