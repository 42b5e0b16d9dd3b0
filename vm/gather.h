#pragma once
/* gather.h - what an operation takes out of a space: remembered until no hart knows it any more.
 *
 * Order matters where other harts run the space: entries are cleared first, then one flush tells
 * everyone, and only then may pages and tables be used for something else.
 *
 *   struct gather gather = gather_start(space);
 *   gather_leaf(&gather, leaf, vpn, pages);     for each leaf that was cleared
 *   gather.dead                                 for tables (page_table_detach and its like)
 *   gather_finish(&gather);
 */
#include "address_space.h"

enum { GATHER_RUNS = 64 };

struct gather {
    struct address_space *space;
    struct table_chain dead; /* tables */
    vpn_t start, end;        /* of the leaves cleared since the last flush; none: start is end */
    size_t runs;
    struct {
        pte_t first;
        uint64_t pages;
    } run[GATHER_RUNS]; /* the pages that these named */
};

struct gather gather_start(struct address_space *space);

/* A leaf, which named `pages` pages, has been cleared. If its page is the page manager's, the hold
 * is given up after the flush. May flush, and give back what it has so far. */
void gather_leaf(struct gather *gather, pte_t leaf, vpn_t vpn, uint64_t pages);

/* Flushes what is left to flush, and gives everything back. */
void gather_finish(struct gather *gather);
