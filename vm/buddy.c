/* buddy.c - the page allocator.
 *
 * Invariants: every page that is FREE or FREE_TAIL lies in exactly one block on a list; a block of
 * order k begins at a page number that is a multiple of 2^k; two free buddies never stand side by
 * side, they are one block of the next order. No lock: see buddy.h.
 */
#include "buddy.h"

#include "vm_hooks.h"

static uint64_t order_pages(unsigned order) { return 1ull << order; }

static uint64_t index_ppn(const struct buddy *buddy, uint64_t i) { return buddy->first.v + i; }

/* --- lists ------------------------------------------------------------------------------------ */

static void list_push(struct buddy *buddy, uint32_t index, unsigned order)
{
    struct frame *frame = &buddy->frames[index];
    const uint32_t next = buddy->free_list[order];

    frame->state = FRAME_FREE;
    frame->order = order;
    frame->previous = BUDDY_NONE;
    frame->next = next;
    if (next != BUDDY_NONE)
        buddy->frames[next].previous = index;
    buddy->free_list[order] = index;
    buddy->free_blocks[order]++;
    buddy->free_pages += order_pages(order);
}

/* Takes a block off its list; all its pages are FREE_TAIL then. */
static void list_remove(struct buddy *buddy, uint32_t index)
{
    struct frame *frame = &buddy->frames[index];
    const unsigned order = frame->order;

    VM_ASSERT(frame->state == FRAME_FREE);
    if (frame->previous == BUDDY_NONE)
        buddy->free_list[order] = frame->next;
    else
        buddy->frames[frame->previous].next = frame->next;
    if (frame->next != BUDDY_NONE)
        buddy->frames[frame->next].previous = frame->previous;
    frame->state = FRAME_FREE_TAIL;
    buddy->free_blocks[order]--;
    buddy->free_pages -= order_pages(order);
}

/* --- blocks ----------------------------------------------------------------------------------- */

/* The index of the block's buddy if that is a free block of the same order, else BUDDY_NONE. */
static uint32_t free_buddy_of(const struct buddy *buddy, uint64_t index, unsigned order)
{
    const ppn_t other = {index_ppn(buddy, index) ^ order_pages(order)};
    const struct frame *frame = buddy_frame(buddy, other);

    if (!frame || frame->state != FRAME_FREE || frame->order != order)
        return BUDDY_NONE;
    return frame - buddy->frames;
}

/* Frees a block whose pages are FREE_TAIL, and joins it with its buddy as long as that is free. */
static void insert_block(struct buddy *buddy, uint32_t index, unsigned order)
{
    for (; order < BUDDY_ORDER_MAX; order++) {
        const uint32_t other = free_buddy_of(buddy, index, order);
        if (other == BUDDY_NONE)
            break;
        list_remove(buddy, other);
        if (other < index)
            index = other;
    }
    list_push(buddy, index, order);
}

/* The order of the largest block that begins at this page and has at most `pages` pages. */
static unsigned largest_order(uint64_t ppn, uint64_t pages)
{
    unsigned order = 63 - __builtin_clzll(pages);

    if (ppn != 0 && (unsigned)__builtin_ctzll(ppn) < order)
        order = __builtin_ctzll(ppn);
    return order < BUDDY_ORDER_MAX ? order : BUDDY_ORDER_MAX;
}

/* Frees pages that are FREE_TAIL, as the fewest blocks. */
static void insert_pages(struct buddy *buddy, uint64_t index, uint64_t pages)
{
    while (pages > 0) {
        const unsigned order = largest_order(index_ppn(buddy, index), pages);
        insert_block(buddy, index, order);
        index += order_pages(order);
        pages -= order_pages(order);
    }
}

/* --- ranges ----------------------------------------------------------------------------------- */

/* Is the range within the records, not empty, and every page of it in `state`? */
static bool all_in_state(const struct buddy *buddy, ppn_t first, uint64_t pages,
                         enum frame_state state)
{
    const uint64_t index = first.v - buddy->first.v;

    if (pages == 0 || index >= buddy->pages || pages > buddy->pages - index)
        return false;
    for (uint64_t i = index; i < index + pages; i++)
        if (buddy->frames[i].state != state)
            return false;
    return true;
}

static void set_pages(struct buddy *buddy, uint64_t index, uint64_t pages, struct frame value)
{
    for (uint64_t i = index; i < index + pages; i++)
        buddy->frames[i] = value;
}

/* Frees a range whose pages are all in `state`. */
static enum error release_pages(struct buddy *buddy, ppn_t first, uint64_t pages,
                                enum frame_state state)
{
    const uint64_t index = first.v - buddy->first.v;

    if (!all_in_state(buddy, first, pages, state))
        return E_INVAL;
    set_pages(buddy, index, pages, (struct frame){.state = FRAME_FREE_TAIL});
    insert_pages(buddy, index, pages);
    return E_OK;
}

/* --- what buddy.h declares -------------------------------------------------------------------- */

void buddy_init(struct buddy *buddy, ppn_t first, uint64_t pages, struct frame *frames)
{
    VM_ASSERT(pages < BUDDY_NONE);
    *buddy = (struct buddy){.first = first, .pages = pages, .frames = frames};
    for (unsigned order = 0; order < BUDDY_ORDERS; order++)
        buddy->free_list[order] = BUDDY_NONE;
}

enum error buddy_add(struct buddy *buddy, ppn_t first, uint64_t pages)
{
    const enum error error = release_pages(buddy, first, pages, FRAME_RESERVED);

    if (!error)
        buddy->managed_pages += pages;
    return error;
}

enum error buddy_allocate(struct buddy *buddy, uint64_t pages, ppn_t *first)
{
    unsigned order = 0;
    uint32_t index;

    if (pages == 0 || pages > order_pages(BUDDY_ORDER_MAX))
        return E_INVAL;
    while (order < BUDDY_ORDERS &&
           (order_pages(order) < pages || buddy->free_list[order] == BUDDY_NONE))
        order++;
    if (order == BUDDY_ORDERS)
        return E_NOMEM;

    index = buddy->free_list[order];
    list_remove(buddy, index);
    set_pages(buddy, index, pages, (struct frame){.state = FRAME_USED, .references = 1});
    insert_pages(buddy, index + pages, order_pages(order) - pages);
    *first = (ppn_t){index_ppn(buddy, index)};
    return E_OK;
}

enum error buddy_free(struct buddy *buddy, ppn_t first, uint64_t pages)
{
    return release_pages(buddy, first, pages, FRAME_USED);
}

struct frame *buddy_frame(const struct buddy *buddy, ppn_t ppn)
{
    const uint64_t index = ppn.v - buddy->first.v;
    return index < buddy->pages ? &buddy->frames[index] : NULL;
}
