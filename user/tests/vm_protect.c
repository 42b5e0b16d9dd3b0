/* vm_protect.c - permissions that change: what is taken away is gone on all harts, what is given is
 * there, and written pages can become code.
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
    KILLS = 12,
    TURNS = 60,
};

static void test_no_access_until_allowed(void)
{
    struct process_info *info = (void *)PLACE;
    CHECK_EQUAL(map_at(PLACE, 8, MAP_NONE | MAP_SPARSE), PLACE);
    CHECK(area_is(PLACE, 8, MAP_NONE | MAP_SPARSE, 0));
    CHECK(faults(load_word, PLACE) && faults(store_word, PLACE + 7 * PAGE));
    CHECK_EQUAL(process_info(HANDLE_SELF, 0, info), -E_FAULT);
    CHECK_EQUAL(futex_wake((uint32_t *)PLACE, 1), -E_FAULT);
    CHECK(area_is(PLACE, 8, MAP_NONE | MAP_SPARSE, 0));
    CHECK_EQUAL(protect_at(PLACE + PAGE, 2, MAP_WRITE), 0);
    CHECK(area_is(PLACE, 1, MAP_NONE | MAP_SPARSE, 0) && area_is(PLACE + PAGE, 2, SMALL, 0));
    *word_at(PLACE + PAGE) = 5;
    CHECK(faults(load_word, PLACE + 3 * PAGE));
    CHECK_EQUAL(protect_at(PLACE, 8, MAP_NONE), 0);
    CHECK(area_is(PLACE, 8, MAP_NONE | MAP_SPARSE, 1));
    CHECK(faults(load_word, PLACE + PAGE));
    CHECK_EQUAL(protect_at(PLACE, 8, MAP_READ), 0);
    CHECK(area_is(PLACE, 8, SMALL_READ, 1));
    CHECK(*word_at(PLACE + PAGE) == 5 && *word_at(PLACE + 3 * PAGE) == 0);
    CHECK_EQUAL(unmap_at(PLACE, 8), 0);
}

static void test_protect_refusals(void)
{
    CHECK_EQUAL(map_at(PLACE, 4, SMALL), PLACE);
    CHECK_EQUAL(protect_at(PLACE + 8, 1, MAP_READ), -E_INVAL);
    CHECK_EQUAL(protect_at(PLACE, 0, MAP_READ), -E_INVAL);
    CHECK_EQUAL(protect_at(PLACE, 4, 0), -E_INVAL);
    CHECK_EQUAL(protect_at(PLACE, 4, MAP_NONE | MAP_READ), -E_INVAL);
    CHECK_EQUAL(protect_at(PLACE, 4, MAP_READ | MAP_SHARE), -E_INVAL);
    CHECK_EQUAL(protect_at(PLACE, 4, MAP_WRITE | MAP_EXECUTE), -E_ACCES);
    CHECK_EQUAL(protect_at(1ull << 63, 1, MAP_READ), -E_INVAL);
    CHECK_EQUAL(vm_protect(HANDLE_SPACE, PLACE, -(uint64_t)PAGE, MAP_READ), -E_INVAL);
    CHECK_EQUAL(protect_at(PLACE - PAGE, 2, MAP_READ), -E_NOENT);
    CHECK_EQUAL(protect_at(PLACE + 2 * PAGE, 3, MAP_READ), -E_NOENT);
    CHECK(area_is(PLACE, 4, SMALL, 0));
    *word_at(PLACE) = *word_at(PLACE + 3 * PAGE) = 1;
    CHECK_EQUAL(unmap_at(PLACE, 4), 0);
}

/* Shared with children that die. */
static struct board {
    uint32_t ready;
    uint64_t uses, uses_then;
    uint32_t gone;
} * board;

static void *use_for_ever(void *reads)
{
    run_on(1ull << (hart_count() - 1));
    for (uint64_t value = 1; value != 0; value++) {
        if (reads != NULL)
            (void)*word_at(PLACE);
        else
            *word_at(PLACE) = value;
        __atomic_store_n(&board->uses, value, __ATOMIC_SEQ_CST);
        __atomic_store_n(&board->ready, 1, __ATOMIC_RELEASE);
    }
    return NULL;
}

/* Takes a permission away while a thread on another hart uses it: at most the access that is on its
 * way succeeds. */
static void take_away(void *flags)
{
    struct thread user;
    run_on(1);
    CHECK_EQUAL(map_at(PLACE, 1, SMALL), PLACE);
    *word_at(PLACE) = 0;
    thread_start(&user, use_for_ever, (uintptr_t)flags == MAP_NONE ? (void *)1 : NULL);
    spin_until(&board->ready, 1);
    CHECK_EQUAL(protect_at(PLACE, 1, (uint32_t)(uintptr_t)flags), 0);
    board->uses_then = __atomic_load_n(&board->uses, __ATOMIC_SEQ_CST);
    __atomic_store_n(&board->gone, 1, __ATOMIC_SEQ_CST);
    clock_sleep(DEADLINE_NONE);
}

static void test_permission_taken_is_gone(void)
{
    static const uint32_t left[] = {MAP_READ, MAP_NONE};
    board = map_shared(PAGE);
    for (unsigned i = 0; i < rounds_of(KILLS); i++) {
        memset(board, 0, sizeof *board);
        int status = tap_wait(tap_fork(take_away, (void *)(uintptr_t)left[i % 2]));
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == DEATH_FAULT);
        CHECK(board->gone == 0 || board->uses <= board->uses_then + 1);
    }
    unmap_pages(board, PAGE);
}

static uint32_t turn;

/* Writes when it may, reads when it may only read; so its hart knows the last permission. */
static void *follow(void *unused)
{
    run_on(1ull << (hart_count() - 1));
    for (uint32_t i = 0; i < rounds_of(TURNS); i++) {
        spin_until(&turn, 2 * i + 1);
        CHECK_EQUAL(*word_at(PLACE), i);
        CHECK_EQUAL(*word_at(PLACE + PAGE), 0);
        __atomic_store_n(&turn, 2 * i + 2, __ATOMIC_RELEASE);
        spin_until(&turn, (uint32_t)-1 - i);
        *word_at(PLACE) = i + 1;
        __atomic_store_n(&turn, 0, __ATOMIC_RELEASE);
    }
    return unused;
}

/* Permissions that come are noticed on all harts, though they have known the page without. */
static void test_permission_given_is_there(void)
{
    struct crew crew;
    turn = 0;
    CHECK_EQUAL(map_at(PLACE, 2, SMALL), PLACE);
    crew_start(&crew, 1, follow);
    for (uint32_t i = 0; i < rounds_of(TURNS); i++) {
        spin_until(&turn, 0);
        CHECK_EQUAL(*word_at(PLACE), i);
        CHECK_EQUAL(protect_at(PLACE, 2, i % 2 == 0 ? MAP_READ : MAP_NONE), 0);
        CHECK_EQUAL(protect_at(PLACE, 2, MAP_READ), 0);
        __atomic_store_n(&turn, 2 * i + 1, __ATOMIC_RELEASE);
        spin_until(&turn, 2 * i + 2);
        CHECK_EQUAL(protect_at(PLACE, 2, MAP_WRITE), 0);
        __atomic_store_n(&turn, (uint32_t)-1 - i, __ATOMIC_RELEASE);
    }
    crew_join(&crew);
    CHECK_EQUAL(unmap_at(PLACE, 2), 0);
}

static void *call_code(void *expected)
{
    long (*code)(void) = (long (*)(void))PLACE;
    run_on(1ull << (hart_count() - 1));
    CHECK_EQUAL(code(), (uintptr_t)expected);
    return NULL;
}

/* Code that is written, run on another hart, and written again. */
static void test_code_is_written_then_run(void)
{
    CHECK_EQUAL(map_at(PLACE, 1, SMALL), PLACE);
    for (uint32_t i = 1; i < 6; i++) {
        struct thread thread;
        volatile uint32_t *code = (void *)PLACE;
        code[0] = 0x00000513 | i << 20; /* addi a0, zero, i */
        code[1] = 0x00008067;           /* ret */
        CHECK_EQUAL(protect_at(PLACE, 1, MAP_READ | MAP_EXECUTE), 0);
        CHECK_EQUAL(thread_start(&thread, call_code, (void *)(uintptr_t)i), 0);
        thread_join(&thread);
        CHECK(faults(store_word, PLACE));
        CHECK_EQUAL(protect_at(PLACE, 1, MAP_WRITE), 0);
    }
    CHECK_EQUAL(unmap_at(PLACE, 1), 0);
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"vm_protect_no_access_until_allowed", test_no_access_until_allowed, 0},
        {"vm_protect_refusals", test_protect_refusals, 0},
        {"vm_protect_permission_taken_is_gone", test_permission_taken_is_gone, 0},
        {"vm_protect_permission_given_is_there", test_permission_given_is_there, 0},
        {"vm_protect_code_is_written_then_run", test_code_is_written_then_run, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
