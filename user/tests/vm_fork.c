/* vm_fork.c - what a fork shares nobody sees: trees of processes, messages and system calls into
 * shared pages, futexes in them, permissions, holes, threads that write meanwhile, and storms.
 *
 * Under every policy (boot argument clone=) the contents must be as if all had been copied.
 */
#include <octavo/thread.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/smp.h"
#include "tests/lib/tap.h"

#define SPARSE_PLACE 0x2000000000ull

enum {
    PAGES = 48,
    WORDS = PAGE / 8,
    TREE_DEPTH = 4,
    FUTEX_ROUNDS = 40,
    WRITERS = 4,
    WRITER_PAGES = 32,
    WRITER_FORKS = 16,
    STORM_ROUNDS = 200,
    STORM_DEPTH = 3,
    STORM_CHILDREN = 3,
    SPARSE_PIECE = 16 << 20,
    SPARSE_PIECES = 64, /* together 1 GiB, more than there is */
    SPARSE_STEP = 8 << 20,
};

/* The pages under test, and what each ought to hold: its number plus this. */
static volatile uint64_t *pages;
static uint64_t expected[PAGES];

static void write_page(unsigned page, uint64_t value)
{
    for (unsigned i = 0; i < WORDS; i += 73)
        pages[page * WORDS + i] = value + i;
    expected[page] = value;
}

static bool page_holds(unsigned page)
{
    for (unsigned i = 0; i < WORDS; i += 73)
        if (pages[page * WORDS + i] != expected[page] + i)
            return false;
    return true;
}

static void check_pages(void)
{
    for (unsigned page = 0; page < PAGES; page++)
        if (!CHECK(page_holds(page)))
            break;
}

static void map_and_fill(void)
{
    pages = map_pages(PAGES * PAGE, MAP_WRITE);
    for (unsigned page = 0; page < PAGES; page++)
        write_page(page, page << 16);
}

static void unmap_all(void) { unmap_pages((void *)(uintptr_t)pages, PAGES * PAGE); }

/* ---- trees -----------------------------------------------------------------------------------
 */

static void write_some(uint64_t *random)
{
    for (unsigned page = 0; page < PAGES; page++)
        if (random_below(random, 2) == 0)
            write_page(page, random_next(random));
}

/* A process of a tree: its depth, and the random numbers that it begins with. */
struct member {
    uint64_t random;
    int depth;
};

/* What it found, what it wrote, and what its children did meanwhile. */
static void grow(void *argument)
{
    struct member *self = argument;
    int children[2];
    check_pages();
    write_some(&self->random);
    for (int i = 0; i < 2 && self->depth < TREE_DEPTH; i++) {
        struct member child = {random_next(&self->random), self->depth + 1};
        children[i] = tap_fork(grow, &child);
        write_some(&self->random);
    }
    check_pages();
    for (int i = 0; i < 2 && self->depth < TREE_DEPTH; i++)
        tap_join(children[i]);
    check_pages();
}

static void test_tree(void)
{
    struct member first = {tap_random(), 0};
    map_and_fill();
    tap_join(tap_fork(grow, &first));
    check_pages();
    unmap_all();
}

/* ---- the kernel writes -----------------------------------------------------------------------
 */

enum { READ_INTO_SHARED = 1, WRITE_FROM_SHARED, SPAN = PAGE + 64, INSIDE = PAGE - 32 };

static uint8_t *bytes_at(unsigned page) { return (uint8_t *)(uintptr_t)(pages + page * WORDS); }

static bool all_are(const uint8_t *bytes, size_t length, uint8_t value)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i] != value)
            return false;
    return true;
}

/* The server shares `pages` with its client since it was forked. */
static long serve_copies(struct message *request, struct message *reply)
{
    uint8_t *own = bytes_at((unsigned)request->word[0]) + INSIDE;
    (void)reply;
    if (request->label == READ_INTO_SHARED)
        return ipc_read(request->token, 0, own, SPAN) == SPAN && all_are(own, SPAN, 0xc1) ? 0 : -1;
    static uint8_t source[SPAN];
    memset(source, 0x5e, SPAN);
    return ipc_write(request->token, 0, source, SPAN) == SPAN && !all_are(own, 1, 0x5e) ? 0 : -2;
}

static void test_messages_break_sharing(void)
{
    static uint8_t data[SPAN];
    map_and_fill();
    int port = (int)port_create(), channel = (int)channel_create(port, 0);
    int server = serve(port, serve_copies);
    memset(data, 0xc1, SPAN);
    struct message in = {READ_INTO_SHARED, {0}, data, SPAN | BUFFER_IN, 0, 0};
    CHECK_EQUAL(message_call(channel, &in), 0);
    check_pages(); /* the server's pages have changed, ours have not */
    for (unsigned page = 4; page < 12; page += 4) {
        struct message out = {WRITE_FROM_SHARED, {page}, bytes_at(page) + INSIDE,
                              SPAN | BUFFER_OUT, 0,      0};
        CHECK_EQUAL(message_call(channel, &out), 0);
        CHECK(all_are(bytes_at(page) + INSIDE, SPAN, 0x5e));
        CHECK(bytes_at(page)[INSIDE - 1] != 0x5e);
    }
    tap_kill(server);
    handle_close(channel);
    handle_close(port);
    unmap_all();
}

static void describe_into_shared(void *parent)
{
    struct process_info *info = (struct process_info *)(uintptr_t)bytes_at(1);
    CHECK_EQUAL(process_info(HANDLE_SELF, 0, info), getpid());
    CHECK(info->pid == getpid() && info->parent == *(int *)parent);
}

static void sleep_and_check(void *unused)
{
    (void)unused;
    sleep_ms(20);
    check_pages();
}

static void test_system_calls_break_sharing(void)
{
    int self = getpid();
    struct system_memory memory;
    map_and_fill();
    tap_join(tap_fork(describe_into_shared, &self));
    check_pages();
    int child = tap_fork(sleep_and_check, NULL);
    uint8_t *edge = bytes_at(8) - 64; /* across two pages */
    CHECK_EQUAL(system_info(HANDLE_SYSTEM, INFO_MEMORY, edge, sizeof memory), sizeof memory);
    memcpy(&memory, edge, sizeof memory);
    CHECK(memory.total_pages > 0 && memory.free_pages < memory.total_pages);
    tap_join(child);
    unmap_all();
}

/* ---- futexes ---------------------------------------------------------------------------------
 */

static uint32_t word, acknowledged;

static void *wait_for_each(void *unused)
{
    for (uint32_t round = 1; round <= rounds_of(FUTEX_ROUNDS); round++) {
        uint32_t seen;
        while ((seen = __atomic_load_n(&word, __ATOMIC_ACQUIRE)) != round) {
            long result = futex_wait(&word, seen, deadline_in_ms(10000));
            CHECK(result == 0 || result == -E_AGAIN);
        }
        __atomic_store_n(&acknowledged, round, __ATOMIC_RELEASE);
    }
    return unused;
}

static void check_word(void *round)
{
    CHECK_EQUAL(word, *(uint32_t *)round - 1);
    word = 0; /* in this process's copy */
    CHECK_EQUAL(futex_wake(&word, UINT32_MAX), 0);
    check_pages();
}

/* The page of the word changes hands while a thread waits there, and who wakes it finds it. */
static void test_futex_survives_fork(void)
{
    struct crew crew;
    map_and_fill();
    word = acknowledged = 0;
    crew_start(&crew, 1, wait_for_each);
    for (uint32_t round = 1; round <= rounds_of(FUTEX_ROUNDS); round++) {
        thread_reaches(getpid(), 1, THREAD_FUTEX);
        int child = tap_fork(check_word, &round);
        if (round % 2 == 0)
            tap_join(child);
        __atomic_store_n(&word, round, __ATOMIC_RELEASE);
        CHECK_EQUAL(futex_wake(&word, UINT32_MAX), 1);
        spin_until(&acknowledged, round);
        if (round % 2 != 0)
            tap_join(child);
    }
    crew_join(&crew);
    unmap_all();
}

/* ---- permissions and holes -------------------------------------------------------------------
 */

static uint64_t address_of(unsigned page) { return (uint64_t)(uintptr_t)bytes_at(page); }

static void store_byte(void *address) { *(volatile uint8_t *)address = 1; }

static void load_byte(void *address) { (void)*(volatile uint8_t *)address; }

static bool dies(void (*body)(void *), unsigned page)
{
    int status = tap_wait(tap_fork(body, bytes_at(page)));
    return WIFSIGNALED(status) && WTERMSIG(status) == DEATH_FAULT;
}

/* Pages 4 to 8 become read-only, 8 to 12 inaccessible, 16 to 20 go. */
static void change_pages(void *unused)
{
    (void)unused;
    CHECK_EQUAL(vm_protect(HANDLE_SPACE, address_of(4), 4 * PAGE, MAP_READ), 0);
    CHECK_EQUAL(vm_protect(HANDLE_SPACE, address_of(8), 4 * PAGE, MAP_NONE), 0);
    CHECK_EQUAL(vm_unmap(HANDLE_SPACE, address_of(16), 4 * PAGE), 0);
    CHECK(page_holds(4) && page_holds(7) && page_holds(15) && page_holds(20));
    CHECK(dies(store_byte, 5) && dies(load_byte, 8) && dies(load_byte, 11) && dies(load_byte, 16));
    CHECK_EQUAL(vm_protect(HANDLE_SPACE, address_of(4), 8 * PAGE, MAP_WRITE), 0);
    for (unsigned page = 0; page < 16; page++)
        CHECK(page_holds(page));
    write_page(5, 99);
    write_page(9, 99);
    CHECK(page_holds(5) && page_holds(9) && page_holds(12));
    CHECK_EQUAL(vm_protect(HANDLE_SPACE, address_of(4), 16 * PAGE, MAP_READ), -E_NOENT);
}

static void wait_then_check(void *go)
{
    spin_until(go, 1);
    check_pages();
    for (unsigned page = 0; page < PAGES; page++)
        write_page(page, page);
    check_pages();
}

static void test_permissions_are_ones_own(void)
{
    uint32_t *go = map_shared(PAGE);
    map_and_fill();
    tap_join(tap_fork(change_pages, NULL));
    check_pages();
    int child = tap_fork(wait_then_check, go);
    change_pages(NULL);
    __atomic_store_n(go, 1, __ATOMIC_RELEASE);
    tap_join(child);
    CHECK(page_holds(4) && page_holds(5) && page_holds(9) && page_holds(20));
    unmap_all();
    unmap_pages(go, PAGE);
}

/* ---- threads that write meanwhile ------------------------------------------------------------
 */

static uint32_t over;
static volatile uint64_t *counters;

/* Counts in its pages in turn; each page has the value that was put there last. */
static void *count_in_pages(void *number)
{
    uint64_t last[WRITER_PAGES] = {0};
    volatile uint64_t *own = counters + (uintptr_t)number * WRITER_PAGES * WORDS;
    for (uint64_t i = 1; __atomic_load_n(&over, __ATOMIC_RELAXED) == 0; i++) {
        unsigned page = (unsigned)(i * 7 % WRITER_PAGES);
        if (!CHECK_EQUAL(own[page * WORDS], last[page]))
            break;
        own[page * WORDS] = last[page] = i;
    }
    for (unsigned page = 0; page < WRITER_PAGES; page++)
        CHECK_EQUAL(own[page * WORDS], last[page]);
    return NULL;
}

/* The child's counters stand still, and it writes over them. -> its status */
static int disturb_copy(void)
{
    uint64_t seen[WRITERS * WRITER_PAGES];
    for (unsigned page = 0; page < WRITERS * WRITER_PAGES; page++)
        seen[page] = counters[page * WORDS];
    clock_sleep(clock_get() + 200000);
    for (unsigned page = 0; page < WRITERS * WRITER_PAGES; page++) {
        if (counters[page * WORDS] != seen[page])
            return 1;
        counters[page * WORDS] = UINT64_MAX;
    }
    return 0;
}

static void test_fork_while_threads_count(void)
{
    struct crew writers;
    counters = map_pages(WRITERS * WRITER_PAGES * PAGE, MAP_WRITE);
    over = 0;
    crew_start(&writers, WRITERS, count_in_pages);
    for (unsigned i = 0; i < rounds_of(WRITER_FORKS); i++) {
        int status = -1;
        long child = process_fork();
        if (child == 0)
            process_exit(disturb_copy());
        CHECK_EQUAL(process_wait((int)child, 0, &status), child);
        CHECK_EQUAL(status, 0);
    }
    over = 1;
    crew_join(&writers);
    unmap_pages((void *)(uintptr_t)counters, WRITERS * WRITER_PAGES * PAGE);
}

/* ---- large and nearly empty ------------------------------------------------------------------
 */

static volatile uint64_t *sparse_word(unsigned number)
{
    return (volatile uint64_t *)(uintptr_t)(SPARSE_PLACE + (uint64_t)number * SPARSE_STEP + 64);
}

enum { SPARSE_WORDS = (uint64_t)SPARSE_PIECE * SPARSE_PIECES / SPARSE_STEP };

static void check_sparse(uint64_t base)
{
    for (unsigned i = 0; i < SPARSE_WORDS; i++) {
        CHECK_EQUAL(*sparse_word(i), i % 2 == 0 ? base + i : 0);
        CHECK_EQUAL(sparse_word(i)[WORDS], 0);
    }
}

static void use_sparse(void *unused)
{
    (void)unused;
    check_sparse(1);
    for (unsigned i = 0; i < SPARSE_WORDS; i += 2)
        *sparse_word(i) = 1000 + i;
    check_sparse(1000);
}

static void test_sparse_gigabyte(void)
{
    struct mapping mapping = {SPARSE_PLACE, SPARSE_PIECE,
                              MAP_READ | MAP_WRITE | MAP_SPARSE | MAP_EXACT, HANDLE_NONE, 0};
    for (unsigned i = 0; i < SPARSE_PIECES; i++, mapping.address += SPARSE_PIECE)
        CHECK_EQUAL(vm_map(HANDLE_SPACE, &mapping), mapping.address);
    for (unsigned i = 0; i < SPARSE_WORDS; i += 2)
        *sparse_word(i) = 1 + i;
    tap_join(tap_fork(use_sparse, NULL));
    int child = tap_fork(use_sparse, NULL);
    check_sparse(1);
    tap_join(child);
    CHECK_EQUAL(vm_unmap(HANDLE_SPACE, SPARSE_PLACE, (uint64_t)SPARSE_PIECE * SPARSE_PIECES), 0);
}

/* ---- the storm -------------------------------------------------------------------------------
 */

static void storm(void *argument);

/* A hole and its filling, or a permission that comes and goes. */
static void change_something(uint64_t *random)
{
    unsigned page = (unsigned)random_below(random, PAGES - 4);
    uint64_t pages_changed = 1 + random_below(random, 4);
    if (random_below(random, 2) == 0) {
        vm_protect(HANDLE_SPACE, address_of(page), pages_changed * PAGE, MAP_READ);
        CHECK(page_holds(page));
        vm_protect(HANDLE_SPACE, address_of(page), pages_changed * PAGE, MAP_WRITE);
        return;
    }
    vm_unmap(HANDLE_SPACE, address_of(page), pages_changed * PAGE);
    struct mapping hole = {address_of(page), pages_changed * PAGE, MAP_WRITE | MAP_EXACT,
                           HANDLE_NONE, 0};
    CHECK_EQUAL(vm_map(HANDLE_SPACE, &hole), hole.address);
    for (unsigned i = 0; i < pages_changed; i++) {
        CHECK_EQUAL(pages[(page + i) * WORDS], 0);
        write_page(page + i, random_next(random));
    }
}

/* Begins some children; each is waited for, or killed in the middle of what it does. */
static void storm_children(struct member *self)
{
    int children[STORM_CHILDREN];
    unsigned count = 1 + (unsigned)random_below(&self->random, STORM_CHILDREN);
    for (unsigned i = 0; i < count; i++) {
        struct member child = {random_next(&self->random), self->depth + 1};
        children[i] = tap_fork(storm, &child);
        write_page((unsigned)random_below(&self->random, PAGES), random_next(&self->random));
    }
    for (unsigned i = 0; i < count; i++) {
        bool killed = random_below(&self->random, 4) == 0;
        if (killed)
            process_kill(HANDLE_SELF, children[i], DEATH_KILLED | KILL_TREE);
        int status = tap_wait(children[i]);
        CHECK(status == 0 || (killed && status == DEATH_KILLED));
    }
}

static void storm(void *argument)
{
    struct member *self = argument;
    check_pages();
    change_something(&self->random);
    if (self->depth < STORM_DEPTH && random_below(&self->random, 3) != 0)
        storm_children(self);
    change_something(&self->random);
    check_pages();
}

static void test_storm(void)
{
    map_and_fill();
    for (unsigned i = 0; i < rounds_of(STORM_ROUNDS); i++) {
        struct member first = {tap_random(), 0};
        int child = tap_fork(storm, &first);
        write_page(i % PAGES, first.random);
        tap_join(child);
        check_pages();
    }
    unmap_all();
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"vm_fork_tree_of_depth_4", test_tree, 0},
        {"vm_fork_messages_break_sharing", test_messages_break_sharing, 0},
        {"vm_fork_system_calls_break_sharing", test_system_calls_break_sharing, 0},
        {"vm_fork_futex_survives", test_futex_survives_fork, 0},
        {"vm_fork_permissions_are_ones_own", test_permissions_are_ones_own, 0},
        {"vm_fork_while_threads_count", test_fork_while_threads_count, 0},
        {"vm_fork_sparse_gigabyte", test_sparse_gigabyte, 0},
        {"vm_fork_storm", test_storm, 240},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
