/* vm_pressure.c - all memory is used up by touching what was promised: whoever touches the first
 * page too many dies, with a message, and nobody else is hurt; all of it comes back.
 *
 * Whoever is to live here has all the pages that it is going to write (own_pages), for a page that
 * it shares with a child would be one to find.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/smp.h"
#include "tests/lib/tap.h"
#include "tests/lib/vm.h"

enum {
    HOGS_MAX = 6,
    ROUNDS = 5,
    BYSTANDER_PAGES = 64,
    LEFT_MAX = 1500,
    LOG_BYTES = 64 << 10,
    PAGES_NOT_OWNED = 5000, /* more than own_pages() looks at */
};

static char log_text[LOG_BYTES];

/* What the parties share. */
static struct board {
    uint32_t go;
    uint32_t ready;
    uint32_t over;
    uint32_t refused;
    int last; /* hog */
    uint64_t touched[HOGS_MAX];
} * board;

static void open_board(void)
{
    board = map_shared(PAGE);
    memset(board, 0, sizeof *board);
}

static void close_board(void) { unmap_pages(board, PAGE); }

static bool died_of_memory(int status)
{
    return WIFSIGNALED(status) && WTERMSIG(status) == DEATH_MEMORY;
}

/* ---- hogs ------------------------------------------------------------------------------------
 */

/* Touches twice as much as there is. */
static void touch_without_end(uint32_t flags, uint64_t *touched)
{
    uint64_t pages = free_frames() / 2 + 1;
    for (uint64_t base = PLACE;; base += pages * PAGE) {
        if (map_at(base, pages, flags) != (long)base)
            process_exit(1); /* no record of the mapping is to be had */
        for (uint64_t i = 0; i < pages; i++, ++*touched)
            *word_at(base + i * PAGE) = i;
    }
}

static void hog(void *number)
{
    uintptr_t n = (uintptr_t)number;
    board->last = getpid();
    own_pages();
    __atomic_fetch_add(&board->ready, 1, __ATOMIC_RELEASE);
    spin_until(&board->go, 1);
    touch_without_end(n % 2 == 0 ? MAP_WRITE : SMALL, &board->touched[n]);
}

/* Is the line about the process's end in the kernel's log? */
static bool log_tells(int pid)
{
    char line[64];
    long length =
        system_control(HANDLE_SYSTEM, SYSTEM_LOG_READ, (uintptr_t)log_text, LOG_BYTES - 1);
    CHECK(length > 0);
    log_text[length > 0 ? length : 0] = '\0';
    snprintf(line, sizeof line, "killed: process %d (", pid);
    const char *start = strstr(log_text, line);
    const char *reason = start != NULL ? strstr(start, "out of memory") : NULL;
    return reason != NULL && reason < strchr(start, '\n');
}

static void test_one_dies_with_a_message(void)
{
    open_board();
    board->go = 1;
    for (uintptr_t i = 0; i < rounds_of(2 * ROUNDS); i++) {
        uint64_t before = free_frames();
        board->touched[i % 2] = 0;
        CHECK(died_of_memory(run_hog(hog, (void *)(i % 2))));
        CHECK(log_tells(board->last));
        CHECK(board->touched[i % 2] > before / 2);
    }
    close_board();
}

/* Works in its own pages while others fight for the rest. */
static void stand_by(void *unused)
{
    (void)unused;
    CHECK_EQUAL(map_at(PLACE, BYSTANDER_PAGES, MAP_WRITE | MAP_POPULATE), PLACE);
    own_pages();
    __atomic_fetch_add(&board->ready, 1, __ATOMIC_RELEASE);
    for (uint64_t base = 1; __atomic_load_n(&board->over, __ATOMIC_ACQUIRE) == 0; base++) {
        number_pages(PLACE, BYSTANDER_PAGES, base);
        thread_yield();
        CHECK(are_numbered(PLACE, BYSTANDER_PAGES, base));
    }
}

static void test_many_at_once(void)
{
    int hogs[HOGS_MAX], bystander;
    unsigned count = hart_count() + 1 < HOGS_MAX ? hart_count() + 1 : HOGS_MAX;
    for (unsigned round = 0; round < rounds_of(ROUNDS); round++) {
        open_board();
        bystander = tap_fork(stand_by, NULL);
        for (uintptr_t i = 0; i < count; i++)
            hogs[i] = tap_fork(hog, (void *)i);
        own_pages();
        spin_until(&board->ready, count + 1);
        __atomic_store_n(&board->go, 1, __ATOMIC_RELEASE);
        for (unsigned i = 0; i < count; i++)
            CHECK(died_of_memory(tap_wait(hogs[i])));
        sleep_ms(50); /* for their memory to come back */
        __atomic_store_n(&board->over, 1, __ATOMIC_RELEASE);
        tap_join(bystander);
        close_board();
    }
}

/* ---- calls without memory --------------------------------------------------------------------
 */

/* Maps ever smaller pieces, with their pages, until not one is left; but for `left` ones. The
 * mappings follow each other from PLACE on; *pages is their length. */
static void take_all(uint64_t left, uint64_t *pages)
{
    *pages = 0;
    if (left > 0)
        CHECK_EQUAL(map_at(PLACE - left * PAGE, left, MAP_WRITE | MAP_POPULATE),
                    PLACE - left * PAGE);
    for (uint64_t piece = 1 << 14; piece > 0; piece /= 2)
        while (map_at(PLACE + *pages * PAGE, piece, MAP_WRITE | MAP_POPULATE) > 0)
            *pages += piece;
    if (left > 0)
        CHECK_EQUAL(unmap_at(PLACE - left * PAGE, left), 0);
}

#define LAZY          (PLACE - 0x40000000)
#define PLACE_OF_WORD (PLACE - 0x80000000)

/* Says no, and lacks memory rather than permission. */
static void refuses(long result)
{
    CHECK(result == -E_NOMEM || result >= 0);
    board->refused += result == -E_NOMEM;
}

static long serve_buffer(struct message *request, struct message *reply)
{
    uint64_t value = 0;
    (void)reply;
    return request->label == 1 ? ipc_write(request->token, 0, &value, sizeof value)
                               : ipc_read(request->token, 0, &value, sizeof value);
}

static int buffer_channel;

/* Lazily mapped buffers, when there are no pages for them. */
static void call_with_lazy_buffers(void *unused)
{
    uint64_t pages, next = LAZY;
    (void)unused;
    CHECK_EQUAL(map_at(LAZY, 512, SMALL), LAZY);
    own_pages();
    CHECK_EQUAL(unmap_at(LAZY, 512), 0);
    CHECK_EQUAL(map_at(LAZY, 512, SMALL), LAZY);
    take_all(0, &pages);
    for (int round = 0; round < 20; round++) {
        refuses(process_info(HANDLE_SELF, 0, (void *)next));
        refuses(system_info(HANDLE_SYSTEM, INFO_MEMORY, (void *)(next + 2 * PAGE - 16), 64));
        refuses(futex_wait((uint32_t *)(next + 3 * PAGE), 0, clock_get()) == -E_NOMEM ? -E_NOMEM
                                                                                      : 0);
        refuses(futex_wake((uint32_t *)(next + 4 * PAGE), 1));
        struct message m = {1, {0}, (void *)(next + 5 * PAGE), 8 | BUFFER_OUT, 0, 0};
        refuses(message_call(buffer_channel, &m));
        m.label = 2;
        m.length = 8 | BUFFER_IN;
        m.buffer = (void *)(next + 6 * PAGE);
        refuses(message_call(buffer_channel, &m));
        refuses(memory_create(PAGE, MEMORY_ANONYMOUS, HANDLE_NONE));
        refuses(map_at(PLACE - PAGE, 1, MAP_WRITE | MAP_POPULATE));
        next += 8 * PAGE;
    }
    CHECK(board->refused > 20);
    /* What goes is there for others at once. */
    CHECK_EQUAL(unmap_at(PLACE, 512), 0);
    CHECK(process_info(HANDLE_SELF, 0, (void *)next) > 0);
    CHECK_EQUAL(unmap_at(PLACE, pages), 0);
    number_pages(LAZY, 512, 1);
    CHECK(are_numbered(LAZY, 512, 1));
}

static void test_lazy_buffers_are_refused(void)
{
    open_board();
    int port = (int)port_create();
    buffer_channel = (int)channel_create(port, 0);
    int server = serve(port, serve_buffer);
    struct message m = {1, {0}, &(uint64_t){0}, 8 | BUFFER_OUT, 0, 0};
    CHECK(message_call(buffer_channel, &m) >= 0); /* now the server has its pages */
    CHECK_EQUAL(run_hog(call_with_lazy_buffers, NULL), 0);
    m.label = 1;
    CHECK(message_call(buffer_channel, &m) >= 0);
    tap_kill(server);
    handle_close(buffer_channel);
    handle_close(port);
    close_board();
}

/* Parts of one mapping go, and permissions change, or not; then all goes for sure. */
static void change_without_memory(void *unused)
{
    uint64_t pages;
    (void)unused;
    CHECK_EQUAL(map_at(LAZY, 2048, MAP_WRITE), LAZY);
    number_pages(LAZY, 2048, 1);
    own_pages();
    take_all(0, &pages);
    for (unsigned i = 0; i < 200; i++) {
        uint64_t at = 8 + i * 10;
        refuses(protect_at(LAZY + at * PAGE, 1, MAP_READ));
        CHECK_EQUAL(*word_at(LAZY + at * PAGE), 1 + at);
        long result = unmap_at(LAZY + (at + 5) * PAGE, 1);
        refuses(result);
        CHECK(result == 0 || *word_at(LAZY + (at + 5) * PAGE) == 6 + at);
        CHECK_EQUAL(*word_at(LAZY + (at + 6) * PAGE), 7 + at);
    }
    CHECK_EQUAL(unmap_at(LAZY, 2048), 0);
    CHECK_EQUAL(unmap_at(PLACE, pages), 0);
}

static void test_changes_without_memory(void)
{
    open_board();
    CHECK_EQUAL(run_hog(change_without_memory, NULL), 0);
    close_board();
}

/* A mapping of several larger pages and tables goes as a whole when there is no memory at all, not
 * even for a record. */
static void unmap_all_without_memory(void *unused)
{
    uint64_t pages;
    struct process_info info;
    (void)unused;
    CHECK_EQUAL(map_at(LAZY, 2048, SMALL), LAZY);
    number_pages(LAZY, 2048, 1);
    own_pages();
    take_all(0, &pages);
    unsigned areas = 0; /* uses up the records, too */
    while (map_at(LAZY - (2 + 2 * (uint64_t)areas) * PAGE, 1, SMALL) > 0)
        areas++;
    CHECK(process_info(HANDLE_SELF, 0, &info) > 0);
    CHECK_EQUAL(unmap_at(LAZY, 2048), 0);
    CHECK(free_frames() > 1024);
}

static void test_unmap_needs_no_memory(void)
{
    open_board();
    CHECK_EQUAL(run_hog(unmap_all_without_memory, NULL), 0);
    close_board();
}

/* ---- threads and processes without memory ----------------------------------------------------
 */

/* Forks with so many pages left. A fork that fails costs nothing: the process goes on in the pages
 * that it has. One that succeeds makes two of whom one may find no page. */
static void fork_with_few_pages(void *left)
{
    uint64_t pages;
    CHECK_EQUAL(map_at(LAZY, 256, SMALL), LAZY);
    number_pages(LAZY, 256, 1);
    own_pages();
    take_all((uintptr_t)left, &pages);
    long child = process_fork();
    if (child == 0)
        process_exit(are_numbered(LAZY, 256, 1) ? 0 : 99);
    if (child < 0) {
        board->refused++;
        CHECK_EQUAL(child, -E_NOMEM);
        number_pages(LAZY, 256, 2);
        own_pages();
    } else {
        int status = -1;
        CHECK_EQUAL(process_wait((int)child, 0, &status), child);
        CHECK(status == 0 || died_of_memory(status));
    }
    CHECK(are_numbered(LAZY, 256, child < 0 ? 2 : 1));
    __atomic_fetch_add(&board->ready, 1, __ATOMIC_RELAXED);
}

static void test_fork_with_few_pages(void)
{
    open_board();
    for (uintptr_t left = 0; left < LEFT_MAX; left += left / 4 + (tap_warming_up() ? 20 : 3)) {
        int status = run_hog(fork_with_few_pages, (void *)left);
        CHECK(status == 0 || died_of_memory(status));
    }
    CHECK(board->refused > 0);
    close_board();
}

/* A thread ends while its fellow waits for that in a page shared with a child, and there is no
 * memory for a copy: the wait is over, or the process is, but it does not last for ever. */
static void *end_thread_without_memory(void *unused)
{
    uint64_t pages;
    thread_reaches(getpid(), 0, THREAD_FUTEX);
    if (process_fork() == 0) {
        own_pages();
        __atomic_store_n(&board->ready, 1, __ATOMIC_RELEASE);
        while (__atomic_load_n(&board->over, __ATOMIC_RELAXED) == 0)
            sleep_ms(5);
        process_exit(0);
    }
    spin_until(&board->ready, 1);
    own_pages();
    take_all(0, &pages);
    thread_exit((uint32_t *)PLACE_OF_WORD);
    return unused;
}

static void wait_for_thread(void *unused)
{
    uint32_t *word = (uint32_t *)PLACE_OF_WORD;
    struct thread thread;
    (void)unused;
    CHECK_EQUAL(map_at(PLACE_OF_WORD, PAGES_NOT_OWNED, SMALL), PLACE_OF_WORD);
    *word = 1;
    CHECK_EQUAL(thread_start(&thread, end_thread_without_memory, NULL), 0);
    long result = futex_wait(word, 1, deadline_in_ms(5000));
    CHECK(result == 0 || result == -E_AGAIN);
}

static void test_thread_ends_without_memory(void)
{
    open_board();
    for (unsigned i = 0; i < rounds_of(ROUNDS); i++) {
        board->over = board->ready = 0;
        int status = run_hog(wait_for_thread, NULL);
        CHECK(status == 0 || died_of_memory(status));
        __atomic_store_n(&board->over, 1, __ATOMIC_RELEASE);
        sleep_ms(20);
    }
    close_board();
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"vm_pressure_one_dies_with_a_message", test_one_dies_with_a_message, 120},
        {"vm_pressure_many_at_once", test_many_at_once, 120},
        {"vm_pressure_lazy_buffers_are_refused", test_lazy_buffers_are_refused, 0},
        {"vm_pressure_changes_without_memory", test_changes_without_memory, 0},
        {"vm_pressure_unmap_needs_no_memory", test_unmap_needs_no_memory, 0},
        {"vm_pressure_fork_with_few_pages", test_fork_with_few_pages, 120},
        {"vm_pressure_thread_ends_without_memory", test_thread_ends_without_memory, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
