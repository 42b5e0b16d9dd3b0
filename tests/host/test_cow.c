/* test_cow.c - copy-on-write: who writes gets a copy, the last one the page, and nobody sees what
 * another wrote. What is claimed of contents holds for tables that are shared as well.
 */
#include "family.h"

#include <string.h>

enum { PAGES = 4096 };

static const enum clone_policy policies[] = {CLONE_COPY, CLONE_COW, CLONE_SHARE};
#define FOR_EACH_POLICY(at) for (size_t at = 0; at < sizeof policies / sizeof *policies; at++)

/* Two pages of an eager area, two of a lazy one, of which one is there. */
static const uint64_t some_pages[] = {0x1ff, 0x200, 0x40000, 0x40001};

static void fill(struct address_space *space)
{
    assert_int_equal(address_space_map(space, range_of(0x1ff, 2), NULL, 0, 0, URW), E_OK);
    map_zeroes(space, 0x40000, 2, false);
    for (int i = 0; i < 3; i++)
        poke(space, some_pages[i], 10 + i);
}

static void expect(struct address_space *space, unsigned char first)
{
    for (int i = 0; i < 3; i++)
        assert_int_equal(peek(space, some_pages[i]), first + i);
}

static void write_all(struct address_space *space, unsigned char first)
{
    for (int i = 0; i < 3; i++)
        poke(space, some_pages[i], first + i);
}

static void test_clones_do_not_see_what_the_others_write(void **state)
{
    (void)state;
    FOR_EACH_POLICY(p)
    FOR_EACH_MODE(mode)
    {
        struct family f;
        family_init(&f, mode, PAGES);
        struct address_space *parent = &f.members[0];
        fill(parent);
        struct address_space *child = family_clone(&f, parent, policies[p]);
        family_check(&f);
        write_all(parent, 20);
        expect(child, 10);
        family_check(&f);
        struct address_space *grandchild = family_clone(&f, child, policies[p]);
        write_all(child, 30);
        expect(grandchild, 10);
        expect(parent, 20);
        write_all(grandchild, 40);
        poke(grandchild, some_pages[3], 43);
        assert_int_equal(peek(child, some_pages[3]), 0);
        expect(child, 30);
        expect(parent, 20);
        family_check(&f);
        family_remove(&f, parent);
        expect(child, 30);
        expect(grandchild, 40);
        family_done(&f);
    }
}

static void test_cow_copies_just_the_page_that_is_written(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *parent = &f.members[0];
    assert_int_equal(address_space_map(parent, range_of(0, 64), NULL, 0, 0, URW), E_OK);
    struct address_space *child = family_clone(&f, parent, CLONE_COW);
    const uint64_t free_pages = f.machine.buddy.free_pages;
    assert_int_equal(peek(child, 7), 0);
    assert_int_equal(f.machine.buddy.free_pages, free_pages); /* reading costs nothing */
    poke(child, 7, 1);
    assert_int_equal(f.machine.buddy.free_pages, free_pages - 1);
    assert_int_equal(f.events.count[VM_COPIED], 1);
    poke(child, 7, 2);
    poke(parent, 7, 3); /* the last one */
    assert_int_equal(f.machine.buddy.free_pages, free_pages - 1);
    assert_int_equal(f.events.count[VM_COPIED], 1);
    assert_int_equal(f.events.count[VM_LAST_SHARER], 1);
    family_done(&f);
}

static void test_last_sharer_writes_in_place(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *parent = &f.members[0];
    fill(parent);
    const pte_t before = leaf_of(parent, 0x200);
    struct address_space *child = family_clone(&f, parent, CLONE_COW);
    struct address_space *grandchild = family_clone(&f, child, CLONE_COW);
    assert_int_equal(leaf_of(parent, 0x200).v & (PTE_W | PTE_D), 0);
    family_remove(&f, parent);
    poke(child, 0x200, 77);
    assert_int_not_equal(pte_ppn(leaf_of(child, 0x200)).v, pte_ppn(before).v);
    f.flushes.count = 0;
    poke(grandchild, 0x200, 78);
    assert_int_equal(pte_ppn(leaf_of(grandchild, 0x200)).v, pte_ppn(before).v);
    assert_int_equal(f.flushes.count, 1);
    assert_int_equal(f.flushes.kind, FLUSH_STRONGER); /* no hart was allowed more before */
    family_done(&f);
}

/* The kernel's own write: translate gives no pointer to write through before the fault. */
static void test_translate_for_writing_waits_for_the_copy(void **state)
{
    const vaddr_t addr = {0x200 << PAGE_BITS};

    (void)state;
    for (size_t p = 1; p < 3; p++) {
        struct family f;
        family_init(&f, PAGING_SV39, PAGES);
        struct address_space *parent = &f.members[0];
        fill(parent);
        struct address_space *child = family_clone(&f, parent, policies[p]);
        assert_null(address_space_translate(parent, addr, PTE_U | PTE_W));
        assert_null(address_space_translate(child, addr, PTE_U | PTE_W));
        poke(parent, 0x200, 99);
        assert_non_null(address_space_translate(parent, addr, PTE_U | PTE_W));
        assert_null(address_space_translate(child, addr, PTE_U | PTE_W));
        assert_int_equal(peek(child, 0x200), 11);
        family_done(&f);
    }
}

static uint64_t copied_vpn;

static void note_copy(struct vm_events *events, enum vm_event event, vpn_t vpn)
{
    (void)events;
    if (event == VM_COPIED)
        copied_vpn = vpn.v;
}

static void test_copy_is_told_to_who_listens(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    fill(&f.members[0]);
    struct address_space *child = family_clone(&f, &f.members[0], CLONE_COW);
    f.events.happened = note_copy;
    poke(child, 0x40000, 1);
    assert_int_equal(copied_vpn, 0x40000);
    child->events = NULL; /* and to nobody if nobody does */
    poke(child, 0x200, 1);
    assert_int_equal(copied_vpn, 0x40000);
    assert_int_equal(f.events.count[VM_COPIED], 1);
    family_done(&f);
}

static struct family *watched;
static uint32_t references_in_flush;
static pte_t watched_page;

static void watch(struct address_space *space, struct page_range range, enum flush_kind kind)
{
    (void)space;
    assert_int_equal(kind, FLUSH_WEAKER); /* another page: all harts */
    assert_int_equal(range.start.v, 0x200);
    references_in_flush = buddy_frame(&watched->machine.buddy, pte_ppn(watched_page))->references;
}

static void test_copied_page_is_let_go_after_the_flush(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    fill(&f.members[0]);
    watched = &f;
    watched_page = leaf_of(&f.members[0], 0x200);
    struct address_space *child = family_clone(&f, &f.members[0], CLONE_COW);
    child->flush = watch;
    poke(child, 0x200, 1);
    assert_int_equal(references_in_flush, 2);
    assert_int_equal(buddy_frame(&f.machine.buddy, pte_ppn(watched_page))->references, 1);
    family_done(&f);
}

static void test_clone_flushes_what_the_parent_may_no_longer_write(void **state)
{
    (void)state;
    FOR_EACH_POLICY(p)
    {
        struct family f;
        family_init(&f, PAGING_SV39, PAGES);
        fill(&f.members[0]);
        f.flushes.count = 0;
        family_clone(&f, &f.members[0], policies[p]);
        assert_int_equal(f.flushes.count, policies[p] != CLONE_COPY);
        if (f.flushes.count) {
            assert_ptr_equal(f.flushes.space, &f.members[0]);
            assert_int_equal(f.flushes.range.start.v, 0);
            assert_int_equal(f.flushes.range.pages, mode_user_pages(PAGING_SV39));
            assert_int_equal(f.flushes.kind,
                             policies[p] == CLONE_SHARE ? FLUSH_TABLES : FLUSH_WEAKER);
        }
        family_done(&f);
    }
}

/* --- larger pages ----------------------------------------------------------------------------- */

static void test_write_to_a_shared_larger_page_copies_one_small_page(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *parent = &f.members[0];
    map_zeroes(parent, 512, 512, true);
    poke(parent, 600, 60);
    poke(parent, 601, 61);
    struct address_space *child = family_clone(&f, parent, CLONE_COW);
    const uint64_t free_pages = f.machine.buddy.free_pages;
    poke(child, 600, 70);
    assert_int_equal(f.machine.buddy.free_pages, free_pages - 2); /* a table and the page */
    assert_int_equal(f.events.count[VM_SPLIT], 1);
    assert_int_equal(peek(child, 601), 61);
    assert_int_equal(peek(child, 1023), 0);
    assert_int_equal(peek(parent, 600), 60);
    family_check(&f);
    family_remove(&f, child);
    poke(parent, 601, 62); /* alone again: larger as it is, and in place */
    assert_int_equal(f.events.count[VM_SPLIT], 1);
    assert_int_equal(f.events.count[VM_LAST_SHARER], 1);
    assert_true(leaf_of(parent, 900).v & PTE_W);
    assert_int_equal(f.flushes.range.start.v, 512);
    assert_int_equal(f.flushes.range.pages, 512);
    family_done(&f);
}

static void test_copy_of_a_larger_page_is_small_ones(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *parent = &f.members[0];
    map_zeroes(parent, 512, 512, true);
    poke(parent, 600, 60);
    struct address_space *child = family_clone(&f, parent, CLONE_COPY);
    poke(parent, 600, 61);
    assert_int_equal(peek(child, 600), 60);
    assert_int_equal(peek(child, 1023), 0);
    family_done(&f);
}

/* --- owners ----------------------------------------------------------------------------------- */

static void test_pages_of_an_owner_stay_what_they_are_in_clones(void **state)
{
    (void)state;
    FOR_EACH_POLICY(p)
    {
        struct family f;
        family_init(&f, PAGING_SV39, PAGES);
        struct address_space *parent = &f.members[0];
        map_owned_by(&f, parent, range_of(100, 4), 0, true);
        map_owned_by(&f, parent, range_of(200, 4), 8, false);
        for (uint64_t i = 0; i < 3; i++) {
            poke(parent, 100 + i, 50 + i);
            assert_int_equal(peek(parent, 200 + i), 0x38 + i);
        }
        poke(parent, 200, 60);
        struct address_space *child = family_clone(&f, parent, policies[p]);
        assert_int_equal(f.owner.areas, 4);
        for (uint64_t i = 0; i < 4; i++) {
            poke(child, 100 + i, 80 + i); /* all see it */
            assert_int_equal(peek(parent, 100 + i), 80 + i);
            poke(child, 200 + i, 90 + i); /* nobody does */
            assert_int_equal(peek(parent, 200 + i), i == 0 ? 60 : 0x38 + i);
            assert_int_equal(*(unsigned char *)page_owner_page(&f.owner, 8 + i), 0x38 + i);
            family_check(&f);
        }
        family_done(&f);
    }
}

/* Who writes one page after the other gets copies in advance: of pages with a hold of his, and of
 * pages without, which are neighbours. */
static void test_pages_copied_in_advance_are_let_go(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    map_owned_by(&f, space, range_of(100, 16), 4, false);
    for (uint64_t i = 0; i < 16; i++)
        assert_int_equal(peek(space, 100 + i), 0x34 + i);
    for (uint64_t i = 0; i < 16; i++) {
        poke(space, 100 + i, 90 + i);
        family_check(&f);
    }
    for (uint64_t i = 0; i < 16; i++) {
        assert_int_equal(peek(space, 100 + i), 90 + i);
        assert_int_equal(*(unsigned char *)page_owner_page(&f.owner, 4 + i), 0x34 + i);
    }
    assert_true(f.events.count[VM_COPIED] < 16);
    family_done(&f);
}

/* --- failures --------------------------------------------------------------------------------- */

static void test_clone_out_of_memory_leaves_contents_and_counts(void **state)
{
    (void)state;
    FOR_EACH_POLICY(p)
    {
        enum error error;
        unsigned n = 0;
        struct family f;
        family_init(&f, PAGING_SV39, PAGES);
        struct address_space *parent = &f.members[0], *child = family_add(&f);
        fill(parent);
        map_owned_by(&f, parent, range_of(100, 4), 0, true);
        assert_int_equal(touch(parent, 101, PTE_W), E_OK);
        const uint64_t free_pages = f.machine.buddy.free_pages;
        for (;;) {
            fail_allocation(++n);
            error = address_space_clone_self(parent, child, policies[p]);
            if (!allocation_has_failed())
                break;
            assert_int_equal(error, E_NOMEM);
            assert_int_equal(child->areas.count, 0);
            assert_int_equal(f.owner.areas, 1);
            assert_int_equal(f.machine.buddy.free_pages, free_pages);
            family_check(&f);
            expect(parent, 10);
        }
        fail_allocation(0);
        assert_int_equal(error, E_OK);
        assert_true(n > 3); /* a record for each area, at least */
        write_all(parent, 20);
        expect(child, 10);
        family_done(&f);
    }
}

static void test_break_out_of_memory_changes_nothing(void **state)
{
    (void)state;
    for (int large = 0; large < 2; large++) {
        struct family f;
        unsigned n = 0;
        family_init(&f, PAGING_SV39, PAGES);
        struct address_space *parent = &f.members[0];
        map_zeroes(parent, 512, 512, large);
        poke(parent, 600, 60);
        struct address_space *child = family_clone(&f, parent, CLONE_COW);
        for (;;) {
            fail_allocation(++n);
            const enum error error = touch(child, 600, PTE_W);
            if (!allocation_has_failed())
                break;
            assert_int_equal(error, E_NOMEM);
            assert_int_equal(leaf_of(child, 600).v & PTE_W, 0);
            assert_int_equal(peek(child, 600), 60);
            family_check(&f);
        }
        fail_allocation(0);
        assert_int_equal(n, large ? 2 + 1 : 1 + 1); /* the split stays, so two tries */
        poke(child, 600, 61);
        assert_int_equal(peek(parent, 600), 60);
        family_done(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clones_do_not_see_what_the_others_write),
        cmocka_unit_test(test_cow_copies_just_the_page_that_is_written),
        cmocka_unit_test(test_last_sharer_writes_in_place),
        cmocka_unit_test(test_translate_for_writing_waits_for_the_copy),
        cmocka_unit_test(test_copy_is_told_to_who_listens),
        cmocka_unit_test(test_copied_page_is_let_go_after_the_flush),
        cmocka_unit_test(test_clone_flushes_what_the_parent_may_no_longer_write),
        cmocka_unit_test(test_write_to_a_shared_larger_page_copies_one_small_page),
        cmocka_unit_test(test_copy_of_a_larger_page_is_small_ones),
        cmocka_unit_test(test_pages_of_an_owner_stay_what_they_are_in_clones),
        cmocka_unit_test(test_pages_copied_in_advance_are_let_go),
        cmocka_unit_test(test_clone_out_of_memory_leaves_contents_and_counts),
        cmocka_unit_test(test_break_out_of_memory_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
