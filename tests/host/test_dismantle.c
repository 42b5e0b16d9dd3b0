/* test_dismantle.c - the end of a space, at once or in pieces: all of it goes, no more than asked
 * for at a time, and nothing of the others. */
#include "family.h"

enum { PAGES = 8192, LARGE = 512 };

/* Areas of each kind, with larger pages, over several tables. */
static void fill(struct family *f, struct address_space *space)
{
    assert_int_equal(address_space_map(space, range_of(0x1ff, 0x400), "hello", 5, 0, URW), E_OK);
    map_zeroes(space, 0x40000, 3 * LARGE, true);
    poke(space, 0x40000, 1);
    poke(space, 0x40000 + LARGE, 2);
    map_owned_by(f, space, range_of(0x80000, 8), 0, true);
    map_owned_by(f, space, range_of(0xc0000, 8), 8, false);
    for (uint64_t i = 0; i < 8; i++) {
        poke(space, 0x80000 + i, i);
        assert_int_equal(peek(space, 0xc0000 + i), 0x38 + i);
    }
    poke(space, 0xc0001, 3);
    assert_int_equal(address_space_map_extern(space, range_of(0x100000, 4), f->owner.first, URW),
                     E_OK);
    assert_int_equal(address_space_map_shared(space, range_of(0x110000, 4), f->owner.first, URW,
                                              &f->owner.owner),
                     E_OK);
}

/* What an ending space names still counts. */
static void check_ending(const struct family *f, const struct address_space *ending)
{
    struct frame_counts counts;

    frame_counts_start(&counts, &f->machine);
    frame_counts_add_pages(&counts, f->owner.first, OWNER_PAGES);
    for (int i = 0; i < FAMILY; i++)
        if (f->members[i].table.root) {
            if (&f->members[i] != ending)
                assert_sound(&f->members[i]);
            frame_counts_add_space(&counts, &f->members[i]);
        }
    frame_counts_finish(&counts);
}

static void test_dismantle_in_pieces_gives_back_everything(void **state)
{
    static const uint64_t pieces[] = {1, 7, 100, 513, 5000};

    (void)state;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct family f;
        unsigned calls = 1;
        family_init(&f, PAGING_SV48, PAGES);
        struct address_space *space = family_add(&f);
        const uint64_t free_pages = f.machine.buddy.free_pages;
        fill(&f, space);
        while (!address_space_dismantle(space, pieces[i])) {
            check_ending(&f, space);
            calls++;
            assert_true(calls < 200); /* it gets on */
        }
        assert_true(calls > 4 || pieces[i] > 7); /* there were that many tables and pages */
        assert_int_equal(f.machine.buddy.free_pages, free_pages);
        assert_int_equal(f.owner.areas, 0);
        assert_int_equal(space->areas.count, 0);
        assert_true(address_space_dismantle(space, 1));
        family_done(&f);
    }
}

/* A piece is a table's leaves at most, or one larger page. */
static void test_dismantle_does_not_do_much_more_than_asked(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = family_add(&f);
    fill(&f, space);
    uint64_t before = f.machine.buddy.free_pages;
    while (!address_space_dismantle(space, 10)) {
        assert_in_range(f.machine.buddy.free_pages - before, 0, 10 + 2 * (LARGE + 1));
        before = f.machine.buddy.free_pages;
    }
    family_done(&f);
}

static void test_dismantle_of_nothing_asked_for_does_nothing(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    map_zeroes(space, 0, 4, false);
    assert_false(address_space_dismantle(space, 0)); /* a record, and no table */
    poke(space, 1, 1);
    const uint64_t free_pages = f.machine.buddy.free_pages;
    assert_false(address_space_dismantle(space, 0));
    assert_int_equal(f.machine.buddy.free_pages, free_pages);
    family_done(&f);
}

static void test_destroy_ends_what_dismantle_began(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = family_add(&f);
    const uint64_t free_pages = f.machine.buddy.free_pages;
    fill(&f, space);
    assert_false(address_space_dismantle(space, 300));
    family_remove(&f, space);
    assert_int_equal(f.machine.buddy.free_pages, free_pages + 1); /* the root */
    family_done(&f);
}

static void test_dismantle_leaves_what_clones_hold(void **state)
{
    (void)state;
    for (int policy = CLONE_COPY; policy <= CLONE_SHARE; policy++)
        for (int ended = 0; ended < 2; ended++) {
            struct address_space *space[2];
            struct family f;
            family_init(&f, PAGING_SV39, PAGES);
            space[0] = family_add(&f);
            fill(&f, space[0]);
            assert_int_equal(address_space_unmap(space[0], range_of(0x100000, 4)), E_OK);
            space[1] = family_clone(&f, space[0], policy);
            poke(space[1], 0x200, 9);
            while (!address_space_dismantle(space[ended], 50))
                check_ending(&f, space[ended]);
            family_remove(&f, space[ended]);
            struct address_space *left = space[!ended];
            assert_int_equal(peek(left, 0x1ff), 'h');
            assert_int_equal(peek(left, 0x200), ended ? 0 : 9);
            assert_int_equal(peek(left, 0x40000), 1);
            assert_int_equal(peek(left, 0x40000 + LARGE), 2);
            assert_int_equal(peek(left, 0x80005), 5);
            assert_int_equal(peek(left, 0xc0001), 3);
            family_done(&f);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dismantle_in_pieces_gives_back_everything),
        cmocka_unit_test(test_dismantle_does_not_do_much_more_than_asked),
        cmocka_unit_test(test_dismantle_of_nothing_asked_for_does_nothing),
        cmocka_unit_test(test_destroy_ends_what_dismantle_began),
        cmocka_unit_test(test_dismantle_leaves_what_clones_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
