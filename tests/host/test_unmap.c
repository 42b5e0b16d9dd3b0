/* test_unmap.c - taking areas out: which, in what order, and what the flush may rely on. */
#include "managers.h"

enum { RW = PTE_R | PTE_W, PAGES = 2048 };

static void map_good(struct fixture *f, uint64_t start, uint64_t pages)
{
    assert_int_equal(address_space_map(&f->space, range_of(start, pages), NULL, 0, 0, RW), E_OK);
}

static bool is_mapped(const struct fixture *f, uint64_t vpn)
{
    return address_space_translate(&f->space, vpn_address((vpn_t){vpn}), 0) != NULL;
}

static void test_address_space_unmap_takes_every_area_inside(void **state)
{
    (void)state;
    FOR_EACH_MODE(mode)
    {
        struct fixture f;
        fixture_init(&f, mode, PAGES);
        const struct snapshot before = snapshot_take(&f.space, &f.machine);
        map_good(&f, 10, 5);
        map_good(&f, 0x1ff, 0x202);
        map_good(&f, 0x500, 1);
        assert_int_equal(address_space_unmap(&f.space, range_of(3, 2)), E_OK); /* nothing there */
        assert_int_equal(f.space.areas.count, 3);
        assert_int_equal(address_space_unmap(&f.space, range_of(15, 0x4eb)), E_OK);
        assert_int_equal(f.space.areas.count, 2);
        assert_true(is_mapped(&f, 14) && is_mapped(&f, 0x500));
        assert_false(is_mapped(&f, 0x1ff) || is_mapped(&f, 0x400));
        assert_sound(&f.space);
        assert_int_equal(address_space_unmap(&f.space, range_of(0, 0x600)), E_OK);
        assert_unchanged(before, &f.space, &f.machine); /* tables are gone as well */
        fixture_done(&f);
    }
}

static void test_address_space_unmap_leaves_what_is_beside_the_range(void **state)
{
    static const struct page_range holes[] = {{{100}, 9}, {{101}, 9},  {{101}, 3}, {{109}, 1},
                                              {{90}, 11}, {{109}, 92}, {{0}, 205}};

    (void)state;
    for (size_t hole = 0; hole < sizeof holes / sizeof *holes; hole++) {
        struct fixture f;
        fixture_init(&f, PAGING_SV39, PAGES);
        map_good(&f, 100, 10);
        map_good(&f, 200, 10);
        const int64_t pages_out = f.manager.pages_out;
        int64_t gone = 0;
        assert_int_equal(address_space_unmap(&f.space, holes[hole]), E_OK);
        assert_sound(&f.space);
        for (uint64_t vpn = 90; vpn < 220; vpn++) {
            const bool was = (vpn >= 100 && vpn < 110) || (vpn >= 200 && vpn < 210);
            const bool inside = vpn >= holes[hole].start.v && vpn < range_end(holes[hole]).v;
            assert_int_equal(is_mapped(&f, vpn), was && !inside);
            gone += was && inside;
        }
        assert_int_equal(f.manager.pages_out, pages_out - gone);
        fixture_done(&f);
    }
}

/* No record for what is left behind the range. */
static void test_address_space_unmap_out_of_memory_changes_nothing(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, PAGING_SV39, PAGES);
    map_good(&f, 100, 10);
    const struct snapshot before = snapshot_take(&f.space, &f.machine);
    fail_allocation(1);
    assert_int_equal(address_space_unmap(&f.space, range_of(103, 4)), E_NOMEM);
    assert_true(allocation_has_failed());
    assert_unchanged(before, &f.space, &f.machine);
    fail_allocation(1); /* from the area's first page on, it needs none */
    assert_int_equal(address_space_unmap(&f.space, range_of(90, 14)), E_OK);
    assert_false(allocation_has_failed());
    fail_allocation(0);
    assert_true(is_mapped(&f, 104) && !is_mapped(&f, 103));
    assert_int_equal(address_space_unmap(&f.space, range_of(106, 2)), E_OK);
    assert_int_equal(f.space.areas.count, 2);
    fixture_done(&f);
}

static void test_address_space_unmap_refuses_bad_ranges(void **state)
{
    const uint64_t limit = mode_user_pages(PAGING_SV39);
    const struct page_range bad[] = {{{100}, 0}, {{limit}, 1}, {{limit - 1}, 2}, {{1}, UINT64_MAX}};
    struct fixture f;

    (void)state;
    fixture_init(&f, PAGING_SV39, PAGES);
    map_good(&f, 100, 10);
    const struct snapshot before = snapshot_take(&f.space, &f.machine);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(address_space_unmap(&f.space, bad[i]), E_INVAL);
    assert_unchanged(before, &f.space, &f.machine);
    fixture_done(&f);
}

static void test_address_space_unmap_leaves_the_callers_pages(void **state)
{
    struct counting_owner owner;
    struct fixture f;

    (void)state;
    fixture_init(&f, PAGING_SV39, PAGES);
    counting_owner_init(&owner);
    const uint64_t free_pages = f.machine.buddy.free_pages;
    const ppn_t pages = machine_take(&f.machine, 8);
    assert_int_equal(address_space_map_extern(&f.space, range_of(1, 8), pages, RW), E_OK);
    assert_int_equal(address_space_map_shared(&f.space, range_of(20, 8), pages, RW, &owner.owner),
                     E_OK);
    assert_int_equal(address_space_map_shared(&f.space, range_of(30, 4), pages, RW, &owner.owner),
                     E_OK);
    assert_int_equal(owner.count, 2); /* one for each area */
    assert_int_equal(address_space_unmap(&f.space, range_of(20, 8)), E_OK);
    assert_int_equal(owner.count, 1);
    assert_int_equal(address_space_unmap(&f.space, range_of(0, 64)), E_OK);
    assert_int_equal(owner.count, 0);
    assert_int_equal(f.machine.buddy.free_pages, free_pages - 8);
    machine_return(&f.machine, pages, 8);
    fixture_done(&f);
}

/* --- the flush -------------------------------------------------------------------------------- */

static struct {
    struct fixture *fixture;
    unsigned calls;
    struct page_range range;
    enum flush_kind kind;
    int64_t pages_out; /* as the flush saw it */
    unsigned mapped;   /* leaves of the range that the flush still found */
} seen;

static void flush(struct address_space *space, struct page_range range, enum flush_kind kind)
{
    assert_ptr_equal(space, &seen.fixture->space);
    seen.calls++;
    seen.range = range;
    seen.kind = kind;
    seen.pages_out = seen.fixture->manager.pages_out;
    for (uint64_t i = 0; i < range.pages; i++)
        seen.mapped += is_mapped(seen.fixture, range.start.v + i);
}

static void watch(struct fixture *f)
{
    seen.fixture = f;
    seen.calls = seen.mapped = 0;
    f->space.flush = flush;
}

static void test_address_space_unmap_flushes_once_before_anything_is_given_back(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, PAGING_SV48, PAGES);
    map_good(&f, 0x100, 0x200);
    map_good(&f, 0x400, 0x10);
    const uint64_t pages_out = f.manager.pages_out;
    watch(&f);
    assert_int_equal(address_space_unmap(&f.space, range_of(0x80, 0x400)), E_OK);
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.kind, FLUSH_TABLES);
    assert_int_equal(seen.range.start.v, 0x100); /* from the first leaf to the last */
    assert_int_equal(seen.range.pages, 0x310);
    assert_int_equal(seen.mapped, 0);            /* the leaves were gone */
    assert_int_equal(seen.pages_out, pages_out); /* pages and tables were not */
    assert_int_equal(f.manager.pages_out, 1);
    assert_int_equal(address_space_unmap(&f.space, range_of(0x80, 0x400)), E_OK);
    assert_int_equal(seen.calls, 1); /* nothing was there to flush */
    fixture_done(&f);
}

static void test_address_space_map_that_fails_flushes_before_anything_is_given_back(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, PAGING_SV39, PAGES);
    watch(&f);
    fail_allocation(5); /* pages, record, two tables, and the third one not */
    assert_int_equal(address_space_map(&f.space, range_of(0x1ff, 2), NULL, 0, 0, RW), E_NOMEM);
    assert_true(allocation_has_failed());
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.range.start.v, 0x1ff);
    assert_int_equal(seen.range.pages, 2);
    assert_int_equal(seen.mapped, 0);
    assert_int_equal(seen.pages_out, 1 + 2 + 2);
    assert_int_equal(f.manager.pages_out, 1);
    fixture_done(&f);
}

static void test_address_space_map_and_destroy_flush_nothing(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, PAGING_SV39, PAGES);
    watch(&f);
    map_good(&f, 3, 3);
    fixture_done(&f);
    assert_int_equal(seen.calls, 0);
}

/* --- room ------------------------------------------------------------------------------------- */

static void test_address_space_find_free_gives_the_lowest_room(void **state)
{
    const struct {
        uint64_t pages, align, from, limit, start; /* start 0: none */
    } cases[] = {
        {1, 1, 1, 1000, 1},     {9, 1, 1, 1000, 1},
        {10, 1, 1, 1000, 35},   {1, 1, 10, 1000, 20},
        {1, 1, 15, 1000, 20},   {5, 1, 20, 1000, 20},
        {6, 1, 20, 1000, 35},   {5, 1, 21, 1000, 35},
        {1, 1, 25, 30, 0},      {6, 1, 20, 40, 0},
        {5, 1, 20, 25, 20},     {6, 1, 20, 41, 35},
        {970, 1, 1, 1000, 0},   {965, 1, 1, 1000, 35},
        {1, 1, 1000, 1000, 0},  {UINT64_MAX, 1, 1, UINT64_MAX, 0},
        {4, 4, 1, 1000, 4},     {8, 8, 1, 1000, 40},
        {2, 2, 11, 1000, 20},   {2, 16, 11, 1000, 48},
        {1, 512, 1, 1000, 512}, {1, 512, 1, 512, 0},
        {1, 512, 513, 1000, 0},
    };
    vpn_t start;
    struct fixture f;

    (void)state;
    fixture_init(&f, PAGING_SV39, PAGES);
    map_good(&f, 10, 10);
    map_good(&f, 25, 5);
    map_good(&f, 30, 5);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const enum error expected = cases[i].start ? E_OK : E_NOMEM;
        start = (vpn_t){77};
        const struct page_range where = {{cases[i].from}, cases[i].limit - cases[i].from};
        assert_int_equal(
            address_space_find_free(&f.space, cases[i].pages, cases[i].align, where, &start),
            expected);
        assert_int_equal(start.v, expected ? 77 : cases[i].start);
    }
    assert_int_equal(address_space_find_free(&f.space, 0, 1, range_of(1, 8), &start), E_INVAL);
    fixture_done(&f);
}

static void test_address_space_find_free_stays_in_the_lower_half(void **state)
{
    struct fixture f;
    vpn_t start;

    (void)state;
    FOR_EACH_MODE(mode)
    {
        const uint64_t limit = mode_user_pages(mode);
        fixture_init(&f, mode, PAGES);
        map_good(&f, limit - 3, 1);
        assert_int_equal(address_space_find_free(&f.space, 2, 1, range_of(limit - 4, 100), &start),
                         E_OK);
        assert_int_equal(start.v, limit - 2);
        assert_int_equal(address_space_find_free(&f.space, 3, 1, range_of(limit - 4, 100), &start),
                         E_NOMEM);
        fixture_done(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_address_space_unmap_takes_every_area_inside),
        cmocka_unit_test(test_address_space_unmap_leaves_what_is_beside_the_range),
        cmocka_unit_test(test_address_space_unmap_out_of_memory_changes_nothing),
        cmocka_unit_test(test_address_space_unmap_refuses_bad_ranges),
        cmocka_unit_test(test_address_space_unmap_leaves_the_callers_pages),
        cmocka_unit_test(test_address_space_unmap_flushes_once_before_anything_is_given_back),
        cmocka_unit_test(test_address_space_map_that_fails_flushes_before_anything_is_given_back),
        cmocka_unit_test(test_address_space_map_and_destroy_flush_nothing),
        cmocka_unit_test(test_address_space_find_free_gives_the_lowest_room),
        cmocka_unit_test(test_address_space_find_free_stays_in_the_lower_half),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
