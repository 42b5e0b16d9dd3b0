/* test_page_table_map.c - leaves and tables: maps that write all or nothing, unmaps that leave no
 * empty table behind.
 */
#include "managers.h"

enum { RW = PTE_V | PTE_R | PTE_W };

static void test_page_table_map_writes_consecutive_leaves(void **state)
{
    (void)state;
    FOR_EACH_MODE(mode)
    {
        for (unsigned level = 0; level <= 2; level++) {
            const uint64_t step = level_pages(level);
            const uint64_t start = level < mode ? 510 * step : 0;
            const uint64_t count = level < mode ? 5 : 3; /* crosses a table where it can */
            struct bare bare;
            bare_init(&bare, mode);
            bare_map(&bare, start, count * step, 7 * step, level);
            for (uint64_t i = 0; i < count; i++)
                assert_int_equal(bare_entry(&bare, start + i * step).v,
                                 pte_make((ppn_t){(7 + i) * step}, RW).v);
            assert_int_equal(bare_entry(&bare, start + count * step).v, 0);
            page_table_unmap(&bare.table, range_of(start, count * step), level);
            assert_int_equal(bare_entry(&bare, start).v, 0);
            bare_done(&bare);
        }
    }
}

/* E_EXIST whichever entry is in the way, with nothing left of the attempt. */
static void test_page_table_map_refuses_what_is_in_use(void **state)
{
    static const uint64_t taken[] = {0x1f0, 0x1f1, 0x1ff, 0x200, 0x3ff, 0x400, 0x40f};

    (void)state;
    FOR_EACH_MODE(mode)
    {
        for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
            struct bare bare;
            bare_init(&bare, mode);
            bare_map(&bare, taken[i], 1, 0x999, 0);
            const uint64_t pages = bare.manager.pages_out;
            assert_int_equal(
                page_table_map(&bare.table, range_of(0x1f0, 0x220), (ppn_t){0x100}, RW, 0),
                E_EXIST);
            assert_int_equal(bare.manager.pages_out, pages);
            for (uint64_t vpn = 0x1f0; vpn < 0x410; vpn++)
                assert_int_equal(bare_entry(&bare, vpn).v,
                                 vpn == taken[i] ? pte_make((ppn_t){0x999}, RW).v : 0);
            page_table_unmap(&bare.table, range_of(taken[i], 1), 0);
            bare_done(&bare);
        }
    }
}

static void test_page_table_map_refuses_larger_pages_and_tables_in_the_way(void **state)
{
    struct bare bare;

    (void)state;
    bare_init(&bare, PAGING_SV39);
    bare_map(&bare, 0x200, 0x200, 0x400, 1);
    bare_map(&bare, 0x600, 1, 0x100, 0);
    const uint64_t pages = bare.manager.pages_out;
    assert_int_equal(page_table_map(&bare.table, range_of(0x1ff, 2), (ppn_t){1}, RW, 0), E_EXIST);
    assert_int_equal(page_table_map(&bare.table, range_of(0x400, 0x400), (ppn_t){0}, RW, 1),
                     E_EXIST);
    assert_int_equal(bare.manager.pages_out, pages);
    assert_int_equal(bare_entry(&bare, 0x1ff).v, 0);
    assert_int_equal(bare_entry(&bare, 0x400).v, 0);
    assert_int_equal(pte_ppn(bare_entry(&bare, 0x600)).v, 0x100);
    page_table_unmap(&bare.table, range_of(0x200, 0x200), 1);
    page_table_unmap(&bare.table, range_of(0x600, 1), 0);
    bare_done(&bare);
}

/* No page for a table, at each depth and for each of two last-level tables. */
static void test_page_table_map_out_of_memory_at_each_depth_leaves_nothing(void **state)
{
    (void)state;
    FOR_EACH_MODE(mode)
    {
        struct bare bare;
        bare_init(&bare, mode);
        bare_map(&bare, 0x300, 1, 0x999, 0); /* a neighbour, in the second of the tables */
        page_table_unmap(&bare.table, range_of(0x300, 1), 0);
        for (unsigned n = 1; n <= mode + 1u; n++) {
            fail_allocation(n);
            assert_int_equal(page_table_map(&bare.table, range_of(0x1ff, 2), (ppn_t){1}, RW, 0),
                             E_NOMEM);
            assert_true(allocation_has_failed());
            assert_int_equal(bare.manager.pages_out, 1);
            assert_int_equal(bare_entry(&bare, 0x1ff).v, 0);
        }
        fail_allocation(mode + 2u);
        bare_map(&bare, 0x1ff, 2, 1, 0);
        assert_false(allocation_has_failed());
        page_table_unmap(&bare.table, range_of(0x1ff, 2), 0);
        bare_done(&bare);
    }
}

static void test_page_table_map_keeps_a_neighbours_tables_when_it_fails(void **state)
{
    struct bare bare;

    (void)state;
    bare_init(&bare, PAGING_SV39);
    bare_map(&bare, 0x1fe, 1, 0x999, 0);
    fail_allocation(1); /* the second last-level table */
    assert_int_equal(page_table_map(&bare.table, range_of(0x1ff, 2), (ppn_t){1}, RW, 0), E_NOMEM);
    assert_int_equal(bare.manager.pages_out, 3);
    assert_int_equal(pte_ppn(bare_entry(&bare, 0x1fe)).v, 0x999);
    assert_int_equal(bare_entry(&bare, 0x1ff).v, 0);
    page_table_unmap(&bare.table, range_of(0x1fe, 1), 0);
    bare_done(&bare);
}

/* The second page needs a table at each level: the upper one is there when the lower one fails. */
static void test_page_table_map_prunes_the_path_that_it_could_not_finish(void **state)
{
    struct bare bare;

    (void)state;
    FOR_EACH_MODE(mode)
    {
        for (unsigned n = 1; n <= mode; n++) {
            bare_init(&bare, mode);
            const uint64_t start = level_pages(mode) - 2; /* a root entry ends behind the second */
            bare_map(&bare, start, 1, 0x999, 0);
            const uint64_t pages = bare.manager.pages_out;
            fail_allocation(n);
            assert_int_equal(page_table_map(&bare.table, range_of(start + 1, 2), (ppn_t){1}, RW, 0),
                             E_NOMEM);
            assert_true(allocation_has_failed());
            assert_int_equal(bare.manager.pages_out, pages);
            assert_int_equal(bare_entry(&bare, start + 1).v, 0);
            assert_int_equal(pte_ppn(bare_entry(&bare, start)).v, 0x999);
            page_table_unmap(&bare.table, range_of(start, 1), 0);
            bare_done(&bare);
        }
    }
}

static void test_page_table_map_enters_only_owned_tables(void **state)
{
    struct bare bare;

    (void)state;
    bare_init(&bare, PAGING_SV39);
    bare_map(&bare, 5, 1, 0x999, 0);
    const uint64_t free_pages = bare.machine.buddy.free_pages;
    bare.manager.owns_nothing = true;
    assert_int_equal(page_table_map(&bare.table, range_of(6, 1), (ppn_t){1}, RW, 0), E_EXIST);
    page_table_unmap(&bare.table, range_of(5, 1), 0); /* goes by */
    assert_int_equal(pte_ppn(bare_entry(&bare, 5)).v, 0x999);
    assert_int_equal(bare.machine.buddy.free_pages, free_pages);
    /* A table that it builds is of no use either: offered back at once. */
    assert_int_equal(page_table_map(&bare.table, range_of(0x40000, 1), (ppn_t){1}, RW, 0), E_NOMEM);
    assert_int_equal(bare_entry(&bare, 0x40000).v, 0);
    bare.manager.owns_nothing = false;
    assert_int_equal(bare.machine.buddy.free_pages, free_pages - 1); /* it did not take that one */
    machine_discard(&bare.machine);
}

static void test_page_table_map_panics_on_flags_or_pages_that_are_no_leaf(void **state)
{
    struct bare bare;

    (void)state;
    bare_init(&bare, PAGING_SV39);
    expect_assert_failure((void)!page_table_map(&bare.table, range_of(0, 1), (ppn_t){1}, PTE_V, 0));
    expect_assert_failure((void)!page_table_map(&bare.table, range_of(0, 1), (ppn_t){1}, PTE_R, 0));
    expect_assert_failure((void)!page_table_map(&bare.table, range_of(0, 512), (ppn_t){1}, RW, 1));
    bare_done(&bare);
}

static void test_page_table_unmap_frees_just_the_tables_that_become_empty(void **state)
{
    struct bare bare;

    (void)state;
    FOR_EACH_MODE(mode)
    {
        bare_init(&bare, mode);
        bare_map(&bare, 0x1ff, 0x202, 0x100, 0);
        assert_int_equal(bare.manager.pages_out, 1 + (mode - 1) + 3);
        page_table_unmap(&bare.table, range_of(0x200, 0x200), 0); /* all of the middle table */
        assert_int_equal(bare.manager.pages_out, 1 + (mode - 1) + 2);
        assert_int_equal(pte_ppn(bare_entry(&bare, 0x1ff)).v, 0x100);
        assert_int_equal(pte_ppn(bare_entry(&bare, 0x400)).v, 0x301);
        page_table_unmap(&bare.table, range_of(0, 0x400), 0); /* holes and all */
        assert_int_equal(bare.manager.pages_out, 1 + (mode - 1) + 1);
        page_table_unmap(&bare.table, range_of(0x400, 1), 0);
        bare_done(&bare);
    }
}

static void test_page_table_unmap_panics_on_pages_of_another_size(void **state)
{
    struct bare bare;

    (void)state;
    bare_init(&bare, PAGING_SV39);
    bare_map(&bare, 0x200, 0x200, 0x400, 1);
    bare_map(&bare, 0x400, 1, 0x100, 0);
    expect_assert_failure(page_table_unmap(&bare.table, range_of(0x200, 1), 0));
    expect_assert_failure(page_table_unmap(&bare.table, range_of(0x400, 0x200), 1));
    page_table_unmap(&bare.table, range_of(0x200, 0x200), 1);
    page_table_unmap(&bare.table, range_of(0x400, 1), 0);
    bare_done(&bare);
}

/* Until the chain is freed, a hart that still knows a table finds nothing valid in it. */
static void test_page_table_detach_keeps_tables_until_the_chain_is_freed(void **state)
{
    struct table_chain dead = {{0}};
    struct bare bare;

    (void)state;
    bare_init(&bare, PAGING_SV48);
    bare_map(&bare, 0x1ff, 0x202, 0x100, 0);
    const uint64_t pages = bare.manager.pages_out;
    const pte_t *last = page_table_find(&bare.table, (vpn_t){0x400}, &(unsigned){0});
    page_table_detach(&bare.table, range_of(0x1ff, 0x202), 0, &dead);
    assert_int_equal(bare.manager.pages_out, pages);
    assert_int_equal(bare_entry(&bare, 0x1ff).v, 0);
    for (size_t i = 0; i < TABLE_ENTRIES; i++)
        assert_false(pte_is_valid(last[i]));
    page_table_free_chain(&bare.table, &dead);
    assert_int_equal(dead.head.v, 0);
    bare_done(&bare);
}

static void test_page_table_free_chain_panics_if_a_table_stays(void **state)
{
    struct table_chain dead = {{0}};
    struct bare bare;

    (void)state;
    bare_init(&bare, PAGING_SV39);
    bare_map(&bare, 0, 1, 0x100, 0);
    page_table_detach(&bare.table, range_of(0, 1), 0, &dead);
    bare.manager.owns_nothing = true;
    expect_assert_failure(page_table_free_chain(&bare.table, &dead));
    machine_discard(&bare.machine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page_table_map_writes_consecutive_leaves),
        cmocka_unit_test(test_page_table_map_refuses_what_is_in_use),
        cmocka_unit_test(test_page_table_map_refuses_larger_pages_and_tables_in_the_way),
        cmocka_unit_test(test_page_table_map_out_of_memory_at_each_depth_leaves_nothing),
        cmocka_unit_test(test_page_table_map_keeps_a_neighbours_tables_when_it_fails),
        cmocka_unit_test(test_page_table_map_prunes_the_path_that_it_could_not_finish),
        cmocka_unit_test(test_page_table_map_enters_only_owned_tables),
        cmocka_unit_test(test_page_table_map_panics_on_flags_or_pages_that_are_no_leaf),
        cmocka_unit_test(test_page_table_unmap_frees_just_the_tables_that_become_empty),
        cmocka_unit_test(test_page_table_unmap_panics_on_pages_of_another_size),
        cmocka_unit_test(test_page_table_detach_keeps_tables_until_the_chain_is_freed),
        cmocka_unit_test(test_page_table_free_chain_panics_if_a_table_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
