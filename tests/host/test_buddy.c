/* test_buddy.c - the page allocator: no overlap, alignment, coalescing, exhaustion, wrong frees. */
#include "managers.h"

#include <stdlib.h>
#include <string.h>

enum { PAGES = 4096 };

static const ppn_t base = {0x80000};

struct world {
    struct buddy buddy;
    struct frame frames[PAGES];
};

static struct world *world_new(ppn_t first)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    buddy_init(&world->buddy, first, PAGES, world->frames);
    return world;
}

static struct world *world_full(ppn_t first)
{
    struct world *world = world_new(first);

    assert_int_equal(buddy_add(&world->buddy, first, PAGES), E_OK);
    assert_true(buddy_check(&world->buddy));
    return world;
}

static void test_buddy_starts_with_every_page_reserved(void **state)
{
    struct world *world = world_new(base);
    ppn_t page;

    (void)state;
    assert_int_equal(buddy_allocate(&world->buddy, 1, &page), E_NOMEM);
    assert_int_equal(buddy_free(&world->buddy, base, 1), E_INVAL);
    assert_int_equal(world->buddy.managed_pages, 0);
    assert_true(buddy_check(&world->buddy));
    free(world);
}

static void test_buddy_add_refuses_what_is_not_reserved(void **state)
{
    struct world *world = world_new(base);
    struct buddy *buddy = &world->buddy;

    (void)state;
    assert_int_equal(buddy_add(buddy, base, 0), E_INVAL);
    assert_int_equal(buddy_add(buddy, base, PAGES + 1), E_INVAL);
    assert_int_equal(buddy_add(buddy, (ppn_t){base.v - 1}, 1), E_INVAL);
    assert_int_equal(buddy_add(buddy, ppn_add(base, PAGES), 1), E_INVAL);
    assert_int_equal(buddy_add(buddy, ppn_add(base, 1), UINT64_MAX), E_INVAL);
    assert_int_equal(buddy->free_pages, 0);
    assert_int_equal(buddy_add(buddy, ppn_add(base, 3), 10), E_OK);
    assert_int_equal(buddy_add(buddy, base, 4), E_INVAL); /* the last of them is free already */
    assert_int_equal(buddy->free_pages, 10);
    assert_int_equal(buddy->managed_pages, 10);
    assert_true(buddy_check(buddy));
    free(world);
}

static void test_buddy_joins_ranges_that_were_added_apart(void **state)
{
    struct world *world = world_new(base);
    struct buddy *buddy = &world->buddy;

    (void)state;
    for (uint64_t i = 0; i < PAGES; i += 2) /* every other page, then the gaps */
        assert_int_equal(buddy_add(buddy, ppn_add(base, i), 1), E_OK);
    assert_int_equal(buddy->free_blocks[0], PAGES / 2);
    for (uint64_t i = 1; i < PAGES; i += 2)
        assert_int_equal(buddy_add(buddy, ppn_add(base, i), 1), E_OK);
    assert_int_equal(buddy->free_blocks[12], 1); /* 4096 = 2^12 */
    assert_true(buddy_check(buddy));
    free(world);
}

static void test_buddy_aligns_to_the_next_power_of_two(void **state)
{
    static const uint64_t firsts[] = {0x80000, 0x80001, 0x80123, 0, 7};

    (void)state;
    for (size_t f = 0; f < sizeof firsts / sizeof *firsts; f++) {
        struct world *world = world_full((ppn_t){firsts[f]});
        for (uint64_t pages = 1; pages <= 700; pages++) {
            uint64_t power = 1;
            ppn_t run;
            while (power < pages)
                power *= 2;
            assert_int_equal(buddy_allocate(&world->buddy, pages, &run), E_OK);
            assert_int_equal(run.v % power, 0);
            assert_true(run.v >= firsts[f] && run.v + pages <= firsts[f] + PAGES);
            assert_int_equal(world->buddy.free_pages, PAGES - pages); /* no tail is kept */
            assert_true(buddy_check(&world->buddy));
            assert_int_equal(buddy_free(&world->buddy, run, pages), E_OK);
            assert_int_equal(world->buddy.free_pages, PAGES);
        }
        free(world);
    }
}

static void test_buddy_refuses_sizes_that_cannot_be(void **state)
{
    struct world *world = world_full(base);
    ppn_t run = {42};

    (void)state;
    assert_int_equal(buddy_allocate(&world->buddy, 0, &run), E_INVAL);
    assert_int_equal(buddy_allocate(&world->buddy, (1ull << BUDDY_ORDER_MAX) + 1, &run), E_INVAL);
    assert_int_equal(buddy_allocate(&world->buddy, UINT64_MAX, &run), E_INVAL);
    assert_int_equal(buddy_allocate(&world->buddy, 1ull << BUDDY_ORDER_MAX, &run), E_NOMEM);
    assert_int_equal(buddy_allocate(&world->buddy, PAGES + 1, &run), E_NOMEM);
    assert_int_equal(run.v, 42); /* written only on success */
    assert_int_equal(buddy_allocate(&world->buddy, PAGES, &run), E_OK);
    assert_int_equal(run.v, base.v);
    free(world);
}

static void test_buddy_never_goes_above_the_largest_order(void **state)
{
    const uint64_t pages = 2ull << BUDDY_ORDER_MAX;
    struct frame *frames = calloc(pages, sizeof *frames);
    struct buddy buddy;
    ppn_t first, second;

    (void)state;
    assert_non_null(frames);
    buddy_init(&buddy, (ppn_t){0}, pages, frames);
    assert_int_equal(buddy_add(&buddy, (ppn_t){0}, pages), E_OK);
    assert_int_equal(buddy.free_blocks[BUDDY_ORDER_MAX], 2);
    assert_true(buddy_check(&buddy));
    assert_int_equal(buddy_allocate(&buddy, pages / 2, &first), E_OK);
    assert_int_equal(buddy_allocate(&buddy, pages / 2, &second), E_OK);
    assert_int_equal(first.v ^ second.v, pages / 2);
    assert_int_equal(buddy_free(&buddy, (ppn_t){0}, pages), E_OK); /* both at once */
    assert_int_equal(buddy.free_blocks[BUDDY_ORDER_MAX], 2);
    assert_true(buddy_check(&buddy));
    free(frames);
}

static void test_buddy_gives_every_page_once_until_exhausted(void **state)
{
    struct world *world = world_full(base);
    bool *given = calloc(PAGES, sizeof *given);
    ppn_t page;

    (void)state;
    assert_non_null(given);
    for (uint64_t i = 0; i < PAGES; i++) {
        assert_int_equal(buddy_allocate(&world->buddy, 1, &page), E_OK);
        assert_true(page.v >= base.v && page.v < base.v + PAGES);
        assert_false(given[page.v - base.v]);
        given[page.v - base.v] = true;
    }
    assert_int_equal(world->buddy.free_pages, 0);
    assert_int_equal(buddy_allocate(&world->buddy, 1, &page), E_NOMEM);
    assert_true(buddy_check(&world->buddy));
    free(given);
    free(world);
}

static void test_buddy_sets_and_clears_the_records(void **state)
{
    struct world *world = world_full(base);
    ppn_t run;

    (void)state;
    assert_int_equal(buddy_allocate(&world->buddy, 3, &run), E_OK);
    for (uint64_t i = 0; i < 3; i++) {
        struct frame *frame = buddy_frame(&world->buddy, ppn_add(run, i));
        assert_int_equal(frame->state, FRAME_USED);
        assert_int_equal(frame->references, 1);
        assert_int_equal(frame->flags, 0);
        frame->flags = 7;
    }
    assert_int_not_equal(buddy_frame(&world->buddy, ppn_add(run, 3))->state, FRAME_USED);
    assert_int_equal(buddy_free(&world->buddy, run, 3), E_OK);
    assert_int_equal(buddy_frame(&world->buddy, run)->references, 0);
    assert_int_equal(buddy_frame(&world->buddy, run)->flags, 0);
    assert_null(buddy_frame(&world->buddy, (ppn_t){base.v - 1}));
    assert_null(buddy_frame(&world->buddy, ppn_add(base, PAGES)));
    free(world);
}

static void test_buddy_catches_double_and_foreign_frees(void **state)
{
    struct world *world = world_full(base);
    struct buddy *buddy = &world->buddy;
    ppn_t run;

    (void)state;
    assert_int_equal(buddy_allocate(buddy, 8, &run), E_OK);
    assert_int_equal(buddy_free(buddy, run, 0), E_INVAL);
    assert_int_equal(buddy_free(buddy, run, 9), E_INVAL); /* the ninth is free */
    assert_int_equal(buddy_free(buddy, ppn_add(base, PAGES), 1), E_INVAL);
    assert_int_equal(buddy_free(buddy, (ppn_t){base.v - 1}, 2), E_INVAL);
    assert_int_equal(buddy_free(buddy, run, UINT64_MAX), E_INVAL);
    assert_int_equal(buddy->free_pages, PAGES - 8); /* nothing changed */
    assert_int_equal(buddy_free(buddy, run, 8), E_OK);
    assert_int_equal(buddy_free(buddy, run, 8), E_INVAL);
    assert_int_equal(buddy_free(buddy, ppn_add(run, 3), 1), E_INVAL);
    assert_int_equal(buddy->free_pages, PAGES);
    assert_true(buddy_check(buddy));
    free(world);
}

static void test_buddy_takes_parts_of_a_run_back(void **state)
{
    struct world *world = world_full(base);
    struct buddy *buddy = &world->buddy;
    ppn_t run;

    (void)state;
    assert_int_equal(buddy_allocate(buddy, 100, &run), E_OK);
    assert_int_equal(buddy_free(buddy, ppn_add(run, 31), 38), E_OK);
    assert_true(buddy_check(buddy));
    assert_int_equal(buddy_free(buddy, run, 31), E_OK);
    assert_int_equal(buddy_free(buddy, run, 31), E_INVAL);
    assert_int_equal(buddy_free(buddy, ppn_add(run, 69), 31), E_OK);
    assert_int_equal(buddy->free_blocks[12], 1); /* one block again */
    assert_true(buddy_check(buddy));
    free(world);
}

/* Random runs: none overlaps, and when all are back there is one block. */
static void test_buddy_coalesces_fully_after_random_work(void **state)
{
    enum { RUNS = 64, ROUNDS = 20000 };
    struct world *world = world_full(base);
    struct {
        ppn_t first;
        uint64_t pages;
    } runs[RUNS] = {0};
    uint8_t *owner = calloc(PAGES, 1);

    (void)state;
    assert_non_null(owner);
    srand(1);
    for (int round = 0; round < ROUNDS; round++) {
        const int i = rand() % RUNS;
        if (runs[i].pages == 0) {
            const uint64_t pages = 1 + rand() % (rand() % 8 ? 20 : 300);
            if (buddy_allocate(&world->buddy, pages, &runs[i].first) != E_OK)
                continue;
            runs[i].pages = pages;
            for (uint64_t k = 0; k < pages; k++) {
                assert_int_equal(owner[runs[i].first.v - base.v + k], 0);
                owner[runs[i].first.v - base.v + k] = 1;
            }
        } else {
            memset(owner + (runs[i].first.v - base.v), 0, runs[i].pages);
            assert_int_equal(buddy_free(&world->buddy, runs[i].first, runs[i].pages), E_OK);
            runs[i].pages = 0;
        }
        if (round % 64 == 0)
            assert_true(buddy_check(&world->buddy));
    }
    for (int i = 0; i < RUNS; i++)
        if (runs[i].pages)
            assert_int_equal(buddy_free(&world->buddy, runs[i].first, runs[i].pages), E_OK);
    assert_int_equal(world->buddy.free_pages, PAGES);
    assert_int_equal(world->buddy.free_blocks[12], 1);
    assert_true(buddy_check(&world->buddy));
    free(owner);
    free(world);
}

/* --- the checker sees each kind of damage ----------------------------------------------------- */

static void damage_order(struct buddy *buddy) { buddy->frames[buddy->free_list[0]].order = 1; }
static void damage_high_order(struct buddy *buddy)
{
    buddy->frames[buddy->free_list[0]].order = BUDDY_ORDER_MAX + 1;
}
static void damage_long_block(struct buddy *buddy)
{
    buddy->frames[0].state = FRAME_FREE; /* claims more pages than there are */
    buddy->frames[0].order = 13;
}
static void damage_tail(struct buddy *buddy)
{
    buddy->frames[buddy->free_list[11] + 1].state = FRAME_USED;
}
static void damage_lone_tail(struct buddy *buddy) { buddy->frames[0].state = FRAME_FREE_TAIL; }
static void damage_counter(struct buddy *buddy) { buddy->free_pages++; }
static void damage_managed(struct buddy *buddy) { buddy->managed_pages++; }
static void damage_block_counter(struct buddy *buddy) { buddy->free_blocks[3]++; }
static void damage_state(struct buddy *buddy) { buddy->frames[0].state = FRAME_RESERVED; }
static void damage_link(struct buddy *buddy) { buddy->frames[buddy->free_list[0]].previous = 3; }
static void damage_cycle(struct buddy *buddy)
{
    buddy->frames[buddy->free_list[0]].next = buddy->free_list[0];
}
static void damage_list_head(struct buddy *buddy) { buddy->free_list[0] = BUDDY_NONE; }
static void damage_list_mixed(struct buddy *buddy) { buddy->free_list[0] = buddy->free_list[1]; }
static void damage_coalescing(struct buddy *buddy)
{
    struct frame *frame = &buddy->frames[buddy->free_list[11]]; /* split it by hand */
    const uint32_t half = buddy->free_list[11] + 1024;
    frame->order = 10;
    buddy->frames[half].state = FRAME_FREE;
    buddy->frames[half].order = 10;
}

static void test_buddy_check_sees_each_kind_of_damage(void **state)
{
    static void (*const damages[])(struct buddy *) = {
        damage_order,      damage_high_order, damage_long_block, damage_tail,
        damage_lone_tail,  damage_counter,    damage_managed,    damage_block_counter,
        damage_state,      damage_link,       damage_cycle,      damage_list_head,
        damage_list_mixed, damage_coalescing,
    };

    (void)state;
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        struct world *world = world_full(base);
        ppn_t page;
        assert_int_equal(buddy_allocate(&world->buddy, 1, &page),
                         E_OK); /* orders 0 to 11 are free */
        assert_true(buddy_check(&world->buddy));
        damages[i](&world->buddy);
        if (buddy_check(&world->buddy))
            fail_msg("damage %zu was not seen", i);
        free(world);
    }
}

static void test_buddy_source_panics_on_a_double_free(void **state)
{
    struct world *world = world_full(base);
    struct frame_source source = buddy_source(&world->buddy);
    ppn_t run;

    (void)state;
    assert_int_equal(source.allocate(source.self, 5, &run), E_OK);
    source.free(source.self, run, 5);
    expect_assert_failure(source.free(source.self, run, 5));
    free(world);
}

static void test_buddy_panics_on_more_pages_than_it_can_number(void **state)
{
    struct buddy buddy;

    (void)state;
    expect_assert_failure(buddy_init(&buddy, base, BUDDY_NONE, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buddy_starts_with_every_page_reserved),
        cmocka_unit_test(test_buddy_add_refuses_what_is_not_reserved),
        cmocka_unit_test(test_buddy_joins_ranges_that_were_added_apart),
        cmocka_unit_test(test_buddy_aligns_to_the_next_power_of_two),
        cmocka_unit_test(test_buddy_refuses_sizes_that_cannot_be),
        cmocka_unit_test(test_buddy_never_goes_above_the_largest_order),
        cmocka_unit_test(test_buddy_gives_every_page_once_until_exhausted),
        cmocka_unit_test(test_buddy_sets_and_clears_the_records),
        cmocka_unit_test(test_buddy_catches_double_and_foreign_frees),
        cmocka_unit_test(test_buddy_takes_parts_of_a_run_back),
        cmocka_unit_test(test_buddy_coalesces_fully_after_random_work),
        cmocka_unit_test(test_buddy_check_sees_each_kind_of_damage),
        cmocka_unit_test(test_buddy_source_panics_on_a_double_free),
        cmocka_unit_test(test_buddy_panics_on_more_pages_than_it_can_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
