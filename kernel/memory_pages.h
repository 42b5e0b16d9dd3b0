#pragma once
/* memory_pages.h - which pages of a memory object are there: a tree of tables that grows with them.
 *
 * The tables are frames; a tree is as high as the object's size asks for, so that up to 2 MiB needs
 * one. Not locked: the memory object's lock guards it.
 */
#include "vm/pte.h"

struct memory_pages {
    pte_t *root;    /* NULL: no page was ever there */
    unsigned level; /* of the root; 0: it names pages */
};

/* What an entry says of a page besides its number; zero: it is not there. */
enum memory_page {
    PAGE_THERE = PTE_V,
    PAGE_USED = PTE_A,       /* somebody looked for it since it was last marked as unused */
    PAGE_DIRTY = PTE_D,      /* somebody may have written to it */
    PAGE_LEAVING = PTE_OWNED /* it is being evicted: nobody gets it any more */
};

/* An empty tree for pages 0 to `pages` - 1. */
void memory_pages_init(struct memory_pages *tree, uint64_t pages);

/* The entry of a page; NULL: there is no table for it, so it is not there. */
pte_t *memory_pages_find(const struct memory_pages *tree, uint64_t index);

/* The same, with the tables on the way. NULL: no memory. */
pte_t *memory_pages_reach(struct memory_pages *tree, uint64_t index);

/* Lets go of all pages and tables. Returns how many pages there were. */
uint64_t memory_pages_free(struct memory_pages *tree);
