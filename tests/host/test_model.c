/* test_model.c - random operations on clones of clones against a flat array: see model.h.
 *
 * Every step looks at what it touched, one in CHECKED at everything: all cells of all spaces, each
 * entry of each table, each frame's count. What breaks one of these keeps it broken. The seed is
 * printed; OCTAVO_SEED=<n> repeats a run.
 */
#include "model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    STEPS = 340000, /* in each of the three modes */
    CHECKED = 96,
    FIRST = 256, /* steps that are all checked */
};

static uint64_t seed;

/* splitmix64's step: good enough, and the same everywhere. */
static uint64_t chance(uint64_t below)
{
    uint64_t z = seed += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return (z ^ z >> 31) % below;
}

static void test_model_agrees_with_a_flat_array(void **state)
{
    const enum paging_mode mode = *(const enum paging_mode *)*state;
    struct machine machine;

    machine_init(&machine, MODEL_RAM);
    model_start(&machine, mode);
    for (int i = 0; i < STEPS; i++) {
        model_step(chance);
        if (i < FIRST || i % CHECKED == 0)
            model_check();
    }
    model_end();
    machine_done(&machine);
    print_message("level %d: %d steps, %" PRIu64 " failures injected; done %" PRIu64
                  ", E_EXIST %" PRIu64 ", E_INVAL %" PRIu64 ", E_NOENT %" PRIu64
                  ", E_FAULT %" PRIu64 ", E_RANGE %" PRIu64 ", E_NOMEM %" PRIu64 "\n",
                  mode, STEPS, model.injected, model.outcomes[E_OK], model.outcomes[E_EXIST],
                  model.outcomes[E_INVAL], model.outcomes[E_NOENT], model.outcomes[E_FAULT],
                  model.outcomes[E_RANGE], model.outcomes[E_NOMEM]);
    assert_true(model.injected > STEPS / 4); /* the test still tests something */
    assert_true(model.outcomes[E_OK] > STEPS / 4);
    assert_true(model.outcomes[E_NOMEM] < STEPS / 100);
    for (int event = 0; event < VM_EVENTS; event++)
        assert_true(model.events.count[event] > STEPS / 4000);
}

int main(void)
{
    static enum paging_mode modes[] = {PAGING_SV39, PAGING_SV48, PAGING_SV57};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_model_agrees_with_a_flat_array, &modes[0]),
        cmocka_unit_test_prestate(test_model_agrees_with_a_flat_array, &modes[1]),
        cmocka_unit_test_prestate(test_model_agrees_with_a_flat_array, &modes[2]),
    };
    const char *given = getenv("OCTAVO_SEED");

    seed = given ? strtoull(given, NULL, 0) : 8;
    print_message("OCTAVO_SEED=%" PRIu64 "\n", seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
