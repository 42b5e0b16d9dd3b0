#pragma once
/* frame.h - the machine's physical pages: a buddy allocator with a cache for each hart in front,
 * and the direct map to reach them. Pages in caches are free pages in every respect. */
#include <octavo/system.h>

#include "kernel/riscv/layout.h"
#include "vm/direct_map.h"

/* What the page managers of all spaces share. kernel_half is set once the kernel's own table is
 * built. */
extern struct direct_map_window kernel_window;

/* Prepares the allocator for pages [first, first + pages); `records` is zeroed memory for them. */
void frame_init(ppn_t first, uint64_t pages, struct frame *records);

/* Boot: gives unreserved RAM to the allocator. */
void frame_add(ppn_t first, uint64_t pages);

/* Contiguous pages, contents undefined. E_NOMEM, E_INVAL. */
enum error frame_allocate(uint64_t pages, ppn_t *first) MUST_USE;

/* The record of a page of RAM, or NULL: who holds it is in there. */
struct frame *frame_record(ppn_t page);

/* A page of zeroes, if this hart has cleared some in advance. */
bool frame_take_zeroed(ppn_t *page) MUST_USE;

/* Clears one page in advance, for a hart that has nothing else to do. False: there are enough, or
 * there is none at hand. */
bool frame_zero_one(void);

/* Gives pages back; panics if one of them is not allocated. */
void frame_free(ppn_t first, uint64_t pages);

/* Takes one hold off a page, and gives it back if that was the last. */
static inline void frame_drop(ppn_t page)
{
    if (frame_let_go(frame_record(page)))
        frame_free(page, 1);
}

/* The kernel's pointer to a page of RAM, and back. */
static inline void *frame_pointer(ppn_t ppn) { return (void *)(DIRECT_MAP + ppn_address(ppn).v); }
static inline ppn_t frame_of(const void *pointer)
{
    return paddr_page((paddr_t){(uintptr_t)pointer - DIRECT_MAP});
}

/* Exact as long as no hart allocates or frees. DEBUG: also runs frame_check. */
void frame_statistics(struct system_memory *memory);
uint64_t frame_free_count(void);

/* All pages that were ever given to the allocator. */
uint64_t frame_managed_count(void);

/* DEBUG and tests: do the allocator and the caches hold together? Linear in pages. */
bool frame_check(void);
