#pragma once
/* frame_counts.h - does each frame's count say how many entries name it?
 *
 * One who shares a page or a table knows nothing of the others; only all spaces of a machine
 * together can tell. So:
 *
 *   struct frame_counts counts;
 *   frame_counts_start(&counts, &machine);
 *   frame_counts_add_space(&counts, &space);      for each space of the machine
 *   frame_counts_add_pages(&counts, first, n);    for what else holds pages
 *   frame_counts_finish(&counts);                 asserts
 *
 * Each distinct table is looked into once, however many entries name it.
 */
#include "managers.h"

struct frame_counts {
    const struct machine *machine;
    uint32_t *holds;  /* of each page: the entries that name it, and other holders */
    bool *written_to; /* by a hart, without asking: so it must be named once */
};

void frame_counts_start(struct frame_counts *counts, const struct machine *machine);
void frame_counts_add_space(struct frame_counts *counts, const struct address_space *space);
void frame_counts_add_pages(struct frame_counts *counts, ppn_t first, uint64_t pages);
/* Asserts: `references` of each page in use is its number of holds; pages that nobody holds are
 * free; pages in use and free pages are all pages; a private page that a hart may write has one
 * hold. */
void frame_counts_finish(struct frame_counts *counts);

/* What stands in the way to vpn or is there, in shared tables too: a leaf, or zero. */
pte_t leaf_behind(const struct address_space *space, vpn_t vpn, unsigned *level);
