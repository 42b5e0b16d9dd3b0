#pragma once
/* operations.h - what the operations on an address space share. Inside vm/ only. */
#include "address_space.h"

/* Not empty, not wrapping, and within the lower half of the space's mode. */
bool space_range_is_valid(const struct address_space *space, struct page_range range);

/* Unmaps the areas that begin inside a valid range over whose edges none reaches: leaves first,
 * then the flush, then pages, tables and records are given back. */
void space_remove(struct address_space *space, struct page_range range);
