/* family.c - see family.h. */
#include "family.h"

static struct family *current; /* the flush hook is told only a space */

static void note_flush(struct address_space *space, struct page_range range, enum flush_kind kind)
{
    current->flushes.count++;
    current->flushes.range = range;
    current->flushes.kind = kind;
    current->flushes.space = space;
}

static struct address_space *add(struct family *family, enum paging_mode mode)
{
    for (int i = 0; i < FAMILY; i++) {
        struct address_space *space = &family->members[i];
        if (space->table.root)
            continue;
        test_manager_init(&family->managers[i], &family->machine);
        assert_int_equal(address_space_new(space, &family->managers[i].manager, mode), E_OK);
        space->flush = note_flush;
        space->events = &family->events;
        return space;
    }
    fail_msg("the family has no room");
    return NULL;
}

void family_init(struct family *family, enum paging_mode mode, uint64_t pages)
{
    *family = (struct family){0};
    current = family;
    machine_init(&family->machine, pages);
    page_owner_init(&family->owner, &family->machine, 0x30);
    add(family, mode);
}

struct address_space *family_add(struct family *family)
{
    return add(family, family->members[0].table.mode);
}

struct address_space *family_clone(struct family *family, struct address_space *of,
                                   enum clone_policy policy)
{
    struct address_space *clone = family_add(family);

    assert_int_equal(address_space_clone_self(of, clone, policy), E_OK);
    return clone;
}

void family_remove(struct family *family, struct address_space *member)
{
    (void)family;
    address_space_destroy(member);
    member->table.root = NULL;
}

void family_check(const struct family *family)
{
    struct frame_counts counts;

    frame_counts_start(&counts, &family->machine);
    frame_counts_add_pages(&counts, family->owner.first, OWNER_PAGES);
    for (int i = 0; i < FAMILY; i++) {
        if (!family->members[i].table.root)
            continue;
        assert_sound(&family->members[i]);
        frame_counts_add_space(&counts, &family->members[i]);
    }
    frame_counts_finish(&counts);
}

void family_done(struct family *family)
{
    family_check(family);
    for (int i = 0; i < FAMILY; i++)
        if (family->members[i].table.root)
            address_space_destroy(&family->members[i]);
    page_owner_done(&family->owner);
    machine_done(&family->machine);
}

void map_zeroes(struct address_space *space, uint64_t start, uint64_t pages, bool large)
{
    const struct pager pager = {.large = large};

    assert_int_equal(address_space_map_paged(space, range_of(start, pages), URW, &pager), E_OK);
}

void map_owned_by(struct family *family, struct address_space *space, struct page_range range,
                  uint64_t offset, bool shared)
{
    const struct pager pager = {.owner = &family->owner.owner, .offset = offset, .shared = shared};

    assert_int_equal(address_space_map_paged(space, range, URW, &pager), E_OK);
}

enum error touch(struct address_space *space, uint64_t vpn, uint64_t access)
{
    return address_space_fault(space, vpn_address((vpn_t){vpn}), access);
}

static unsigned char *reach(struct address_space *space, uint64_t vpn, uint64_t access)
{
    unsigned char *page;

    assert_int_equal(touch(space, vpn, access), E_OK);
    page = address_space_translate(space, vpn_address((vpn_t){vpn}), access);
    assert_non_null(page);
    return page;
}

void poke(struct address_space *space, uint64_t vpn, unsigned char byte)
{
    *reach(space, vpn, PTE_U | PTE_W) = byte;
}

unsigned char peek(struct address_space *space, uint64_t vpn)
{
    return *reach(space, vpn, PTE_U | PTE_R);
}

pte_t leaf_of(const struct address_space *space, uint64_t vpn)
{
    const pte_t entry = *page_table_find(&space->table, (vpn_t){vpn}, &(unsigned){0});
    return pte_is_leaf(entry) ? entry : (pte_t){0};
}
