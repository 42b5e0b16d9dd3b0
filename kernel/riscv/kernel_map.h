#pragma once
/* kernel_map.h - the kernel half of all address spaces (layout.h). Built once, then only read. */
#include "vm/page_table.h"

/* The mode in use, since kernel_map_init. */
extern enum paging_mode kernel_paging_mode;

/* Can this hart page in that mode? Tried with the boot table. */
bool kernel_map_mode_works(enum paging_mode mode);

/* Builds the kernel's tables in a mode that works, and switches to them: direct map with the
 * largest pages, image with each segment's rights, guard pages left out. `identifiers`: of address
 * spaces, as many as may be used; 0: all there are. */
void kernel_map_init(enum paging_mode mode, uint64_t identifiers);

/* How many pages of each level the direct map has, for the boot log. */
extern uint64_t kernel_map_leaves[3];
