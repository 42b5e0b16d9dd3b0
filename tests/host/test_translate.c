/* test_translate.c - address_space_translate, through p_to_v and through a manager's window. */
#include "managers.h"

enum { PAGES = 256, RW = PTE_R | PTE_W, URW = PTE_U | RW };

static void *byte_at(const struct fixture *f, uint64_t address)
{
    return address_space_translate(&f->space, (vaddr_t){address}, 0);
}

/* Asking p_to_v, and through a window. */
static void open_window_if(bool wanted, struct fixture *f)
{
    if (wanted)
        test_manager_open_window(&f->manager);
}

static void translate_points_to_that_very_byte(bool window)
{
    FOR_EACH_MODE(mode)
    {
        struct fixture f;
        fixture_init(&f, mode, PAGES);
        open_window_if(window, &f);
        const ppn_t page = machine_take(&f.machine, 2);
        const uint64_t start = mode_user_pages(mode) - 2;
        assert_int_equal(address_space_map_extern(&f.space, range_of(start, 2), page, URW), E_OK);
        for (uint64_t i = 0; i < 2 * PAGE_SIZE; i++)
            assert_ptr_equal(byte_at(&f, start * PAGE_SIZE + i),
                             (char *)machine_page(&f.machine, page) + i);
        assert_null(byte_at(&f, start * PAGE_SIZE - 1));
        assert_null(byte_at(&f, (start + 2) * PAGE_SIZE)); /* past the lower half */
        assert_null(byte_at(&f, UINT64_MAX));
        assert_int_equal(address_space_unmap(&f.space, range_of(start, 2)), E_OK);
        machine_return(&f.machine, page, 2);
        fixture_done(&f);
    }
}

static void test_address_space_translate_points_to_that_very_byte(void **state)
{
    (void)state;
    translate_points_to_that_very_byte(false);
    translate_points_to_that_very_byte(true);
}

static void translate_needs_all_the_flags(bool window)
{
    struct fixture f;

    fixture_init(&f, PAGING_SV39, PAGES);
    open_window_if(window, &f);
    for (unsigned flags = 0; flags < 16; flags++) { /* every mix of R W X U that may be */
        const uint64_t mix = flags << 1;
        if (!(mix & PTE_RWX) || (mix & (PTE_R | PTE_W)) == PTE_W)
            continue;
        assert_int_equal(address_space_map(&f.space, range_of(flags, 1), NULL, 0, 0, mix), E_OK);
        for (unsigned asked = 0; asked < 16; asked++) {
            const vaddr_t addr = {(uint64_t)flags * PAGE_SIZE + 5};
            const bool there = address_space_translate(&f.space, addr, asked << 1) != NULL;
            assert_int_equal(there, (asked & ~flags) == 0);
        }
    }
    fixture_done(&f);
}

static void test_address_space_translate_needs_all_the_flags(void **state)
{
    (void)state;
    translate_needs_all_the_flags(false);
    translate_needs_all_the_flags(true);
}

static void translate_does_not_reach_the_upper_half(bool window)
{
    struct fixture f;

    FOR_EACH_MODE(mode)
    {
        fixture_init(&f, mode, PAGES);
        open_window_if(window, &f);
        const struct page_range kernel = range_of((1ull << 52) - mode_user_pages(mode), 1);
        const ppn_t page = {MACHINE_FIRST_PAGE};
        assert_int_equal(page_table_map(&f.space.table, kernel, page, RW | PTE_V, 0), E_OK);
        assert_null(byte_at(&f, kernel.start.v << PAGE_BITS));
        assert_null(byte_at(&f, mode_user_pages(mode) << PAGE_BITS)); /* not canonical */
        page_table_unmap(&f.space.table, kernel, 0);
        fixture_done(&f);
    }
}

static void test_address_space_translate_does_not_reach_the_upper_half(void **state)
{
    (void)state;
    translate_does_not_reach_the_upper_half(false);
    translate_does_not_reach_the_upper_half(true);
}

static void translate_looks_into_larger_pages(bool window)
{
    struct fixture f;

    fixture_init(&f, PAGING_SV39, 2048);
    open_window_if(window, &f);
    const ppn_t page = machine_take(&f.machine, 512);
    const struct page_range range = range_of(0x200, 0x200);
    assert_int_equal(page_table_map(&f.space.table, range, page, RW | PTE_V, 1), E_OK);
    assert_ptr_equal(byte_at(&f, 0x345 * PAGE_SIZE + 7),
                     (char *)machine_page(&f.machine, page) + 0x145 * PAGE_SIZE + 7);
    page_table_unmap(&f.space.table, range, 1);
    machine_return(&f.machine, page, 512);
    fixture_done(&f);
}

static void test_address_space_translate_looks_into_larger_pages(void **state)
{
    (void)state;
    translate_looks_into_larger_pages(false);
    translate_looks_into_larger_pages(true);
}

/* A device's page is mapped, but nobody can point to it from here. */
static void test_address_space_translate_does_not_reach_out_of_the_window(void **state)
{
    (void)state;
    for (int window = 0; window < 2; window++) {
        struct fixture f;
        fixture_init(&f, PAGING_SV39, 64);
        open_window_if(window, &f);
        const ppn_t first = {MACHINE_FIRST_PAGE - 1}, last = {MACHINE_FIRST_PAGE + 63};
        assert_int_equal(address_space_map_shared(&f.space, range_of(1, 2), first, URW, NULL),
                         E_OK);
        assert_int_equal(address_space_map_shared(&f.space, range_of(5, 2), last, URW, NULL), E_OK);
        assert_null(byte_at(&f, 2 * PAGE_SIZE - 1));
        assert_ptr_equal(byte_at(&f, 2 * PAGE_SIZE), f.machine.ram);
        assert_ptr_equal(byte_at(&f, 6 * PAGE_SIZE - 1), f.machine.ram + 64 * PAGE_SIZE - 1);
        assert_null(byte_at(&f, 6 * PAGE_SIZE));
        fixture_done(&f);
    }
}

static void test_address_space_asks_nothing_of_a_manager_with_a_window(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, PAGING_SV39, PAGES);
    test_manager_open_window(&f.manager);
    f.manager.p_to_v_calls = 0;
    assert_int_equal(address_space_map(&f.space, range_of(0, 3), NULL, 0, 0, RW), E_OK);
    assert_non_null(byte_at(&f, 0));
    assert_int_equal(address_space_unmap(&f.space, range_of(0, 3)), E_OK);
    assert_int_equal(f.manager.p_to_v_calls, 0);
    fixture_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_address_space_translate_points_to_that_very_byte),
        cmocka_unit_test(test_address_space_translate_needs_all_the_flags),
        cmocka_unit_test(test_address_space_translate_does_not_reach_the_upper_half),
        cmocka_unit_test(test_address_space_translate_looks_into_larger_pages),
        cmocka_unit_test(test_address_space_translate_does_not_reach_out_of_the_window),
        cmocka_unit_test(test_address_space_asks_nothing_of_a_manager_with_a_window),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
