#pragma once
/* operations.h - what the operations on an address space share. Inside vm/ only. */
#include "address_space.h"
#include "events.h"

/* --- space.c ---------------------------------------------------------------------------------- */

/* Not empty, not wrapping, and within the lower half of the space's mode. */
bool space_range_is_valid(const struct address_space *space, struct page_range range);

/* Tells the layer above, if it wants to know. */
static inline void space_flush(struct address_space *space, struct page_range range,
                               enum flush_kind kind)
{
    if (space->flush)
        space->flush(space, range, kind);
}

/* --- unmap.c ---------------------------------------------------------------------------------- */

/* Unmaps the pages of a valid range, to which space_cut or space_cut_off has been done. */
void space_remove(struct address_space *space, struct page_range range);

/* --- map.c ------------------------------------------------------------------------------------ */

bool flags_are_valid(uint64_t flags);

/* What leaves get of a caller's flags: see address_space.h. */
static inline uint64_t leaf_flags(uint64_t flags)
{
    return flags | PTE_V | PTE_A | (flags & PTE_W ? PTE_D : 0);
}

/* May the area go into the space? */
enum error check_area(const struct address_space *space, const struct area *wanted) MUST_USE;

/* --- split.c ---------------------------------------------------------------------------------- */

/* Makes the range's edges edges of areas, of larger pages and of shared tables. E_NOMEM: the areas
 * are as before. */
enum error space_cut(struct address_space *space, struct page_range range) MUST_USE;

/* The same for pages that will go. An area that reaches over the end is left as it is: it need only
 * lose its head, for which nothing can run out. */
enum error space_cut_off(struct address_space *space, struct page_range range) MUST_USE;

/* Joins the areas that meet at vpn, if they can be one. */
void space_join(struct address_space *space, vpn_t vpn);
/* The same wherever two meet inside the range or at its edges. */
void space_join_inside(struct address_space *space, struct page_range range);

/* Puts a table of smaller pages in the place of a larger page. E_NOMEM. */
enum error page_split(struct address_space *space, pte_t *entry, unsigned level,
                      vpn_t vpn) MUST_USE;

/* --- table.c ---------------------------------------------------------------------------------- */

/* The entry for vpn at `level`, or a leaf at a higher one; builds the tables above it that are
 * missing and takes those that are shared. E_NOMEM: what was built is left empty; the caller calls
 * table_prune. */
enum error table_reach(struct address_space *space, vpn_t vpn, unsigned level, pte_t **entry,
                       unsigned *found) MUST_USE;

/* Takes out the tables on the way to vpn that are empty. */
void table_prune(struct address_space *space, vpn_t vpn);

/* Neighbouring entries of a table: [first, end). */
struct span {
    size_t first, end;
};

/* The next entries behind span->end, of a table whose entries are of `level` and which begins at
 * `base`, that areas have pages in: the others are empty. Looking for these takes as long as what
 * is in use is large, not as tables are. False: there are none. Begin with {0, 0}. */
bool table_next_span(const struct area_set *areas, vpn_t base, unsigned level, struct span *span);

/* The first of the entries [i, end) of a table that is not empty, or `end`. */
static inline size_t next_used(const pte_t *entry, size_t i, size_t end)
{
    enum { STEP = 8 };

    if (i < end && entry[i].v != 0) /* as a rule, in a table that is full */
        return i;
    for (; i + STEP <= end; i += STEP) {
        uint64_t used = 0;
#pragma GCC unroll 8
        for (size_t k = 0; k < STEP; k++)
            used |= entry[i + k].v;
        if (used)
            break;
    }
    while (i < end && entry[i].v == 0)
        i++;
    return i;
}

/* Drops what the entry of `level` on the way to vpn names: pages, or a table and all below it, as
 * far as nobody else holds them. The areas there are still recorded. *budget goes down by about one
 * for each entry dropped; at zero it stops, returns false, and is to be called again. True: the
 * entry is empty now. No hart reads the entry or what is below it, unless others hold that. */
bool entry_drop(const struct address_space *space, pte_t *entry, unsigned level, vpn_t vpn,
                uint64_t *budget);

/* The same for everything in the lower half. */
bool space_drop_tables(struct address_space *space, uint64_t *budget);

/* --- fault.c ---------------------------------------------------------------------------------- */

/* A fault that its area permits. */
struct page_fault {
    struct address_space *space;
    struct area *area;
    vpn_t vpn;
    uint64_t access; /* leaf bits */
    pte_t *entry;    /* where the way to vpn ends: a leaf, or empty */
    unsigned level;  /* of the entry */
};

/* --- cow.c ------------------------------------------------------------------------------------ */

/* What *from, an entry of `level`, names gets one more hold, for an entry that is going to say the
 * same: the value returned. Both are weakened, so that the first use of either is a fault. */
pte_t entry_duplicate(struct page_manager *manager, pte_t *from, unsigned level);

/* A fault on a leaf that lacks permission to write, which its area has. */
enum error page_break(const struct page_fault *fault) MUST_USE;

/* The leaves of one area, for COW. dst has the area's record already. */
enum error clone_leaves_cow(struct address_space *src, struct address_space *dst,
                            struct page_range range) MUST_USE;

/* --- share.c ---------------------------------------------------------------------------------- */

/* Makes all tables of src, an entire lower half, dst's too. dst's is empty. */
void clone_tables(struct address_space *src, struct address_space *dst);

/* Makes the shared table that *entry (of `level`) names the space's own, and the entry valid.
 * E_NOMEM. */
enum error table_unshare(struct address_space *space, pte_t *entry, unsigned level,
                         vpn_t vpn) MUST_USE;

/* All tables on the way to any page of the range. E_NOMEM: some. */
enum error tables_unshare(struct address_space *space, struct page_range range) MUST_USE;

/* --- lazy.c ----------------------------------------------------------------------------------- */

/* A fault where there is no page. */
enum error page_fill(const struct page_fault *fault) MUST_USE;

/* Who goes from page to page is given some in advance, as one run, which costs less than a fault
 * for each: as many as he has before the page already, that is as there are entries with one of
 * `flags` in front of *entry, which is in a last-level table. At least 1, at most AHEAD_PAGES,
 * within table and area. */
enum { AHEAD_PAGES = 8 };
uint64_t pages_ahead(const struct area *area, vpn_t vpn, const pte_t *entry, uint64_t flags);

/* The leaf for a page of a PAGED area: writable only if the area is, and `write`. */
static inline pte_t paged_leaf(const struct area *area, pte_t page, bool write)
{
    const uint64_t weak = write ? 0 : PTE_W | PTE_D;
    return pte_make(pte_ppn(page), (area->flags & ~weak) | (page.v & PTE_OWNED));
}

/* --- large.c ---------------------------------------------------------------------------------- */

/* Faults bring larger pages of 2 MiB and no others: clearing one of the next size would take too
 * long. Mapping pages that are there uses all sizes (map.c). */
enum { LARGE_LEVEL = 1 };

/* Puts a larger page of zeroes where there is no page, if the area and memory allow. */
bool page_fill_large(const struct page_fault *fault);
