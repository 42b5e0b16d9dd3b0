#pragma once
/* managers.h - machines, page managers and failures for the tests of vm/.
 *
 * A machine is some RAM with a buddy allocator and a window on it. A test manager is a direct map
 * on a machine that counts and that can be told to misbehave. Failures are injected at the n-th
 * allocation from now on, of pages and of records alike. After a test, machine_done verifies that
 * nothing leaked.
 */
#include "vm/address_space.h"
#include "vm/direct_map.h"

/* cmocka.h wants these first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { MACHINE_FIRST_PAGE = 0x80000 };

struct machine {
    unsigned char *ram; /* filled with 0xa5 by machine_init: nobody may rely on zeros */
    struct frame *frames;
    struct buddy buddy;
    struct direct_map_window window;
};

/* `pages` of RAM, all free, at physical page MACHINE_FIRST_PAGE. */
void machine_init(struct machine *machine, uint64_t pages);
/* Asserts that every page and every record came back, and takes the machine apart. */
void machine_done(struct machine *machine);
/* The same without asserting: for a test that broke something. */
void machine_discard(struct machine *machine);
/* A run of pages that is nobody's area; give it back with machine_return. */
ppn_t machine_take(struct machine *machine, uint64_t pages);
void machine_return(struct machine *machine, ppn_t first, uint64_t pages);
void *machine_page(const struct machine *machine, ppn_t ppn);

struct test_manager {
    struct page_manager manager; /* first */
    struct direct_map inner;
    int64_t pages_out; /* allocated less given back, the root included. Clones give back what the
                          first allocated: then only the sum over their managers says how many */
    uint64_t p_to_v_calls;
    bool owns_nothing;      /* check_owned is always false, deallocate gives back nothing */
    bool root_is_lost;      /* root_ptr is NULL */
    bool root_is_unaligned; /* root_ptr is 8 bytes too far */
    bool numbers_are_wrong; /* v_to_p is off by one, but for the root */
    bool root_number_is_wrong;
    bool aligns_badly; /* a run begins one page behind where it should */
};

/* Without a window: the library asks p_to_v. */
void test_manager_init(struct test_manager *manager, const struct machine *machine);
/* From now on it need not. */
void test_manager_open_window(struct test_manager *manager);

/* The n-th allocation from now fails (1: the next), once; 0: none does. */
void fail_allocation(unsigned n);
/* Has the failure that was asked for happened? */
bool allocation_has_failed(void);
/* Counts as an allocation; true: it is the one to fail. For what else may run out of memory. */
bool allocation_must_fail(void);
/* Records that vm_area_allocate gave and nobody gave back. */
size_t records_out(void);

/* A space on a machine of its own. */
struct fixture {
    struct machine machine;
    struct test_manager manager;
    struct address_space space;
};

void fixture_init(struct fixture *fixture, enum paging_mode mode, uint64_t pages);
/* Destroys the space and asserts that nothing is left of it. */
void fixture_done(struct fixture *fixture);

/* A table without an address space above it, on a machine of its own. */
struct bare {
    struct machine machine;
    struct test_manager manager;
    struct page_table table;
};

void bare_init(struct bare *bare, enum paging_mode mode);
/* Asserts that the table is empty and that nothing leaked. */
void bare_done(struct bare *bare);
/* Maps V R W; must succeed. */
void bare_map(struct bare *bare, uint64_t start, uint64_t pages, uint64_t ppn, unsigned level);
pte_t bare_entry(const struct bare *bare, uint64_t vpn);

/* All that an operation which fails must leave alone: table, areas, every mapped byte, balances. */
struct snapshot {
    uint64_t hash;
    uint64_t free_pages;
    size_t records;
};
struct snapshot snapshot_take(const struct address_space *space, const struct machine *machine);
#define assert_unchanged(before, space, machine)                     \
    do {                                                             \
        const struct snapshot after = snapshot_take(space, machine); \
        assert_int_equal(after.free_pages, (before).free_pages);     \
        assert_int_equal(after.records, (before).records);           \
        assert_int_equal(after.hash, (before).hash);                 \
    } while (0)

/* The checker agrees, or the test fails with its complaint. */
void assert_sound(const struct address_space *space);

/* A text sink that keeps everything. */
struct text {
    struct text_sink sink; /* first */
    size_t length;
    char bytes[1 << 16];
};
void text_init(struct text *text);

/* An owner that counts how many areas name it. */
struct counting_owner {
    struct area_owner owner; /* first */
    int count;
};
void counting_owner_init(struct counting_owner *owner);

static const enum paging_mode all_modes[] = {PAGING_SV39, PAGING_SV48, PAGING_SV57};
#define FOR_EACH_MODE(mode)                                                                       \
    for (const enum paging_mode *mode_at = all_modes, *mode_once = NULL; mode_at < all_modes + 3; \
         mode_at++, mode_once = NULL)                                                             \
        for (const enum paging_mode mode = *mode_at; !mode_once; mode_once = mode_at)

static inline struct page_range range_of(uint64_t start, uint64_t pages)
{
    return (struct page_range){{start}, pages};
}
