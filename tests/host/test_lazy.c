/* test_lazy.c - pages that come with the first fault on them: zeroes, or an owner's. */
#include "family.h"

#include <string.h>

enum { PAGES = 2048 };

static void test_lazy_area_takes_no_page_before_it_is_touched(void **state)
{
    (void)state;
    FOR_EACH_MODE(mode)
    {
        struct family f;
        family_init(&f, mode, PAGES);
        const uint64_t free_pages = f.machine.buddy.free_pages;
        map_zeroes(&f.members[0], 10, mode_user_pages(mode) - 10, false);
        assert_int_equal(f.machine.buddy.free_pages, free_pages);
        assert_int_equal(leaf_of(&f.members[0], 77).v, 0);
        assert_int_equal(peek(&f.members[0], 77), 0);
        assert_int_equal(f.machine.buddy.free_pages, free_pages - 1 - mode); /* tables, too */
        family_done(&f);
    }
}

static void test_lazy_page_is_all_zeroes_and_writable_at_once(void **state)
{
    static const unsigned char zeroes[PAGE_SIZE];
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    map_zeroes(&f.members[0], 10, 5, false);
    assert_int_equal(touch(&f.members[0], 12, PTE_R | PTE_U), E_OK);
    const void *page = address_space_translate(&f.members[0], (vaddr_t){12 << PAGE_BITS}, URW);
    assert_non_null(page);
    assert_memory_equal(page, zeroes, PAGE_SIZE);
    assert_int_equal(f.events.count[VM_ZERO_FILLED], 1);
    family_done(&f);
}

static void test_fault_is_refused_outside_of_areas_and_permissions(void **state)
{
    const struct pager zeroes = {0};
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    assert_int_equal(address_space_map_paged(space, range_of(10, 5), PTE_R, &zeroes), E_OK);
    const uint64_t free_pages = f.machine.buddy.free_pages;
    assert_int_equal(touch(space, 9, PTE_R), E_FAULT);
    assert_int_equal(touch(space, 15, PTE_R), E_FAULT);
    assert_int_equal(touch(space, 10, PTE_W), E_FAULT);
    assert_int_equal(touch(space, 10, PTE_X), E_FAULT);
    assert_int_equal(touch(space, 10, PTE_R | PTE_U), E_FAULT);
    assert_int_equal(address_space_fault(space, (vaddr_t){UINT64_MAX}, PTE_R), E_FAULT);
    assert_int_equal(f.machine.buddy.free_pages, free_pages);
    assert_int_equal(touch(space, 10, PTE_R), E_OK);
    family_done(&f);
}

static void test_fault_on_a_page_that_is_there_makes_this_hart_look_again(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    assert_int_equal(address_space_map(space, range_of(3, 1), "hi", 2, 0, URW), E_OK);
    assert_int_equal(touch(space, 3, PTE_W | PTE_U), E_OK);
    assert_int_equal(f.events.count[VM_STALE], 1);
    assert_int_equal(f.flushes.count, 1);
    assert_int_equal(f.flushes.kind, FLUSH_STRONGER);
    assert_int_equal(f.flushes.range.start.v, 3);
    assert_int_equal(f.flushes.range.pages, 1);
    family_done(&f);
}

static void test_map_paged_refuses_what_is_never_right_or_in_use(void **state)
{
    const struct pager zeroes = {0}, nobodys = {.shared = true};
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    const uint64_t limit = mode_user_pages(PAGING_SV39);
    map_zeroes(space, 10, 5, false);
    assert_int_equal(address_space_map_paged(space, range_of(20, 0), URW, &zeroes), E_INVAL);
    assert_int_equal(address_space_map_paged(space, range_of(limit, 1), URW, &zeroes), E_INVAL);
    assert_int_equal(address_space_map_paged(space, range_of(20, 1), PTE_W, &zeroes), E_INVAL);
    assert_int_equal(address_space_map_paged(space, range_of(20, 1), URW | PTE_SHARED, &zeroes),
                     E_INVAL);
    assert_int_equal(address_space_map_paged(space, range_of(20, 1), URW | PTE_OWNED, &zeroes),
                     E_INVAL);
    assert_int_equal(address_space_map_paged(space, range_of(20, 1), URW, &nobodys), E_INVAL);
    assert_int_equal(address_space_map_paged(space, range_of(14, 1), URW, &zeroes), E_EXIST);
    fail_allocation(1);
    assert_int_equal(address_space_map_paged(space, range_of(20, 1), URW, &zeroes), E_NOMEM);
    assert_int_equal(space->areas.count, 1);
    family_done(&f);
}

static void test_lazy_areas_that_meet_become_one(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    map_zeroes(space, 10, 5, false);
    map_zeroes(space, 15, 5, false);
    assert_int_equal(space->areas.count, 1);
    map_zeroes(space, 25, 5, false);
    map_zeroes(space, 20, 5, false); /* both sides */
    assert_int_equal(space->areas.count, 1);
    map_zeroes(space, 30, 5, true); /* another sort */
    assert_int_equal(space->areas.count, 2);
    map_owned_by(&f, space, range_of(100, 4), 0, false);
    map_owned_by(&f, space, range_of(104, 4), 4, false);
    assert_int_equal(space->areas.count, 3);
    assert_int_equal(f.owner.areas, 1);
    map_owned_by(&f, space, range_of(108, 4), 9, false); /* not what follows */
    map_owned_by(&f, space, range_of(112, 4), 13, true); /* not of the same sort */
    assert_int_equal(space->areas.count, 5);
    assert_int_equal(f.owner.areas, 3);
    for (uint64_t i = 0; i < 8; i++)
        assert_int_equal(peek(space, 100 + i), 0x30 + i);
    assert_int_equal(peek(space, 108), 0x30 + 9);
    family_done(&f);
}

/* --- owners ----------------------------------------------------------------------------------- */

static void test_private_page_of_an_owner_is_copied_when_it_is_written(void **state)
{
    (void)state;
    for (int read_first = 0; read_first < 2; read_first++) {
        struct family f;
        family_init(&f, PAGING_SV39, PAGES);
        struct address_space *space = &f.members[0];
        map_owned_by(&f, space, range_of(100, 4), 6, false);
        for (uint64_t i = 0; i < 4; i++) { /* with a hold and without one */
            if (read_first) {
                assert_int_equal(peek(space, 100 + i), 0x36 + i);
                assert_int_equal(leaf_of(space, 100 + i).v & PTE_W, 0);
                family_check(&f);
            }
            poke(space, 100 + i, 0xee);
            assert_int_equal(peek(space, 100 + i), 0xee);
            assert_int_equal(*(unsigned char *)page_owner_page(&f.owner, 6 + i), 0x36 + i);
            assert_false(f.owner.told[6 + i]); /* nobody writes its page */
            family_check(&f);
        }
        family_done(&f);
    }
}

static void test_shared_page_of_an_owner_is_one_for_all(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *one = &f.members[0], *other = family_add(&f);
    map_owned_by(&f, one, range_of(100, 4), 0, true);
    map_owned_by(&f, other, range_of(700, 4), 0, true);
    for (uint64_t i = 0; i < 4; i++) {
        assert_int_equal(peek(other, 700 + i), 0x30 + i);
        assert_false(f.owner.told[i]);
        poke(one, 100 + i, 0xee);
        assert_true(f.owner.told[i]);
        assert_int_equal(peek(other, 700 + i), 0xee);
        f.owner.told[i] = false;
        poke(other, 700 + i, 0xdd); /* it asks for itself */
        assert_true(f.owner.told[i]);
        assert_int_equal(*(unsigned char *)page_owner_page(&f.owner, i), 0xdd);
        family_check(&f);
    }
    family_done(&f);
}

static void test_errors_of_an_owner_are_the_faults(void **state)
{
    static const enum error errors[] = {E_AGAIN, E_IO, E_NOMEM};
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    map_owned_by(&f, space, range_of(100, OWNER_PAGES + 1), 0, true);
    const uint64_t free_pages = f.machine.buddy.free_pages;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        f.owner.refuse = errors[i];
        assert_int_equal(touch(space, 103, PTE_R), errors[i]);
        assert_int_equal(f.machine.buddy.free_pages, free_pages);
    }
    assert_int_equal(touch(space, 100 + OWNER_PAGES, PTE_R), E_RANGE);
    assert_int_equal(touch(space, 103, PTE_R), E_OK);
    f.owner.refuse = E_IO;
    assert_int_equal(touch(space, 103, PTE_W), E_IO); /* it is told of a write, and says no */
    assert_int_equal(leaf_of(space, 103).v & PTE_W, 0);
    assert_int_equal(touch(space, 103, PTE_W), E_OK);
    family_done(&f);
}

/* An owner that gives another page than the one that is mapped. */
static void test_owner_that_changes_its_mind_makes_the_fault_come_again(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    map_owned_by(&f, space, range_of(100, 4), 0, true);
    assert_int_equal(touch(space, 101, PTE_R), E_OK);
    f.owner.first.v += 2;
    assert_int_equal(touch(space, 101, PTE_W), E_AGAIN);
    f.owner.first.v -= 2;
    family_check(&f);
    assert_int_equal(touch(space, 101, PTE_W), E_OK);
    family_done(&f);
}

static void test_pages_out_of_reach_can_be_mapped_but_not_copied(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    f.owner.unreachable = true;
    map_owned_by(&f, space, range_of(100, 4), 0, false);
    map_owned_by(&f, space, range_of(200, 4), 0, true);
    assert_int_equal(touch(space, 100, PTE_W), E_FAULT); /* before it was read, and after */
    assert_int_equal(touch(space, 100, PTE_R), E_OK);
    assert_int_equal(touch(space, 100, PTE_W), E_FAULT);
    assert_int_equal(touch(space, 200, PTE_W), E_OK);
    assert_int_equal(pte_ppn(leaf_of(space, 200)).v, 1);
    struct address_space *copy = family_clone(&f, space, CLONE_COPY);
    assert_int_equal(leaf_of(copy, 100).v, 0); /* its owner finds it again */
    assert_int_equal(touch(copy, 100, PTE_R), E_OK);
    family_done(&f);
}

static void test_lazy_fault_out_of_memory_leaves_nothing(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        enum error error;
        unsigned n = 0;
        struct family f;
        family_init(&f, PAGING_SV48, PAGES);
        struct address_space *space = &f.members[0];
        if (kind == 0)
            map_zeroes(space, 100, 8, false);
        else
            map_owned_by(&f, space, range_of(100, 8), 0, kind == 1);
        const uint64_t free_pages = f.machine.buddy.free_pages;
        do {
            fail_allocation(++n);
            error = touch(space, 101, PTE_W);
            if (!allocation_has_failed())
                break;
            assert_int_equal(error, E_NOMEM);
            assert_int_equal(f.machine.buddy.free_pages, free_pages);
            family_check(&f);
        } while (true);
        fail_allocation(0);
        assert_int_equal(error, E_OK);
        assert_int_equal(n - 1, 4 + (kind == 2)); /* three tables, the page, the owner's page */
        family_done(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lazy_area_takes_no_page_before_it_is_touched),
        cmocka_unit_test(test_lazy_page_is_all_zeroes_and_writable_at_once),
        cmocka_unit_test(test_fault_is_refused_outside_of_areas_and_permissions),
        cmocka_unit_test(test_fault_on_a_page_that_is_there_makes_this_hart_look_again),
        cmocka_unit_test(test_map_paged_refuses_what_is_never_right_or_in_use),
        cmocka_unit_test(test_lazy_areas_that_meet_become_one),
        cmocka_unit_test(test_private_page_of_an_owner_is_copied_when_it_is_written),
        cmocka_unit_test(test_shared_page_of_an_owner_is_one_for_all),
        cmocka_unit_test(test_errors_of_an_owner_are_the_faults),
        cmocka_unit_test(test_owner_that_changes_its_mind_makes_the_fault_come_again),
        cmocka_unit_test(test_pages_out_of_reach_can_be_mapped_but_not_copied),
        cmocka_unit_test(test_lazy_fault_out_of_memory_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
