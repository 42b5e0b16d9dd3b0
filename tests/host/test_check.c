/* test_check.c - each invariant, broken on purpose: the checker names it, or an assertion ends the
 * operation. Also the set of areas, against a plain array.
 */
#include "managers.h"

#include <stdlib.h>
#include <string.h>

#include "vm/vm_hooks.h"

enum { RW = PTE_R | PTE_W, PAGES = 2048 };

/* The space that is broken: areas at pages 10 to 14 and 0x1ff to 0x200, which is two tables. */
static void healthy(struct fixture *f)
{
    fixture_init(f, PAGING_SV39, PAGES);
    assert_int_equal(address_space_map(&f->space, range_of(10, 5), NULL, 0, 0, RW), E_OK);
    assert_int_equal(
        address_space_map_extern(&f->space, range_of(0x1ff, 2), (ppn_t){MACHINE_FIRST_PAGE}, RW),
        E_OK);
    assert_sound(&f->space);
}

static pte_t *entry_at(struct fixture *f, uint64_t vpn)
{
    return page_table_find(&f->space.table, (vpn_t){vpn}, &(unsigned){0});
}

/* The entry of the root or below it that leads to vpn's table of `level`. */
static pte_t *entry_above(struct fixture *f, uint64_t vpn, unsigned level)
{
    struct page_manager *manager = &f->manager.manager;
    pte_t *entry = &f->manager.inner.root[vpn_index((vpn_t){vpn}, 2)];

    for (unsigned at = 2; at > level + 1; at--) {
        pte_t *table = manager->operations->p_to_v(manager, pte_ppn(*entry));
        entry = &table[vpn_index((vpn_t){vpn}, at - 1)];
    }
    return entry;
}

static struct area *area_at(struct fixture *f, uint64_t vpn)
{
    return area_set_find(&f->space.areas, (vpn_t){vpn});
}

/* --- the damages ------------------------------------------------------------------------------ */

static void hole_inside(struct fixture *f) { entry_at(f, 12)->v = 0; }
static void hole_at_the_end(struct fixture *f) { entry_at(f, 14)->v = 0; }
static void hole_at_the_very_end(struct fixture *f)
{
    area_at(f, 0x1ff)->range.pages++, f->space.areas.pages++;
}
static void page_without_area(struct fixture *f) { *entry_at(f, 15) = *entry_at(f, 14); }
static void page_before_areas(struct fixture *f) { *entry_at(f, 9) = *entry_at(f, 10); }
static void page_behind_areas(struct fixture *f) { *entry_at(f, 0x201) = *entry_at(f, 0x200); }
static void not_contiguous(struct fixture *f) { entry_at(f, 12)->v += 1 << PTE_PPN_SHIFT; }
static void other_first_page(struct fixture *f) { area_at(f, 10)->first.v++; }
static void other_flags(struct fixture *f) { entry_at(f, 13)->v |= PTE_X; }
static void flags_not_recorded(struct fixture *f) { area_at(f, 10)->flags |= PTE_U; }
static void owned_bit_on_callers_page(struct fixture *f) { area_at(f, 0x1ff)->flags |= PTE_OWNED; }
static void pointer_at_the_lowest_level(struct fixture *f)
{
    entry_at(f, 12)->v &= ~(uint64_t)PTE_RWX;
}
static void invalid_but_not_empty(struct fixture *f) { entry_at(f, 20)->v = 1 << 9; }
static void table_not_owned(struct fixture *f) { entry_above(f, 10, 0)->v &= ~(uint64_t)PTE_OWNED; }
static void table_out_of_reach(struct fixture *f)
{
    *entry_above(f, 10, 0) = pte_make((ppn_t){7}, PTE_V | PTE_OWNED);
}
static void numbers_not_inverse(struct fixture *f) { f->manager.numbers_are_wrong = true; }
static void no_root(struct fixture *f) { f->manager.root_is_lost = true; }
static void unaligned_root(struct fixture *f) { f->manager.root_is_unaligned = true; }
static void moved_root(struct fixture *f) { f->space.table.root += TABLE_ENTRIES; }
static void window_elsewhere(struct fixture *f)
{
    test_manager_open_window(&f->manager);
    f->manager.manager.window.offset += PAGE_SIZE;
}
static void window_too_small(struct fixture *f)
{
    test_manager_open_window(&f->manager);
    f->manager.manager.window.pages = 1;
}
static void wrong_root_number(struct fixture *f) { f->manager.root_number_is_wrong = true; }
static void empty_area(struct fixture *f) { area_at(f, 10)->range.pages = 0; }
static void overlapping_areas(struct fixture *f) { area_at(f, 0x1ff)->range.start.v = 14; }
static void area_count(struct fixture *f) { f->space.areas.count++; }
static void page_count(struct fixture *f) { f->space.areas.pages--; }
static void area_beyond_the_half(struct fixture *f)
{
    area_at(f, 0x1ff)->range.start.v = mode_user_pages(PAGING_SV39) - 1;
}
static void larger_page_without_area(struct fixture *f)
{
    f->manager.inner.root[5] = pte_make((ppn_t){0x40000}, RW | PTE_V);
}
static void larger_page_over_its_area(struct fixture *f)
{
    entry_above(f, 0x200, 0)->v = 0; /* the second page goes, a larger one stands at 0x200 */
    area_at(f, 0x1ff)->range.pages = 1;
    f->space.areas.pages--;
    *entry_above(f, 0x200, 0) = pte_make((ppn_t){MACHINE_FIRST_PAGE}, RW | PTE_V);
}
static void larger_page_of_too_small_an_area(struct fixture *f)
{
    const uint64_t flags = area_at(f, 0x1ff)->flags;
    area_at(f, 0x1ff)->range = range_of(0x200, 2);
    entry_at(f, 0x1ff)->v = 0;
    *entry_above(f, 0x200, 0) = pte_make((ppn_t){MACHINE_FIRST_PAGE}, flags);
}
static void clear_all(struct fixture *f, uint64_t vpn)
{
    struct page_manager *manager = &f->manager.manager;
    memset(manager->operations->p_to_v(manager, pte_ppn(*entry_above(f, vpn, 0))), 0, PAGE_SIZE);
}
static void empty_table(struct fixture *f)
{
    clear_all(f, 0x200);
    area_at(f, 0x1ff)->range.pages = 1;
    f->space.areas.pages--;
}

/* --- of pages that come when they are needed ----------------------------------------------------
 */

/* Areas at 10, of zeroes, and at 20, of an owner; of each two pages are there. */
static struct counting_owner owner;

static enum error owner_page(struct area_owner *self, uint64_t index, bool write, pte_t *page)
{
    (void)self, (void)write;
    *page = pte_make((ppn_t){MACHINE_FIRST_PAGE + index}, 0);
    return E_OK;
}

static void healthy_paged(struct fixture *f)
{
    static const vpn_t touched[] = {{12}, {13}, {22}, {23}};
    const struct pager zeroes = {0}, shared = {.owner = &owner.owner, .shared = true};

    counting_owner_init(&owner);
    owner.owner.page = owner_page;
    fixture_init(f, PAGING_SV39, PAGES);
    assert_int_equal(address_space_map_paged(&f->space, range_of(10, 5), RW, &zeroes), E_OK);
    assert_int_equal(address_space_map_paged(&f->space, range_of(20, 5), RW, &shared), E_OK);
    for (size_t i = 0; i < sizeof touched / sizeof *touched; i++)
        assert_int_equal(address_space_fault(&f->space, vpn_address(touched[i]), PTE_R), E_OK);
    assert_sound(&f->space);
}

static void nobodys_zeroes(struct fixture *f) { entry_at(f, 12)->v &= ~(uint64_t)PTE_OWNED; }
static void paged_other_flags(struct fixture *f) { entry_at(f, 22)->v |= PTE_X; }
static void paged_half_writable(struct fixture *f) { entry_at(f, 13)->v &= ~(uint64_t)PTE_D; }
static void pages_below_the_low_mark(struct fixture *f) { area_at(f, 10)->low.v++; }
static void pages_above_the_high_mark(struct fixture *f) { area_at(f, 10)->high.v--; }
static void nobody_finds_pages(struct fixture *f)
{
    (void)f;
    owner.owner.page = NULL;
}
static void shared_table_in_reach(struct fixture *f)
{
    buddy_frame(&f->machine.buddy, pte_ppn(*entry_above(f, 12, 0)))->references++;
}

struct damage {
    void (*damage)(struct fixture *f);
    const char *complaint;
};

/* `second`: a page of the second area. */
static void expect_complaint(void (*make)(struct fixture *f), uint64_t second,
                             const struct damage *damage)
{
    const char *complaint = NULL;
    struct area *areas[2];
    struct fixture f;

    make(&f);
    areas[0] = area_at(&f, 10);
    areas[1] = area_at(&f, second);
    damage->damage(&f);
    assert_false(address_space_check(&f.space, &complaint));
    assert_non_null(complaint);
    assert_string_equal(complaint, damage->complaint);
    vm_area_free(areas[0]); /* too broken to be destroyed */
    vm_area_free(areas[1]);
    machine_discard(&f.machine);
}

static void test_address_space_check_names_each_broken_invariant(void **state)
{
    static const struct damage cases[] = {
        {hole_inside, "a page of an area is not mapped"},
        {hole_at_the_end, "a page of an area is not mapped"},
        {hole_at_the_very_end, "a page of an area is not mapped"},
        {page_without_area, "a page outside every area is mapped"},
        {page_before_areas, "a page outside every area is mapped"},
        {page_behind_areas, "a page outside every area is mapped"},
        {not_contiguous, "an area is not contiguous"},
        {other_first_page, "an area is not contiguous"},
        {other_flags, "flags differ within an area"},
        {flags_not_recorded, "flags differ within an area"},
        {owned_bit_on_callers_page, "the caller's pages are marked as owned"},
        {pointer_at_the_lowest_level, "an entry at the lowest level is no leaf"},
        {invalid_but_not_empty, "an entry at the lowest level is no leaf"},
        {table_not_owned, "a table is not owned"},
        {table_out_of_reach, "a table cannot be reached"},
        {numbers_not_inverse, "a table cannot be reached"},
        {no_root, "there is no root table"},
        {unaligned_root, "there is no root table"},
        {moved_root, "the root table has moved"},
        {wrong_root_number, "the root's page number is wrong"},
        {window_elsewhere, "the manager's window shows something else"},
        {window_too_small, "the manager's window shows something else"},
        {empty_area, "areas are empty, overlap or are out of order"},
        {overlapping_areas, "areas are empty, overlap or are out of order"},
        {area_count, "the sums over the areas are wrong"},
        {page_count, "the sums over the areas are wrong"},
        {area_beyond_the_half, "an area lies outside the lower half"},
        {larger_page_without_area, "a page outside every area is mapped"},
        {larger_page_over_its_area, "a page outside every area is mapped"},
        {larger_page_of_too_small_an_area, "a larger page reaches out of its area"},
        {empty_table, "a table is empty"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_complaint(healthy, 0x1ff, &cases[i]);
}

static void test_address_space_check_names_what_is_wrong_with_lazy_pages(void **state)
{
    static const struct damage cases[] = {
        {nobodys_zeroes, "a page of zeroes is nobody's"},
        {paged_other_flags, "flags differ within an area"},
        {paged_half_writable, "flags differ within an area"},
        {pages_below_the_low_mark, "a page is where its area says that none has been"},
        {pages_above_the_high_mark, "a page is where its area says that none has been"},
        {nobody_finds_pages, "nobody finds the pages of an area"},
        {shared_table_in_reach, "a table that is shared is within reach"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_complaint(healthy_paged, 20, &cases[i]);
}

/* Where the checker does not run, a walk asserts what it is about to follow. */
static void test_page_table_panics_on_tables_that_cannot_be_reached(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, PAGING_SV39, PAGES);
    f.manager.inner.root[0] = pte_make((ppn_t){7}, PTE_V | PTE_OWNED);
    expect_assert_failure(address_space_translate(&f.space, (vaddr_t){0}, 0));
    expect_assert_failure(page_table_unmap(&f.space.table, range_of(0, 1), 0));
    test_manager_open_window(&f.manager);
    expect_assert_failure(address_space_translate(&f.space, (vaddr_t){0}, 0));
    expect_assert_failure(page_table_unmap(&f.space.table, range_of(0, 1), 0));
    machine_discard(&f.machine);
    fixture_init(&f, PAGING_SV39, PAGES);
    f.manager.root_is_lost = true;
    expect_assert_failure(page_table_of(&f.manager.manager, PAGING_SV39));
    f.manager.root_is_lost = false;
    fixture_done(&f);
}

/* A larger page that is just its area agrees with it. */
static void test_address_space_check_accepts_a_larger_page(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, PAGING_SV39, PAGES);
    const struct page_range range = range_of(0x200, 0x200);
    const ppn_t first = {MACHINE_FIRST_PAGE};
    assert_int_equal(address_space_map_extern(&f.space, range, first, RW), E_OK);
    const uint64_t flags = area_set_first(&f.space.areas)->flags;
    assert_true(pte_is_leaf(*entry_above(&f, 0x200, 0)));
    assert_sound(&f.space);
    page_table_unmap(&f.space.table, range, 1);
    assert_int_equal(page_table_map(&f.space.table, range, first, flags, 0), E_OK);
    assert_sound(&f.space);
    fixture_done(&f);
}

/* --- the set of areas ------------------------------------------------------------------------- */

static void test_area_set_agrees_with_an_array(void **state)
{
    enum { SIZE = 400, ROUNDS = 20000 };
    static struct area *model[SIZE]; /* by page: the area that holds it */
    struct area_set set;

    (void)state;
    area_set_init(&set);
    memset(model, 0, sizeof model);
    srand(2);
    for (int round = 0; round < ROUNDS; round++) {
        const size_t start = rand() % SIZE;
        struct area *area = model[start];
        if (area) {
            area_set_remove(&set, area);
            for (uint64_t i = 0; i < area->range.pages; i++)
                model[area->range.start.v + i] = NULL;
            free(area);
        } else {
            size_t pages = 1;
            while (pages < 6 && start + pages < SIZE && !model[start + pages])
                pages++;
            area = malloc(sizeof *area);
            assert_non_null(area);
            area->range = range_of(start, pages);
            area_set_insert(&set, area);
            for (size_t i = 0; i < pages; i++)
                model[start + i] = area;
        }
        const size_t probe = rand() % SIZE;
        size_t behind = probe;
        while (behind < SIZE && !model[behind])
            behind++;
        assert_ptr_equal(area_set_find(&set, (vpn_t){probe}), model[probe]);
        assert_ptr_equal(area_set_find_from(&set, (vpn_t){probe}),
                         behind < SIZE ? model[behind] : NULL);
    }
    uint64_t pages = 0;
    size_t count = 0;
    for (struct area *area = area_set_first(&set); area; area = area_set_next(&set, area)) {
        assert_ptr_equal(model[area->range.start.v], area);
        pages += area->range.pages;
        count++;
    }
    assert_int_equal(set.pages, pages);
    assert_int_equal(set.count, count);
    for (struct area *area; (area = area_set_first(&set)); free(area))
        area_set_remove(&set, area);
    assert_int_equal(set.count + set.pages, 0);
}

static void test_area_set_panics_on_overlap_and_on_strangers(void **state)
{
    struct area inside = {.range = {{10}, 5}}, empty = {.range = {{50}, 0}};
    struct area before = {.range = {{6}, 5}}, behind = {.range = {{14}, 1}};
    struct area_set set;

    (void)state;
    area_set_init(&set);
    area_set_insert(&set, &inside);
    expect_assert_failure(area_set_insert(&set, &before));
    expect_assert_failure(area_set_insert(&set, &behind));
    expect_assert_failure(area_set_insert(&set, &empty));
    expect_assert_failure(area_set_remove(&set, &behind));
    assert_int_equal(set.count, 1);
    assert_int_equal(set.pages, 5);
    area_set_remove(&set, &inside);
    assert_int_equal(set.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_address_space_check_names_each_broken_invariant),
        cmocka_unit_test(test_address_space_check_names_what_is_wrong_with_lazy_pages),
        cmocka_unit_test(test_page_table_panics_on_tables_that_cannot_be_reached),
        cmocka_unit_test(test_address_space_check_accepts_a_larger_page),
        cmocka_unit_test(test_area_set_agrees_with_an_array),
        cmocka_unit_test(test_area_set_panics_on_overlap_and_on_strangers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
