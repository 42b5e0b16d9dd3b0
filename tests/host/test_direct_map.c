/* test_direct_map.c - the shipped page manager: numbers and pointers, what it owns, and its root.
 */
#include "managers.h"

static void test_direct_map_numbers_and_pointers_are_inverse(void **state)
{
    struct page_manager *manager;
    struct machine machine;
    struct direct_map map;

    (void)state;
    machine_init(&machine, 64);
    direct_map_init(&map, &machine.window);
    manager = &map.manager;
    for (uint64_t i = 0; i < 64; i++) {
        const ppn_t ppn = {MACHINE_FIRST_PAGE + i};
        void *page = manager->operations->p_to_v(manager, ppn);
        assert_ptr_equal(page, machine_page(&machine, ppn));
        assert_int_equal(manager->operations->v_to_p(manager, page).v, ppn.v);
    }
    assert_null(manager->operations->p_to_v(manager, (ppn_t){MACHINE_FIRST_PAGE - 1}));
    assert_null(manager->operations->p_to_v(manager, (ppn_t){MACHINE_FIRST_PAGE + 64}));
    machine.window.pages = 0; /* it shows everything */
    assert_non_null(manager->operations->p_to_v(manager, (ppn_t){MACHINE_FIRST_PAGE + 64}));
    machine_done(&machine);
}

static void test_page_pointer_agrees_with_p_to_v_in_and_beside_the_window(void **state)
{
    static const ppn_t pages[] = {{0},
                                  {MACHINE_FIRST_PAGE - 1},
                                  {MACHINE_FIRST_PAGE},
                                  {MACHINE_FIRST_PAGE + 63},
                                  {MACHINE_FIRST_PAGE + 64},
                                  {(1ull << PTE_PPN_BITS) - 1}};
    struct machine machine;

    (void)state;
    machine_init(&machine, 64);
    for (int endless = 0; endless < 2; endless++) {
        struct direct_map map;
        machine.window.pages = endless ? 0 : 64;
        direct_map_init(&map, &machine.window);
        struct page_manager *manager = &map.manager;
        for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
            assert_ptr_equal(page_pointer(manager, pages[i]),
                             manager->operations->p_to_v(manager, pages[i]));
    }
    machine_done(&machine);
}

/* One page that was cleared before, and then no more. */
static struct {
    struct buddy *buddy;
    ppn_t page;
    bool there;
} store_of_zeroes;

static bool take_zeroed(void *self, ppn_t *page)
{
    assert_ptr_equal(self, store_of_zeroes.buddy);
    if (!store_of_zeroes.there)
        return false;
    store_of_zeroes.there = false;
    *page = store_of_zeroes.page;
    return true;
}

static void test_direct_map_takes_a_page_that_was_cleared_before(void **state)
{
    static const unsigned char zeroes[PAGE_SIZE];
    struct machine machine;
    struct direct_map map;

    (void)state;
    machine_init(&machine, 64);
    store_of_zeroes.buddy = &machine.buddy;
    store_of_zeroes.page = machine_take(&machine, 1);
    store_of_zeroes.there = true;
    machine.window.source.take_zeroed = take_zeroed;
    direct_map_init(&map, &machine.window);
    struct page_manager *manager = &map.manager;
    for (size_t pages = 2; pages > 0; pages--) /* only a single page is taken from there */
        for (int time = 0; time < 2; time++) {
            uint64_t flags = 0;
            void *page = manager->operations->allocate_zeroed(manager, pages, &flags);
            const ppn_t ppn = manager->operations->v_to_p(manager, page);
            assert_int_equal(flags, PTE_OWNED);
            assert_int_equal(ppn.v == store_of_zeroes.page.v, pages == 1 && time == 0);
            if (pages == 1 && time == 1)
                assert_memory_equal(page, zeroes, PAGE_SIZE);
            if (pages == 2 || time == 1)
                manager->operations->deallocate(manager, pte_make(ppn, flags), pages);
        }
    machine_return(&machine, store_of_zeroes.page, 1);
    machine_done(&machine);
}

static void test_direct_map_gives_back_only_what_it_owns(void **state)
{
    struct page_manager *manager;
    struct machine machine;
    struct direct_map map;
    uint64_t flags = 0;

    (void)state;
    machine_init(&machine, 64);
    direct_map_init(&map, &machine.window);
    manager = &map.manager;
    const void *pages = manager->operations->allocate(manager, 3, &flags);
    const ppn_t first = manager->operations->v_to_p(manager, pages);
    assert_int_equal(flags, PTE_OWNED);
    assert_false(manager->operations->check_owned(manager, pte_make(first, PTE_V)));
    assert_true(manager->operations->check_owned(manager, pte_make(first, PTE_V | PTE_OWNED)));
    assert_int_equal(manager->operations->deallocate(manager, pte_make(first, PTE_V), 3), 0);
    assert_int_equal(machine.buddy.free_pages, 61);
    assert_int_equal(manager->operations->deallocate(manager, pte_make(first, flags), 3), 3);
    assert_null(manager->operations->allocate(manager, 65, &flags));
    machine_done(&machine);
}

static void test_direct_map_panics_on_a_root_made_twice(void **state)
{
    struct page_manager *manager;
    struct machine machine;
    struct direct_map map;

    (void)state;
    machine_init(&machine, 64);
    direct_map_init(&map, &machine.window);
    manager = &map.manager;
    assert_int_equal(manager->operations->new_root(manager), E_OK);
    expect_assert_failure((void)!manager->operations->new_root(manager));
    manager->operations->drop_root(manager);
    assert_null(manager->operations->root_ptr(manager));
    machine_done(&machine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_direct_map_numbers_and_pointers_are_inverse),
        cmocka_unit_test(test_page_pointer_agrees_with_p_to_v_in_and_beside_the_window),
        cmocka_unit_test(test_direct_map_takes_a_page_that_was_cleared_before),
        cmocka_unit_test(test_direct_map_gives_back_only_what_it_owns),
        cmocka_unit_test(test_direct_map_panics_on_a_root_made_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
