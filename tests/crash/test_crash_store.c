/* test_crash_store.c - after a loss of power at any moment, a store has all of each change that was
 * committed, all of a change or nothing of it, and the contents that it names; also if the power
 * goes again during recovery.
 *
 * CRASH_STATES says how many states are visited, unless a fault is searched for. The program is
 * linked four times: as it is, and with each of the planted faults, which it must find.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fault.h"
#include "states.h"
#include "world.h"

enum { STATES = 2000, STATES_TO_FIND = 100000, STEPS = 60, LIVES = 4, SHOWN = 5, AGAIN_ONE_OF = 4 };

struct run {
    struct world *world;
    struct chance *chance;
    size_t states, bad;
    bool again;      /* the recovery itself is cut short */
    uint64_t marked; /* before the first loss of power */
};

static size_t states_wanted(void)
{
    const char *given = getenv("CRASH_STATES");

    if (planted_fault != NULL)
        return STATES_TO_FIND;
    return given != NULL ? strtoull(given, NULL, 0) : STATES;
}

static void report(struct run *run, const struct crash_point *point, const char *complaint)
{
    if (complaint != NULL && run->bad++ < SHOWN)
        printf("%s: after %zu events%s, the last commit at change %llu%s\n", complaint,
               point->event, point->in_order ? "" : ", some of them missing",
               (unsigned long long)run->marked, run->again ? ", recovery cut short" : "");
}

static void check_again(void *context, struct memory_disk *disk, const struct crash_point *point)
{
    struct run *run = context;
    enum error error = world_recover(disk, run->world->journal_blocks);

    report(run, point, error ? "no recovery" : world_check(run->world, disk, run->marked));
}

/* The power goes while recovery writes what is in its log. */
static void cut_recovery(struct run *run, struct memory_disk *disk, const struct disk_log *log)
{
    const struct crash_plan plan = {.log = log,
                                    .disk = disk,
                                    .chance = run->chance,
                                    .every = 8,
                                    .chosen = 2,
                                    .check = check_again,
                                    .context = run};

    run->again = true;
    run->states += crash_states(&plan);
    run->again = false;
}

static void check_state(void *context, struct memory_disk *disk, const struct crash_point *point)
{
    struct run *run = context;
    const size_t here = memory_disk_here(disk);
    const bool again = chance_below(run->chance, AGAIN_ONE_OF) == 0;
    struct disk_log log = {0};

    run->marked = point->marked;
    disk->log = again ? &log : NULL;
    enum error error = world_recover(disk, run->world->journal_blocks);
    disk->log = NULL;
    report(run, point, error ? "no recovery" : world_check(run->world, disk, point->marked));
    memory_disk_take_back(disk, here);
    if (again && !error)
        cut_recovery(run, disk, &log);
    disk_log_free(&log);
}

/* Visits what may be left of the world if the power goes. */
static void visit_states(struct run *run, struct world *world)
{
    struct memory_disk disk;

    memory_disk_init(&disk, world->disk.disk.size);
    memory_disk_put(&disk, 0, disk.disk.size, world->begin);
    disk.keeps = true;
    run->world = world;
    run->states += crash_states(&(struct crash_plan){.log = &world->log,
                                                     .disk = &disk,
                                                     .chance = run->chance,
                                                     .every = 2,
                                                     .chosen = 4,
                                                     .check = check_state,
                                                     .context = run});
    assert_memory_equal(disk.bytes, world->begin, disk.disk.size);
    assert_int_equal(disk.allocated, 0);
    memory_disk_destroy(&disk);
}

/* Some changes on a new disk, and after a loss of power some more on what is left of it. */
static void run_world(struct run *run)
{
    struct world world;
    const size_t larger = chance_below(run->chance, 2) * chance_below(run->chance, 100);
    uint8_t *left = malloc(WORLD_BLOCKS * WORLD_BLOCK);

    assert_non_null(left);
    world_init(&world, run->chance, (uint32_t)(34 + chance_below(run->chance, 12) + larger));
    world_open(&world);
    for (size_t lives = 1 + chance_below(run->chance, LIVES); lives > 0; lives--) {
        for (int i = 0; i < STEPS; i++)
            world_step(&world);
        if (chance_below(run->chance, 4) == 0)
            world_close(&world);
        visit_states(run, &world);
        memcpy(left, world.begin, WORLD_BLOCKS * WORLD_BLOCK);
        crash_one_state(&world.log, run->chance, left);
        if (lives > 1 && !world_reopen(&world, left))
            run->bad++;
        if (run->bad > 0)
            break;
    }
    free(left);
    world_destroy(&world);
}

static void test_crash_store_leaves_whole_changes(void **state)
{
    struct chance chance = chance_seeded("test_crash_store");
    struct run run = {.chance = &chance};

    (void)state;
    while (run.states < states_wanted() && (planted_fault == NULL || run.bad == 0))
        run_world(&run);
    printf("crash states: %zu, bad: %zu; planted: %s\n", run.states, run.bad,
           planted_fault != NULL ? planted_fault : "nothing");
    if (planted_fault != NULL)
        assert_int_not_equal(run.bad, 0);
    else
        assert_int_equal(run.bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crash_store_leaves_whole_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
