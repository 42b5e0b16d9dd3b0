/* space_copy.c - copying to, from and between user memories through the direct map, checked once a
 * page. */
#include "kernel/space.h"

#include "vm/bytes.h"

/* The part of a copy that stays in the page of `address`. */
static size_t part_of_page(uint64_t address, size_t length)
{
    size_t room = PAGE_SIZE - vaddr_offset((vaddr_t){address});
    return length < room ? length : room;
}

static void *user_byte(const struct space *space, uint64_t address, uint64_t flags)
{
    return address_space_translate(&space->addresses, (vaddr_t){address}, flags | PTE_U | PTE_V);
}

enum error space_copy_in(struct space *space, void *to, uint64_t from, size_t length)
{
    enum error error = E_OK;

    lock_acquire(&space->lock);
    while (length > 0) {
        size_t part = part_of_page(from, length);
        const void *source = user_byte(space, from, PTE_R);
        if (source == NULL) {
            error = E_FAULT;
            break;
        }
        bytes_copy(to, source, part);
        to = (char *)to + part;
        from += part;
        length -= part;
    }
    lock_release(&space->lock);
    return error;
}

enum error space_copy_out(struct space *space, uint64_t to, const void *from, size_t length)
{
    enum error error = E_OK;

    lock_acquire(&space->lock);
    while (length > 0) {
        size_t part = part_of_page(to, length);
        void *target = user_byte(space, to, PTE_R | PTE_W);
        if (target == NULL) {
            error = E_FAULT;
            break;
        }
        bytes_copy(target, from, part);
        from = (const char *)from + part;
        to += part;
        length -= part;
    }
    lock_release(&space->lock);
    return error;
}

enum error space_copy(struct user_range to, struct user_range from, size_t length)
{
    enum error error = E_OK;

    lock_acquire_both(&to.space->lock, &from.space->lock);
    while (length > 0) {
        size_t part = part_of_page(to.address, part_of_page(from.address, length));
        const void *source = user_byte(from.space, from.address, PTE_R);
        void *target = user_byte(to.space, to.address, PTE_R | PTE_W);
        if (source == NULL || target == NULL) {
            error = E_FAULT;
            break;
        }
        bytes_copy(target, source, part);
        from.address += part;
        to.address += part;
        length -= part;
    }
    lock_release_both(&to.space->lock, &from.space->lock);
    return error;
}

bool space_fault_was_stale(struct space *space, uint64_t address, uint64_t flags)
{
    lock_acquire(&space->lock);
    bool mapped = user_byte(space, address, flags) != NULL;
    lock_release(&space->lock);
    if (mapped)
        tlb_flush_here(&space->tlb);
    return mapped;
}

uint32_t *space_word_locked(struct space *space, uint64_t address)
{
    lock_assert_held(&space->lock);
    return address % sizeof(uint32_t) == 0 ? user_byte(space, address, PTE_R | PTE_W) : NULL;
}
