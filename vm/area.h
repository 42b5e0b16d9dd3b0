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
};

struct area;

/* Who owns the pages of an EXTERN or SHARED area, if it wants to know how many areas name them. */
struct area_owner {
    void (*retain)(struct area_owner *owner);
    void (*release)(struct area_owner *owner);
};

struct area {
    RB_ENTRY(area) link;
    struct page_range range;
    ppn_t first;    /* physical page of range.start; the others follow it */
    uint64_t flags; /* uniform: every bit of each page's leaf (V, A, D and the software bits too) */
    enum area_kind kind;
    struct area_owner *owner; /* or NULL; one retain for each area that names it */
};

RB_HEAD(area_tree, area);

struct area_set {
    struct area_tree tree;
    size_t count;
    uint64_t pages; /* sum over the areas */
};

void area_set_init(struct area_set *set);

/* Inserts a record whose range overlaps none (asserted: the caller looked). */
void area_set_insert(struct area_set *set, struct area *area);
void area_set_remove(struct area_set *set, struct area *area);

/* The area that holds vpn, or NULL. */
struct area *area_set_find(const struct area_set *set, vpn_t vpn);
/* The first area that ends after vpn (holds it or comes behind), or NULL. */
struct area *area_set_find_from(const struct area_set *set, vpn_t vpn);
struct area *area_set_first(const struct area_set *set);
struct area *area_set_next(const struct area_set *set, struct area *area);
