/* test_page_table.c - the walker: what it visits and when, and maps and unmaps that leave nothing
 * behind.
 */
#include "managers.h"

#include <stdio.h>
#include <string.h>

enum { RW = PTE_V | PTE_R | PTE_W, MACHINE_PAGES = 2048 };

/* A table without an address space above it. */
struct bare {
    struct machine machine;
    struct test_manager manager;
    struct page_table table;
};

static void bare_init(struct bare *bare, enum paging_mode mode)
{
    machine_init(&bare->machine, MACHINE_PAGES);
    test_manager_init(&bare->manager, &bare->machine);
    bare->table = (struct page_table){&bare->manager.manager, mode};
    assert_int_equal(bare->manager.manager.operations->new_root(&bare->manager.manager), E_OK);
}

static void bare_done(struct bare *bare)
{
    bare->manager.manager.operations->drop_root(&bare->manager.manager);
    assert_int_equal(bare->manager.pages_out, 0);
    machine_done(&bare->machine);
}

static pte_t entry_at(const struct bare *bare, uint64_t vpn)
{
    unsigned level;

    return *page_table_find(&bare->table, (vpn_t){vpn}, &level);
}

static void map_good(struct bare *bare, uint64_t start, uint64_t pages, uint64_t ppn,
                     unsigned level)
{
    assert_int_equal(page_table_map(&bare->table, range_of(start, pages), (ppn_t){ppn}, RW, level),
                     E_OK);
}

/* --- a visitor that writes down where it was -------------------------------------------------- */

struct diary {
    char text[512];
    enum walk_step meet, block; /* what it answers */
    bool arrive;
};

__attribute__((format(printf, 2, 3))) static void note(struct diary *diary, const char *format, ...)
{
    const size_t length = strlen(diary->text);
    va_list list;

    va_start(list, format);
    vsnprintf(diary->text + length, sizeof diary->text - length, format, list);
    va_end(list);
}

static bool diary_arrive(void *self, const struct const_entry_run *run)
{
    struct diary *diary = self;

    note(diary, "a%u:%lx+%zu ", run->level, (unsigned long)run->vpn.v, run->count);
    return diary->arrive;
}

static enum walk_step diary_meet(void *self, const pte_t *entry, vpn_t vpn, unsigned level)
{
    struct diary *diary = self;

    assert_true(pte_is_table(*entry));
    note(diary, "m%u:%lx ", level, (unsigned long)vpn.v);
    return diary->meet;
}

static enum walk_step diary_block(void *self, const pte_t *entry, vpn_t vpn, unsigned level)
{
    struct diary *diary = self;

    assert_false(pte_is_table(*entry));
    note(diary, "b%u:%lx ", level, (unsigned long)vpn.v);
    return diary->block;
}

static void diary_leave(void *self, const pte_t *entry, vpn_t vpn, unsigned level)
{
    assert_true(pte_is_table(*entry));
    note(self, "l%u:%lx ", level, (unsigned long)vpn.v);
}

static bool edit_arrive(void *self, const struct entry_run *run)
{
    const struct const_entry_run seen = {run->entry, run->count, run->vpn, run->level};

    return diary_arrive(self, &seen);
}
static enum walk_step edit_meet(void *self, pte_t *entry, vpn_t vpn, unsigned level)
{
    return diary_meet(self, entry, vpn, level);
}
static enum walk_step edit_block(void *self, pte_t *entry, vpn_t vpn, unsigned level)
{
    return diary_block(self, entry, vpn, level);
}
static void edit_leave(void *self, pte_t *entry, vpn_t vpn, unsigned level)
{
    diary_leave(self, entry, vpn, level);
}

static const struct page_table_visitor visitor = {diary_arrive, diary_meet, diary_block,
                                                  diary_leave};
static const struct page_table_editor editor = {edit_arrive, edit_meet, edit_block, edit_leave};

/* Both kinds of walk must write the same diary. */
static void assert_walk(const struct bare *bare, struct page_range range, unsigned level,
                        struct diary answers, bool finished, const char *expected)
{
    struct diary look = answers, edit = answers;

    assert_int_equal(page_table_visit(&bare->table, range, level, &visitor, &look), finished);
    assert_int_equal(page_table_edit(&bare->table, range, level, &editor, &edit), finished);
    assert_string_equal(look.text, expected);
    assert_string_equal(edit.text, expected);
}

static const struct diary go_on = {.meet = WALK_ENTER, .block = WALK_SKIP, .arrive = true};

/* --- the geometry ----------------------------------------------------------------------------- */

static void test_page_table_halves_are_2_to_26_35_44_pages(void **state)
{
    (void)state;
    assert_int_equal(mode_user_pages(PAGING_SV39), 1ull << 26);
    assert_int_equal(mode_user_pages(PAGING_SV48), 1ull << 35);
    assert_int_equal(mode_user_pages(PAGING_SV57), 1ull << 44);
    assert_int_equal(level_pages(0), 1);
    assert_int_equal(level_pages(2), 1 << 18);
    assert_int_equal(vpn_index((vpn_t){0x3ffffff}, 2), 255);
    assert_int_equal(vpn_index((vpn_t){0x40200}, 1), 1);
}

/* --- walks ------------------------------------------------------------------------------------ */

static void test_page_table_walk_hands_over_runs(void **state)
{
    struct bare bare;

    (void)state;
    bare_init(&bare, PAGING_SV39);
    map_good(&bare, 0x1f0, 0x220, 0x100, 0); /* three last-level tables */
    assert_walk(&bare, range_of(0x1f0, 0x220), 0, go_on, true,
                "m2:1f0 m1:1f0 a0:1f0+16 l1:1ff m1:200 a0:200+512 l1:3ff m1:400 a0:400+16 l1:40f "
                "l2:40f ");
    page_table_unmap(&bare.table, range_of(0x1f0, 0x220), 0);
    bare_done(&bare);
}

static void test_page_table_walk_skips_what_is_not_there(void **state)
{
    struct bare bare;

    (void)state;
    bare_init(&bare, PAGING_SV39);
    assert_walk(&bare, range_of(5, 3), 0, go_on, true, "b2:5 ");
    map_good(&bare, 0x40000 - 1, 2, 0x100, 0); /* either side of a root entry's end */
    assert_walk(&bare, range_of(0x40000 - 0x201, 0x402), 0, go_on, true,
                "m2:3fdff b1:3fdff m1:3fe00 a0:3fe00+512 l1:3ffff l2:3ffff "
                "m2:40000 m1:40000 a0:40000+512 l1:401ff b1:40200 l2:40200 ");
    page_table_unmap(&bare.table, range_of(0x40000 - 1, 2), 0);
    bare_done(&bare);
}

static void test_page_table_walk_stops_or_skips_as_told(void **state)
{
    const struct page_range range = {{0x1ff}, 2};
    struct diary answers = go_on;
    struct bare bare;

    (void)state;
    bare_init(&bare, PAGING_SV39);
    map_good(&bare, 0x1ff, 2, 0x100, 0);
    answers.arrive = false;
    assert_walk(&bare, range, 0, answers, false, "m2:1ff m1:1ff a0:1ff+1 ");
    answers = go_on;
    answers.meet = WALK_STOP;
    assert_walk(&bare, range, 0, answers, false, "m2:1ff ");
    answers.meet = WALK_SKIP;
    assert_walk(&bare, range, 0, answers, true, "m2:1ff ");
    answers = go_on;
    answers.block = WALK_STOP;
    assert_walk(&bare, range_of(0x1ff, 0x400), 0, answers, false,
                "m2:1ff m1:1ff a0:1ff+1 l1:1ff m1:200 a0:200+512 l1:3ff b1:400 ");
    page_table_unmap(&bare.table, range, 0);
    bare_done(&bare);
}

static void test_page_table_walk_ends_at_the_level_asked_for(void **state)
{
    struct bare bare;

    (void)state;
    bare_init(&bare, PAGING_SV48);
    map_good(&bare, 0x200, 0x400, 0x40000, 1); /* two larger pages */
    assert_walk(&bare, range_of(0, 0x800), 1, go_on, true, "m3:0 m2:0 a1:0+4 l2:7ff l3:7ff ");
    assert_walk(&bare, range_of(0x210, 0x10), 0, go_on, true,
                "m3:210 m2:210 b1:210 l2:21f l3:21f ");
    assert_walk(&bare, range_of(0, 1ull << 27), 3, go_on, true, "a3:0+1 ");
    page_table_unmap(&bare.table, range_of(0x200, 0x400), 1);
    bare_done(&bare);
}

static void test_page_table_walk_reaches_the_upper_half(void **state)
{
    struct bare bare;

    (void)state;
    FOR_EACH_MODE(mode)
    {
        const uint64_t top = 1ull << (64 - PAGE_BITS); /* page number behind the last address */
        unsigned level;
        bare_init(&bare, mode);
        map_good(&bare, top - 2, 2, 0x100, 0);
        assert_int_equal(entry_at(&bare, top - 1).v, pte_make((ppn_t){0x101}, RW).v);
        assert_int_equal(entry_at(&bare, mode_user_pages(mode) - 1).v, 0);
        const pte_t *root = page_table_find(&bare.table, (vpn_t){0}, &level);
        assert_int_equal(level, mode);
        assert_true(pte_is_table(root[511]));
        page_table_unmap(&bare.table, range_of(top - 2, 2), 0);
        bare_done(&bare);
    }
}

static void test_page_table_walk_asks_for_each_table_once(void **state)
{
    struct bare bare;

    (void)state;
    bare_init(&bare, PAGING_SV57);
    bare.manager.p_to_v_calls = 0;
    map_good(&bare, 0, 1024, 0x100, 0);
    assert_int_equal(bare.manager.p_to_v_calls, 5); /* levels 3, 2, 1 and two of level 0 */
    page_table_unmap(&bare.table, range_of(0, 1024), 0);
    bare_done(&bare);
}

static void test_page_table_walk_panics_on_a_range_that_breaks_its_contract(void **state)
{
    struct diary answers = go_on;
    struct bare bare;

    (void)state;
    bare_init(&bare, PAGING_SV39);
    expect_assert_failure(page_table_visit(&bare.table, range_of(0, 0), 0, &visitor, &answers));
    expect_assert_failure(page_table_visit(&bare.table, range_of(1, 512), 1, &visitor, &answers));
    expect_assert_failure(page_table_visit(&bare.table, range_of(0, 511), 1, &visitor, &answers));
    expect_assert_failure(page_table_visit(&bare.table, range_of(0, 512), 3, &visitor, &answers));
    answers.block = WALK_ENTER; /* promises a table and builds none */
    expect_assert_failure(page_table_visit(&bare.table, range_of(0, 1), 0, &visitor, &answers));
    bare_done(&bare);
}

static void test_page_table_find_gives_leaf_or_the_empty_entry_in_the_way(void **state)
{
    struct bare bare;
    unsigned level = 9;

    (void)state;
    bare_init(&bare, PAGING_SV39);
    map_good(&bare, 3, 1, 0x100, 0);
    map_good(&bare, 0x400, 0x200, 0x400, 1);
    map_good(&bare, 0x40000, 0x40000, 0x80000, 2);
    assert_int_equal(page_table_find(&bare.table, (vpn_t){3}, &level)->v >> 10, 0x100);
    assert_int_equal(level, 0);
    assert_int_equal(page_table_find(&bare.table, (vpn_t){4}, &level)->v, 0);
    assert_int_equal(level, 0);
    assert_int_equal(page_table_find(&bare.table, (vpn_t){0x5ff}, &level)->v >> 10, 0x400);
    assert_int_equal(level, 1);
    assert_int_equal(page_table_find(&bare.table, (vpn_t){0x600}, &level)->v, 0);
    assert_int_equal(level, 1);
    assert_int_equal(page_table_find(&bare.table, (vpn_t){0x7ffff}, &level)->v >> 10, 0x80000);
    assert_int_equal(level, 2);
    page_table_unmap(&bare.table, range_of(3, 1), 0);
    page_table_unmap(&bare.table, range_of(0x400, 0x200), 1);
    page_table_unmap(&bare.table, range_of(0x40000, 0x40000), 2);
    bare_done(&bare);
}

/* --- map and unmap ---------------------------------------------------------------------------- */

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
            map_good(&bare, start, count * step, 7 * step, level);
            for (uint64_t i = 0; i < count; i++)
                assert_int_equal(entry_at(&bare, start + i * step).v,
                                 pte_make((ppn_t){(7 + i) * step}, RW).v);
            assert_int_equal(entry_at(&bare, start + count * step).v, 0);
            page_table_unmap(&bare.table, range_of(start, count * step), level);
            assert_int_equal(entry_at(&bare, start).v, 0);
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
            map_good(&bare, taken[i], 1, 0x999, 0);
            const uint64_t pages = bare.manager.pages_out;
            assert_int_equal(
                page_table_map(&bare.table, range_of(0x1f0, 0x220), (ppn_t){0x100}, RW, 0),
                E_EXIST);
            assert_int_equal(bare.manager.pages_out, pages);
            for (uint64_t vpn = 0x1f0; vpn < 0x410; vpn++)
                assert_int_equal(entry_at(&bare, vpn).v,
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
    map_good(&bare, 0x200, 0x200, 0x400, 1);
    map_good(&bare, 0x600, 1, 0x100, 0);
    const uint64_t pages = bare.manager.pages_out;
    assert_int_equal(page_table_map(&bare.table, range_of(0x1ff, 2), (ppn_t){1}, RW, 0), E_EXIST);
    assert_int_equal(page_table_map(&bare.table, range_of(0x400, 0x400), (ppn_t){0}, RW, 1),
                     E_EXIST);
    assert_int_equal(bare.manager.pages_out, pages);
    assert_int_equal(entry_at(&bare, 0x1ff).v, 0);
    assert_int_equal(entry_at(&bare, 0x400).v, 0);
    assert_int_equal(pte_ppn(entry_at(&bare, 0x600)).v, 0x100);
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
        map_good(&bare, 0x300, 1, 0x999, 0); /* a neighbour, in the second of the tables */
        page_table_unmap(&bare.table, range_of(0x300, 1), 0);
        for (unsigned n = 1; n <= mode + 1u; n++) {
            fail_allocation(n);
            assert_int_equal(page_table_map(&bare.table, range_of(0x1ff, 2), (ppn_t){1}, RW, 0),
                             E_NOMEM);
            assert_true(allocation_has_failed());
            assert_int_equal(bare.manager.pages_out, 1);
            assert_int_equal(entry_at(&bare, 0x1ff).v, 0);
        }
        fail_allocation(mode + 2u);
        map_good(&bare, 0x1ff, 2, 1, 0);
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
    map_good(&bare, 0x1fe, 1, 0x999, 0);
    fail_allocation(1); /* the second last-level table */
    assert_int_equal(page_table_map(&bare.table, range_of(0x1ff, 2), (ppn_t){1}, RW, 0), E_NOMEM);
    assert_int_equal(bare.manager.pages_out, 3);
    assert_int_equal(pte_ppn(entry_at(&bare, 0x1fe)).v, 0x999);
    assert_int_equal(entry_at(&bare, 0x1ff).v, 0);
    page_table_unmap(&bare.table, range_of(0x1fe, 1), 0);
    bare_done(&bare);
}

static void test_page_table_map_enters_only_owned_tables(void **state)
{
    struct bare bare;

    (void)state;
    bare_init(&bare, PAGING_SV39);
    map_good(&bare, 5, 1, 0x999, 0);
    const uint64_t free_pages = bare.machine.buddy.free_pages;
    bare.manager.owns_nothing = true;
    assert_int_equal(page_table_map(&bare.table, range_of(6, 1), (ppn_t){1}, RW, 0), E_EXIST);
    page_table_unmap(&bare.table, range_of(5, 1), 0); /* goes by */
    assert_int_equal(pte_ppn(entry_at(&bare, 5)).v, 0x999);
    assert_int_equal(bare.machine.buddy.free_pages, free_pages);
    /* A table that it builds is of no use either: offered back at once. */
    assert_int_equal(page_table_map(&bare.table, range_of(0x40000, 1), (ppn_t){1}, RW, 0), E_NOMEM);
    assert_int_equal(entry_at(&bare, 0x40000).v, 0);
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
        map_good(&bare, 0x1ff, 0x202, 0x100, 0);
        assert_int_equal(bare.manager.pages_out, 1 + (mode - 1) + 3);
        page_table_unmap(&bare.table, range_of(0x200, 0x200), 0); /* all of the middle table */
        assert_int_equal(bare.manager.pages_out, 1 + (mode - 1) + 2);
        assert_int_equal(pte_ppn(entry_at(&bare, 0x1ff)).v, 0x100);
        assert_int_equal(pte_ppn(entry_at(&bare, 0x400)).v, 0x301);
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
    map_good(&bare, 0x200, 0x200, 0x400, 1);
    map_good(&bare, 0x400, 1, 0x100, 0);
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
    map_good(&bare, 0x1ff, 0x202, 0x100, 0);
    const uint64_t pages = bare.manager.pages_out;
    const pte_t *last = page_table_find(&bare.table, (vpn_t){0x400}, &(unsigned){0});
    page_table_detach(&bare.table, range_of(0x1ff, 0x202), 0, &dead);
    assert_int_equal(bare.manager.pages_out, pages);
    assert_int_equal(entry_at(&bare, 0x1ff).v, 0);
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
    map_good(&bare, 0, 1, 0x100, 0);
    page_table_detach(&bare.table, range_of(0, 1), 0, &dead);
    bare.manager.owns_nothing = true;
    expect_assert_failure(page_table_free_chain(&bare.table, &dead));
    machine_discard(&bare.machine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page_table_halves_are_2_to_26_35_44_pages),
        cmocka_unit_test(test_page_table_walk_hands_over_runs),
        cmocka_unit_test(test_page_table_walk_skips_what_is_not_there),
        cmocka_unit_test(test_page_table_walk_stops_or_skips_as_told),
        cmocka_unit_test(test_page_table_walk_ends_at_the_level_asked_for),
        cmocka_unit_test(test_page_table_walk_reaches_the_upper_half),
        cmocka_unit_test(test_page_table_walk_asks_for_each_table_once),
        cmocka_unit_test(test_page_table_walk_panics_on_a_range_that_breaks_its_contract),
        cmocka_unit_test(test_page_table_find_gives_leaf_or_the_empty_entry_in_the_way),
        cmocka_unit_test(test_page_table_map_writes_consecutive_leaves),
        cmocka_unit_test(test_page_table_map_refuses_what_is_in_use),
        cmocka_unit_test(test_page_table_map_refuses_larger_pages_and_tables_in_the_way),
        cmocka_unit_test(test_page_table_map_out_of_memory_at_each_depth_leaves_nothing),
        cmocka_unit_test(test_page_table_map_keeps_a_neighbours_tables_when_it_fails),
        cmocka_unit_test(test_page_table_map_enters_only_owned_tables),
        cmocka_unit_test(test_page_table_map_panics_on_flags_or_pages_that_are_no_leaf),
        cmocka_unit_test(test_page_table_unmap_frees_just_the_tables_that_become_empty),
        cmocka_unit_test(test_page_table_unmap_panics_on_pages_of_another_size),
        cmocka_unit_test(test_page_table_detach_keeps_tables_until_the_chain_is_freed),
        cmocka_unit_test(test_page_table_free_chain_panics_if_a_table_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
