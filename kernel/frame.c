/* frame.c - the kernel's buddy allocator. frame_lock guards it; it ranks below all but the log. */
#include "kernel/frame.h"

#include <string.h>

#include "kernel/config.h"
#include "kernel/lock.h"
#include "kernel/panic.h"

enum { POISON_FREED = 0xdb };

static struct lock frame_lock = LOCK_INIT("frame", RANK_FRAME);
static struct buddy buddy; /* frame_lock */

static enum error source_allocate(void *self, uint64_t pages, ppn_t *first)
{
    (void)self;
    return frame_allocate(pages, first);
}

static void source_free(void *self, ppn_t first, uint64_t pages)
{
    (void)self;
    frame_free(first, pages);
}

struct direct_map_window kernel_window = {
    .offset = DIRECT_MAP,
    .source = {.allocate = source_allocate, .free = source_free},
};

void frame_init(ppn_t first, uint64_t pages, struct frame *records)
{
    buddy_init(&buddy, first, pages, records);
}

void frame_add(ppn_t first, uint64_t pages)
{
    enum error error = buddy_add(&buddy, first, pages);
    ASSERT(error == E_OK);
}

enum error frame_allocate(uint64_t pages, ppn_t *first)
{
    lock_acquire(&frame_lock);
    enum error error = buddy_allocate(&buddy, pages, first);
    lock_release(&frame_lock);
    return error;
}

void frame_free(ppn_t first, uint64_t pages)
{
    if (DEBUG)
        memset(frame_pointer(first), POISON_FREED, pages << PAGE_BITS);
    lock_acquire(&frame_lock);
    enum error error = buddy_free(&buddy, first, pages);
    lock_release(&frame_lock);
    ASSERT(error == E_OK);
}

void frame_statistics(struct system_memory *memory)
{
    _Static_assert((int)MEMORY_ORDERS == (int)BUDDY_ORDERS, "the ABI shows every order");

    lock_acquire(&frame_lock);
    memory->managed_pages = buddy.managed_pages;
    memory->free_pages = buddy.free_pages;
    memcpy(memory->free_blocks, buddy.free_blocks, sizeof memory->free_blocks);
    lock_release(&frame_lock);
}

uint64_t frame_free_count(void) { return __atomic_load_n(&buddy.free_pages, __ATOMIC_RELAXED); }

bool frame_check(void)
{
    lock_acquire(&frame_lock);
    bool good = buddy_check(&buddy);
    lock_release(&frame_lock);
    return good;
}
