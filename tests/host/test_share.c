/* test_share.c - tables that several spaces have: out of every hart's reach, copied on the way of
 * whoever comes, taken by the last. */
#include "family.h"

enum { PAGES = 4096 };

/* Three last-level tables in one root entry, and one in another. */
static const uint64_t places[] = {0x10, 0x210, 0x410, 0x40010};
enum { PLACES = sizeof places / sizeof *places };

static void fill(struct address_space *space)
{
    for (int i = 0; i < PLACES; i++) {
        map_zeroes(space, places[i], 4, false);
        poke(space, places[i], 10 + i);
        poke(space, places[i] + 1, 20 + i);
    }
}

static void expect(struct address_space *space)
{
    for (int i = 0; i < PLACES; i++) {
        assert_int_equal(peek(space, places[i]), 10 + i);
        assert_int_equal(peek(space, places[i] + 1), 20 + i);
    }
}

static bool is_shared_at(const struct address_space *space, uint64_t vpn, unsigned wanted)
{
    unsigned level;
    const pte_t entry = *page_table_find(&space->table, (vpn_t){vpn}, &level);

    return pte_is_shared_table(entry) && level == wanted;
}

static void test_share_takes_no_page_and_reaches_no_table(void **state)
{
    (void)state;
    FOR_EACH_MODE(mode)
    {
        struct family f;
        family_init(&f, mode, PAGES);
        struct address_space *parent = &f.members[0], *child = family_add(&f);
        fill(parent);
        const uint64_t free_pages = f.machine.buddy.free_pages;
        assert_int_equal(address_space_clone_self(parent, child, CLONE_SHARE), E_OK);
        assert_int_equal(f.machine.buddy.free_pages, free_pages);
        assert_int_equal(f.events.count[VM_TABLE_SHARED], mode == PAGING_SV39 ? 2 : 1);
        for (int i = 0; i < PLACES; i++) {
            const vaddr_t addr = vpn_address((vpn_t){places[i]});
            assert_true(is_shared_at(parent, places[i], mode));
            assert_true(is_shared_at(child, places[i], mode));
            assert_null(address_space_translate(parent, addr, 0));
            assert_null(address_space_translate(child, addr, 0));
        }
        family_check(&f);
        expect(child);
        expect(parent);
        family_done(&f);
    }
}

static void test_touch_copies_the_tables_on_its_way_only(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV48, PAGES);
    struct address_space *parent = &f.members[0];
    fill(parent);
    struct address_space *child = family_clone(&f, parent, CLONE_SHARE);
    assert_int_equal(peek(child, 0x210), 11);
    assert_int_equal(f.events.count[VM_TABLE_COPIED], 3); /* of levels 2, 1 and 0 */
    assert_true(is_shared_at(child, 0x10, 1));            /* now it is the smaller ones */
    assert_true(is_shared_at(child, 0x410, 1));
    assert_true(is_shared_at(child, 0x40010, 2));
    assert_true(is_shared_at(parent, 0x210, 3)); /* the parent did not come by yet */
    family_check(&f);
    assert_int_equal(peek(parent, 0x210), 11);
    assert_int_equal(f.events.count[VM_TABLE_COPIED], 3);
    assert_int_equal(f.events.count[VM_TABLE_TAKEN], 3);
    poke(parent, 0x210, 99);
    assert_int_equal(peek(child, 0x210), 11);
    family_done(&f);
}

static void test_last_holder_takes_the_tables_as_they_are(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *parent = &f.members[0];
    fill(parent);
    const pte_t before = leaf_of(parent, 0x10);
    struct address_space *child = family_clone(&f, parent, CLONE_SHARE);
    family_remove(&f, child);
    const uint64_t free_pages = f.machine.buddy.free_pages;
    poke(parent, 0x10, 99);
    assert_int_equal(leaf_of(parent, 0x10).v, before.v); /* nobody write-protected it */
    assert_int_equal(f.machine.buddy.free_pages, free_pages);
    assert_int_equal(f.events.count[VM_TABLE_COPIED], 0);
    assert_int_equal(f.events.count[VM_COPIED], 0);
    family_done(&f);
}

static void test_unmap_of_shared_tables_leaves_those_of_the_others(void **state)
{
    static const struct page_range ranges[] = {{{0}, 1 << 18}, {{0}, 0x80000},  {{0x200}, 0x200},
                                               {{0x11}, 1},    {{0x11}, 0x3ff}, {{0x12}, 9}};

    (void)state;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        struct family f;
        family_init(&f, PAGING_SV39, PAGES);
        struct address_space *parent = &f.members[0];
        fill(parent);
        struct address_space *child = family_clone(&f, parent, CLONE_SHARE);
        assert_int_equal(address_space_unmap(child, ranges[i]), E_OK);
        family_check(&f);
        for (int place = 0; place < PLACES; place++) {
            const uint64_t vpn = places[place] + 1;
            const bool inside = vpn >= ranges[i].start.v && vpn < range_end(ranges[i]).v;
            assert_int_equal(touch(child, vpn, PTE_R), inside ? E_FAULT : E_OK);
            if (!inside)
                assert_int_equal(peek(child, vpn), 20 + place);
        }
        expect(parent);
        family_done(&f);
    }
}

static void test_map_beside_shared_pages_is_not_seen_by_the_others(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *parent = &f.members[0];
    fill(parent);
    struct address_space *child = family_clone(&f, parent, CLONE_SHARE);
    assert_int_equal(address_space_map(child, range_of(0x20, 2), "mine", 4, 0, URW), E_OK);
    map_zeroes(child, 0x220, 2, false);
    poke(child, 0x220, 1);
    family_check(&f);
    assert_int_equal(touch(parent, 0x20, PTE_R), E_FAULT);
    assert_int_equal(touch(parent, 0x220, PTE_R), E_FAULT);
    expect(parent);
    expect(child);
    assert_int_equal(address_space_map(parent, range_of(0x20, 2), "mine", 4, 0, URW), E_OK);
    family_done(&f);
}

/* Pages that are found in one space later are not found by that in another. */
static void test_lazy_page_beside_shared_pages_is_the_finders(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *parent = &f.members[0];
    fill(parent);
    struct address_space *child = family_clone(&f, parent, CLONE_SHARE);
    poke(parent, 0x12, 33);
    assert_int_equal(peek(child, 0x12), 0);
    poke(child, 0x13, 34);
    assert_int_equal(peek(parent, 0x13), 0);
    family_done(&f);
}

static void test_share_of_a_share_outlives_the_others_in_any_order(void **state)
{
    (void)state;
    for (int first = 0; first < 3; first++)
        for (int second = 1; second < 3; second++) {
            struct address_space *space[3];
            struct family f;
            family_init(&f, PAGING_SV39, PAGES);
            space[0] = &f.members[0];
            fill(space[0]);
            space[1] = family_clone(&f, space[0], CLONE_SHARE);
            assert_int_equal(peek(space[1], 0x10), 10);
            space[2] = family_clone(&f, space[1], CLONE_SHARE);
            poke(space[0], 0x14 - 1, 1);
            family_check(&f);
            family_remove(&f, space[first]);
            family_check(&f);
            family_remove(&f, space[(first + second) % 3]);
            family_check(&f);
            expect(space[(first + 3 - second) % 3]);
            family_done(&f);
        }
}

static void test_policies_can_follow_each_other(void **state)
{
    (void)state;
    for (int first = 0; first < 3; first++)
        for (int second = 0; second < 3; second++) {
            struct family f;
            family_init(&f, PAGING_SV39, PAGES);
            fill(&f.members[0]);
            struct address_space *child = family_clone(&f, &f.members[0], first);
            struct address_space *other = family_clone(&f, &f.members[0], second);
            struct address_space *grandchild = family_clone(&f, child, second);
            family_check(&f);
            poke(&f.members[0], 0x10, 1);
            expect(child);
            poke(child, 0x10, 2);
            expect(grandchild);
            expect(other);
            family_done(&f);
        }
}

static bool has_shared_tables(const struct address_space *space)
{
    for (size_t i = 0; i < TABLE_ENTRIES / 2; i++)
        if (pte_is_shared_table(space->table.root[i]))
            return true;
    return false;
}

/* Where tables cannot be shared, pages are. */
static void test_share_falls_back_to_pages(void **state)
{
    for (int why = 0; why < 3; why++) {
        struct family f;
        (void)state;
        family_init(&f, PAGING_SV39, PAGES);
        struct address_space *parent = &f.members[0], *child = family_add(&f);
        fill(parent);
        if (why == 1)
            map_zeroes(child, 0x80000, 1, false);
        else if (why == 2)
            assert_int_equal(
                address_space_map_extern(parent, range_of(0x800, 2), f.owner.first, URW), E_OK);
        assert_int_equal(address_space_clone_self(parent, child, CLONE_SHARE), E_OK);
        assert_int_equal(has_shared_tables(parent), why == 0);
        family_check(&f);
        if (why == 2) {
            poke(child, 0x800, 1);
            assert_int_equal(peek(parent, 0x800), 0x30);
        }
        poke(child, 0x10, 1);
        expect(parent);
        family_done(&f);
    }
}

static void test_share_with_a_space_of_another_mode_falls_back(void **state)
{
    struct test_manager manager;
    struct address_space large;
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    fill(&f.members[0]);
    test_manager_init(&manager, &f.machine);
    assert_int_equal(address_space_new(&large, &manager.manager, PAGING_SV48), E_OK);
    assert_int_equal(address_space_clone_self(&f.members[0], &large, CLONE_SHARE), E_OK);
    assert_sound(&large);
    expect(&large);
    poke(&large, 0x10, 1);
    expect(&f.members[0]);
    address_space_destroy(&large);
    family_done(&f);
}

static void test_unshare_out_of_memory_leaves_contents(void **state)
{
    (void)state;
    FOR_EACH_MODE(mode)
    {
        enum error error;
        unsigned n = 0;
        struct family f;
        family_init(&f, mode, PAGES);
        fill(&f.members[0]);
        struct address_space *child = family_clone(&f, &f.members[0], CLONE_SHARE);
        for (unsigned failures = 0;; failures++) {
            fail_allocation(1); /* what was copied stays, so each try comes one table farther */
            error = touch(child, 0x210, PTE_W);
            if (!allocation_has_failed())
                break;
            assert_int_equal(error, E_NOMEM);
            family_check(&f);
            fail_allocation(2);
            error = touch(child, 0x210, PTE_W);
            if (!allocation_has_failed())
                break;
            n++;
        }
        fail_allocation(0);
        assert_int_equal(error, E_OK);
        assert_int_equal(n, mode); /* the tables, and the page */
        expect(child);
        expect(&f.members[0]);
        family_done(&f);
    }
}

static enum error operate(int operation, struct address_space *child, struct address_space *other)
{
    switch (operation) {
    case 0:
        return address_space_unmap(child, range_of(0x12, 1));
    case 1:
        return address_space_protect(child, range_of(0x10, 4), PTE_U | PTE_R);
    case 2:
        return address_space_map(child, range_of(0x20, 2), NULL, 0, 0, URW);
    default:
        return address_space_clone_self(child, other, operation - 3);
    }
}

static void test_operations_out_of_memory_on_shared_tables_leave_contents(void **state)
{
    (void)state;
    for (int operation = 0; operation < 5; operation++)
        for (unsigned n = 1, failed = true; failed; n++) {
            struct family f;
            family_init(&f, PAGING_SV48, PAGES);
            fill(&f.members[0]);
            struct address_space *child = family_clone(&f, &f.members[0], CLONE_SHARE);
            struct address_space *other = family_add(&f);
            fail_allocation(n);
            const enum error error = operate(operation, child, other);
            failed = allocation_has_failed();
            fail_allocation(0);
            assert_int_equal(error, failed ? E_NOMEM : E_OK);
            assert_true(failed || n > 3); /* the tables on one way, at least */
            family_check(&f);
            expect(&f.members[0]);
            expect(child);
            family_done(&f);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_share_takes_no_page_and_reaches_no_table),
        cmocka_unit_test(test_touch_copies_the_tables_on_its_way_only),
        cmocka_unit_test(test_last_holder_takes_the_tables_as_they_are),
        cmocka_unit_test(test_unmap_of_shared_tables_leaves_those_of_the_others),
        cmocka_unit_test(test_map_beside_shared_pages_is_not_seen_by_the_others),
        cmocka_unit_test(test_lazy_page_beside_shared_pages_is_the_finders),
        cmocka_unit_test(test_share_of_a_share_outlives_the_others_in_any_order),
        cmocka_unit_test(test_policies_can_follow_each_other),
        cmocka_unit_test(test_share_falls_back_to_pages),
        cmocka_unit_test(test_share_with_a_space_of_another_mode_falls_back),
        cmocka_unit_test(test_unshare_out_of_memory_leaves_contents),
        cmocka_unit_test(test_operations_out_of_memory_on_shared_tables_leave_contents),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
