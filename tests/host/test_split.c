/* test_split.c - cuts through areas, larger pages and shared tables: what is beside them stays. */
#include "family.h"

#include "vm/operations.h"

enum { PAGES = 4096, LARGE = 512 };

static void test_unmap_inside_a_larger_page_keeps_the_rest(void **state)
{
    static const struct page_range holes[] = {{{LARGE}, 1},       {{LARGE + 100}, 50},
                                              {{LARGE + 511}, 1}, {{LARGE - 4}, 8},
                                              {{LARGE + 1}, 510}, {{2 * LARGE - 1}, 2}};

    (void)state;
    for (size_t i = 0; i < sizeof holes / sizeof *holes; i++) {
        const struct page_range hole = holes[i];
        struct family f;
        family_init(&f, PAGING_SV39, PAGES);
        struct address_space *space = &f.members[0];
        map_zeroes(space, LARGE - 8, LARGE + 16, true);
        for (uint64_t vpn = LARGE - 8; vpn < 2 * LARGE + 8; vpn++)
            poke(space, vpn, vpn % 251);
        assert_int_equal(f.events.count[VM_ZERO_FILLED_LARGE], 1);
        const uint64_t free_pages = f.machine.buddy.free_pages;
        f.flushes.count = 0;
        assert_int_equal(address_space_unmap(space, hole), E_OK);
        assert_int_equal(f.events.count[VM_SPLIT], 1);
        assert_int_equal(f.flushes.count, 2); /* the split's, and the unmap's */
        assert_int_equal(f.machine.buddy.free_pages, free_pages + hole.pages - 1);
        family_check(&f);
        for (uint64_t vpn = LARGE - 8; vpn < 2 * LARGE + 8; vpn++) {
            const bool inside = vpn >= hole.start.v && vpn < range_end(hole).v;
            assert_int_equal(touch(space, vpn, PTE_R), inside ? E_FAULT : E_OK);
            if (!inside)
                assert_int_equal(peek(space, vpn), vpn % 251);
        }
        family_done(&f);
    }
}

static void test_unmap_of_a_whole_larger_page_splits_nothing(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    const uint64_t free_pages = f.machine.buddy.free_pages;
    map_zeroes(space, 0, 3 * LARGE, true);
    poke(space, LARGE, 1);
    assert_int_equal(address_space_unmap(space, range_of(LARGE - 1, LARGE + 2)), E_OK);
    assert_int_equal(f.events.count[VM_SPLIT], 0);
    assert_int_equal(f.machine.buddy.free_pages, free_pages);
    family_done(&f);
}

static void test_split_page_is_told_to_all_harts_with_its_tables(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    map_zeroes(space, LARGE, LARGE, true);
    poke(space, LARGE, 1);
    f.flushes.count = 0;
    assert_int_equal(space_cut(space, range_of(LARGE + 5, LARGE)), E_OK);
    assert_int_equal(f.flushes.count, 1);
    assert_int_equal(f.flushes.kind, FLUSH_TABLES);
    assert_int_equal(f.flushes.range.start.v, LARGE);
    assert_int_equal(f.flushes.range.pages, LARGE);
    assert_int_equal(space->areas.count, 2);
    family_check(&f);
    family_done(&f);
}

/* Every part of an owner's area goes on where it was, and is counted. */
static void test_cut_area_keeps_the_numbers_of_its_pages(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    map_owned_by(&f, space, range_of(100, 12), 4, true);
    assert_int_equal(
        address_space_map_shared(space, range_of(200, 12), f.owner.first, URW, &f.owner.owner),
        E_OK);
    assert_int_equal(address_space_unmap(space, range_of(104, 2)), E_OK);
    assert_int_equal(address_space_unmap(space, range_of(205, 1)), E_OK);
    assert_int_equal(f.owner.areas, 4);
    for (uint64_t i = 0; i < 12; i++) {
        if (i != 4 && i != 5)
            assert_int_equal(peek(space, 100 + i), 0x34 + i);
        if (i != 5)
            assert_int_equal(peek(space, 200 + i), 0x30 + i);
    }
    family_check(&f);
    assert_int_equal(address_space_unmap(space, range_of(0, 1000)), E_OK);
    assert_int_equal(f.owner.areas, 0);
    family_done(&f);
}

static void test_cut_that_fails_joins_again_what_it_cut(void **state)
{
    struct family f;
    unsigned n = 0;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    map_zeroes(space, LARGE, 2 * LARGE, true);
    poke(space, LARGE, 1);
    poke(space, 2 * LARGE, 2);
    for (;;) {
        fail_allocation(++n);
        const enum error error = space_cut(space, range_of(LARGE + 5, LARGE));
        if (!allocation_has_failed())
            break;
        assert_int_equal(error, E_NOMEM);
        assert_int_equal(space->areas.count, 1);
        family_check(&f);
        assert_int_equal(peek(space, LARGE), 1);
        assert_int_equal(peek(space, 2 * LARGE), 2);
    }
    fail_allocation(0);
    assert_int_equal(space->areas.count, 3);
    space_join_inside(space, range_of(LARGE + 5, LARGE));
    assert_int_equal(space->areas.count, 1);
    family_check(&f);
    family_done(&f);
}

static void test_join_inside_stops_at_the_last_area_and_at_holes(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    map_zeroes(space, 0, 4, false);
    map_zeroes(space, 10, 4, false);
    assert_int_equal(space_cut(space, range_of(2, 10)), E_OK);
    assert_int_equal(space->areas.count, 4);
    space_join_inside(space, range_of(0, 100));
    assert_int_equal(space->areas.count, 2);
    space_join_inside(space, range_of(20, 100));
    family_done(&f);
}

static void test_area_set_split_panics_outside_of_the_area(void **state)
{
    struct area area = {.range = {{10}, 5}}, tail;
    struct area_set set;

    (void)state;
    area_set_init(&set);
    area_set_insert(&set, &area);
    expect_assert_failure(area_set_split(&set, &area, (vpn_t){10}, &tail));
    expect_assert_failure(area_set_split(&set, &area, (vpn_t){15}, &tail));
    area_set_split(&set, &area, (vpn_t){14}, &tail);
    assert_int_equal(set.count, 2);
    assert_int_equal(set.pages, 5);
    tail.first.v++; /* its pages no longer follow */
    assert_null(area_set_join(&set, &area));
    tail.first.v--;
    assert_ptr_equal(area_set_join(&set, &area), &tail);
    assert_int_equal(set.count, 1);
    assert_int_equal(set.pages, 5);
    area_set_remove(&set, &area);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unmap_inside_a_larger_page_keeps_the_rest),
        cmocka_unit_test(test_unmap_of_a_whole_larger_page_splits_nothing),
        cmocka_unit_test(test_split_page_is_told_to_all_harts_with_its_tables),
        cmocka_unit_test(test_cut_area_keeps_the_numbers_of_its_pages),
        cmocka_unit_test(test_cut_that_fails_joins_again_what_it_cut),
        cmocka_unit_test(test_join_inside_stops_at_the_last_area_and_at_holes),
        cmocka_unit_test(test_area_set_split_panics_outside_of_the_area),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
