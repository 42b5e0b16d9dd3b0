#pragma once
/* area.h - the record of one mapped range, and the set of an address space's areas.
 *
 * Ranges in a set are disjoint and found in O(log n): a red-black tree ordered by start. Records
 * come from two functions that the layer above supplies (vm_hooks.h).
 */
#include <sys/tree.h>

#include "pte.h"

enum area_kind {
    AREA_OWNED,  /* pages from the page manager, given back with the area; physically contiguous */
    AREA_EXTERN, /* pages are the caller's: never given back; contiguous; clone copies them into an
                    OWNED area */
    AREA_SHARED, /* pages are the caller's: clone maps the same pages (device memory, memory
                    objects); contiguous */
    AREA_PAGED,  /* each page is found when it is first touched: zeroes, or the owner's. Never
                    assumed to be contiguous, or there */
};

struct area;

/* Who owns the pages of an area that are not simply the area's, if it wants to know how many areas
 * name them; and who finds the pages of a PAGED area. */
struct area_owner {
    void (*retain)(struct area_owner *owner);
    void (*release)(struct area_owner *owner);

    /* The owner's page number `index`, as an entry of page number and PTE_OWNED if the page is the
     * page manager's; then the hold that comes with it is the caller's. `write`: it is going to be
     * written, by all who share it. Called with the space locked. E_AGAIN: not now, the fault is to
     * be tried again; E_NOMEM; E_IO: it cannot be had; E_RANGE: there is no such page. */
    enum error (*page)(struct area_owner *owner, uint64_t index, bool write, pte_t *page) MUST_USE;
};

struct area {
    RB_ENTRY(area) link;
    struct page_range range;
    enum area_kind kind;
    bool large;      /* PAGED: may have larger pages, hence pages that nobody touched */
    vpn_t low, high; /* the pages of the range outside [low, high) have never been there; who looks
                        for pages need not look at those. low is high: none has */
    /* Uniform: each page's leaf has these bits (V, A, D and the software bits too), and no others.
     * PAGED: without OWNED, which each page has or not; and a leaf may lack W and D: then the next
     * write to the page is a fault, which finds out why. */
    uint64_t flags;
    ppn_t first;              /* not PAGED: physical page of range.start; the others follow it */
    struct area_owner *owner; /* or NULL; one retain for each area that names it */
    uint64_t offset;          /* PAGED: the owner's page number of range.start */
};

RB_HEAD(area_tree, area);

struct area_set {
    struct area_tree tree;
    size_t count;
    uint64_t pages;         /* sum over the areas */
    uint64_t private_pages; /* of these, in areas that have pages of their own, there or not */
};

void area_set_init(struct area_set *set);

/* Inserts a record whose range overlaps none (asserted: the caller looked). */
void area_set_insert(struct area_set *set, struct area *area);
void area_set_remove(struct area_set *set, struct area *area);

/* The pages [start, end) of the area, which are not none, are there from now on. */
void area_note_pages(struct area *area, vpn_t start, vpn_t end);

/* Makes two areas of one. `area` keeps the pages before `at`, which is inside it; `tail`, a record
 * that is not in use, gets the others. The owner is retained once more. */
void area_set_split(struct area_set *set, struct area *area, vpn_t at, struct area *tail);

/* Gives up the pages of an area before `at`, which is inside it. */
void area_set_trim(struct area_set *set, struct area *area, vpn_t at);

/* Makes one area of `area` and the one that begins where it ends, if they are the same kind of
 * thing and the pages of the second follow those of the first. Returns the record of the second,
 * no longer in use, and its owner released; or NULL. */
struct area *area_set_join(struct area_set *set, struct area *area);

/* The area that holds vpn, or NULL. */
struct area *area_set_find(const struct area_set *set, vpn_t vpn);
/* The first area that ends after vpn (holds it or comes behind), or NULL. */
struct area *area_set_find_from(const struct area_set *set, vpn_t vpn);
struct area *area_set_first(const struct area_set *set);
struct area *area_set_next(const struct area_set *set, struct area *area);
