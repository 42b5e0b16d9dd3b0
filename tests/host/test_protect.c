/* test_protect.c - other permissions for what is mapped, and that a page that others have becomes
 * writable by a fault only. */
#include "family.h"

enum { PAGES = 4096, UR = PTE_U | PTE_R };

static bool is_writable(const struct address_space *space, uint64_t vpn)
{
    return leaf_of(space, vpn).v & PTE_W;
}

static void test_protect_changes_just_the_range(void **state)
{
    (void)state;
    for (int lazy = 0; lazy < 2; lazy++) {
        struct family f;
        family_init(&f, PAGING_SV39, PAGES);
        struct address_space *space = &f.members[0];
        if (lazy)
            map_zeroes(space, 100, 10, false);
        else
            assert_int_equal(address_space_map(space, range_of(100, 10), NULL, 0, 0, URW), E_OK);
        for (uint64_t vpn = 100; vpn < 108; vpn++)
            poke(space, vpn, vpn);
        assert_int_equal(address_space_protect(space, range_of(103, 4), UR), E_OK);
        assert_int_equal(space->areas.count, 3);
        for (uint64_t vpn = 100; vpn < 108; vpn++) {
            const bool inside = vpn >= 103 && vpn < 107;
            assert_int_equal(touch(space, vpn, PTE_W), inside ? E_FAULT : E_OK);
            assert_int_equal(is_writable(space, vpn), !inside);
            assert_int_equal(peek(space, vpn), vpn);
        }
        assert_int_equal(touch(space, 108, PTE_W), E_OK);
        assert_int_equal(address_space_protect(space, range_of(103, 4), URW), E_OK);
        assert_int_equal(space->areas.count, 1); /* they are alike again */
        for (uint64_t vpn = 100; vpn < 108; vpn++) {
            poke(space, vpn, vpn + 1);
            assert_int_equal(peek(space, vpn), vpn + 1);
        }
        family_done(&f);
    }
}

static void test_protect_refuses_bad_arguments_and_holes(void **state)
{
    const uint64_t limit = mode_user_pages(PAGING_SV39);
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    map_zeroes(space, 100, 10, false);
    map_zeroes(space, 111, 10, false);
    assert_int_equal(address_space_protect(space, range_of(100, 0), UR), E_INVAL);
    assert_int_equal(address_space_protect(space, range_of(limit, 1), UR), E_INVAL);
    assert_int_equal(address_space_protect(space, range_of(100, 1), PTE_W), E_INVAL);
    assert_int_equal(address_space_protect(space, range_of(100, 1), 0), E_INVAL);
    assert_int_equal(address_space_protect(space, range_of(100, 1), UR | PTE_SHARED), E_INVAL);
    assert_int_equal(address_space_protect(space, range_of(99, 2), UR), E_NOENT);
    assert_int_equal(address_space_protect(space, range_of(109, 3), UR), E_NOENT);
    assert_int_equal(address_space_protect(space, range_of(120, 2), UR), E_NOENT);
    assert_int_equal(space->areas.count, 2);
    assert_int_equal(touch(space, 100, PTE_W), E_OK);
    family_done(&f);
}

static void test_protect_tells_harts_what_they_must_forget(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    map_zeroes(space, 100, 10, false);
    poke(space, 103, 1);
    assert_int_equal(address_space_protect(space, range_of(100, 10), UR), E_OK);
    assert_int_equal(f.flushes.count, 1);
    assert_int_equal(f.flushes.kind, FLUSH_WEAKER);
    assert_int_equal(f.flushes.range.start.v, 100);
    assert_int_equal(f.flushes.range.pages, 10);
    assert_int_equal(address_space_protect(space, range_of(100, 10), URW | PTE_X), E_OK);
    assert_int_equal(f.flushes.kind, FLUSH_STRONGER);
    assert_int_equal(address_space_protect(space, range_of(100, 10), PTE_U | PTE_X), E_OK);
    assert_int_equal(f.flushes.kind, FLUSH_WEAKER);
    family_done(&f);
}

static void test_protect_leaves_the_way_back_to_the_fault(void **state)
{
    (void)state;
    for (int policy = CLONE_COW; policy <= CLONE_SHARE; policy++) {
        struct family f;
        family_init(&f, PAGING_SV39, PAGES);
        struct address_space *parent = &f.members[0];
        map_zeroes(parent, 100, 4, false);
        poke(parent, 101, 1);
        struct address_space *child = family_clone(&f, parent, policy);
        assert_int_equal(address_space_protect(child, range_of(100, 4), UR), E_OK);
        assert_int_equal(address_space_protect(child, range_of(100, 4), URW), E_OK);
        assert_false(is_writable(child, 101)); /* or it would write the parent's */
        family_check(&f);
        poke(child, 101, 2);
        assert_int_equal(peek(parent, 101), 1);
        assert_int_equal(address_space_protect(parent, range_of(100, 4), UR), E_OK);
        assert_int_equal(touch(parent, 101, PTE_W), E_FAULT);
        poke(child, 101, 3); /* one space's permissions are not another's */
        assert_int_equal(peek(parent, 101), 1);
        family_done(&f);
    }
}

static void test_protect_of_one_holder_of_shared_tables_is_not_the_others(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *parent = &f.members[0];
    map_zeroes(parent, 100, 4, false);
    poke(parent, 101, 1);
    struct address_space *child = family_clone(&f, parent, CLONE_SHARE);
    assert_int_equal(address_space_protect(child, range_of(101, 1), PTE_U | PTE_X), E_OK);
    assert_int_equal(touch(child, 101, PTE_R), E_FAULT);
    assert_int_equal(peek(parent, 101), 1);
    poke(parent, 101, 2);
    assert_int_equal(address_space_protect(child, range_of(101, 1), UR), E_OK);
    assert_int_equal(peek(child, 101), 1);
    family_done(&f);
}

/* No edge of the range is inside a table that is shared: all of it is in the range. */
static void test_protect_of_whole_shared_tables(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *parent = &f.members[0];
    map_zeroes(parent, 0, 1 << 19, false);
    poke(parent, 0x210, 1);
    poke(parent, 0x40010, 2);
    struct address_space *child = family_clone(&f, parent, CLONE_SHARE);
    assert_int_equal(address_space_protect(child, range_of(0, 1 << 18), UR), E_OK);
    family_check(&f);
    assert_int_equal(address_space_protect(child, range_of(1 << 18, 1 << 18), UR), E_OK);
    family_check(&f);
    for (uint64_t vpn = 0x210, byte = 1; byte <= 2; vpn += 0x40010 - 0x210, byte++) {
        assert_int_equal(touch(child, vpn, PTE_W), E_FAULT);
        assert_int_equal(peek(child, vpn), byte);
        poke(parent, vpn, byte + 10);
        assert_int_equal(peek(child, vpn), byte);
    }
    family_done(&f);
}

static void test_protect_of_an_owners_pages(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    map_owned_by(&f, space, range_of(100, 4), 0, true);
    map_owned_by(&f, space, range_of(200, 4), 8, false);
    poke(space, 100, 1);
    poke(space, 201, 2);
    assert_int_equal(peek(space, 202), 0x3a);
    assert_int_equal(address_space_protect(space, range_of(100, 4), UR), E_OK);
    assert_int_equal(address_space_protect(space, range_of(200, 4), UR), E_OK);
    assert_int_equal(touch(space, 100, PTE_W), E_FAULT);
    assert_int_equal(address_space_protect(space, range_of(100, 4), URW), E_OK);
    assert_int_equal(address_space_protect(space, range_of(200, 4), URW), E_OK);
    f.owner.told[0] = false;
    poke(space, 100, 3);
    assert_true(f.owner.told[0]); /* it was clean meanwhile, perhaps: it must know */
    assert_int_equal(*(unsigned char *)page_owner_page(&f.owner, 0), 3);
    poke(space, 201, 4);
    poke(space, 202, 5);
    assert_int_equal(*(unsigned char *)page_owner_page(&f.owner, 9), 0x39);
    assert_int_equal(*(unsigned char *)page_owner_page(&f.owner, 10), 0x3a);
    family_done(&f);
}

static void test_protect_of_callers_pages_is_at_once(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    assert_int_equal(
        address_space_map_shared(space, range_of(5, 3), f.owner.first, URW, &f.owner.owner), E_OK);
    assert_int_equal(address_space_protect(space, range_of(6, 1), UR), E_OK);
    assert_int_equal(f.owner.areas, 3);
    assert_false(is_writable(space, 6));
    assert_true(is_writable(space, 7));
    assert_int_equal(address_space_protect(space, range_of(6, 1), URW), E_OK);
    assert_int_equal(f.owner.areas, 1);
    assert_true(is_writable(space, 6));
    family_done(&f);
}

/* Across areas of several kinds, and through the middle of a larger page. */
static void test_protect_out_of_memory_changes_nothing(void **state)
{
    struct family f;
    unsigned n = 0;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    assert_int_equal(address_space_map(space, range_of(500, 12), "x", 1, 0, URW), E_OK);
    map_zeroes(space, 512, 512, true);
    poke(space, 600, 7);
    struct address_space *child = family_clone(&f, space, CLONE_SHARE);
    for (;;) {
        fail_allocation(++n);
        const enum error error = address_space_protect(child, range_of(505, 95), UR);
        if (!allocation_has_failed())
            break;
        assert_int_equal(error, E_NOMEM);
        assert_int_equal(child->areas.count, 2);
        family_check(&f);
        assert_int_equal(touch(child, 505, PTE_W), E_OK);
        assert_int_equal(touch(child, 599, PTE_W), E_OK);
        assert_int_equal(peek(child, 600), 7);
    }
    fail_allocation(0);
    assert_int_equal(child->areas.count, 4);
    assert_int_equal(touch(child, 504, PTE_W), E_OK);
    assert_int_equal(touch(child, 505, PTE_W), E_FAULT);
    assert_int_equal(touch(child, 599, PTE_W), E_FAULT);
    assert_int_equal(touch(child, 600, PTE_W), E_OK);
    assert_int_equal(peek(child, 600), 7);
    assert_int_equal(peek(child, 500), 'x');
    family_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_protect_changes_just_the_range),
        cmocka_unit_test(test_protect_refuses_bad_arguments_and_holes),
        cmocka_unit_test(test_protect_tells_harts_what_they_must_forget),
        cmocka_unit_test(test_protect_leaves_the_way_back_to_the_fault),
        cmocka_unit_test(test_protect_of_one_holder_of_shared_tables_is_not_the_others),
        cmocka_unit_test(test_protect_of_whole_shared_tables),
        cmocka_unit_test(test_protect_of_an_owners_pages),
        cmocka_unit_test(test_protect_of_callers_pages_is_at_once),
        cmocka_unit_test(test_protect_out_of_memory_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
