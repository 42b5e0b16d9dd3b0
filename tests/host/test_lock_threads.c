/* test_lock_threads.c - mutual exclusion: each thread is a hart, and what the locks guard is plain
 * memory. The same program runs under ThreadSanitizer, which sees a race even where the sums come
 * out right (build.mk). */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel/lock.h"
#include "kernel/panic.h"
#include "kernel/riscv/hart.h"
#include "kernel/riscv/ipi.h"
#include "untrusted.h"

enum { HARTS = 4, ROUNDS = 20000, PAUSE_EVERY = 64, LIMIT_S = 120, ACCOUNTS = 3, BALANCE = 1000 };

_Thread_local struct hart *hart_current;

/* A thread of its own for each hart, with its own chance. */
struct worker {
    struct hart hart;
    struct chance chance;
    void (*round)(struct worker *worker);
    uint64_t taken[4]; /* how often this one had each lock of the nest */
    pthread_t thread;
};

static struct worker workers[HARTS];

/* ---- what the lock asks of the kernel ---- */

static _Noreturn void end(const char *message)
{
    fprintf(stderr, "panic: %s\n", message);
    abort();
}

void panic(const char *format, ...)
{
    char message[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    end(message);
}

void panic_assertion(const char *file, int line, const char *condition)
{
    (void)file;
    (void)line;
    end(condition);
}

/* There may be fewer processors than harts: who waits lets the holder run. */
void hart_serve_requests(void) { sched_yield(); }

/* ---- all harts at once ---- */

static void *run(void *argument)
{
    struct worker *worker = argument;

    hart_current = &worker->hart;
    for (unsigned i = 0; i < ROUNDS; i++)
        worker->round(worker);
    return NULL;
}

static void run_all(const char *test, void (*round)(struct worker *worker))
{
    struct chance chance = chance_seeded(test);

    for (unsigned i = 0; i < HARTS; i++) {
        workers[i] = (struct worker){.round = round, .chance = {chance_next(&chance)}};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, run, &workers[i]), 0);
    }
    for (unsigned i = 0; i < HARTS; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        assert_int_equal(workers[i].hart.locks_held, 0);
    }
}

/* Now and then in the middle of things, so that others meet a lock that is held. */
static void pause_sometimes(struct worker *worker)
{
    if (chance_below(&worker->chance, PAUSE_EVERY) == 0)
        sched_yield();
}

static void add_one(struct worker *worker, uint64_t *counter)
{
    uint64_t before = *counter;

    pause_sometimes(worker);
    *counter = before + 1;
}

/* ---- one lock ---- */

static struct lock lock = LOCK_INIT("counter", RANK_RUN);
static uint64_t count;

/* One way to take it or the other. */
static void count_one(struct worker *worker)
{
    if (chance_below(&worker->chance, 2) == 0)
        lock_acquire(&lock);
    else
        while (!lock_try(&lock))
            sched_yield();
    add_one(worker, &count);
    lock_release(&lock);
}

static void test_lock_excludes_others(void **state)
{
    (void)state;
    run_all(__func__, count_one);
    assert_int_equal(count, HARTS * ROUNDS);
    assert_int_equal(lock.held, 0);
}

/* ---- several, one inside the other ---- */

static struct lock nest[] = {
    LOCK_INIT("tree", RANK_TREE),
    LOCK_INIT("port", RANK_PORT),
    LOCK_INIT("run", RANK_RUN),
    LOCK_INIT("log", RANK_LOG),
};
enum { NEST = sizeof nest / sizeof nest[0] };
static uint64_t nested[NEST];

/* Takes some of the locks and releases them in ascending or in descending order. */
static void take_some(struct worker *worker)
{
    unsigned chosen = (unsigned)chance_below(&worker->chance, 1 << NEST);
    bool ascending = chance_below(&worker->chance, 2) == 0;

    for (unsigned i = 0; i < NEST; i++)
        if (chosen & 1u << i) {
            lock_acquire(&nest[i]);
            add_one(worker, &nested[i]);
            worker->taken[i]++;
        }
    for (unsigned step = 0; step < NEST; step++) {
        unsigned i = ascending ? step : NEST - 1 - step;

        if (chosen & 1u << i)
            lock_release(&nest[i]);
    }
}

static void test_lock_nests_by_rank_without_deadlock(void **state)
{
    (void)state;
    run_all(__func__, take_some);
    for (unsigned i = 0; i < NEST; i++) {
        uint64_t taken = 0;

        for (unsigned worker = 0; worker < HARTS; worker++)
            taken += workers[worker].taken[i];
        assert_int_equal(nested[i], taken);
    }
}

/* ---- two of one rank ---- */

static struct account {
    struct lock lock;
    int64_t balance; /* lock */
} accounts[ACCOUNTS];

/* Moves one from an account to another, or to the same. */
static void transfer(struct worker *worker)
{
    struct account *from = &accounts[chance_below(&worker->chance, ACCOUNTS)];
    struct account *to = &accounts[chance_below(&worker->chance, ACCOUNTS)];

    lock_acquire_both(&from->lock, &to->lock);
    from->balance--;
    pause_sometimes(worker);
    to->balance++;
    lock_release_both(&from->lock, &to->lock);
}

static void test_lock_both_in_any_order_without_deadlock(void **state)
{
    int64_t sum = 0;

    (void)state;
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        lock_init(&accounts[i].lock, "account", RANK_PORT);
        accounts[i].balance = BALANCE;
    }
    run_all(__func__, transfer);
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        sum += accounts[i].balance;
        assert_int_equal(accounts[i].lock.held, 0);
    }
    assert_int_equal(sum, ACCOUNTS * BALANCE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lock_excludes_others),
        cmocka_unit_test(test_lock_nests_by_rank_without_deadlock),
        cmocka_unit_test(test_lock_both_in_any_order_without_deadlock),
    };

    alarm(LIMIT_S); /* a deadlock ends the program */
    return cmocka_run_group_tests_name("lock_threads", tests, NULL, NULL);
}
