/* test_revoke.c - address_space_revoke: an owner takes its pages back, and nothing else goes. */
#include "family.h"

enum { PAGES = 2048, FIRST = 4, COUNT = 6, NO_PAGE = 1 };

/* The owner's pages FIRST to FIRST + COUNT - 1. */
static enum error revoke(struct family *f, struct address_space *space)
{
    ppn_t page[COUNT];
    const struct page_run run = {FIRST, COUNT, page};

    for (uint64_t i = 0; i < COUNT; i++)
        page[i] = ppn_add(f->owner.first, FIRST + i);
    return address_space_revoke(space, &f->owner.owner, &run);
}

static void touch_all(struct address_space *space, uint64_t start, uint64_t pages, uint64_t access)
{
    for (uint64_t i = 0; i < pages; i++)
        assert_int_equal(touch(space, start + i, access), E_OK);
}

static uint64_t holds(const struct family *f, uint64_t index)
{
    return buddy_frame(&f->machine.buddy, ppn_add(f->owner.first, index))->references;
}

static void test_revoked_pages_are_asked_for_again(void **state)
{
    (void)state;
    FOR_EACH_MODE(mode)
    {
        struct family f;
        family_init(&f, mode, PAGES);
        struct address_space *space = &f.members[0];
        map_owned_by(&f, space, range_of(0x1ff, 12), 0, true); /* over the edge of a table */
        touch_all(space, 0x1ff, 12, PTE_W);
        const unsigned calls = f.owner.calls, flushes = f.flushes.count;
        assert_int_equal(revoke(&f, space), E_OK);
        assert_int_equal(f.flushes.count, flushes + 1);
        for (uint64_t i = 0; i < 12; i++)
            assert_int_equal(leaf_of(space, 0x1ff + i).v == 0, i >= FIRST && i < FIRST + COUNT);
        assert_int_equal(holds(&f, 5), 1);
        family_check(&f);
        assert_int_equal(peek(space, 0x1ff + 5), 0x30 + 5);
        assert_int_equal(f.owner.calls, calls + 1);
        family_done(&f);
    }
}

/* Twice in a space, once from its middle on, and in part. */
static void test_revoke_finds_every_area_of_the_owner(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    map_owned_by(&f, space, range_of(100, 4), 2, true);
    map_owned_by(&f, space, range_of(0x3000, 8), 7, false);
    map_owned_by(&f, space, range_of(0x9000, 4), 0, true);
    map_zeroes(space, 200, 2, false);
    touch_all(space, 100, 4, PTE_R);
    touch_all(space, 0x3000, 8, PTE_R);
    touch_all(space, 0x9000, 4, PTE_R);
    touch_all(space, 200, 2, PTE_W);
    assert_int_equal(revoke(&f, space), E_OK);
    for (uint64_t i = 0; i < 4; i++) {
        assert_int_equal(leaf_of(space, 100 + i).v == 0, i >= 2);
        assert_true(leaf_of(space, 0x9000 + i).v != 0);
    }
    for (uint64_t i = 0; i < 8; i++)
        assert_int_equal(leaf_of(space, 0x3000 + i).v == 0, i < 3);
    assert_true(leaf_of(space, 200).v != 0);
    family_done(&f);
}

static void test_revoke_leaves_private_copies(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    map_owned_by(&f, space, range_of(100, 12), 0, false);
    touch_all(space, 100, 12, PTE_R);
    poke(space, 105, 0x99);
    assert_int_equal(revoke(&f, space), E_OK);
    assert_true(leaf_of(space, 105).v != 0);
    assert_int_equal(peek(space, 105), 0x99);
    assert_int_equal(leaf_of(space, 106).v, 0);
    family_done(&f);
}

/* What the owner does not mean stays: it has another page by that number now. */
static void test_revoke_takes_only_the_pages_that_are_named(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    const ppn_t page[] = {{NO_PAGE}, f.owner.first};
    const struct page_run run = {0, 2, page}; /* page 1 is said to be page 0 */
    map_owned_by(&f, space, range_of(100, 2), 0, true);
    touch_all(space, 100, 2, PTE_R);
    const unsigned flushes = f.flushes.count;
    assert_int_equal(address_space_revoke(space, &f.owner.owner, &run), E_OK);
    assert_true(leaf_of(space, 100).v != 0 && leaf_of(space, 101).v != 0);
    assert_int_equal(f.flushes.count, flushes);
    family_done(&f);
}

static void test_revoke_from_clones_under_each_policy(void **state)
{
    (void)state;
    for (int policy = CLONE_COPY; policy <= CLONE_SHARE; policy++) {
        struct family f;
        family_init(&f, PAGING_SV39, PAGES);
        struct address_space *space = &f.members[0];
        map_owned_by(&f, space, range_of(100, 12), 0, true);
        map_owned_by(&f, space, range_of(0x3000, 12), 0, false);
        touch_all(space, 100, 12, PTE_W);
        touch_all(space, 0x3000, 12, PTE_R);
        poke(space, 0x3005, 0x77);
        struct address_space *child = family_clone(&f, space, (enum clone_policy)policy);
        struct address_space *other = family_clone(&f, child, (enum clone_policy)policy);
        assert_int_equal(revoke(&f, child), E_OK);
        family_check(&f);
        assert_int_equal(leaf_of(child, 105).v, 0);
        assert_int_equal(peek(child, 0x3005), 0x77);
        assert_int_equal(peek(space, 105), 0x30 + 5); /* still there, or again */
        assert_int_equal(revoke(&f, space), E_OK);
        assert_int_equal(revoke(&f, other), E_OK);
        family_check(&f);
        for (uint64_t i = FIRST; i < FIRST + COUNT; i++)
            assert_int_equal(holds(&f, i), 1);
        assert_int_equal(peek(other, 0x3005), 0x77);
        assert_int_equal(peek(other, 105), 0x30 + 5);
        family_done(&f);
    }
}

static void test_revoke_out_of_memory_can_be_tried_again(void **state)
{
    unsigned failures = 0;
    enum error error;

    (void)state;
    do {
        struct family f;
        family_init(&f, PAGING_SV39, PAGES);
        struct address_space *space = &f.members[0];
        map_owned_by(&f, space, range_of(100, 12), 0, true);
        touch_all(space, 100, 12, PTE_W);
        struct address_space *child = family_clone(&f, space, CLONE_SHARE);
        fail_allocation(failures + 1);
        error = revoke(&f, child);
        const bool failed = allocation_has_failed();
        fail_allocation(0);
        assert_int_equal(error, failed ? E_NOMEM : E_OK);
        failures += failed;
        family_check(&f);
        assert_int_equal(revoke(&f, child), E_OK);
        assert_int_equal(leaf_of(child, 105).v, 0);
        family_done(&f);
    } while (error);
    assert_int_equal(failures, 2); /* the copies of two tables */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_revoked_pages_are_asked_for_again),
        cmocka_unit_test(test_revoke_finds_every_area_of_the_owner),
        cmocka_unit_test(test_revoke_leaves_private_copies),
        cmocka_unit_test(test_revoke_takes_only_the_pages_that_are_named),
        cmocka_unit_test(test_revoke_from_clones_under_each_policy),
        cmocka_unit_test(test_revoke_out_of_memory_can_be_tried_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
