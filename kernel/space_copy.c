/* space_copy.c - faults, and copying to, from and between user memories through the direct map,
 * checked once a page. What a program would get by a fault the kernel gets by the same function. */
#include "kernel/frame.h"
#include "kernel/pager.h"
#include "kernel/riscv/csr.h"
#include "kernel/riscv/hart.h"
#include "kernel/space.h"
#include "vm/bytes.h"

static enum error fault_locked(struct space *space, uint64_t address, uint64_t access)
{
    enum error error = address_space_fault(&space->addresses, (vaddr_t){address}, access);
    struct hart *hart = hart_self();

    hart->faults++;
    if (error == E_AGAIN)
        pager_note_space(space);
    else if (error != E_OK)
        hart->faults_refused++;
    else if (access & PTE_X)
        fence_instructions(); /* the page may have been written just now */
    return error;
}

enum error space_fault(struct space *space, uint64_t address, uint64_t access)
{
    lock_acquire(&space->lock);
    enum error error = fault_locked(space, address, access | PTE_U | PTE_V);
    lock_release(&space->lock);
    return error;
}

static __attribute__((noinline)) enum error bring_in(struct space *space, uint64_t address,
                                                     uint64_t access, void **byte)
{
    enum error error = fault_locked(space, address, access);

    if (error != E_OK)
        return error;
    *byte = address_space_translate(&space->addresses, (vaddr_t){address}, access);
    return *byte != NULL ? E_OK : E_FAULT; /* a device's page */
}

/* The byte as the kernel reaches it, in a page that is there and may be accessed so. */
static inline enum error reach(struct space *space, uint64_t address, uint64_t access, void **byte)
{
    access |= PTE_U | PTE_V;
    *byte = address_space_translate(&space->addresses, (vaddr_t){address}, access);
    return *byte != NULL ? E_OK : bring_in(space, address, access, byte);
}

/* The part of a copy that stays in the page of `address`. */
static size_t part_of_page(uint64_t address, size_t length)
{
    size_t room = PAGE_SIZE - vaddr_offset((vaddr_t){address});
    return length < room ? length : room;
}

enum error space_copy_in(struct space *space, void *to, uint64_t from, size_t length)
{
    enum error error = E_OK;
    void *source;

    lock_acquire(&space->lock);
    while (length > 0) {
        size_t part = part_of_page(from, length);
        error = reach(space, from, PTE_R, &source);
        if (error != E_OK)
            break;
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
    void *target;

    lock_acquire(&space->lock);
    while (length > 0) {
        size_t part = part_of_page(to, length);
        error = reach(space, to, PTE_R | PTE_W, &target);
        if (error != E_OK)
            break;
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
    void *target, *source;

    lock_acquire_both(&to.space->lock, &from.space->lock);
    while (length > 0) {
        size_t part = part_of_page(to.address, part_of_page(from.address, length));
        /* The target first: getting it may move the source, if the two share the page. */
        error = reach(to.space, to.address, PTE_R | PTE_W, &target);
        if (error == E_OK)
            error = reach(from.space, from.address, PTE_R, &source);
        if (error != E_OK)
            break;
        bytes_copy(target, source, part);
        from.address += part;
        to.address += part;
        length -= part;
    }
    lock_release_both(&to.space->lock, &from.space->lock);
    return error;
}

enum { BROUGHT_IN_MAX = 1024 /* pages that are looked for before a call */ };

/* Those of one area, whose pages [vpn, end) are in the range. */
static enum error bring_in_area(struct space *space, vpn_t vpn, uint64_t end, uint64_t access)
{
    enum error error = E_OK;
    void *byte;

    for (; vpn.v < end && error != E_AGAIN && error != E_NOMEM; vpn.v++)
        error = reach(space, vpn_address(vpn).v, access, &byte);
    return error == E_AGAIN || error == E_NOMEM ? error : E_OK;
}

enum error space_bring_in(struct space *space, uint64_t address, uint64_t length, bool write)
{
    const vpn_t start = vaddr_page((vaddr_t){address});
    const uint64_t pages = vaddr_page((vaddr_t){address + length + PAGE_SIZE - 1}).v - start.v;
    const uint64_t end = start.v + (pages < BROUGHT_IN_MAX ? pages : BROUGHT_IN_MAX);
    const struct area_set *areas = &space->addresses.areas;
    enum error error = E_OK;

    lock_acquire(&space->lock);
    struct area *area = area_set_find_from(areas, start);
    for (; area != NULL && area->range.start.v < end && error == E_OK;
         area = area_set_next(areas, area)) {
        const vpn_t from = area->range.start.v > start.v ? area->range.start : start;
        const uint64_t to = range_end(area->range).v < end ? range_end(area->range).v : end;
        if (area->kind == AREA_PAGED && area->owner != NULL)
            error = bring_in_area(space, from, to, write ? PTE_R | PTE_W : PTE_R);
    }
    lock_release(&space->lock);
    return error;
}

enum error space_page_locked(struct space *space, uint64_t address, ppn_t *page)
{
    void *byte;

    lock_assert_held(&space->lock);
    enum error error = reach(space, address, PTE_R | PTE_W, &byte);
    if (error != E_OK)
        return error;
    const struct area *area =
        area_set_find(&space->addresses.areas, vaddr_page((vaddr_t){address}));
    if (area->owner != NULL || (area->kind != AREA_PAGED && area->kind != AREA_OWNED))
        return E_FAULT;
    *page = frame_of(byte);
    return E_OK;
}

/* Of memory that is shared on purpose, the physical word; of other memory, the place in this space:
 * there the page may change under whoever waits (cow.c), and nobody else means the same word. */
enum error space_word_locked(struct space *space, uint64_t address, struct user_word *result)
{
    const struct area *area;
    void *word;

    lock_assert_held(&space->lock);
    if (address % sizeof(uint32_t) != 0)
        return E_FAULT;
    enum error error = reach(space, address, PTE_R | PTE_W, &word);
    if (error != E_OK)
        return error;
    area = area_set_find(&space->addresses.areas, vaddr_page((vaddr_t){address}));
    const bool shared = area->kind == AREA_SHARED || (area->flags & PTE_SHARED);
    result->word = word;
    result->key[0] = shared ? 0 : (uintptr_t)space;
    result->key[1] = shared ? (uintptr_t)word : address;
    return E_OK;
}
