/* test_frame_cache.c - the caches of single pages: no page twice or lost, batches, wrong frees. */
#include "kernel/frame_cache.h"
#include "managers.h"

#include <stdlib.h>

enum { PAGES = 1024, BATCH = FRAME_CACHE_BATCH, MAX = FRAME_CACHE_MAX };

static const ppn_t base = {0x80000};

struct world {
    struct buddy buddy;
    struct frame_cache cache;
    struct frame frames[PAGES];
};

static struct world *world_reserved(void)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    buddy_init(&world->buddy, base, PAGES, world->frames);
    return world;
}

static struct world *world_new(uint64_t pages)
{
    struct world *world = world_reserved();

    assert_int_equal(buddy_add(&world->buddy, base, pages), E_OK);
    return world;
}

static void check(const struct world *world, uint64_t free_pages)
{
    assert_true(buddy_check(&world->buddy));
    assert_true(frame_cache_check(&world->cache, &world->buddy));
    assert_int_equal(world->buddy.free_pages + world->cache.count, free_pages);
}

static ppn_t take(struct world *world)
{
    ppn_t page;

    assert_true(frame_cache_take(&world->cache, &world->buddy, &page));
    assert_int_equal(buddy_frame(&world->buddy, page)->references, 1);
    return page;
}

static void put(struct world *world, ppn_t page)
{
    assert_true(frame_retire(&world->buddy, page));
    assert_true(frame_cache_put(&world->cache, &world->buddy, page));
}

static void test_frame_cache_starts_empty(void **state)
{
    struct world *world = world_new(PAGES);
    ppn_t page = {42};

    (void)state;
    assert_false(frame_cache_take(&world->cache, &world->buddy, &page));
    assert_int_equal(page.v, 42); /* written only on success */
    assert_int_equal(frame_cache_give_back(&world->cache, &world->buddy, MAX), E_OK);
    check(world, PAGES);
    free(world);
}

static void test_frame_cache_refills_by_a_batch(void **state)
{
    struct world *world = world_new(PAGES);

    (void)state;
    frame_cache_refill(&world->cache, &world->buddy);
    assert_int_equal(world->cache.count, BATCH);
    check(world, PAGES);
    for (int i = 0; i < 3; i++)
        take(world);
    frame_cache_refill(&world->cache, &world->buddy); /* what is missing to a batch */
    assert_int_equal(world->cache.count, BATCH);
    check(world, PAGES - 3);
    free(world);
}

/* A refill takes the pages that as many allocations of one page would have taken, in their order.
 */
static void test_frame_cache_takes_the_pages_that_single_allocations_take(void **state)
{
    struct world *world = world_reserved(), *other = world_reserved();
    static const uint64_t holes[][2] = {{3, 1}, {6, 2}, {17, 3}, {40, 1}, {64, 900}};

    (void)state;
    for (size_t i = 0; i < sizeof holes / sizeof *holes; i++) {
        const ppn_t first = ppn_add(base, holes[i][0]);
        assert_int_equal(buddy_add(&world->buddy, first, holes[i][1]), E_OK);
        assert_int_equal(buddy_add(&other->buddy, first, holes[i][1]), E_OK);
    }
    frame_cache_refill(&world->cache, &world->buddy);
    bool expected[PAGES] = {0};
    for (int i = 0; i < BATCH; i++) {
        ppn_t page;
        assert_int_equal(buddy_allocate(&other->buddy, 1, &page), E_OK);
        expected[page.v - base.v] = true;
    }
    for (int i = 0; i < BATCH; i++)
        assert_true(expected[take(world).v - base.v]);
    free(other);
    free(world);
}

static void test_frame_cache_refills_by_what_is_left(void **state)
{
    struct world *world = world_new(BATCH - 5);

    (void)state;
    frame_cache_refill(&world->cache, &world->buddy);
    assert_int_equal(world->cache.count, BATCH - 5);
    assert_int_equal(world->buddy.free_pages, 0);
    frame_cache_refill(&world->cache, &world->buddy);
    check(world, BATCH - 5);
    free(world);
}

static void test_frame_cache_gives_the_oldest_back(void **state)
{
    struct world *world = world_new(PAGES);
    ppn_t run;

    (void)state;
    assert_int_equal(buddy_allocate(&world->buddy, MAX + 1, &run), E_OK);
    for (int i = 0; i < MAX; i++)
        put(world, ppn_add(run, i));
    assert_true(frame_retire(&world->buddy, ppn_add(run, MAX)));
    assert_false(frame_cache_put(&world->cache, &world->buddy, ppn_add(run, MAX))); /* full */
    assert_int_equal(frame_cache_give_back(&world->cache, &world->buddy, BATCH), E_OK);
    assert_int_equal(world->cache.count, MAX - BATCH);
    for (int i = 0; i < MAX; i++) {
        const struct frame *frame = buddy_frame(&world->buddy, ppn_add(run, i));
        assert_int_equal(frame->state == FRAME_USED, i >= BATCH);
    }
    assert_true(frame_cache_put(&world->cache, &world->buddy, ppn_add(run, MAX)));
    check(world, PAGES);
    assert_int_equal(take(world).v, run.v + MAX); /* the last that was put */
    assert_int_equal(take(world).v, run.v + MAX - 1);
    free(world);
}

static void test_frame_cache_leaves_no_hole_when_drained(void **state)
{
    struct world *world = world_new(PAGES);

    (void)state;
    frame_cache_refill(&world->cache, &world->buddy);
    assert_int_not_equal(world->buddy.free_blocks[10], 1);
    assert_int_equal(frame_cache_give_back(&world->cache, &world->buddy, UINT64_MAX), E_OK);
    assert_int_equal(world->cache.count, 0);
    assert_int_equal(world->buddy.free_blocks[10], 1); /* 1024 = 2^10: one block again */
    check(world, PAGES);
    free(world);
}

static void test_frame_cache_catches_wrong_frees(void **state)
{
    struct world *world = world_new(PAGES - 1);
    const ppn_t reserved = ppn_add(base, PAGES - 1);

    (void)state;
    frame_cache_refill(&world->cache, &world->buddy);
    ppn_t page = take(world);
    put(world, page);
    assert_false(frame_retire(&world->buddy, page)); /* it lies in the cache */
    assert_int_equal(frame_cache_give_back(&world->cache, &world->buddy, MAX), E_OK);
    assert_false(frame_retire(&world->buddy, page)); /* the allocator has it */
    assert_false(frame_retire(&world->buddy, reserved));
    assert_false(frame_retire(&world->buddy, ppn_add(base, PAGES)));
    assert_false(frame_retire(&world->buddy, (ppn_t){base.v - 1}));
    check(world, PAGES - 1);
    free(world);
}

static void test_frame_cache_knows_the_runs_that_are_held(void **state)
{
    struct world *world = world_new(PAGES);
    ppn_t run;

    (void)state;
    assert_int_equal(buddy_allocate(&world->buddy, 8, &run), E_OK);
    assert_true(frame_run_is_held(&world->buddy, run, 8));
    assert_false(frame_run_is_held(&world->buddy, run, 0));
    assert_false(frame_run_is_held(&world->buddy, run, 9)); /* the ninth is free */
    assert_false(frame_run_is_held(&world->buddy, run, UINT64_MAX));
    assert_false(frame_run_is_held(&world->buddy, (ppn_t){base.v - 1}, 2));
    assert_false(frame_run_is_held(&world->buddy, ppn_add(base, PAGES), 1));
    put(world, ppn_add(run, 7));
    assert_false(frame_run_is_held(&world->buddy, run, 8)); /* the eighth is in a cache */
    assert_true(frame_run_is_held(&world->buddy, run, 7));
    free(world);
}

static void test_frame_cache_refuses_to_give_back_what_it_does_not_have(void **state)
{
    struct world *world = world_new(PAGES);

    (void)state;
    frame_cache_refill(&world->cache, &world->buddy);
    world->frames[world->cache.page[2]].state = FRAME_RESERVED;
    assert_int_equal(frame_cache_give_back(&world->cache, &world->buddy, BATCH), E_INVAL);
    assert_int_equal(world->cache.count, BATCH - 2); /* the first two went */
    free(world);
}

/* Pages move at random among holders and two caches in front of one allocator. */
static void test_frame_cache_loses_nothing_in_random_work(void **state)
{
    enum { HELD = 200, ROUNDS = 50000 };
    struct world *world = world_new(256);
    struct frame_cache caches[2] = {0};
    ppn_t held[HELD];
    int count = 0;

    (void)state;
    srand(1);
    for (int round = 0; round < ROUNDS; round++) {
        struct frame_cache *cache = &caches[rand() % 2];
        if (rand() % 2 && count < HELD) {
            if (cache->count == 0)
                frame_cache_refill(cache, &world->buddy);
            count += frame_cache_take(cache, &world->buddy, &held[count]);
        } else if (count > 0) {
            const int i = rand() % count;
            assert_true(frame_retire(&world->buddy, held[i]));
            if (!frame_cache_put(cache, &world->buddy, held[i])) {
                assert_int_equal(frame_cache_give_back(cache, &world->buddy, BATCH), E_OK);
                assert_true(frame_cache_put(cache, &world->buddy, held[i]));
            }
            held[i] = held[--count];
        }
        assert_int_equal(
            world->buddy.free_pages + caches[0].count + caches[1].count + (uint64_t)count, 256);
        if (round % 64 == 0)
            for (int i = 0; i < 2; i++)
                assert_true(frame_cache_check(&caches[i], &world->buddy));
    }
    for (int i = 0; i < count; i++)
        assert_int_equal(buddy_free(&world->buddy, held[i], 1), E_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(frame_cache_give_back(&caches[i], &world->buddy, MAX), E_OK);
    assert_int_equal(world->buddy.free_blocks[8], 1);
    check(world, 256);
    free(world);
}

/* --- the checker sees each kind of damage ----------------------------------------------------- */

static void damage_count(struct world *world) { world->cache.count = MAX + 1; }
static void damage_index(struct world *world) { world->cache.page[3] = PAGES; }
static void damage_holder(struct world *world)
{
    world->frames[world->cache.page[3]].references = 1;
}
static void damage_state(struct world *world)
{
    world->frames[world->cache.page[3]].state = FRAME_FREE;
}
static void damage_twice(struct world *world) { world->cache.page[3] = world->cache.page[0]; }

static void test_frame_cache_check_sees_each_kind_of_damage(void **state)
{
    static void (*const damages[])(struct world *) = {
        damage_count, damage_index, damage_holder, damage_state, damage_twice,
    };

    (void)state;
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        struct world *world = world_new(PAGES);
        frame_cache_refill(&world->cache, &world->buddy);
        check(world, PAGES);
        damages[i](world);
        if (frame_cache_check(&world->cache, &world->buddy))
            fail_msg("damage %zu was not seen", i);
        free(world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frame_cache_starts_empty),
        cmocka_unit_test(test_frame_cache_refills_by_a_batch),
        cmocka_unit_test(test_frame_cache_takes_the_pages_that_single_allocations_take),
        cmocka_unit_test(test_frame_cache_refills_by_what_is_left),
        cmocka_unit_test(test_frame_cache_gives_the_oldest_back),
        cmocka_unit_test(test_frame_cache_leaves_no_hole_when_drained),
        cmocka_unit_test(test_frame_cache_catches_wrong_frees),
        cmocka_unit_test(test_frame_cache_knows_the_runs_that_are_held),
        cmocka_unit_test(test_frame_cache_refuses_to_give_back_what_it_does_not_have),
        cmocka_unit_test(test_frame_cache_loses_nothing_in_random_work),
        cmocka_unit_test(test_frame_cache_check_sees_each_kind_of_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
