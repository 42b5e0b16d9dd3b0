/* vm_query.c - what vm_query says of mappings: their edges, what is shared, what stands behind. */
#include <stdint.h>
#include <unistd.h>

#include "tests/lib/smp.h"
#include "tests/lib/tap.h"
#include "tests/lib/vm.h"

static uint32_t *go;

static void wait_for_go(void *unused)
{
    (void)unused;
    spin_until(go, 1);
}

/* A child shares all or, if fork copies, nothing. */
static void test_tells_of_sharing(void)
{
    struct vm_area area;
    go = map_shared(PAGE);
    CHECK_EQUAL(query((uintptr_t)go).flags, MAP_READ | MAP_WRITE | MAP_SHARE);
    CHECK_EQUAL(map_at(PLACE, 16, SMALL), PLACE);
    number_pages(PLACE, 16, 1);
    CHECK(area_is(PLACE, 16, SMALL, 16));
    CHECK(query(PLACE).shared == 0 && query(PLACE).dirty == 16);

    int child = tap_fork(wait_for_go, NULL);
    uint64_t shared = query(PLACE).shared;
    CHECK(area_is(PLACE, 16, SMALL, 16));
    CHECK(shared == 16 || shared == 0);
    CHECK_EQUAL(query(PLACE).dirty, 16 - shared);
    CHECK(vm_query(HANDLE_SELF, child, PLACE, &area) > 0);
    CHECK(area.address == PLACE && area.resident == 16 && area.shared == shared);
    *word_at(PLACE) = 7;
    CHECK_EQUAL(query(PLACE).shared, shared == 0 ? 0 : 15);
    CHECK_EQUAL(query(PLACE).dirty, shared == 0 ? 16 : 1);
    __atomic_store_n(go, 1, __ATOMIC_RELEASE);
    tap_join(child);
    number_pages(PLACE, 16, 1);
    CHECK(area_is(PLACE, 16, SMALL, 16));
    CHECK(query(PLACE).shared == 0 && query(PLACE).dirty == 16);
    CHECK_EQUAL(unmap_at(PLACE, 16), 0);
    unmap_pages(go, PAGE);
}

static void test_tells_of_edges(void)
{
    struct vm_area area;
    CHECK_EQUAL(map_at(PLACE, 16, SMALL), PLACE);
    CHECK_EQUAL(map_at(PLACE + 16 * PAGE, 16, SMALL), PLACE + 16 * PAGE);
    CHECK(area_is(PLACE, 32, SMALL, 0)); /* neighbours that are alike */
    number_pages(PLACE, 32, 1);
    CHECK_EQUAL(unmap_at(PLACE + 8 * PAGE, 4), 0);
    CHECK(area_is(PLACE, 8, SMALL, 8) && area_is(PLACE + 12 * PAGE, 20, SMALL, 20));
    CHECK_EQUAL(query(PLACE + 8 * PAGE).address, PLACE + 12 * PAGE);
    CHECK_EQUAL(protect_at(PLACE + 20 * PAGE, 2, MAP_READ), 0);
    CHECK(area_is(PLACE + 20 * PAGE, 2, SMALL_READ, 2));
    CHECK(area_is(PLACE + 22 * PAGE, 10, SMALL, 10));
    CHECK_EQUAL(protect_at(PLACE + 20 * PAGE, 2, MAP_WRITE), 0);
    CHECK(area_is(PLACE + 12 * PAGE, 20, SMALL, 20));
    CHECK_EQUAL(vm_query(HANDLE_SELF, 0, UINT64_MAX, &area), -E_NOENT);
    CHECK_EQUAL(vm_query(HANDLE_SELF, 99999, PLACE, &area), -E_SRCH);
    CHECK_EQUAL(system_call(SYS_VM_QUERY, HANDLE_SELF, 0, PLACE, 8, sizeof area).value, -E_FAULT);
    CHECK_EQUAL(unmap_at(PLACE, 64), 0);
}

static void test_tells_of_objects(void)
{
    struct mapping mapping = {PLACE, 4 * PAGE, MAP_WRITE | MAP_EXACT, 0, 2 * PAGE};
    mapping.memory = (int32_t)memory_create(8 * PAGE, MEMORY_ANONYMOUS, HANDLE_NONE);
    CHECK_EQUAL(vm_map(HANDLE_SPACE, &mapping), PLACE);
    CHECK(area_is(PLACE, 4, MAP_READ | MAP_WRITE, 0));
    CHECK(query(PLACE).kind == VM_AREA_MEMORY && query(PLACE).offset == 2 * PAGE);
    CHECK_EQUAL(*word_at(PLACE), 0);
    CHECK(query(PLACE).resident == 1 && query(PLACE).shared == 1 && query(PLACE).dirty == 0);
    *word_at(PLACE) = 1;
    CHECK(query(PLACE).resident == 1 && query(PLACE).shared == 0 && query(PLACE).dirty == 1);
    CHECK_EQUAL(unmap_at(PLACE, 1), 0);
    CHECK_EQUAL(query(PLACE).offset, 3 * PAGE);
    CHECK_EQUAL(unmap_at(PLACE, 4), 0);
    handle_close(mapping.memory);
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"vm_query_tells_of_sharing", test_tells_of_sharing, 0},
        {"vm_query_tells_of_edges", test_tells_of_edges, 0},
        {"vm_query_tells_of_objects", test_tells_of_objects, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
