#pragma once
/* direct_map.h - the shipped page manager: all of RAM is mapped at a constant offset, pages come
 * from a frame source (buddy_source over a buddy allocator; the kernel puts its locked allocator
 * there).
 */
#include "buddy.h"
#include "page_manager.h"
#include "page_table.h"

/* Where runs of physical pages come from. Contents of a fresh run are undefined. */
struct frame_source {
    enum error (*allocate)(void *self, uint64_t pages, ppn_t *first) MUST_USE;
    /* A page that was cleared in advance. False: there is none. NULL: there never is. */
    bool (*take_zeroed)(void *self, ppn_t *page) MUST_USE;
    /* Freeing a page that is not allocated panics. */
    void (*free)(void *self, ppn_t first, uint64_t pages);
    void *self;
};

/* A frame source over an unlocked buddy allocator. */
struct frame_source buddy_source(struct buddy *buddy);

/* What all spaces of a kernel share. */
struct direct_map_window {
    uintptr_t offset;     /* pointer = physical address + offset */
    ppn_t first;          /* the pages that the window shows: p_to_v of others is NULL */
    uint64_t pages;       /* 0: it shows everything */
    struct frame *frames; /* the records of these pages, the source's (buddy.h) */
    struct frame_source source;
    const pte_t *kernel_half; /* a root: every new root gets its upper 256 entries. NULL: none */
};

struct direct_map {
    struct page_manager manager; /* first: a page_manager pointer is a direct_map pointer */
    const struct direct_map_window *window;
    pte_t *root; /* NULL until new_root */
};

/* Prepares a manager without a root; address_space_new makes the root. The window outlives it, and
 * no longer changes what it shows. */
void direct_map_init(struct direct_map *map, const struct direct_map_window *window);
