/* test_gather.c - the order that other harts rely on: entries are cleared, then one flush, and only
 * then are pages and tables given back. */
#include "family.h"

#include "vm/gather.h"

enum { PAGES = 4096 };

/* What stood when the flush was called. */
static struct {
    struct family *family;
    unsigned calls;
    struct page_range range[8];
    enum flush_kind kind[8];
    uint64_t free_pages[8];
    unsigned mapped; /* leaves of the range, all calls together */
} seen;

static void flush(struct address_space *space, struct page_range range, enum flush_kind kind)
{
    assert_true(seen.calls < 8);
    seen.range[seen.calls] = range;
    seen.kind[seen.calls] = kind;
    seen.free_pages[seen.calls] = seen.family->machine.buddy.free_pages;
    for (uint64_t i = 0; i < range.pages; i++)
        seen.mapped += leaf_of(space, range.start.v + i).v != 0;
    seen.calls++;
}

static void watch(struct family *family)
{
    seen.calls = seen.mapped = 0;
    seen.family = family;
    family->members[0].flush = flush;
}

static void test_unmap_clears_then_flushes_then_frees(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    map_zeroes(space, 100, 8, false);
    map_zeroes(space, 0x1000, 1, false);   /* keeps the root's entry */
    for (uint64_t vpn = 106; vpn-- > 101;) /* downwards: one at a time */
        poke(space, vpn, 1);
    poke(space, 0x1000, 1);
    const uint64_t free_pages = f.machine.buddy.free_pages;
    watch(&f);
    assert_int_equal(address_space_unmap(space, range_of(90, 50)), E_OK);
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.mapped, 0);
    assert_int_equal(seen.free_pages[0], free_pages);
    assert_int_equal(seen.kind[0], FLUSH_TABLES);
    assert_int_equal(seen.range[0].start.v, 101); /* the pages that were there, no others */
    assert_int_equal(seen.range[0].pages, 5);
    assert_int_equal(f.machine.buddy.free_pages, free_pages + 6);
    family_done(&f);
}

static void test_flush_is_for_tables_only_if_one_goes(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    map_zeroes(space, 100, 8, false);
    poke(space, 102, 1);
    poke(space, 101, 1);
    watch(&f);
    assert_int_equal(address_space_unmap(space, range_of(101, 1)), E_OK);
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.kind[0], FLUSH_WEAKER);
    assert_int_equal(address_space_unmap(space, range_of(103, 2)), E_OK); /* nobody was there */
    assert_int_equal(seen.calls, 1);
    assert_int_equal(address_space_unmap(space, range_of(102, 1)), E_OK);
    assert_int_equal(seen.calls, 2);
    assert_int_equal(seen.kind[1], FLUSH_TABLES);
    family_done(&f);
}

static void test_callers_pages_are_flushed_too(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    assert_int_equal(address_space_map_extern(space, range_of(5, 3), f.owner.first, URW), E_OK);
    watch(&f);
    assert_int_equal(address_space_unmap(space, range_of(5, 1)), E_OK);
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.range[0].start.v, 5);
    assert_int_equal(seen.range[0].pages, 1);
    family_done(&f);
}

/* More runs than fit: it flushes what it has, gives that back, and goes on. */
static void test_gather_flushes_before_each_time_it_frees(void **state)
{
    enum { RUNS = GATHER_RUNS + GATHER_RUNS / 2 };
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    map_zeroes(space, 0, 4 * RUNS, false);
    for (uint64_t i = RUNS; i-- > 0;) /* downwards: no page follows the one before it in memory */
        poke(space, 4 * i, 1);
    const uint64_t free_pages = f.machine.buddy.free_pages;
    watch(&f);
    assert_int_equal(address_space_unmap(space, range_of(0, 4 * RUNS)), E_OK);
    assert_int_equal(seen.calls, 2);
    assert_int_equal(seen.mapped, 0);
    assert_int_equal(seen.free_pages[0], free_pages);
    assert_int_equal(seen.range[0].pages, 4 * (GATHER_RUNS - 1) + 1);
    assert_int_equal(seen.range[1].start.v, 4 * GATHER_RUNS);
    assert_int_equal(seen.free_pages[1], free_pages + GATHER_RUNS);
    assert_int_equal(f.machine.buddy.free_pages, free_pages + RUNS + 2);
    family_done(&f);
}

static void test_neighbouring_pages_are_one_run(void **state)
{
    struct family f;

    (void)state;
    family_init(&f, PAGING_SV39, PAGES);
    struct address_space *space = &f.members[0];
    assert_int_equal(address_space_map(space, range_of(0, 4 * GATHER_RUNS), NULL, 0, 0, URW), E_OK);
    watch(&f);
    assert_int_equal(address_space_unmap(space, range_of(1, 4 * GATHER_RUNS - 2)), E_OK);
    assert_int_equal(seen.calls, 1);
    family_done(&f);
}

/* Pages that others hold are let go, not freed; and what is in a table that others hold is not even
 * looked at. */
static void test_pages_and_tables_of_others_stay(void **state)
{
    (void)state;
    for (int policy = CLONE_COW; policy <= CLONE_SHARE; policy++) {
        struct family f;
        family_init(&f, PAGING_SV39, PAGES);
        struct address_space *space = &f.members[0];
        map_zeroes(space, 0, 8, false);
        for (uint64_t vpn = 0; vpn < 8; vpn++)
            poke(space, vpn, vpn);
        struct address_space *child = family_clone(&f, space, policy);
        const uint64_t free_pages = f.machine.buddy.free_pages;
        watch(&f);
        assert_int_equal(address_space_unmap(space, range_of(0, 512 * 512)), E_OK);
        assert_int_equal(seen.calls, policy == CLONE_COW); /* no hart knew the shared ones */
        assert_int_equal(f.machine.buddy.free_pages, free_pages + (policy == CLONE_COW ? 2 : 0));
        family_check(&f);
        for (uint64_t vpn = 0; vpn < 8; vpn++)
            assert_int_equal(peek(child, vpn), vpn);
        family_done(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unmap_clears_then_flushes_then_frees),
        cmocka_unit_test(test_flush_is_for_tables_only_if_one_goes),
        cmocka_unit_test(test_callers_pages_are_flushed_too),
        cmocka_unit_test(test_gather_flushes_before_each_time_it_frees),
        cmocka_unit_test(test_neighbouring_pages_are_one_run),
        cmocka_unit_test(test_pages_and_tables_of_others_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
