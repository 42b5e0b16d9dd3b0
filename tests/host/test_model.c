/* test_model.c - random operations against an oracle that is too simple to be wrong.
 *
 * The oracle of a space is a flat array: for each page of a small universe, what is mapped there
 * and what stands in it. The universe is four windows where tables end: the first pages, the end of
 * a last-level table's parent, the middle, and the last pages of the lower half. Every operation
 * that allocates is repeated with each of its allocations failing in turn, and must then have
 * changed nothing, before it is let through. The seed is printed; OCTAVO_SEED=<n> repeats a run.
 */
#include "managers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPERATIONS = 70000, /* in each of the three modes */
    SPACES = 3,
    WINDOWS = 4,
    WINDOW = 300, /* pages */
    UNIVERSE = WINDOWS * WINDOW,
    RAM = 16384,
    CALLERS_PAGES = 256,
};

/* What the oracle knows of one page. */
struct cell {
    uint64_t area; /* number of the area that holds it; 0: not mapped */
    enum area_kind kind;
    uint64_t flags;    /* without PTE_OWNED */
    uint64_t page;     /* of the caller's; unused for owned areas */
    uint64_t words[2]; /* first and last word of an owned page */
};

struct model_space {
    struct cell cells[UNIVERSE];
    struct test_manager manager;
    struct address_space space;
};

static struct {
    enum paging_mode mode;
    uint64_t windows[WINDOWS]; /* first page of each */
    struct machine machine;
    struct model_space spaces[SPACES];
    struct counting_owner owner;
    ppn_t callers; /* the pages of extern and shared areas */
    uint64_t callers_words[CALLERS_PAGES][2];
    uint64_t areas; /* numbers given so far */
    uint64_t injected, refused[256];
} world;

/* --- chance ----------------------------------------------------------------------------------- */

static uint64_t seed;

/* splitmix64's step: good enough, and the same everywhere. */
static uint64_t chance(uint64_t below)
{
    uint64_t z = seed += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return (z ^ z >> 31) % below;
}

static uint64_t some_flags(void)
{
    static const uint64_t good[] = {PTE_R, PTE_X, PTE_R | PTE_W, PTE_R | PTE_X, PTE_RWX};

    if (chance(40) == 0)
        return chance(2048); /* perhaps reserved */
    return good[chance(5)] | (chance(4) ? PTE_U : 0) | (chance(8) ? 0 : PTE_G);
}

/* Mostly short, seldom longer than a window, hence out of the universe or of the lower half. */
static struct page_range some_range(size_t *cell)
{
    const size_t window = chance(WINDOWS), start = chance(WINDOW);
    uint64_t pages = chance(16) ? chance(12) : chance(WINDOW);

    if (start + pages > WINDOW && (window != WINDOWS - 1 || chance(2)))
        pages = WINDOW - start; /* only the last window's end may be crossed */
    *cell = window * WINDOW + start;
    return range_of(world.windows[window] + start, pages);
}

/* --- what the oracle expects ------------------------------------------------------------------ */

static bool range_is_good(struct page_range range)
{
    return range.pages > 0 && range_end(range).v <= mode_user_pages(world.mode);
}

static bool flags_are_good(uint64_t flags)
{
    const bool reserved = (flags & PTE_W) && !(flags & PTE_R);

    return flags < 1024 && !(flags & PTE_OWNED) && (flags & PTE_RWX) && !reserved;
}

static enum error expect_map(const struct model_space *s, size_t cell, struct page_range range,
                             uint64_t flags)
{
    if (!range_is_good(range) || !flags_are_good(flags))
        return E_INVAL;
    for (uint64_t i = 0; i < range.pages; i++)
        if (s->cells[cell + i].area)
            return E_EXIST;
    return E_OK;
}

static enum error expect_unmap(const struct model_space *s, size_t cell, struct page_range range)
{
    if (!range_is_good(range))
        return E_INVAL;
    const size_t end = cell + range.pages;
    if (cell % WINDOW && s->cells[cell].area && s->cells[cell].area == s->cells[cell - 1].area)
        return E_INVAL;
    if (end % WINDOW && s->cells[end].area && s->cells[end].area == s->cells[end - 1].area)
        return E_INVAL;
    return E_OK;
}

static enum error expect_clone(const struct model_space *src, const struct model_space *dst)
{
    for (size_t i = 0; i < UNIVERSE; i++)
        if (src->cells[i].area && dst->cells[i].area)
            return E_EXIST;
    return E_OK;
}

static uint64_t *words_of(struct cell *cell)
{
    return cell->kind == AREA_OWNED ? cell->words : world.callers_words[cell->page];
}

/* --- comparing -------------------------------------------------------------------------------- */

static void compare_cell(struct model_space *s, size_t i)
{
    struct cell *cell = &s->cells[i];
    const vpn_t vpn = {world.windows[i / WINDOW] + i % WINDOW};
    const unsigned char *page = address_space_translate(&s->space, vpn_address(vpn), 0);

    if (!cell->area) {
        assert_null(page);
        return;
    }
    assert_non_null(page);
    assert_int_equal(memcmp(page, &words_of(cell)[0], 8), 0);
    assert_int_equal(memcmp(page + PAGE_SIZE - 8, &words_of(cell)[1], 8), 0);
    if (cell->kind != AREA_OWNED)
        assert_ptr_equal(page, machine_page(&world.machine, ppn_add(world.callers, cell->page)));
    /* Each flag that it has, it has; each that it has not, it has not. */
    assert_ptr_equal(address_space_translate(&s->space, vpn_address(vpn), cell->flags), page);
    const uint64_t other = 1ull << chance(8);
    const bool there = address_space_translate(&s->space, vpn_address(vpn), other) != NULL;
    assert_int_equal(there, (cell->flags & other) != 0);
}

/* Areas and a sample of cells; `all`: every cell. The checker, which looks at every entry of every
 * table, runs now and then: what breaks a table keeps it broken. */
static void compare(struct model_space *s, size_t from, size_t count, bool all)
{
    uint64_t pages = 0, areas = 0, last = 0;

    if (all || chance(4) == 0)
        assert_sound(&s->space);
    for (size_t i = 0; i < UNIVERSE; i++) {
        pages += s->cells[i].area != 0;
        areas += s->cells[i].area && s->cells[i].area != last;
        last = s->cells[i].area;
        if (all)
            compare_cell(s, i);
    }
    assert_int_equal(s->space.areas.pages, pages);
    assert_int_equal(s->space.areas.count, areas);
    for (size_t i = from; i < from + count && i < UNIVERSE; i++)
        compare_cell(s, i);
    for (int i = 0; i < 8; i++)
        compare_cell(s, chance(UNIVERSE));
}

static void compare_balances(void)
{
    uint64_t pages = CALLERS_PAGES;
    size_t areas = 0, shared = 0;

    for (int s = 0; s < SPACES; s++) {
        const struct area_set *set = &world.spaces[s].space.areas;
        pages += world.spaces[s].manager.pages_out;
        areas += set->count;
        for (struct area *area = area_set_first(set); area; area = area_set_next(set, area))
            shared += area->owner != NULL;
    }
    assert_int_equal(world.machine.buddy.free_pages, RAM - pages);
    assert_int_equal(records_out(), areas);
    assert_int_equal(world.owner.count, shared);
}

/* --- operations ------------------------------------------------------------------------------- */

/* An operation with its arguments, so that it can be tried again. */
struct trial {
    struct model_space *s, *src;
    struct page_range range;
    size_t cell;
    uint64_t flags;
    uint64_t page; /* of the caller's */
    const unsigned char *data;
    size_t length, offset;
    enum error (*run)(const struct trial *trial);
};

static enum error run_map(const struct trial *t)
{
    return address_space_map(&t->s->space, t->range, t->data, t->length, t->offset, t->flags);
}
static enum error run_extern(const struct trial *t)
{
    return address_space_map_extern(&t->s->space, t->range, ppn_add(world.callers, t->page),
                                    t->flags);
}
static enum error run_shared(const struct trial *t)
{
    return address_space_map_shared(&t->s->space, t->range, ppn_add(world.callers, t->page),
                                    t->flags, &world.owner.owner);
}
static enum error run_clone(const struct trial *t)
{
    return address_space_clone_self(&t->src->space, &t->s->space);
}

/* Lets each allocation of the operation fail in turn, then the operation through. */
static void run(const struct trial *t, enum error expected)
{
    const uint64_t free_pages = world.machine.buddy.free_pages;
    const size_t records = records_out();
    const int owners = world.owner.count;

    for (unsigned n = 1;; n++) {
        fail_allocation(n);
        const enum error error = t->run(t);
        const bool injected = allocation_has_failed();
        fail_allocation(0);
        if (!injected) {
            assert_int_equal(error, expected);
            break;
        }
        world.injected++;
        assert_true(error == E_NOMEM || error == expected); /* it may be refused later anyway */
        assert_int_not_equal(error, E_OK);
        assert_int_equal(world.machine.buddy.free_pages, free_pages);
        assert_int_equal(records_out(), records);
        assert_int_equal(world.owner.count, owners);
        compare(t->s, t->cell, t->range.pages < 16 ? t->range.pages : 16, false);
    }
    world.refused[expected]++;
}

static uint64_t leaf_flags(uint64_t flags)
{
    return flags | PTE_V | PTE_A | (flags & PTE_W ? PTE_D : 0);
}

static void record(const struct trial *t, enum area_kind kind)
{
    world.areas++;
    for (uint64_t i = 0; i < t->range.pages; i++)
        t->s->cells[t->cell + i] = (struct cell){
            .area = world.areas, .kind = kind, .flags = leaf_flags(t->flags), .page = t->page + i};
}

/* The word at `position` of an area made from the trial's data. */
static uint64_t word_of(const struct trial *t, size_t position)
{
    unsigned char bytes[8];
    uint64_t word;

    for (size_t i = 0; i < 8; i++) {
        const size_t at = position + i;
        const bool inside = at >= t->offset && at < t->offset + t->length;
        bytes[i] = inside ? t->data[at - t->offset] : 0;
    }
    memcpy(&word, bytes, 8);
    return word;
}

static void do_map(struct trial *t)
{
    static unsigned char data[WINDOW * PAGE_SIZE];
    const size_t size = t->range.pages << PAGE_BITS;
    enum error expected = expect_map(t->s, t->cell, t->range, t->flags);

    t->offset = chance(3) ? 0 : chance(size + 1);
    t->length = chance(3) ? size - t->offset : chance(size - t->offset + 1);
    if (chance(50) == 0)
        t->length = size - t->offset + 1;
    for (int i = 0; i < 64; i++)
        data[chance(sizeof data)] = chance(256);
    t->data = data;
    t->run = run_map;
    if (t->length > size - t->offset)
        expected = E_INVAL;
    if (t->length > sizeof data)
        return;
    run(t, expected);
    if (expected)
        return;
    record(t, AREA_OWNED);
    for (uint64_t i = 0; i < t->range.pages; i++) {
        t->s->cells[t->cell + i].words[0] = word_of(t, i * PAGE_SIZE);
        t->s->cells[t->cell + i].words[1] = word_of(t, (i + 1) * PAGE_SIZE - 8);
    }
}

static void do_map_callers(struct trial *t, enum area_kind kind)
{
    const enum error expected = expect_map(t->s, t->cell, t->range, t->flags);

    if (t->range.pages > CALLERS_PAGES)
        return;
    t->page = chance(CALLERS_PAGES - t->range.pages + 1);
    t->run = kind == AREA_EXTERN ? run_extern : run_shared;
    run(t, expected);
    if (!expected)
        record(t, kind);
}

static void do_unmap(struct trial *t)
{
    const enum error expected = expect_unmap(t->s, t->cell, t->range);

    assert_int_equal(address_space_unmap(&t->s->space, t->range), expected);
    world.refused[expected]++;
    if (!expected)
        memset(&t->s->cells[t->cell], 0, t->range.pages * sizeof(struct cell));
}

/* Unmaps just one area, whole: what a program does. */
static void do_unmap_area(struct trial *t)
{
    size_t start = t->cell, end = t->cell;
    const uint64_t area = t->s->cells[t->cell].area;

    if (!area)
        return;
    while (start % WINDOW && t->s->cells[start - 1].area == area)
        start--;
    while (end % WINDOW != WINDOW - 1 && t->s->cells[end + 1].area == area)
        end++;
    t->cell = start;
    t->range = range_of(world.windows[start / WINDOW] + start % WINDOW, end - start + 1);
    do_unmap(t);
}

static void do_clone(struct trial *t)
{
    const enum error expected = expect_clone(t->src, t->s);

    t->run = run_clone;
    run(t, expected);
    if (expected)
        return;
    for (size_t i = 0; i < UNIVERSE; i++) {
        struct cell *from = &t->src->cells[i], *to = &t->s->cells[i];
        if (!from->area)
            continue;
        *to = *from; /* area numbers need only differ between neighbours */
        if (from->kind == AREA_EXTERN) {
            to->kind = AREA_OWNED;
            memcpy(to->words, words_of(from), sizeof to->words);
        }
    }
    compare(t->src, 0, 0, false);
}

static void do_write(struct trial *t)
{
    struct cell *cell = &t->s->cells[t->cell];
    const uint64_t word = chance(UINT64_MAX);
    const vpn_t vpn = {world.windows[t->cell / WINDOW] + t->cell % WINDOW};
    void *page = address_space_translate(&t->s->space, vpn_address(vpn), PTE_W);

    assert_int_equal(page != NULL, cell->area && (cell->flags & PTE_W));
    if (!page)
        return;
    memcpy(page, &word, 8);
    words_of(cell)[0] = word;
}

static void space_new(struct model_space *s)
{
    test_manager_init(&s->manager, &world.machine);
    if (s == world.spaces) /* one is reached by the window, the others by p_to_v */
        test_manager_open_window(&s->manager);
    memset(s->cells, 0, sizeof s->cells);
    assert_int_equal(address_space_new(&s->space, &s->manager.manager, world.mode), E_OK);
}

static void space_end(struct model_space *s)
{
    address_space_destroy(&s->space);
    assert_int_equal(s->manager.pages_out, 0);
}

static void do_destroy(struct trial *t)
{
    space_end(t->s);
    fail_allocation(1);
    assert_int_equal(address_space_new(&t->s->space, &t->s->manager.manager, world.mode), E_NOMEM);
    fail_allocation(0);
    space_new(t->s);
}

static void step(void)
{
    struct trial t = {.s = &world.spaces[chance(SPACES)], .src = &world.spaces[chance(SPACES)]};
    const uint64_t which = chance(1000);

    t.range = some_range(&t.cell);
    t.flags = some_flags();
    if (which < 300)
        do_map(&t);
    else if (which < 400)
        do_map_callers(&t, AREA_EXTERN);
    else if (which < 500)
        do_map_callers(&t, AREA_SHARED);
    else if (which < 650)
        do_unmap(&t);
    else if (which < 800)
        do_unmap_area(&t);
    else if (which < 980)
        do_write(&t);
    else if (which < 992)
        do_clone(&t);
    else
        do_destroy(&t);
    compare(t.s, t.cell, t.range.pages < 24 ? t.range.pages : 24, false);
    compare_balances();
}

static void run_mode(enum paging_mode mode)
{
    const uint64_t half = mode_user_pages(mode);

    memset(&world, 0, sizeof world);
    world.mode = mode;
    world.windows[1] = level_pages(mode) - WINDOW / 2; /* a root entry ends here */
    world.windows[2] = level_pages(mode) * 7 + level_pages(1) * 3 - WINDOW / 2;
    world.windows[3] = half - WINDOW;
    machine_init(&world.machine, RAM);
    counting_owner_init(&world.owner);
    world.callers = machine_take(&world.machine, CALLERS_PAGES);
    for (int i = 0; i < CALLERS_PAGES; i++)
        memset(world.callers_words[i], 0xa5, sizeof world.callers_words[i]);
    for (int s = 0; s < SPACES; s++)
        space_new(&world.spaces[s]);

    for (int i = 0; i < OPERATIONS; i++) {
        step();
        if (i % 512 == 0)
            for (int s = 0; s < SPACES; s++)
                compare(&world.spaces[s], 0, 0, true);
    }
    for (int s = 0; s < SPACES; s++)
        space_end(&world.spaces[s]);
    machine_return(&world.machine, world.callers, CALLERS_PAGES);
    machine_done(&world.machine);
    print_message("level %d: %d operations, %" PRIu64 " failures injected; of those that allocate"
                  " or unmap %" PRIu64 " done, %" PRIu64 " E_EXIST, %" PRIu64 " E_INVAL\n",
                  mode, OPERATIONS, world.injected, world.refused[E_OK], world.refused[E_EXIST],
                  world.refused[E_INVAL]);
    assert_true(world.injected > OPERATIONS / 4); /* the test still tests something */
    assert_true(world.refused[E_OK] > OPERATIONS / 4);
}

static void test_model_agrees_with_a_flat_array(void **state)
{
    run_mode(*(const enum paging_mode *)*state);
}

int main(void)
{
    static enum paging_mode modes[] = {PAGING_SV39, PAGING_SV48, PAGING_SV57};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_model_agrees_with_a_flat_array, &modes[0]),
        cmocka_unit_test_prestate(test_model_agrees_with_a_flat_array, &modes[1]),
        cmocka_unit_test_prestate(test_model_agrees_with_a_flat_array, &modes[2]),
    };
    const char *given = getenv("OCTAVO_SEED");

    seed = given ? strtoull(given, NULL, 0) : 8;
    print_message("OCTAVO_SEED=%" PRIu64 "\n", seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
