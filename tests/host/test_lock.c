/* test_lock.c - the checks of DEBUG builds: each misuse of a lock is made on purpose and must be
 * caught with the right words; each right use must pass.
 *
 * The harts are simulated (kernel/riscv/hart.h beside this file): one thread says which it is. A
 * panic comes back to the test as text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel/lock.h"
#include "kernel/panic.h"
#include "kernel/riscv/hart.h"
#include "kernel/riscv/ipi.h"

enum { LIMIT_S = 20, RANKS = 4, REQUESTS = 3 };

_Thread_local struct hart *hart_current;
static struct hart harts[2];

/* One of each rank, outermost first. */
static struct lock ranked[RANKS];
/* Two of one rank, the lower address first. */
static struct lock twin[2];
#define TREE (&ranked[0])
#define PORT (&ranked[1])
#define RUN  (&ranked[2])
#define LOG  (&ranked[3])

/* ---- a panic is caught ---- */

static jmp_buf caught;
static bool expected;
static char said[256];

static _Noreturn void end(void)
{
    if (!expected)
        fail_msg("panic: %s", said);
    longjmp(caught, 1);
}

void panic(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(said, sizeof said, format, arguments);
    va_end(arguments);
    end();
}

void panic_assertion(const char *file, int line, const char *condition)
{
    (void)line;
    snprintf(said, sizeof said, "%s: %s", file, condition);
    end();
}

/* What a misuse of the lock makes the kernel say; "" if nothing. */
static const char *panic_of(void (*misuse)(struct lock *), struct lock *lock)
{
    said[0] = '\0';
    expected = true;
    if (setjmp(caught) == 0)
        misuse(lock);
    expected = false;
    return said;
}

/* ---- what is done to locks ---- */

static int begin(void **state)
{
    (void)state;
    memset(harts, 0, sizeof harts);
    hart_current = &harts[0];
    lock_init(TREE, "tree", RANK_TREE);
    lock_init(PORT, "port", RANK_PORT);
    lock_init(RUN, "run", RANK_RUN);
    lock_init(LOG, "log", RANK_LOG);
    lock_init(&twin[0], "twin 0", RANK_PORT);
    lock_init(&twin[1], "twin 1", RANK_PORT);
    return 0;
}

static void as_hart(unsigned index) { hart_current = &harts[index]; }

static void acquire_twins(struct lock *first) { lock_acquire_both(first, &twin[twin == first]); }

static void release_twins(struct lock *first) { lock_release_both(first, &twin[twin == first]); }

static void assert_held(struct lock *lock) { lock_assert_held(lock); }

/* This hart holds exactly these, taken in this order. */
static void assert_record(const struct lock *const *locks, unsigned count)
{
    assert_int_equal(hart_current->locks_held, count);
    for (unsigned i = 0; i < count; i++) {
        assert_ptr_equal(hart_current->lock[i], locks[i]);
        assert_int_equal(locks[i]->held, 1);
        assert_ptr_equal(locks[i]->holder, hart_current);
    }
}

static void assert_free(const struct lock *lock)
{
    assert_int_equal(lock->held, 0);
    assert_null(lock->holder);
}

/* ---- waiting ---- */

static struct lock *awaited; /* held by hart 1 */
static unsigned served;

/* What hart 0 does while it waits: at its last request, hart 1 releases the lock. */
void hart_serve_requests(void)
{
    if (++served < REQUESTS)
        return;
    as_hart(1);
    lock_release(awaited);
    as_hart(0);
}

static void test_lock_serves_requests_until_the_lock_is_free(void **state)
{
    (void)state;
    served = 0;
    awaited = PORT;
    as_hart(1);
    lock_acquire(PORT);
    assert_int_equal(PORT->spins, 0);
    as_hart(0);
    lock_acquire(TREE);
    lock_acquire(PORT);
    assert_int_equal(served, REQUESTS);
    assert_int_equal(PORT->spins, 1);
    assert_record((const struct lock *const[]){TREE, PORT}, 2);
    as_hart(1);
    assert_record(NULL, 0);
}

static void test_lock_both_wait_for_either(void **state)
{
    for (unsigned held = 0; held < 2; held++) {
        begin(state);
        served = 0;
        awaited = &twin[held];
        as_hart(1);
        lock_acquire(awaited);
        as_hart(0);
        acquire_twins(&twin[1]);
        assert_int_equal(served, REQUESTS);
        assert_record((const struct lock *const[]){&twin[0], &twin[1]}, 2);
    }
}

static void test_lock_order_is_checked_before_waiting(void **state)
{
    (void)state;
    served = 0;
    as_hart(1);
    lock_acquire(PORT);
    as_hart(0);
    lock_acquire(RUN);
    assert_string_equal(panic_of(lock_acquire, PORT), "lock port: acquired while holding run");
    assert_int_equal(served, 0);
}

/* ---- lock_try ---- */

static void test_lock_try_takes_what_is_free(void **state)
{
    (void)state;
    assert_true(lock_try(PORT));
    assert_record((const struct lock *const[]){PORT}, 1);
    lock_release(PORT);
    assert_free(PORT);
    as_hart(1);
    assert_true(lock_try(PORT));
    assert_record((const struct lock *const[]){PORT}, 1);
}

static void test_lock_try_leaves_what_is_held(void **state)
{
    (void)state;
    served = 0;
    lock_acquire(PORT);
    assert_false(lock_try(PORT));
    as_hart(1);
    assert_false(lock_try(PORT));
    assert_record(NULL, 0);
    as_hart(0);
    assert_record((const struct lock *const[]){PORT}, 1);
    assert_int_equal(PORT->spins, 0);
    assert_int_equal(served, 0);
}

/* A lock that was tried out of order hides none that is held. */
static void test_lock_ranks_hold_after_a_try_out_of_order(void **state)
{
    (void)state;
    lock_acquire(RUN);
    assert_true(lock_try(TREE));
    assert_true(lock_try(&twin[0]));
    assert_record((const struct lock *const[]){RUN, TREE, &twin[0]}, 3);
    lock_release(&twin[0]);
    assert_string_equal(panic_of(lock_acquire, PORT), "lock port: acquired while holding run");
    assert_string_equal(panic_of(lock_acquire, TREE), "lock tree: acquired twice");
    lock_acquire(LOG);
    assert_record((const struct lock *const[]){RUN, TREE, LOG}, 3);
}

/* ---- ranks ---- */

static void test_lock_init_names_a_free_lock(void **state)
{
    static struct lock made = LOCK_INIT("made", RANK_RUN);

    (void)state;
    lock_init(&twin[0], "made", RANK_RUN);
    assert_string_equal(made.name, "made");
    assert_int_equal(made.rank, RANK_RUN);
    assert_free(&made);
    assert_string_equal(twin[0].name, "made");
    assert_int_equal(twin[0].rank, RANK_RUN);
    assert_free(&twin[0]);
}

static void test_lock_takes_ascending_ranks(void **state)
{
    (void)state;
    for (unsigned i = 0; i < RANKS; i++)
        lock_acquire(&ranked[i]);
    assert_record((const struct lock *const[]){TREE, PORT, RUN, LOG}, RANKS);
    for (unsigned i = 0; i < RANKS; i++)
        lock_release(&ranked[i]);
    assert_record(NULL, 0);
}

static void test_lock_catches_an_outer_after_an_inner(void **state)
{
    for (unsigned inner = 1; inner < RANKS; inner++)
        for (unsigned outer = 0; outer < inner; outer++) {
            char message[64];

            begin(state);
            lock_acquire(&ranked[inner]);
            snprintf(message, sizeof message, "lock %s: acquired while holding %s",
                     ranked[outer].name, ranked[inner].name);
            assert_string_equal(panic_of(lock_acquire, &ranked[outer]), message);
            assert_free(&ranked[outer]);
        }
}

static void test_lock_catches_two_of_one_rank(void **state)
{
    (void)state;
    lock_acquire(&twin[0]);
    assert_string_equal(panic_of(lock_acquire, &twin[1]),
                        "lock twin 1: acquired while holding twin 0");
    lock_release(&twin[0]);
    lock_acquire(&twin[1]);
    assert_string_equal(panic_of(lock_acquire, &twin[0]),
                        "lock twin 0: acquired while holding twin 1");
}

static void test_lock_ranks_count_for_one_hart_only(void **state)
{
    (void)state;
    lock_acquire(LOG);
    as_hart(1);
    lock_acquire(TREE);
    lock_acquire(PORT);
    assert_record((const struct lock *const[]){TREE, PORT}, 2);
    as_hart(0);
    assert_record((const struct lock *const[]){LOG}, 1);
    assert_string_equal(panic_of(lock_acquire, RUN), "lock run: acquired while holding log");
}

static void test_lock_acquired_twice_is_caught(void **state)
{
    (void)state;
    lock_acquire(PORT);
    assert_string_equal(panic_of(lock_acquire, PORT), "lock port: acquired twice");
    lock_acquire(RUN);
    assert_string_equal(panic_of(lock_acquire, PORT), "lock port: acquired twice");
}

/* ---- releases ---- */

static void test_lock_released_twice_is_caught(void **state)
{
    (void)state;
    lock_acquire(PORT);
    lock_release(PORT);
    assert_string_equal(panic_of(lock_release, PORT),
                        "lock port: released by a hart that does not hold it");
}

static void test_lock_released_without_being_taken_is_caught(void **state)
{
    (void)state;
    lock_acquire(TREE);
    assert_string_equal(panic_of(lock_release, RUN),
                        "lock run: released by a hart that does not hold it");
    assert_record((const struct lock *const[]){TREE}, 1);
}

static void test_lock_released_by_another_hart_is_caught(void **state)
{
    (void)state;
    lock_acquire(PORT);
    as_hart(1);
    lock_acquire(RUN);
    assert_string_equal(panic_of(lock_release, PORT),
                        "lock port: released by a hart that does not hold it");
    as_hart(0);
    assert_record((const struct lock *const[]){PORT}, 1);
}

/* Takes all, releases them in the order that `permutation` numbers, and looks at what is left. */
static void release_in_order(unsigned permutation)
{
    const struct lock *rest[RANKS];

    for (unsigned i = 0; i < RANKS; i++) {
        lock_acquire(&ranked[i]);
        rest[i] = &ranked[i];
    }
    for (unsigned left = RANKS; left > 0; left--) {
        unsigned pick = permutation % left;

        permutation /= left;
        lock_release(&ranked[rest[pick] - ranked]);
        assert_free(rest[pick]);
        memmove(&rest[pick], &rest[pick + 1], (left - pick - 1) * sizeof rest[0]);
        assert_record(rest, left - 1);
    }
}

static void test_lock_may_be_released_in_any_order(void **state)
{
    (void)state;
    for (unsigned permutation = 0; permutation < 24; permutation++)
        release_in_order(permutation);
}

static void test_lock_ranks_hold_after_releases_out_of_order(void **state)
{
    (void)state;
    lock_acquire(TREE);
    lock_acquire(PORT);
    lock_acquire(RUN);
    lock_release(PORT);
    assert_string_equal(panic_of(lock_acquire, PORT), "lock port: acquired while holding run");
    lock_release(RUN);
    lock_acquire(PORT);
    assert_record((const struct lock *const[]){TREE, PORT}, 2);
}

/* ---- two of one rank ---- */

static void test_lock_both_are_taken_by_address(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 2; first++) {
        lock_acquire(TREE);
        acquire_twins(&twin[first]);
        assert_record((const struct lock *const[]){TREE, &twin[0], &twin[1]}, 3);
        lock_acquire(RUN);
        lock_release(RUN);
        release_twins(&twin[first]);
        assert_record((const struct lock *const[]){TREE}, 1);
        lock_release(TREE);
    }
}

static void test_lock_both_may_be_the_same(void **state)
{
    (void)state;
    lock_acquire_both(&twin[0], &twin[0]);
    assert_record((const struct lock *const[]){&twin[0]}, 1);
    lock_release_both(&twin[0], &twin[0]);
    assert_record(NULL, 0);
    assert_free(&twin[0]);
}

static void test_lock_both_keep_to_the_ranks(void **state)
{
    (void)state;
    lock_acquire(RUN);
    assert_string_equal(panic_of(acquire_twins, &twin[1]),
                        "lock twin 0: acquired while holding run");
    begin(state);
    lock_acquire(PORT);
    assert_string_equal(panic_of(acquire_twins, &twin[0]),
                        "lock twin 0: acquired while holding port");
    begin(state);
    acquire_twins(&twin[0]);
    lock_release(&twin[0]);
    assert_string_equal(panic_of(lock_acquire, PORT), "lock port: acquired while holding twin 1");
}

static void test_lock_both_with_one_held_is_caught(void **state)
{
    (void)state;
    lock_acquire(&twin[0]);
    assert_string_equal(panic_of(acquire_twins, &twin[1]), "lock twin 0: acquired twice");
    begin(state);
    lock_acquire(&twin[1]);
    assert_string_equal(panic_of(acquire_twins, &twin[0]),
                        "lock twin 0: acquired while holding twin 1");
}

static void test_lock_both_released_with_one_free_is_caught(void **state)
{
    (void)state;
    lock_acquire(&twin[0]);
    assert_string_equal(panic_of(release_twins, &twin[0]),
                        "lock twin 1: released by a hart that does not hold it");
}

/* ---- lock_assert_held ---- */

static void test_lock_assert_held_passes_for_the_holder(void **state)
{
    (void)state;
    lock_acquire(PORT);
    lock_acquire(RUN);
    assert_string_equal(panic_of(assert_held, PORT), "");
    assert_string_equal(panic_of(assert_held, RUN), "");
}

static void test_lock_assert_held_catches_the_others(void **state)
{
    (void)state;
    assert_string_equal(panic_of(assert_held, PORT), "lock port: not held");
    lock_acquire(PORT);
    as_hart(1);
    assert_string_equal(panic_of(assert_held, PORT), "lock port: not held");
    as_hart(0);
    lock_release(PORT);
    assert_string_equal(panic_of(assert_held, PORT), "lock port: not held");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_lock_init_names_a_free_lock, begin),
        cmocka_unit_test_setup(test_lock_serves_requests_until_the_lock_is_free, begin),
        cmocka_unit_test_setup(test_lock_both_wait_for_either, begin),
        cmocka_unit_test_setup(test_lock_order_is_checked_before_waiting, begin),
        cmocka_unit_test_setup(test_lock_try_takes_what_is_free, begin),
        cmocka_unit_test_setup(test_lock_try_leaves_what_is_held, begin),
        cmocka_unit_test_setup(test_lock_ranks_hold_after_a_try_out_of_order, begin),
        cmocka_unit_test_setup(test_lock_takes_ascending_ranks, begin),
        cmocka_unit_test_setup(test_lock_catches_an_outer_after_an_inner, begin),
        cmocka_unit_test_setup(test_lock_catches_two_of_one_rank, begin),
        cmocka_unit_test_setup(test_lock_ranks_count_for_one_hart_only, begin),
        cmocka_unit_test_setup(test_lock_acquired_twice_is_caught, begin),
        cmocka_unit_test_setup(test_lock_released_twice_is_caught, begin),
        cmocka_unit_test_setup(test_lock_released_without_being_taken_is_caught, begin),
        cmocka_unit_test_setup(test_lock_released_by_another_hart_is_caught, begin),
        cmocka_unit_test_setup(test_lock_may_be_released_in_any_order, begin),
        cmocka_unit_test_setup(test_lock_ranks_hold_after_releases_out_of_order, begin),
        cmocka_unit_test_setup(test_lock_both_are_taken_by_address, begin),
        cmocka_unit_test_setup(test_lock_both_may_be_the_same, begin),
        cmocka_unit_test_setup(test_lock_both_keep_to_the_ranks, begin),
        cmocka_unit_test_setup(test_lock_both_with_one_held_is_caught, begin),
        cmocka_unit_test_setup(test_lock_both_released_with_one_free_is_caught, begin),
        cmocka_unit_test_setup(test_lock_assert_held_passes_for_the_holder, begin),
        cmocka_unit_test_setup(test_lock_assert_held_catches_the_others, begin),
    };

    alarm(LIMIT_S); /* a lock that is never free must not stop the suite */
    return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
