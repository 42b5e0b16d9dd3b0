/* test_large.c - pages of 2 MiB: where addresses, areas and memory allow, and never needed. */
#include "family.h"

enum { PAGES = 4096, LARGE = 512 };

static unsigned level_of(const struct address_space *space, uint64_t vpn)
{
    unsigned level;

    page_table_find(&space->table, (vpn_t){vpn}, &level);
    return level;
}

static void test_touch_finds_a_larger_page_where_the_area_has_all_of_it(void **state)
{
    (void)state;
    FOR_EACH_MODE(mode)
    {
        struct family f;
        family_init(&f, mode, PAGES);
        struct address_space *space = &f.members[0];
        map_zeroes(space, LARGE - 10, 2 * LARGE + 20, true);
        poke(space, 700, 7);
        assert_int_equal(f.events.count[VM_ZERO_FILLED_LARGE], 1);
        assert_int_equal(level_of(space, LARGE), 1);
        assert_int_equal(peek(space, 2 * LARGE - 1), 0); /* no fault more */
        assert_int_equal(f.events.count[VM_ZERO_FILLED_LARGE], 1);
        poke(space, LARGE - 1, 8); /* the ends are small pages */
        poke(space, 3 * LARGE, 9);
        assert_int_equal(f.events.count[VM_ZERO_FILLED], 2);
        assert_int_equal(level_of(space, LARGE - 1), 0);
        assert_int_equal(level_of(space, 3 * LARGE), 0);
        assert_int_equal(peek(space, 700), 7);
        family_done(&f);
    }
}

static void test_larger_pages_are_for_areas_that_ask(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    map_zeroes(&f.members[0], 0, LARGE, false);
    map_zeroes(&f.members[0], LARGE, LARGE - 1, true);
    poke(&f.members[0], 5, 1);
    poke(&f.members[0], LARGE + 5, 1);
    assert_int_equal(f.events.count[VM_ZERO_FILLED_LARGE], 0);
    assert_int_equal(f.events.count[VM_ZERO_FILLED], 2);
    family_done(&f);
}

static void test_small_pages_do_where_memory_has_no_larger_one(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, 1000); /* no room for 512 beside the tables and the owner */
    const ppn_t taken = machine_take(&f.machine, 400);
    map_zeroes(&f.members[0], 0, LARGE, true);
    poke(&f.members[0], 5, 1);
    assert_int_equal(f.events.count[VM_ZERO_FILLED_LARGE], 0);
    assert_int_equal(f.events.count[VM_ZERO_FILLED], 1);
    machine_return(&f.machine, taken, 400);
    poke(&f.members[0], 6, 1); /* there is a table now, and it stays */
    assert_int_equal(f.events.count[VM_ZERO_FILLED_LARGE], 0);
    family_done(&f);
}

static void test_small_pages_do_where_memory_is_not_aligned(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    f.managers[0].aligns_badly = true;
    map_zeroes(&f.members[0], 0, LARGE, true);
    const uint64_t free_pages = f.machine.buddy.free_pages;
    poke(&f.members[0], 5, 1);
    assert_int_equal(f.events.count[VM_ZERO_FILLED_LARGE], 0);
    assert_int_equal(f.machine.buddy.free_pages, free_pages - 3);
    family_done(&f);
}

static void test_touch_out_of_memory_falls_back_or_leaves_nothing(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV48, PAGES);
    struct address_space *space = &f.members[0];
    for (unsigned n = 1; n <= 3; n++) { /* two tables and the page: a small page does instead */
        map_zeroes(space, 0, LARGE, true);
        fail_allocation(n);
        poke(space, 5, 1);
        assert_true(allocation_has_failed());
        assert_int_equal(f.events.count[VM_ZERO_FILLED], n);
        family_check(&f);
        assert_int_equal(address_space_unmap(space, range_of(0, LARGE)), E_OK);
    }
    map_zeroes(space, 0, LARGE, true);
    fail_allocation(4);
    poke(space, 5, 1);
    assert_false(allocation_has_failed());
    fail_allocation(0);
    assert_int_equal(f.events.count[VM_ZERO_FILLED_LARGE], 1);
    family_done(&f);
}

/* --- eager areas ------------------------------------------------------------------------------ */

static void test_map_uses_larger_pages_where_numbers_agree(void **state)
{
    (void)state;
    FOR_EACH_MODE(mode)
    {
        struct family f;
        family_init(&f, mode, PAGES);
        struct address_space *space = &f.members[0];
        const ppn_t first = {MACHINE_FIRST_PAGE + LARGE - 3};
        assert_int_equal(
            address_space_map_extern(space, range_of(3 * LARGE - 3, 2 * LARGE + 10), first, URW),
            E_OK);
        assert_int_equal(level_of(space, 3 * LARGE - 1), 0);
        assert_int_equal(level_of(space, 3 * LARGE), 1);
        assert_int_equal(level_of(space, 5 * LARGE - 1), 1);
        assert_int_equal(level_of(space, 5 * LARGE), 0);
        assert_sound(space);
        for (uint64_t i = 0; i < 2 * LARGE + 10; i++)
            assert_ptr_equal(
                address_space_translate(space, vpn_address((vpn_t){3 * LARGE - 3 + i}), URW),
                machine_page(&f.machine, ppn_add(first, i)));
        /* The same, one page beside. */
        assert_int_equal(address_space_map_extern(space, range_of(10 * LARGE, LARGE), first, URW),
                         E_OK);
        assert_int_equal(level_of(space, 10 * LARGE), 0);
        family_done(&f);
    }
}

static void test_map_of_larger_pages_is_all_or_nothing(void **state)
{
    struct address_space *space;
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    space = &f.members[0];
    const ppn_t first = {MACHINE_FIRST_PAGE + LARGE - 3};
    const uint64_t free_pages = f.machine.buddy.free_pages;
    for (unsigned n = 1; n <= 4; n++) { /* the record, and tables for two ends */
        fail_allocation(n);
        assert_int_equal(
            address_space_map_extern(space, range_of(3 * LARGE - 3, LARGE + 10), first, URW),
            E_NOMEM);
        assert_true(allocation_has_failed());
        assert_int_equal(f.machine.buddy.free_pages, free_pages);
        assert_int_equal(records_out(), 0);
        family_check(&f);
    }
    assert_int_equal(
        address_space_map_extern(space, range_of(3 * LARGE - 3, LARGE + 10), first, URW), E_OK);
    family_done(&f);
}

static void test_eager_larger_pages_keep_their_bytes(void **state)
{
    static unsigned char data[LARGE * PAGE_SIZE];
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    for (size_t i = 0; i < LARGE; i++)
        data[i * PAGE_SIZE] = i % 251;
    assert_int_equal(address_space_map(space, range_of(LARGE, LARGE), data, sizeof data, 0, URW),
                     E_OK);
    assert_int_equal(level_of(space, LARGE), 1);
    struct address_space *copy = family_clone(&f, space, CLONE_COPY);
    struct address_space *cow = family_clone(&f, space, CLONE_COW);
    poke(space, LARGE + 7, 0xff);
    for (uint64_t i = 0; i < LARGE; i++) {
        assert_int_equal(peek(copy, LARGE + i), i % 251);
        assert_int_equal(peek(cow, LARGE + i), i % 251);
        assert_int_equal(peek(space, LARGE + i), i == 7 ? 0xff : i % 251);
    }
    family_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_touch_finds_a_larger_page_where_the_area_has_all_of_it),
        cmocka_unit_test(test_larger_pages_are_for_areas_that_ask),
        cmocka_unit_test(test_small_pages_do_where_memory_has_no_larger_one),
        cmocka_unit_test(test_small_pages_do_where_memory_is_not_aligned),
        cmocka_unit_test(test_touch_out_of_memory_falls_back_or_leaves_nothing),
        cmocka_unit_test(test_map_uses_larger_pages_where_numbers_agree),
        cmocka_unit_test(test_map_of_larger_pages_is_all_or_nothing),
        cmocka_unit_test(test_eager_larger_pages_keep_their_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
