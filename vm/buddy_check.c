/* buddy_check.c - does the allocator's bookkeeping hold together? For tests and debug builds.
 *
 * The records are read from first to last as a sequence of blocks and single pages; the lists must
 * then hold exactly the blocks that were seen.
 */
#include "buddy.h"

struct tally {
    uint64_t blocks[BUDDY_ORDERS];
    uint64_t free_pages;
    uint64_t used_pages;
};

/* Is there a well-formed free block at index, and is its buddy no free block of the same order? */
static bool check_block(const struct buddy *buddy, uint64_t index)
{
    const unsigned order = buddy->frames[index].order;
    const uint64_t ppn = buddy->first.v + index;
    const struct frame *other;

    if (order > BUDDY_ORDER_MAX)
        return false;
    const uint64_t pages = 1ull << order;
    if (ppn % pages != 0 || pages > buddy->pages - index)
        return false;
    for (uint64_t i = 1; i < pages; i++)
        if (buddy->frames[index + i].state != FRAME_FREE_TAIL)
            return false;
    other = buddy_frame(buddy, (ppn_t){ppn ^ pages});
    return order == BUDDY_ORDER_MAX || !other || other->state != FRAME_FREE ||
           other->order != order;
}

static bool tally_records(const struct buddy *buddy, struct tally *tally)
{
    for (uint64_t index = 0; index < buddy->pages;) {
        const struct frame *frame = &buddy->frames[index];
        if (frame->state == FRAME_FREE_TAIL) /* in no block */
            return false;
        if (frame->state != FRAME_FREE) {
            tally->used_pages += frame->state == FRAME_USED;
            index++;
            continue;
        }
        if (!check_block(buddy, index))
            return false;
        tally->blocks[frame->order]++;
        tally->free_pages += 1ull << frame->order;
        index += 1ull << frame->order;
    }
    return true;
}

/* Does the list of this order hold `blocks` blocks of it? A cycle would hold more. */
static bool check_list(const struct buddy *buddy, unsigned order, uint64_t blocks)
{
    uint32_t previous = BUDDY_NONE;
    uint32_t index = buddy->free_list[order];

    for (; blocks > 0; blocks--) {
        if (index >= buddy->pages)
            return false;
        const struct frame *frame = &buddy->frames[index];
        if (frame->state != FRAME_FREE || frame->order != order || frame->previous != previous)
            return false;
        previous = index;
        index = frame->next;
    }
    return index == BUDDY_NONE;
}

bool buddy_check(const struct buddy *buddy)
{
    struct tally tally = {0};

    if (!tally_records(buddy, &tally))
        return false;
    for (unsigned order = 0; order < BUDDY_ORDERS; order++)
        if (tally.blocks[order] != buddy->free_blocks[order] ||
            !check_list(buddy, order, tally.blocks[order]))
            return false;
    return tally.free_pages == buddy->free_pages &&
           tally.free_pages + tally.used_pages == buddy->managed_pages;
}
