#pragma once
/* pages.h - the pages of one file, by index; what was never written has none. */
#include <octavo/error.h>

#include <stdint.h>

/* All zero: no pages. A tree of nodes with 64 slots each, as high as the highest index needs; with
 * height 0 the root is page 0. */
struct pages {
    void *root;
    unsigned height;
    uint64_t count; /* pages that are there */
};

/* NULL: there is none. */
void *pages_find(const struct pages *pages, uint64_t index);

/* The page, of space.h, is the file's. None may be there. E_NOSPC: it stays the caller's. */
enum error pages_add(struct pages *pages, uint64_t index, void *page) MUST_USE;

/* Gives all pages from index `first` on back. */
void pages_cut(struct pages *pages, uint64_t first);
