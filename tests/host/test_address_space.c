/* test_address_space.c - mapping and unmapping: each requirement, each error at each depth.
 * Translating has test_translate.c, the checker and the invariants test_check.c, cloning
 * test_clone.c.
 */
#include "managers.h"

#include <string.h>

enum { RW = PTE_R | PTE_W, URW = PTE_U | RW, PAGES = 1024 };

static const unsigned char *byte_at(const struct fixture *f, uint64_t address)
{
    return address_space_translate(&f->space, (vaddr_t){address}, 0);
}

static enum error map(struct fixture *f, uint64_t start, uint64_t pages)
{
    return address_space_map(&f->space, range_of(start, pages), NULL, 0, 0, URW);
}

/* --- new, root, destroy ----------------------------------------------------------------------- */

static void test_address_space_new_is_empty(void **state)
{
    (void)state;
    FOR_EACH_MODE(mode)
    {
        struct fixture f;
        fixture_init(&f, mode, PAGES);
        assert_int_equal(f.space.areas.count, 0);
        assert_null(area_set_first(&f.space.areas));
        assert_null(byte_at(&f, 0));
        assert_ptr_equal(address_space_root(&f.space), &f.space.table);
        const pte_t *root = f.manager.inner.root; /* zeroed, though RAM was not */
        for (size_t i = 0; i < TABLE_ENTRIES; i++)
            assert_int_equal(root[i].v, 0);
        assert_int_equal(address_space_root_ppn(&f.space).v,
                         f.manager.manager.operations->v_to_p(&f.manager.manager, root).v);
        assert_ptr_equal(machine_page(&f.machine, address_space_root_ppn(&f.space)), root);
        fixture_done(&f);
    }
}

static void test_address_space_new_without_memory_fails(void **state)
{
    struct address_space space;
    struct test_manager manager;
    struct machine machine;
    ppn_t all;

    (void)state;
    machine_init(&machine, 16);
    test_manager_init(&manager, &machine);
    all = machine_take(&machine, 16); /* really none left */
    assert_int_equal(address_space_new(&space, &manager.manager, PAGING_SV39), E_NOMEM);
    machine_return(&machine, all, 16);
    fail_allocation(1);
    assert_int_equal(address_space_new(&space, &manager.manager, PAGING_SV39), E_NOMEM);
    machine_done(&machine);
}

static void test_address_space_root_gets_the_kernel_half(void **state)
{
    static pte_t kernel[TABLE_ENTRIES] __attribute__((aligned(PAGE_SIZE)));
    struct direct_map_window window;
    struct address_space space;
    struct machine machine;
    struct direct_map map;

    (void)state;
    for (size_t i = 0; i < TABLE_ENTRIES; i++)
        kernel[i] = pte_make((ppn_t){i + 1}, PTE_V | PTE_R);
    machine_init(&machine, 64);
    window = machine.window;
    window.kernel_half = kernel;
    direct_map_init(&map, &window);
    assert_int_equal(address_space_new(&space, &map.manager, PAGING_SV39), E_OK);
    for (size_t i = 0; i < TABLE_ENTRIES; i++)
        assert_int_equal(map.root[i].v, i < TABLE_ENTRIES / 2 ? 0 : kernel[i].v);
    assert_sound(&space); /* the upper half is not its business */
    address_space_destroy(&space);
    machine_done(&machine);
}

static void test_address_space_destroy_gives_everything_back(void **state)
{
    (void)state;
    FOR_EACH_MODE(mode)
    {
        struct counting_owner owner;
        struct fixture f;
        fixture_init(&f, mode, 2 * PAGES);
        counting_owner_init(&owner);
        const ppn_t outside = machine_take(&f.machine, 4);
        assert_int_equal(map(&f, 1, 600), E_OK);
        assert_int_equal(map(&f, mode_user_pages(mode) - 1, 1), E_OK);
        assert_int_equal(address_space_map_extern(&f.space, range_of(700, 4), outside, RW), E_OK);
        assert_int_equal(
            address_space_map_shared(&f.space, range_of(800, 4), outside, RW, &owner.owner), E_OK);
        address_space_destroy(&f.space);
        assert_int_equal(owner.count, 0);
        assert_int_equal(f.manager.pages_out, 0);
        assert_int_equal(f.machine.buddy.free_pages, 2 * PAGES - 4); /* the caller's pages stay */
        machine_return(&f.machine, outside, 4);
        machine_done(&f.machine);
    }
}

/* --- map -------------------------------------------------------------------------------------- */

static void test_address_space_map_copies_and_zeroes_around_the_data(void **state)
{
    static const struct {
        size_t length, offset;
    } cases[] = {{0, 0},    {1, 0},       {0, 12288}, {1, 12287}, {5000, 100},
                 {4096, 0}, {4096, 4096}, {12288, 0}, {12287, 1}, {1, 4095},
                 {2, 4095}, {8191, 4097}, {0, 77}};
    unsigned char data[12288];

    (void)state;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = 1 + i % 255;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const size_t offset = cases[c].offset, end = offset + cases[c].length;
        struct fixture f;
        fixture_init(&f, PAGING_SV39, PAGES);
        assert_int_equal(
            address_space_map(&f.space, range_of(511, 3), data, cases[c].length, offset, URW),
            E_OK);
        for (size_t i = 0; i < sizeof data; i++)
            assert_int_equal(*byte_at(&f, 511 * PAGE_SIZE + i),
                             i >= offset && i < end ? data[i - offset] : 0);
        fixture_done(&f);
    }
}

static void test_address_space_map_records_one_contiguous_area(void **state)
{
    (void)state;
    FOR_EACH_MODE(mode)
    {
        struct fixture f;
        fixture_init(&f, mode, PAGES);
        assert_int_equal(map(&f, 500, 30), E_OK);
        const struct area *area = area_set_first(&f.space.areas);
        assert_int_equal(f.space.areas.count, 1);
        assert_int_equal(area->range.start.v, 500);
        assert_int_equal(area->range.pages, 30);
        assert_int_equal(area->kind, AREA_OWNED);
        assert_null(area->owner);
        assert_int_equal(area->flags, URW | PTE_V | PTE_A | PTE_D | PTE_OWNED);
        const unsigned char *first = byte_at(&f, 500 * PAGE_SIZE);
        for (uint64_t i = 0; i < 30; i++)
            assert_ptr_equal(byte_at(&f, (500 + i) * PAGE_SIZE), first + i * PAGE_SIZE);
        fixture_done(&f);
    }
}

static void test_address_space_sets_a_always_and_d_where_one_may_write(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, PAGING_SV39, PAGES);
    assert_int_equal(address_space_map(&f.space, range_of(1, 1), NULL, 0, 0, PTE_U | PTE_X), E_OK);
    assert_int_equal(area_set_find(&f.space.areas, (vpn_t){1})->flags,
                     PTE_V | PTE_U | PTE_X | PTE_A | PTE_OWNED);
    fixture_done(&f);
}

static void test_address_space_map_refuses_bad_ranges(void **state)
{
    (void)state;
    FOR_EACH_MODE(mode)
    {
        const uint64_t limit = mode_user_pages(mode);
        const struct page_range bad[] = {
            {{0}, 0},         {{5}, 0},          {{limit}, 1},      {{limit - 1}, 2},
            {{0}, limit + 1}, {{1}, UINT64_MAX}, {{UINT64_MAX}, 1}, {{UINT64_MAX}, 2},
            {{2 * limit}, 1}, {{limit + 5}, 1},  {{1}, limit},
        };
        struct fixture f;
        fixture_init(&f, mode, PAGES);
        const struct snapshot before = snapshot_take(&f.space, &f.machine);
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
            const ppn_t page = {MACHINE_FIRST_PAGE};
            assert_int_equal(address_space_map(&f.space, bad[i], NULL, 0, 0, RW), E_INVAL);
            assert_int_equal(address_space_map_extern(&f.space, bad[i], page, RW), E_INVAL);
            assert_int_equal(address_space_map_shared(&f.space, bad[i], page, RW, NULL), E_INVAL);
            assert_int_equal(address_space_unmap(&f.space, bad[i]), E_INVAL);
        }
        assert_unchanged(before, &f.space, &f.machine);
        assert_int_equal(map(&f, limit - 1, 1), E_OK); /* the very last page is good */
        assert_int_equal(map(&f, 0, 1), E_OK);
        assert_int_equal(address_space_unmap(&f.space, range_of(0, limit)), E_OK);
        fixture_done(&f);
    }
}

static void test_address_space_map_refuses_reserved_flags(void **state)
{
    static const uint64_t bad[] = {PTE_W,
                                   PTE_W | PTE_X,
                                   0,
                                   PTE_U,
                                   PTE_V,
                                   RW | PTE_OWNED,
                                   RW | PTE_SHARED,
                                   RW | 1 << 10,
                                   RW | 1ull << 63,
                                   PTE_U | PTE_W | PTE_V};
    static const uint64_t good[] = {PTE_R, PTE_X, RW, PTE_R | PTE_X, PTE_RWX, RW | PTE_G};
    const ppn_t page = {MACHINE_FIRST_PAGE};
    struct fixture f;

    (void)state;
    fixture_init(&f, PAGING_SV39, PAGES);
    const struct snapshot before = snapshot_take(&f.space, &f.machine);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct page_range range = range_of(1, 1);
        assert_int_equal(address_space_map(&f.space, range, NULL, 0, 0, bad[i]), E_INVAL);
        assert_int_equal(address_space_map_extern(&f.space, range, page, bad[i]), E_INVAL);
        assert_int_equal(address_space_map_shared(&f.space, range, page, bad[i], NULL), E_INVAL);
    }
    assert_unchanged(before, &f.space, &f.machine);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(address_space_map(&f.space, range_of(10 + i, 1), NULL, 0, 0, good[i]),
                         E_OK);
    fixture_done(&f);
}

static void test_address_space_map_refuses_data_that_does_not_fit(void **state)
{
    static const unsigned char data[2 * PAGE_SIZE + 1];
    const struct page_range range = range_of(1, 2);
    const size_t size = 2 * PAGE_SIZE;
    struct fixture f;

    (void)state;
    fixture_init(&f, PAGING_SV39, PAGES);
    const struct snapshot before = snapshot_take(&f.space, &f.machine);
    assert_int_equal(address_space_map(&f.space, range, data, size + 1, 0, RW), E_INVAL);
    assert_int_equal(address_space_map(&f.space, range, data, size, 1, RW), E_INVAL);
    assert_int_equal(address_space_map(&f.space, range, data, 1, size, RW), E_INVAL);
    assert_int_equal(address_space_map(&f.space, range, data, 0, size + 1, RW), E_INVAL);
    assert_int_equal(address_space_map(&f.space, range, data, 2, SIZE_MAX, RW), E_INVAL);
    assert_int_equal(address_space_map(&f.space, range, data, SIZE_MAX, 2, RW), E_INVAL);
    assert_int_equal(address_space_map(&f.space, range, NULL, 1, 0, RW), E_INVAL);
    assert_unchanged(before, &f.space, &f.machine);
    fixture_done(&f);
}

static void test_address_space_map_extern_takes_only_pages_it_can_copy(void **state)
{
    const ppn_t device = {0x10000}, last = {MACHINE_FIRST_PAGE + PAGES - 1};
    const ppn_t beyond = {(1ull << PTE_PPN_BITS) - 1};
    const struct page_range range = range_of(8, 2);
    struct address_space *space;
    struct fixture f;

    (void)state;
    fixture_init(&f, PAGING_SV39, PAGES);
    space = &f.space;
    const struct snapshot before = snapshot_take(space, &f.machine);
    assert_int_equal(address_space_map_extern(space, range, device, RW), E_INVAL);
    assert_int_equal(address_space_map_extern(space, range, last, RW), E_INVAL); /* second page */
    assert_int_equal(address_space_map_extern(space, range, beyond, RW), E_INVAL);
    assert_int_equal(address_space_map_shared(space, range, beyond, RW, NULL), E_INVAL);
    assert_int_equal(address_space_map_shared(space, range, (ppn_t){UINT64_MAX}, RW, NULL),
                     E_INVAL);
    assert_unchanged(before, space, &f.machine);
    /* Shared pages may be a device's: mapped, but no pointer of ours leads there. */
    assert_int_equal(address_space_map_shared(space, range, device, RW, NULL), E_OK);
    assert_null(byte_at(&f, 8 * PAGE_SIZE));
    fixture_done(&f);
}

/* E_EXIST for each way in which two ranges can overlap. */
static void test_address_space_map_refuses_what_is_mapped(void **state)
{
    static const struct page_range overlapping[] = {
        {{100}, 10}, {{95}, 6}, {{109}, 1}, {{109}, 50}, {{102}, 3}, {{90}, 40}, {{100}, 1}};
    const ppn_t page = {MACHINE_FIRST_PAGE};
    struct counting_owner owner;
    struct fixture f;

    (void)state;
    fixture_init(&f, PAGING_SV39, PAGES);
    counting_owner_init(&owner);
    assert_int_equal(map(&f, 100, 10), E_OK);
    const struct snapshot before = snapshot_take(&f.space, &f.machine);
    for (size_t i = 0; i < sizeof overlapping / sizeof *overlapping; i++) {
        const struct page_range range = overlapping[i];
        assert_int_equal(map(&f, range.start.v, range.pages), E_EXIST);
        assert_int_equal(address_space_map_extern(&f.space, range, page, RW), E_EXIST);
        assert_int_equal(address_space_map_shared(&f.space, range, page, RW, &owner.owner),
                         E_EXIST);
    }
    assert_unchanged(before, &f.space, &f.machine);
    assert_int_equal(owner.count, 0);
    assert_int_equal(map(&f, 99, 1), E_OK); /* neighbours are no overlap */
    assert_int_equal(map(&f, 110, 1), E_OK);
    fixture_done(&f);
}

/* --- E_NOMEM at each depth -------------------------------------------------------------------- */

enum mapping { MAP, MAP_EXTERN, MAP_SHARED, MAPPINGS };

static enum error map_as(struct fixture *f, enum mapping mapping, struct counting_owner *owner)
{
    const struct page_range range = range_of(0x1fe, 0x204); /* three last-level tables */
    const ppn_t page = {MACHINE_FIRST_PAGE};

    switch (mapping) {
    case MAP:
        return address_space_map(&f->space, range, "octavo", 6, 100, URW);
    case MAP_EXTERN:
        return address_space_map_extern(&f->space, range, page, URW);
    default:
        return address_space_map_shared(&f->space, range, page, URW, &owner->owner);
    }
}

/* Each allocation of each mapping operation fails in turn; nothing of it is ever left. */
static void fail_each_allocation(enum paging_mode mode, bool neighbours)
{
    for (enum mapping mapping = 0; mapping < MAPPINGS; mapping++) {
        struct counting_owner owner;
        struct fixture f;
        unsigned n = 0;
        enum error error;
        fixture_init(&f, mode, 2 * PAGES);
        counting_owner_init(&owner);
        if (neighbours) { /* whose tables a roll-back must leave alone */
            assert_int_equal(map(&f, 0x1f0, 1), E_OK);
            assert_int_equal(map(&f, 0x410, 1), E_OK);
        }
        const struct snapshot before = snapshot_take(&f.space, &f.machine);
        do {
            fail_allocation(++n);
            error = map_as(&f, mapping, &owner);
            if (allocation_has_failed()) {
                assert_int_equal(error, E_NOMEM);
                assert_unchanged(before, &f.space, &f.machine);
                assert_int_equal(owner.count, 0);
            }
        } while (allocation_has_failed());
        assert_int_equal(error, E_OK);
        assert_int_equal(owner.count, mapping == MAP_SHARED);
        /* The record, the pages, and each table that was missing. */
        assert_int_equal(n - 1, 1 + (mapping == MAP) + (neighbours ? 1 : mode - 1 + 3));
        fixture_done(&f);
    }
}

static void test_address_space_map_out_of_memory_at_each_depth_changes_nothing(void **state)
{
    (void)state;
    FOR_EACH_MODE(mode)
    {
        fail_each_allocation(mode, false);
        fail_each_allocation(mode, true);
    }
}

static void test_address_space_map_fails_cleanly_when_pages_really_run_out(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, PAGING_SV39, 64);
    const struct snapshot before = snapshot_take(&f.space, &f.machine);
    assert_int_equal(map(&f, 0, 64), E_NOMEM); /* no run that long */
    assert_int_equal(map(&f, 0, 32), E_OK);
    assert_int_equal(map(&f, 0x40000, 29), E_NOMEM); /* no run that long either */
    assert_int_equal(address_space_unmap(&f.space, range_of(0, 32)), E_OK);
    assert_unchanged(before, &f.space, &f.machine);
    fixture_done(&f);
}

static void test_address_space_map_on_a_manager_that_owns_nothing_fails(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, PAGING_SV39, PAGES);
    f.manager.owns_nothing = true;
    assert_int_equal(map(&f, 0, 3), E_NOMEM);
    assert_int_equal(f.space.areas.count, 0);
    assert_int_equal(records_out(), 0);
    assert_null(byte_at(&f, 0));
    f.manager.owns_nothing = false;
    assert_sound(&f.space);
    address_space_destroy(&f.space);
    machine_discard(&f.machine); /* what it refused to take back */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_address_space_new_is_empty),
        cmocka_unit_test(test_address_space_new_without_memory_fails),
        cmocka_unit_test(test_address_space_root_gets_the_kernel_half),
        cmocka_unit_test(test_address_space_destroy_gives_everything_back),
        cmocka_unit_test(test_address_space_map_copies_and_zeroes_around_the_data),
        cmocka_unit_test(test_address_space_map_records_one_contiguous_area),
        cmocka_unit_test(test_address_space_sets_a_always_and_d_where_one_may_write),
        cmocka_unit_test(test_address_space_map_refuses_bad_ranges),
        cmocka_unit_test(test_address_space_map_refuses_reserved_flags),
        cmocka_unit_test(test_address_space_map_refuses_data_that_does_not_fit),
        cmocka_unit_test(test_address_space_map_extern_takes_only_pages_it_can_copy),
        cmocka_unit_test(test_address_space_map_refuses_what_is_mapped),
        cmocka_unit_test(test_address_space_map_out_of_memory_at_each_depth_changes_nothing),
        cmocka_unit_test(test_address_space_map_fails_cleanly_when_pages_really_run_out),
        cmocka_unit_test(test_address_space_map_on_a_manager_that_owns_nothing_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
