/* test_count.c - what the leaves of a range say, counted. */
#include "family.h"

enum { PAGES = 4096, LARGE = 512 };

static void expect(const struct address_space *space, struct page_range range,
                   struct page_counts wanted)
{
    const struct page_counts counts = address_space_count(space, range);

    assert_int_equal(counts.resident, wanted.resident);
    assert_int_equal(counts.shared, wanted.shared);
    assert_int_equal(counts.writable, wanted.writable);
    assert_int_equal(counts.large, wanted.large);
}

static void test_count_tells_pages_that_are_there(void **state)
{
    (void)state;
    FOR_EACH_MODE(mode)
    {
        struct family f;
        family_init(&f, mode, PAGES);
        struct address_space *space = &f.members[0];
        const struct page_range all = {{0}, mode_user_pages(mode)};
        expect(space, all, (struct page_counts){0});
        map_zeroes(space, 0x1f0, 0x20, false);
        expect(space, all, (struct page_counts){0});
        for (uint64_t vpn = 0x203; vpn-- > 0x1fd;) /* who goes downwards gets one at a time */
            poke(space, vpn, 1);
        expect(space, all, (struct page_counts){.resident = 6, .writable = 6});
        expect(space, range_of(0x1ff, 2), (struct page_counts){.resident = 2, .writable = 2});
        expect(space, range_of(0x100, 0x50), (struct page_counts){0});
        assert_int_equal(address_space_protect(space, range_of(0x200, 2), PTE_R), E_OK);
        expect(space, all, (struct page_counts){.resident = 6, .writable = 4});
        family_done(&f);
    }
}

static void test_count_of_shared_pages(void **state)
{
    const struct page_range all = {{0}, mode_user_pages(PAGING_SV39)};
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    map_zeroes(space, 0, 8, false);
    for (uint64_t vpn = 4; vpn-- > 0;)
        poke(space, vpn, 1);
    struct address_space *child = family_clone(&f, space, CLONE_COW);
    expect(space, all, (struct page_counts){.resident = 4, .shared = 4});
    poke(child, 1, 2);
    expect(child, all, (struct page_counts){.resident = 4, .shared = 3, .writable = 1});
    expect(space, all, (struct page_counts){.resident = 4, .shared = 3}); /* the next write asks */
    poke(space, 1, 2);
    expect(space, all, (struct page_counts){.resident = 4, .shared = 3, .writable = 1});
    family_done(&f);
}

static void test_count_looks_into_shared_tables(void **state)
{
    const struct page_range all = {{0}, mode_user_pages(PAGING_SV48)};
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV48, PAGES);
    struct address_space *space = &f.members[0];
    map_zeroes(space, 0x1f0, 0x20, false);
    for (uint64_t vpn = 0x204; vpn-- > 0x1fc;)
        poke(space, vpn, 1);
    struct address_space *child = family_clone(&f, space, CLONE_SHARE);
    expect(space, all, (struct page_counts){.resident = 8, .shared = 8});
    expect(child, range_of(0x1fe, 4), (struct page_counts){.resident = 4, .shared = 4});
    poke(child, 0x200, 2);
    expect(child, all, (struct page_counts){.resident = 8, .shared = 7, .writable = 1});
    expect(space, all, (struct page_counts){.resident = 8, .shared = 8 - 1});
    family_remove(&f, child);
    expect(space, all, (struct page_counts){.resident = 8}); /* alone, but it has to come by */
    assert_true(pte_is_shared_table(space->table.root[0]));
    poke(space, 0x1fc, 1);
    assert_int_equal(address_space_count(space, all).shared, 0);
    family_done(&f);
}

static void test_count_of_larger_pages_keeps_to_the_range(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    map_zeroes(space, LARGE, LARGE, true);
    poke(space, LARGE, 1);
    expect(space, range_of(0, 4 * LARGE), (struct page_counts){LARGE, 0, LARGE, LARGE});
    expect(space, range_of(LARGE + 10, 5), (struct page_counts){5, 0, 5, 5});
    expect(space, range_of(LARGE - 10, 15), (struct page_counts){5, 0, 5, 5});
    expect(space, range_of(2 * LARGE - 10, 15), (struct page_counts){10, 0, 10, 10});
    struct address_space *child = family_clone(&f, space, CLONE_COW);
    poke(child, LARGE + 12, 2);
    expect(space, range_of(LARGE + 10, 5), (struct page_counts){5, 4, 0, 5});
    expect(child, range_of(LARGE + 10, 5), (struct page_counts){5, 4, 1, 0});
    family_done(&f);
}

static void test_count_of_pages_that_are_somebody_elses(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    assert_int_equal(address_space_map_extern(space, range_of(5, 3), f.owner.first, URW), E_OK);
    map_owned_by(&f, space, range_of(100, 2), 0, true);
    poke(space, 100, 1); /* without a hold */
    poke(space, 101, 1); /* with one: the owner's and this */
    expect(space, range_of(0, 512),
           (struct page_counts){.resident = 5, .shared = 1, .writable = 5});
    family_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_count_tells_pages_that_are_there),
        cmocka_unit_test(test_count_of_shared_pages),
        cmocka_unit_test(test_count_looks_into_shared_tables),
        cmocka_unit_test(test_count_of_larger_pages_keeps_to_the_range),
        cmocka_unit_test(test_count_of_pages_that_are_somebody_elses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
