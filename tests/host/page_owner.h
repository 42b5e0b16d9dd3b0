#pragma once
/* page_owner.h - an owner of pages for the tests of PAGED areas.
 *
 * Its pages are a machine's, and it holds each once. Those of odd numbers it gives away with a hold
 * of the receiver's (PTE_OWNED), those of even numbers without one. It fails where an allocation is
 * to fail (E_NOMEM), and once with whatever it is told to.
 */
#include "frame_counts.h"

enum { OWNER_PAGES = 24 };

struct page_owner {
    struct area_owner owner; /* first */
    struct machine *machine;
    ppn_t first;
    int areas;              /* that name it */
    enum error refuse;      /* what the next call is answered with, once; E_OK: as it should be */
    unsigned calls;         /* of `page` */
    bool told[OWNER_PAGES]; /* that the page is going to be written */
    bool unreachable;       /* its pages are said to be where no pointer leads */
};

/* Each byte of page i is `pattern` + i. */
void page_owner_init(struct page_owner *owner, struct machine *machine, unsigned char pattern);
/* Asserts that no area names it, and gives its pages back. */
void page_owner_done(struct page_owner *owner);
void *page_owner_page(const struct page_owner *owner, uint64_t index);
