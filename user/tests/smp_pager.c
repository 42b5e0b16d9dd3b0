/* smp_pager.c - pages that a pager takes back: their contents, who used them, copies that stay,
 * buffers of calls under way, clones, and readers and writers that never notice. */
#include <octavo/pager.h>
#include <octavo/thread.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/paging.h"
#include "tests/lib/smp.h"
#include "tests/lib/tap.h"

enum {
    PAGES = 24,
    RESIDENT = 6,
    WORDS = PAGE / sizeof(uint64_t),
    WRITERS = 4,
    STEPS = 1500,
    FORKS = 12,
    PATIENCE_MS = 4000, /* a host with fewer harts makes each flush long */
};

static struct paging paging;

static uint64_t *start(uint64_t resident, uint32_t flags)
{
    paging = (struct paging){.manner = PAGING_SWAPS, .pages = PAGES, .resident = resident};
    paging_start(&paging);
    return paging_map(&paging, flags);
}

static void stop(uint64_t *mapped)
{
    unmap_pages(mapped, PAGES * PAGE);
    paging_stop(&paging);
}

static long evict(uint64_t first, uint64_t count)
{
    return call_words(paging.channel, PAGING_EVICT, first, count, 0);
}

static uint64_t count_of(const uint64_t *count) { return __atomic_load_n(count, __ATOMIC_RELAXED); }

/* ---- one at a time ---- */

static void test_dirty_pages_come_back(void)
{
    volatile uint64_t *pages = start(PAGES, MAP_WRITE | MAP_SHARE);
    pages[3] = 33;
    CHECK_EQUAL(pages[WORDS], paging_word(1, 0));
    CHECK_EQUAL(evict(0, PAGES), 2);
    CHECK_EQUAL(count_of(&paging.counts->dirty), 1);
    CHECK_EQUAL(pages[3], 33);
    CHECK_EQUAL(pages[4], paging_word(0, 4));
    CHECK_EQUAL(pages[WORDS], paging_word(1, 0));
    CHECK_EQUAL(count_of(&paging.counts->asked), 4);
    CHECK_EQUAL(evict(0, 2), 2); /* only read since */
    CHECK_EQUAL(count_of(&paging.counts->dirty), 1);
    CHECK_EQUAL(evict(0, 2), 0);
    CHECK_EQUAL(pages[3], 33);
    stop((uint64_t *)pages);
}

/* A page that was read first and written later is dirty, too. */
static void test_later_write_makes_dirty(void)
{
    volatile uint64_t *pages = start(PAGES, MAP_WRITE | MAP_SHARE);
    CHECK_EQUAL(pages[5 * WORDS], paging_word(5, 0));
    CHECK_EQUAL(count_of(&paging.counts->writes), 0);
    pages[5 * WORDS] = 55;
    CHECK_EQUAL(count_of(&paging.counts->asked), 1);
    CHECK_EQUAL(evict(5, 1), 1);
    CHECK_EQUAL(count_of(&paging.counts->dirty), 1);
    CHECK_EQUAL(pages[5 * WORDS], 55);
    stop((uint64_t *)pages);
}

static void test_private_copies_stay(void)
{
    volatile uint64_t *pages = start(PAGES, MAP_WRITE);
    pages[0] = 1;
    CHECK_EQUAL(pages[WORDS], paging_word(1, 0));
    CHECK_EQUAL(evict(0, 2), 2);
    CHECK_EQUAL(count_of(&paging.counts->dirty), 0);
    CHECK_EQUAL(pages[0], 1);
    CHECK_EQUAL(count_of(&paging.counts->asked), 2); /* it was not missed */
    CHECK_EQUAL(pages[WORDS], paging_word(1, 0));
    CHECK_EQUAL(count_of(&paging.counts->asked), 3);
    stop((uint64_t *)pages);
}

static void test_looking_tells_who_is_used(void)
{
    volatile uint64_t *pages = start(PAGES, MAP_WRITE | MAP_SHARE);
    for (uint64_t i = 0; i < 4; i++)
        pages[i * WORDS] = i;
    struct call_result look = memory_evict(paging.memory, 0, PAGES, NULL, PAGER_KEEP);
    CHECK_EQUAL(look.value, 4);
    CHECK_EQUAL(look.second, 15);
    CHECK_EQUAL(pages[2 * WORDS], 2);
    look = memory_evict(paging.memory, 1, 3, NULL, PAGER_KEEP);
    CHECK_EQUAL(look.value, 3);
    CHECK_EQUAL(look.second, 2); /* page 2 is the second of them */
    CHECK_EQUAL(count_of(&paging.counts->asked), 4);
    CHECK_EQUAL(evict(0, 4), 4);
    CHECK_EQUAL(count_of(&paging.counts->dirty), 4); /* that they were written is not forgotten */
    stop((uint64_t *)pages);
}

/* Contents that cannot be handed over are not lost. */
static void test_bad_place_keeps_the_page(void)
{
    volatile uint64_t *pages = start(PAGES, MAP_WRITE | MAP_SHARE);
    pages[0] = 11;
    CHECK_EQUAL(memory_evict(paging.memory, 0, 1, NULL, 0).value, -E_FAULT);
    CHECK_EQUAL(pages[0], 11);
    CHECK_EQUAL(count_of(&paging.counts->asked), 1);
    CHECK_EQUAL(evict(0, 1), 1);
    CHECK_EQUAL(pages[0], 11);
    stop((uint64_t *)pages);
}

/* ---- buffers of calls under way ---- */

/* The pages of the buffer go before the first copy: the caller brings them in and calls again. */
static long evict_then_copy(struct message *request, struct message *reply)
{
    static uint64_t calls, page[2 * WORDS];
    long result = 2 * PAGE;

    calls++;
    reply->word[0] = calls;
    if (calls % 2 == 1)
        CHECK_EQUAL(evict(2, 2), 2);
    if (request->length & BUFFER_IN)
        result = ipc_read(request->token, 0, page, sizeof page);
    if (result >= 0)
        result = ipc_write(request->token, 0, page, sizeof page);
    CHECK_EQUAL(result, calls % 2 == 1 ? -E_SRCH : 2 * PAGE);
    return result;
}

static void test_calls_are_made_again(void)
{
    uint64_t *pages = start(PAGES, MAP_WRITE | MAP_SHARE);
    int port = (int)port_create(), channel = (int)channel_create(port, 1);
    int server = serve(port, evict_then_copy);
    struct message m = {.label = 3,
                        .word = {1, 2, 3},
                        .buffer = pages + 2 * WORDS,
                        .length = (2 * PAGE) | BUFFER_IN | BUFFER_OUT};
    CHECK_EQUAL(message_call(channel, &m), 2 * PAGE);
    CHECK_EQUAL(m.word[0], 2); /* the second time */
    paging_check(pages + 2 * WORDS, 2);
    paging_check(pages + 3 * WORDS, 3);
    tap_kill(server);
    handle_close(channel);
    handle_close(port);
    stop(pages);
}

/* What rode with the call has gone over: it cannot be made again, and the server is told. */
static long evict_then_fail(struct message *request, struct message *reply)
{
    uint64_t word;
    (void)reply;
    handle_close(message_take_handle(request));
    CHECK_EQUAL(evict(0, 1), 1);
    return ipc_read(request->token, 0, &word, sizeof word);
}

static void test_call_with_a_moved_handle_fails(void)
{
    uint64_t *pages = start(PAGES, MAP_WRITE | MAP_SHARE);
    int port = (int)port_create(), channel = (int)channel_create(port, 1);
    int server = serve(port, evict_then_fail);
    struct message m = {.label = MESSAGE_MOVE | 3,
                        .word = {0, 0, (uint64_t)event_create()},
                        .buffer = pages,
                        .length = PAGE | BUFFER_IN};
    CHECK_EQUAL(message_call(channel, &m), -E_FAULT);
    tap_kill(server);
    handle_close(channel);
    handle_close(port);
    stop(pages);
}

/* ---- many at once ---- */

static uint64_t *common;
static unsigned steps;
static uint64_t deadline;

/* Each writer has a word in every page, which counts what it did there; it knows the sum. */
static uint64_t write_at_random(uint64_t number, uint64_t state)
{
    uint64_t expected[PAGES] = {0};
    for (uint64_t i = 0; i < PAGES; i++)
        expected[i] = __atomic_load_n(&common[i * WORDS + number], __ATOMIC_RELAXED);
    for (unsigned i = 0; i < steps && clock_get() < deadline; i++) {
        const uint64_t page = random_below(&state, PAGES);
        volatile uint64_t *word = &common[page * WORDS + number];
        if (*word != expected[page])
            return CHECK_EQUAL(*word, expected[page]);
        if (random_below(&state, 2) != 0)
            *word = ++expected[page];
    }
    for (uint64_t i = 0; i < PAGES; i++)
        if (common[i * WORDS + number] != expected[i])
            return CHECK_EQUAL(common[i * WORDS + number], expected[i]);
    return 0;
}

static uint64_t seed;

static void *writer(void *number)
{
    write_at_random((uintptr_t)number, seed + (uintptr_t)number);
    return NULL;
}

static void test_threads_never_notice(void)
{
    seed = tap_random();
    deadline = deadline_in_ms(PATIENCE_MS);
    steps = rounds_of(STEPS);
    common = start(RESIDENT, MAP_WRITE | MAP_SHARE);
    crew_run(WRITERS, writer);
    for (uint64_t i = 0; i < PAGES; i++) /* what nobody writes is as it was */
        CHECK_EQUAL(common[i * WORDS + WRITERS], paging_word(i, WRITERS));
    CHECK(count_of(&paging.counts->evicted) > PAGES);
    CHECK_EQUAL(paging.counts->reply, 0);
    stop(common);
}

static void write_in_child(void *number)
{
    write_at_random((uintptr_t)number, seed * 3 + (uintptr_t)number);
}

/* Forks inherit shared and private memory whose pages come and go. */
static void test_clones_never_notice(void)
{
    seed = tap_random();
    deadline = deadline_in_ms(PATIENCE_MS);
    steps = rounds_of(STEPS) / 4;
    common = start(RESIDENT, MAP_WRITE | MAP_SHARE);
    uint64_t *own = paging_map(&paging, MAP_WRITE);
    for (uint64_t i = 0; i < PAGES; i += 2)
        own[i * WORDS + 1] = i;
    for (unsigned round = 0; round < rounds_of(FORKS); round++) {
        int child[WRITERS];
        for (uint64_t i = 0; i < WRITERS; i++)
            child[i] = tap_fork(write_in_child, (void *)(uintptr_t)(i + 8));
        writer((void *)(uintptr_t)20);
        for (uint64_t i = 0; i < WRITERS; i++)
            tap_join(child[i]);
    }
    for (uint64_t i = 0; i < PAGES; i++)
        CHECK_EQUAL(own[i * WORDS + 1], i % 2 == 0 ? i : paging_word(i, 1));
    CHECK(count_of(&paging.counts->evicted) > PAGES);
    unmap_pages(own, PAGES * PAGE);
    stop(common);
}

/* A word that somebody waits for may leave and come back. */
static void wake_later(void *word)
{
    sleep_ms(20);
    CHECK(evict(0, 1) >= 0);
    __atomic_store_n((uint32_t *)word, 1, __ATOMIC_RELEASE);
    futex_wake(word, 1);
}

static void test_waiting_outlives_eviction(void)
{
    uint32_t *word = (uint32_t *)start(PAGES, MAP_WRITE | MAP_SHARE);
    *word = 0;
    int child = tap_fork(wake_later, word);
    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == 0) {
        long result = futex_wait(word, 0, deadline_in_ms(10000));
        if (!CHECK(result == 0 || result == -E_AGAIN))
            break;
    }
    tap_join(child);
    stop((uint64_t *)word);
}

/* Processes die while their pages are on the way. */
static void test_clients_die_at_any_time(void)
{
    seed = tap_random();
    deadline = deadline_in_ms(PATIENCE_MS);
    steps = 100000;
    common = start(RESIDENT, MAP_WRITE | MAP_SHARE);
    uint64_t state = seed;
    for (unsigned round = 0; round < rounds_of(FORKS); round++) {
        int child[WRITERS];
        for (uint64_t i = 0; i < WRITERS; i++)
            child[i] = tap_fork(write_in_child, (void *)(uintptr_t)(i + 8));
        clock_sleep(clock_get() + random_below(&state, MILLISECONDS(8)));
        for (uint64_t i = 0; i < WRITERS; i++)
            tap_kill(child[i]);
    }
    CHECK_EQUAL(common[30], paging_word(0, 30));
    stop(common);
}

static const struct tap_test tests[] = {
    {"pager_dirty_pages_come_back", test_dirty_pages_come_back, 0},
    {"pager_later_write_makes_dirty", test_later_write_makes_dirty, 0},
    {"pager_private_copies_stay", test_private_copies_stay, 0},
    {"pager_looking_tells_who_is_used", test_looking_tells_who_is_used, 0},
    {"pager_bad_place_keeps_the_page", test_bad_place_keeps_the_page, 0},
    {"pager_calls_are_made_again", test_calls_are_made_again, 0},
    {"pager_call_with_a_moved_handle_fails", test_call_with_a_moved_handle_fails, 0},
    {"pager_threads_never_notice", test_threads_never_notice, 0},
    {"pager_clones_never_notice", test_clones_never_notice, 0},
    {"pager_waiting_outlives_eviction", test_waiting_outlives_eviction, 0},
    {"pager_clients_die_at_any_time", test_clients_die_at_any_time, 0},
};

int main(int argc, char **argv) { return tap_main(argc, argv, tests, TAP_COUNT(tests)); }
