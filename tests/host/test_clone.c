/* test_clone.c - address_space_clone_self: same bytes, other pages; and nothing at all when it
 * fails.
 */
#include "managers.h"

#include <string.h>

enum { URW = PTE_U | PTE_R | PTE_W, PAGES = 4096 };

/* Two spaces on one machine. `pages` are the caller's, for extern and shared areas. */
struct pair {
    struct fixture f;
    struct test_manager child_manager;
    struct address_space child;
    struct counting_owner owner;
    ppn_t pages;
};

static void pair_init(struct pair *pair, enum paging_mode mode)
{
    fixture_init(&pair->f, mode, PAGES);
    test_manager_init(&pair->child_manager, &pair->f.machine);
    assert_int_equal(address_space_new(&pair->child, &pair->child_manager.manager, mode), E_OK);
    counting_owner_init(&pair->owner);
    pair->pages = machine_take(&pair->f.machine, 8);
    memset(machine_page(&pair->f.machine, pair->pages), 0x77, 8 * PAGE_SIZE);
}

static void pair_done(struct pair *pair)
{
    assert_sound(&pair->child);
    address_space_destroy(&pair->child);
    assert_int_equal(pair->child_manager.pages_out, 0);
    machine_return(&pair->f.machine, pair->pages, 8);
    fixture_done(&pair->f);
    assert_int_equal(pair->owner.count, 0);
}

/* One area of each kind, far apart, the owned one across three tables. */
static void fill(struct pair *pair)
{
    static unsigned char data[0x202 * PAGE_SIZE];
    struct address_space *space = &pair->f.space;

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = i * 31 + i / PAGE_SIZE;
    assert_int_equal(address_space_map(space, range_of(0x1ff, 0x202), data, sizeof data, 0, URW),
                     E_OK);
    assert_int_equal(
        address_space_map_extern(space, range_of(0x40000, 3), pair->pages, PTE_U | PTE_X), E_OK);
    assert_int_equal(
        address_space_map_shared(space, range_of(0x80000, 8), pair->pages, URW, &pair->owner.owner),
        E_OK);
}

static unsigned char *byte_at(const struct address_space *space, uint64_t vpn, uint64_t offset)
{
    return address_space_translate(space, (vaddr_t){(vpn << PAGE_BITS) + offset}, 0);
}

static void test_clone_has_the_same_areas_and_bytes(void **state)
{
    (void)state;
    FOR_EACH_MODE(mode)
    {
        struct pair pair;
        pair_init(&pair, mode);
        fill(&pair);
        const struct snapshot before = snapshot_take(&pair.f.space, &pair.f.machine);
        assert_int_equal(address_space_clone_self(&pair.f.space, &pair.child, CLONE_COPY), E_OK);
        assert_int_equal(snapshot_take(&pair.f.space, &pair.f.machine).hash, before.hash);
        assert_sound(&pair.child);
        struct area *old = area_set_first(&pair.f.space.areas);
        struct area *new = area_set_first(&pair.child.areas);
        for (; old && new; old = area_set_next(&pair.f.space.areas, old),
                           new = area_set_next(&pair.child.areas, new)) {
            assert_int_equal(new->range.start.v, old->range.start.v);
            assert_int_equal(new->range.pages, old->range.pages);
            assert_int_equal(new->flags & ~PTE_OWNED, old->flags & ~PTE_OWNED);
            for (uint64_t i = 0; i < old->range.pages; i++)
                assert_memory_equal(byte_at(&pair.child, old->range.start.v + i, 0),
                                    byte_at(&pair.f.space, old->range.start.v + i, 0), PAGE_SIZE);
        }
        assert_null(old);
        assert_null(new);
        pair_done(&pair);
    }
}

static void test_clone_of_owned_and_extern_areas_has_pages_of_its_own(void **state)
{
    struct pair pair;

    (void)state;
    pair_init(&pair, PAGING_SV39);
    fill(&pair);
    assert_int_equal(address_space_clone_self(&pair.f.space, &pair.child, CLONE_COPY), E_OK);
    *byte_at(&pair.child, 0x200, 9) = 0xee;
    *byte_at(&pair.f.space, 0x201, 9) = 0xdd;
    assert_int_not_equal(*byte_at(&pair.f.space, 0x200, 9), 0xee);
    assert_int_not_equal(*byte_at(&pair.child, 0x201, 9), 0xdd);
    *byte_at(&pair.child, 0x40002, 0) = 0xcc; /* extern: the copy belongs to the clone */
    assert_int_equal(*byte_at(&pair.f.space, 0x40002, 0), 0x77);
    assert_int_equal(area_set_find(&pair.child.areas, (vpn_t){0x40000})->kind, AREA_OWNED);
    assert_int_equal(area_set_find(&pair.f.space.areas, (vpn_t){0x40000})->kind, AREA_EXTERN);
    pair_done(&pair);
}

static void test_clone_of_shared_areas_has_the_same_pages(void **state)
{
    struct pair pair;

    (void)state;
    pair_init(&pair, PAGING_SV39);
    fill(&pair);
    assert_int_equal(pair.owner.count, 1);
    assert_int_equal(address_space_clone_self(&pair.f.space, &pair.child, CLONE_COPY), E_OK);
    assert_int_equal(pair.owner.count, 2); /* once for each area that names it */
    assert_ptr_equal(byte_at(&pair.child, 0x80007, 5), byte_at(&pair.f.space, 0x80007, 5));
    assert_int_equal(area_set_find(&pair.child.areas, (vpn_t){0x80000})->kind, AREA_SHARED);
    assert_int_equal(address_space_unmap(&pair.f.space, range_of(0x80000, 8)), E_OK);
    assert_int_equal(pair.owner.count, 1);
    assert_int_equal(*byte_at(&pair.child, 0x80007, 5), 0x77);
    pair_done(&pair);
}

static void test_clone_of_device_pages_touches_none_of_them(void **state)
{
    const ppn_t device = {0x10000}; /* no pointer leads there */
    struct pair pair;

    (void)state;
    pair_init(&pair, PAGING_SV39);
    assert_int_equal(address_space_map_shared(&pair.f.space, range_of(5, 1), device, URW, NULL),
                     E_OK);
    assert_int_equal(address_space_clone_self(&pair.f.space, &pair.child, CLONE_COPY), E_OK);
    assert_int_equal(area_set_first(&pair.child.areas)->first.v, device.v);
    pair_done(&pair);
}

static void test_clone_of_an_empty_space_is_empty(void **state)
{
    struct pair pair;

    (void)state;
    pair_init(&pair, PAGING_SV39);
    assert_int_equal(address_space_clone_self(&pair.f.space, &pair.child, CLONE_COPY), E_OK);
    assert_int_equal(pair.child.areas.count, 0);
    pair_done(&pair);
}

static void test_clone_into_a_space_in_use_adds_to_it(void **state)
{
    struct pair pair;

    (void)state;
    pair_init(&pair, PAGING_SV39);
    fill(&pair);
    assert_int_equal(address_space_map(&pair.child, range_of(5, 1), "old", 3, 0, URW), E_OK);
    assert_int_equal(address_space_clone_self(&pair.f.space, &pair.child, CLONE_COPY), E_OK);
    assert_int_equal(pair.child.areas.count, 4);
    assert_memory_equal(byte_at(&pair.child, 5, 0), "old", 4);
    pair_done(&pair);
}

/* Whichever area is in the way: the first, one in the middle, the last. */
static void test_clone_onto_what_is_mapped_changes_nothing(void **state)
{
    static const uint64_t in_the_way[] = {0x1ff, 0x400, 0x40002, 0x80007};

    (void)state;
    for (size_t i = 0; i < sizeof in_the_way / sizeof *in_the_way; i++) {
        struct pair pair;
        pair_init(&pair, PAGING_SV39);
        fill(&pair);
        assert_int_equal(
            address_space_map(&pair.child, range_of(in_the_way[i], 1), "old", 3, 0, URW), E_OK);
        const struct snapshot child = snapshot_take(&pair.child, &pair.f.machine);
        const struct snapshot parent = snapshot_take(&pair.f.space, &pair.f.machine);
        assert_int_equal(address_space_clone_self(&pair.f.space, &pair.child, CLONE_COPY), E_EXIST);
        assert_unchanged(child, &pair.child, &pair.f.machine);
        assert_unchanged(parent, &pair.f.space, &pair.f.machine);
        assert_int_equal(pair.owner.count, 1);
        pair_done(&pair);
    }
}

static void test_clone_onto_itself_is_refused(void **state)
{
    struct pair pair;

    (void)state;
    pair_init(&pair, PAGING_SV39);
    fill(&pair);
    const struct snapshot before = snapshot_take(&pair.f.space, &pair.f.machine);
    assert_int_equal(address_space_clone_self(&pair.f.space, &pair.f.space, CLONE_COPY), E_EXIST);
    assert_unchanged(before, &pair.f.space, &pair.f.machine);
    pair_done(&pair);
}

static void test_clone_out_of_memory_at_each_allocation_changes_nothing(void **state)
{
    (void)state;
    FOR_EACH_MODE(mode)
    {
        struct pair pair;
        unsigned n = 0;
        enum error error;
        pair_init(&pair, mode);
        fill(&pair);
        assert_int_equal(address_space_map(&pair.child, range_of(5, 1), "old", 3, 0, URW), E_OK);
        const struct snapshot child = snapshot_take(&pair.child, &pair.f.machine);
        const struct snapshot parent = snapshot_take(&pair.f.space, &pair.f.machine);
        do {
            fail_allocation(++n);
            error = address_space_clone_self(&pair.f.space, &pair.child, CLONE_COPY);
            if (allocation_has_failed()) {
                assert_int_equal(error, E_NOMEM);
                assert_unchanged(child, &pair.child, &pair.f.machine);
                assert_unchanged(parent, &pair.f.space, &pair.f.machine);
                assert_int_equal(pair.owner.count, 1);
            }
        } while (allocation_has_failed());
        assert_int_equal(error, E_OK);
        /* Three records, two runs of pages; tables: 2 more for the first area, 2 for each other. */
        assert_int_equal(n - 1, 3 + 2 + 2 + 2 + 2);
        pair_done(&pair);
    }
}

static void test_clone_into_a_smaller_mode_is_refused(void **state)
{
    struct pair pair;
    struct test_manager small_manager;
    struct address_space small;

    (void)state;
    pair_init(&pair, PAGING_SV48);
    fill(&pair);
    assert_int_equal(address_space_map(&pair.f.space, range_of(mode_user_pages(PAGING_SV39), 1),
                                       NULL, 0, 0, URW),
                     E_OK);
    test_manager_init(&small_manager, &pair.f.machine);
    assert_int_equal(address_space_new(&small, &small_manager.manager, PAGING_SV39), E_OK);
    const struct snapshot before = snapshot_take(&small, &pair.f.machine);
    assert_int_equal(address_space_clone_self(&pair.f.space, &small, CLONE_COPY), E_INVAL);
    assert_unchanged(before, &small, &pair.f.machine);
    address_space_destroy(&small);
    pair_done(&pair);
}

static void test_clone_of_a_clone_outlives_both_parents(void **state)
{
    struct pair pair;
    struct test_manager manager;
    struct address_space grandchild;

    (void)state;
    pair_init(&pair, PAGING_SV39);
    fill(&pair);
    test_manager_init(&manager, &pair.f.machine);
    assert_int_equal(address_space_new(&grandchild, &manager.manager, PAGING_SV39), E_OK);
    assert_int_equal(address_space_clone_self(&pair.f.space, &pair.child, CLONE_COPY), E_OK);
    *byte_at(&pair.child, 0x1ff, 0) = 0x42;
    assert_int_equal(address_space_clone_self(&pair.child, &grandchild, CLONE_COPY), E_OK);
    assert_int_equal(address_space_unmap(&pair.child, range_of(0, 0x100000)), E_OK);
    assert_int_equal(address_space_unmap(&pair.f.space, range_of(0, 0x100000)), E_OK);
    assert_int_equal(*byte_at(&grandchild, 0x1ff, 0), 0x42);
    assert_int_equal(*byte_at(&grandchild, 0x1ff, 1), 31);
    assert_int_equal(pair.owner.count, 1);
    assert_sound(&grandchild);
    address_space_destroy(&grandchild);
    pair_done(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clone_has_the_same_areas_and_bytes),
        cmocka_unit_test(test_clone_of_owned_and_extern_areas_has_pages_of_its_own),
        cmocka_unit_test(test_clone_of_shared_areas_has_the_same_pages),
        cmocka_unit_test(test_clone_of_device_pages_touches_none_of_them),
        cmocka_unit_test(test_clone_of_an_empty_space_is_empty),
        cmocka_unit_test(test_clone_into_a_space_in_use_adds_to_it),
        cmocka_unit_test(test_clone_onto_what_is_mapped_changes_nothing),
        cmocka_unit_test(test_clone_onto_itself_is_refused),
        cmocka_unit_test(test_clone_out_of_memory_at_each_allocation_changes_nothing),
        cmocka_unit_test(test_clone_into_a_smaller_mode_is_refused),
        cmocka_unit_test(test_clone_of_a_clone_outlives_both_parents),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
