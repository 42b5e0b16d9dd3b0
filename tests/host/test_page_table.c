/* test_page_table.c - the walker: what it visits, in which order, and what stops it. */
#include "managers.h"

#include <stdio.h>
#include <string.h>

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
                        struct diary answers, const char *expected)
{
    struct diary look = answers, edit = answers;
    const bool finished = answers.arrive && answers.meet != WALK_STOP && answers.block != WALK_STOP;

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
    bare_map(&bare, 0x1f0, 0x220, 0x100, 0); /* three last-level tables */
    assert_walk(&bare, range_of(0x1f0, 0x220), 0, go_on,
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
    assert_walk(&bare, range_of(5, 3), 0, go_on, "b2:5 ");
    bare_map(&bare, 0x40000 - 1, 2, 0x100, 0); /* either side of a root entry's end */
    assert_walk(&bare, range_of(0x40000 - 0x201, 0x402), 0, go_on,
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
    bare_map(&bare, 0x1ff, 2, 0x100, 0);
    answers.arrive = false;
    assert_walk(&bare, range, 0, answers, "m2:1ff m1:1ff a0:1ff+1 ");
    answers = go_on;
    answers.meet = WALK_STOP;
    assert_walk(&bare, range, 0, answers, "m2:1ff ");
    answers.meet = WALK_SKIP;
    assert_walk(&bare, range, 0, answers, "m2:1ff ");
    answers = go_on;
    answers.block = WALK_STOP;
    assert_walk(&bare, range_of(0x1ff, 0x400), 0, answers,
                "m2:1ff m1:1ff a0:1ff+1 l1:1ff m1:200 a0:200+512 l1:3ff b1:400 ");
    page_table_unmap(&bare.table, range, 0);
    bare_done(&bare);
}

static void test_page_table_walk_ends_at_the_level_asked_for(void **state)
{
    struct bare bare;

    (void)state;
    bare_init(&bare, PAGING_SV48);
    bare_map(&bare, 0x200, 0x400, 0x40000, 1); /* two larger pages */
    assert_walk(&bare, range_of(0, 0x800), 1, go_on, "m3:0 m2:0 a1:0+4 l2:7ff l3:7ff ");
    assert_walk(&bare, range_of(0x210, 0x10), 0, go_on, "m3:210 m2:210 b1:210 l2:21f l3:21f ");
    assert_walk(&bare, range_of(0, 1ull << 27), 3, go_on, "a3:0+1 ");
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
        bare_map(&bare, top - 2, 2, 0x100, 0);
        assert_int_equal(bare_entry(&bare, top - 1).v,
                         pte_make((ppn_t){0x101}, PTE_V | PTE_R | PTE_W).v);
        assert_int_equal(bare_entry(&bare, mode_user_pages(mode) - 1).v, 0);
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
    bare_map(&bare, 0, 1024, 0x100, 0);
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
    bare_map(&bare, 3, 1, 0x100, 0);
    bare_map(&bare, 0x400, 0x200, 0x400, 1);
    bare_map(&bare, 0x40000, 0x40000, 0x80000, 2);
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
