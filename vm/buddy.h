#pragma once
/* buddy.h - physical pages in blocks of powers of two, with coalescing.
 *
 * One frame record stands for each physical page of the range given to buddy_init, found by
 * indexing. Free blocks are linked through the records (never through the pages), so freeing
 * touches no page and the allocator works on pages it cannot reach. Blocks are aligned to their
 * size in absolute page numbers, so a block of order 9 can be a 2 MiB superpage.
 *
 * Not locked: the caller holds one lock around a buddy's calls (the kernel: frame.c).
 */
#include "address.h"

enum {
    BUDDY_ORDER_MAX = 18, /* 2^18 pages: 1 GiB, the largest superpage of Sv39 */
    BUDDY_ORDERS = BUDDY_ORDER_MAX + 1,
};

enum frame_state {
    FRAME_RESERVED = 0, /* never given to the allocator: firmware, kernel image, holes */
    FRAME_FREE,         /* first page of a free block of `order` */
    FRAME_FREE_TAIL,    /* inside a free block */
    FRAME_USED,         /* allocated */
};

/* The record of one physical page: 16 bytes. */
struct frame {
    uint32_t next,
        previous;        /* free list, as indices; meaningful in the first page of a free block */
    uint32_t references; /* allocated: how many hold the page; 1 after allocation */
    uint8_t state;       /* enum frame_state */
    uint8_t order;       /* of the free block, in its first page */
    uint16_t flags;      /* the owner's */
};
_Static_assert(sizeof(struct frame) == 16, "a frame record is 16 bytes");

/* How many hold an allocated page. Atomic, since those who share a page share no lock. */
static inline void frame_hold(struct frame *frame)
{
    __atomic_fetch_add(&frame->references, 1, __ATOMIC_RELAXED);
}
static inline bool frame_is_shared(const struct frame *frame)
{
    return __atomic_load_n(&frame->references, __ATOMIC_ACQUIRE) > 1;
}
/* Takes one hold off, unless it is the only one: true then. Of several who let go at once, one is
 * told that it was the last. */
static inline bool frame_let_go(struct frame *frame)
{
    if (!frame_is_shared(frame))
        return true;
    if (__atomic_fetch_sub(&frame->references, 1, __ATOMIC_ACQ_REL) > 1)
        return false;
    __atomic_store_n(&frame->references, 1, __ATOMIC_RELAXED);
    return true;
}

struct buddy {
    ppn_t first;                      /* page of frames[0] */
    uint64_t pages;                   /* number of records */
    struct frame *frames;             /* the caller's memory, zeroed: every page starts RESERVED */
    uint32_t free_list[BUDDY_ORDERS]; /* index of the first block's record, or BUDDY_NONE */
    uint64_t free_blocks[BUDDY_ORDERS]; /* for `free` */
    uint64_t free_pages;
    uint64_t managed_pages; /* ever given by buddy_add */
};

#define BUDDY_NONE UINT32_MAX

/* An allocator over pages [first, first + pages), all reserved until buddy_add. `frames` has
 * `pages` zeroed records and stays the caller's memory. pages < BUDDY_NONE. */
void buddy_init(struct buddy *buddy, ppn_t first, uint64_t pages, struct frame *frames);

/* Hands reserved pages to the allocator. E_INVAL: outside the range, empty, or not all reserved
 * (nothing added). */
enum error buddy_add(struct buddy *buddy, ppn_t first, uint64_t pages) MUST_USE;

/* Allocates `pages` contiguous pages (any number, not only powers of two: the tail of the block
 * goes back at once). The first page is aligned to the next power of two. E_INVAL: zero or over
 * 2^BUDDY_ORDER_MAX; E_NOMEM: no such run. */
enum error buddy_allocate(struct buddy *buddy, uint64_t pages, ppn_t *first) MUST_USE;

/* Gives back pages, which may be any part of what was allocated. E_INVAL, and nothing changes, if
 * one of them is not allocated (double free, foreign page) or the range is empty or wraps. */
enum error buddy_free(struct buddy *buddy, ppn_t first, uint64_t pages) MUST_USE;

/* The record of a page, or NULL outside the range. */
struct frame *buddy_frame(const struct buddy *buddy, ppn_t ppn);

/* Verifies lists, counters, alignment, and that no two free buddies stand uncoalesced. Linear in
 * pages. */
bool buddy_check(const struct buddy *buddy);
