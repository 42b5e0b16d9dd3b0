/* smp_futex.c - locks and conditions over futexes with many threads and processes: no two hold a
 * lock at once, no wake-up is lost, none wakes two.
 */
#include <stdint.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/smp.h"
#include "tests/lib/tap.h"

enum {
    THREADS = 12,
    LOCKS = 3,
    ADDITIONS = 1500,
    ITEMS = 400, /* of each producer */
    QUEUE = 5,
    PROCESSES = 4,
    SLEEPERS = 8,
    WAKES = 150, /* waits of each sleeper */
    RING_ROUNDS = 60,
};

static uint64_t seed;

/* ---- mutexes ----------------------------------------------------------------------------------
 */

struct account {
    struct mutex mutex;
    uint32_t inside; /* how many hold the mutex */
    uint64_t sum;
};

static struct account *accounts; /* LOCKS of them */

static void add_to(struct account *account, uint64_t *random)
{
    mutex_lock(&account->mutex);
    bool alone = __atomic_add_fetch(&account->inside, 1, __ATOMIC_RELAXED) == 1;
    uint64_t seen = *(volatile uint64_t *)&account->sum;
    if (random_below(random, 64) == 0)
        thread_yield();
    *(volatile uint64_t *)&account->sum = seen + 1;
    __atomic_fetch_sub(&account->inside, 1, __ATOMIC_RELAXED);
    mutex_unlock(&account->mutex);
    if (!alone)
        CHECK(!"two hold the mutex");
}

static void *add(void *number)
{
    uint64_t random = seed + (uintptr_t)number * 77;
    unsigned rounds = rounds_of(ADDITIONS);
    for (unsigned i = 0; i < rounds; i++)
        add_to(&accounts[random_below(&random, LOCKS)], &random);
    return NULL;
}

static void check_accounts(uint64_t adders)
{
    uint64_t sum = 0;
    for (int i = 0; i < LOCKS; i++) {
        sum += accounts[i].sum;
        CHECK_EQUAL(accounts[i].mutex.state, 0);
    }
    CHECK_EQUAL(sum, adders * rounds_of(ADDITIONS));
    unmap_pages(accounts, PAGE);
}

static void test_mutex_of_threads(void)
{
    seed = tap_random();
    accounts = map_shared(PAGE);
    crew_run(THREADS, add);
    check_accounts(THREADS);
}

static void add_in_process(void *number)
{
    seed += (uintptr_t)number << 20;
    crew_run(THREADS / PROCESSES, add);
}

static void test_mutex_of_processes(void)
{
    int children[PROCESSES];
    seed = tap_random();
    accounts = map_shared(PAGE);
    for (uintptr_t i = 0; i < PROCESSES; i++)
        children[i] = tap_fork(add_in_process, (void *)i);
    for (int i = 0; i < PROCESSES; i++)
        tap_join(children[i]);
    check_accounts(THREADS);
}

/* ---- conditions -------------------------------------------------------------------------------
 */

/* Somebody waits for news; whoever has news counts up. */
struct condition {
    uint32_t news;
};

static void condition_wait(struct condition *condition, struct mutex *mutex)
{
    uint32_t seen = condition->news;
    mutex_unlock(mutex);
    futex_wait(&condition->news, seen, DEADLINE_NONE);
    mutex_lock(mutex);
}

static void condition_signal(struct condition *condition, uint64_t count)
{
    __atomic_fetch_add(&condition->news, 1, __ATOMIC_RELEASE);
    futex_wake(&condition->news, count);
}

static struct {
    struct mutex mutex; /* guards all below */
    struct condition not_full, not_empty;
    unsigned first, count;
    uint64_t item[QUEUE];
    uint64_t produced, consumed; /* sums */
} queue;

static void put(uint64_t item)
{
    mutex_lock(&queue.mutex);
    while (queue.count == QUEUE)
        condition_wait(&queue.not_full, &queue.mutex);
    queue.item[(queue.first + queue.count++) % QUEUE] = item;
    queue.produced += item;
    condition_signal(&queue.not_empty, 1);
    mutex_unlock(&queue.mutex);
}

static uint64_t get(void)
{
    mutex_lock(&queue.mutex);
    while (queue.count == 0)
        condition_wait(&queue.not_empty, &queue.mutex);
    uint64_t item = queue.item[queue.first];
    queue.first = (queue.first + 1) % QUEUE;
    queue.count--;
    queue.consumed += item;
    condition_signal(&queue.not_full, 1);
    mutex_unlock(&queue.mutex);
    return item;
}

/* Even numbers produce, odd ones consume as much. */
static void *produce_or_consume(void *number)
{
    uint64_t random = seed + (uintptr_t)number;
    unsigned items = rounds_of(ITEMS);
    for (unsigned i = 0; i < items; i++) {
        if ((uintptr_t)number % 2 == 0)
            put(random_next(&random));
        else
            get();
    }
    return NULL;
}

static void test_bounded_queue(void)
{
    seed = tap_random();
    queue.produced = queue.consumed = 0;
    crew_run(THREADS, produce_or_consume);
    CHECK_EQUAL(queue.count, 0);
    CHECK(queue.produced == queue.consumed && queue.produced != 0);
}

/* ---- wake-ups ---------------------------------------------------------------------------------
 */

static uint32_t word, asleep, woken, done;

/* Waits with deadlines that often pass at the moment of a wake-up. */
static void *sleep_on_word(void *number)
{
    uint64_t random = seed + (uintptr_t)number * 991;
    unsigned waits = rounds_of(WAKES);
    for (unsigned i = 0; i < waits; i++) {
        long result = futex_wait(&word, 0, clock_get() + random_below(&random, 400000));
        if (result == 0)
            __atomic_fetch_add(&woken, 1, __ATOMIC_RELAXED);
        else
            CHECK_EQUAL(result, -E_TIMEDOUT);
    }
    __atomic_fetch_sub(&asleep, 1, __ATOMIC_RELEASE);
    return NULL;
}

/* What the wakers were told adds up to what the sleepers saw. */
static void test_wakes_add_up(void)
{
    struct crew crew;
    uint64_t random = seed = tap_random();
    uint32_t told = 0;
    word = woken = 0;
    asleep = SLEEPERS;
    crew_start(&crew, SLEEPERS, sleep_on_word);
    while (__atomic_load_n(&asleep, __ATOMIC_ACQUIRE) != 0) {
        told += (uint32_t)futex_wake(&word, random_below(&random, 3));
        if (random_below(&random, 4) == 0)
            clock_sleep(clock_get() + 100000);
    }
    crew_join(&crew);
    CHECK_EQUAL(told, woken);
}

/* Each waits for its turn, and wakes all. */
static void *take_turns(void *number)
{
    uint32_t last = rounds_of(RING_ROUNDS) * SLEEPERS;
    for (uint32_t turn = (uint32_t)(uintptr_t)number; turn < last; turn += SLEEPERS) {
        uint32_t seen;
        while ((seen = __atomic_load_n(&done, __ATOMIC_ACQUIRE)) != turn)
            futex_wait(&done, seen, DEADLINE_NONE);
        __atomic_store_n(&done, turn + 1, __ATOMIC_RELEASE);
        futex_wake(&done, SLEEPERS);
    }
    return NULL;
}

static void test_turns(void)
{
    done = 0;
    crew_run(SLEEPERS, take_turns);
    CHECK_EQUAL(done, rounds_of(RING_ROUNDS) * SLEEPERS);
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"smp_futex_mutex_of_threads", test_mutex_of_threads, 0},
        {"smp_futex_mutex_of_processes", test_mutex_of_processes, 0},
        {"smp_futex_bounded_queue", test_bounded_queue, 0},
        {"smp_futex_wakes_add_up", test_wakes_add_up, 0},
        {"smp_futex_turns", test_turns, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
