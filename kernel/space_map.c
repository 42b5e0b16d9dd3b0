/* space_map.c - what the system calls on mappings mean for areas. See space.h for the lock. */
#include <octavo/memory.h>
#include <stddef.h>

#include "kernel/frame.h"
#include "kernel/futex.h"
#include "kernel/memory.h"
#include "kernel/pager.h"
#include "kernel/panic.h"
#include "kernel/riscv/csr.h"
#include "kernel/riscv/interrupt.h"
#include "kernel/riscv/kernel_map.h"
#include "kernel/space.h"

enum {
    LARGE_PAGES = 512, /* of 4 KiB, in a larger page; zeroed memory comes in runs of at most so many
                          when all of it is wanted at once */
    LOWEST_USER_PAGE = 1,    /* the null page is never mapped */
    ANYWHERE_PAGE = 1 << 24, /* 64 GiB: where mappings without a wish begin */
};

bool space_range_is_user(uint64_t address, uint64_t length)
{
    uint64_t limit = mode_user_pages(kernel_paging_mode) << PAGE_BITS;

    return length <= limit && address <= limit - length;
}

/* Leaf bits for MAP_ flags. E_ACCES: writable and executable at once; E_INVAL: neither of the
 * three, nor MAP_NONE, or that and one of them. */
static enum error leaf_bits(uint64_t flags, uint64_t *leaf)
{
    const uint64_t access = flags & (MAP_READ | MAP_WRITE | MAP_EXECUTE);

    if ((access == 0) != ((flags & MAP_NONE) != 0))
        return E_INVAL;
    if ((flags & MAP_WRITE) && (flags & MAP_EXECUTE))
        return E_ACCES;
    /* Without U nobody but the kernel may, and it asks for U as well. */
    *leaf = flags & MAP_NONE ? PTE_R : PTE_U;
    if (flags & (MAP_READ | MAP_WRITE))
        *leaf |= PTE_R;
    if (flags & MAP_WRITE)
        *leaf |= PTE_W;
    if (flags & MAP_EXECUTE)
        *leaf |= PTE_X;
    return E_OK;
}

static struct page_range pages_of(uint64_t address, uint64_t length)
{
    return (struct page_range){vaddr_page((vaddr_t){address}),
                               (length + PAGE_SIZE - 1) >> PAGE_BITS};
}

/* --- Map -------------------------------------------------------------------------------------- */

static enum error request_check(const struct map_request *request, uint64_t *leaf)
{
    const uint64_t known = MAP_READ | MAP_WRITE | MAP_EXECUTE | MAP_SHARE | MAP_EXACT | MAP_NONE |
                           MAP_SPARSE | MAP_POPULATE;
    const uint64_t low_bits = PAGE_SIZE - 1;

    if (request->length == 0 || ((request->address | request->offset) & low_bits) ||
        (request->flags & ~known))
        return E_INVAL;
    if (!space_range_is_user(request->address, request->length))
        return E_INVAL;
    if ((request->flags & MAP_EXACT) && request->address < LOWEST_USER_PAGE * PAGE_SIZE)
        return E_INVAL;
    enum error error = leaf_bits(request->flags, leaf);
    if (error != E_OK)
        return error;
    if (request->memory == NULL) /* what can never be there is not promised */
        return request->length >> PAGE_BITS > frame_managed_count() ? E_NOMEM : E_OK;
    if ((*leaf & PTE_W) && !request->memory->writable)
        return E_ACCES;
    if ((request->flags & MAP_POPULATE) && request->memory->kind == MEMORY_PAGED)
        return E_INVAL; /* there is nobody to wait for the pager */
    uint64_t size = request->memory->pages << PAGE_BITS;
    if (request->offset > size || request->length > size - request->offset)
        return E_RANGE;
    return E_OK;
}

static bool wants_large(const struct map_request *request, uint64_t pages)
{
    return pages >= LARGE_PAGES && !(request->flags & MAP_SPARSE);
}

/* A free range where the caller wishes, else behind the last one found, else anywhere. */
static enum error find_free(struct space *space, uint64_t pages, uint64_t align, vpn_t wish,
                            vpn_t *start)
{
    const uint64_t limit = mode_user_pages(PAGING_SV39); /* the same places under every mode */
    const vpn_t from[] = {wish, space->search_from, {ANYWHERE_PAGE}};
    enum error error = E_NOMEM;

    for (size_t i = 0; i < sizeof from / sizeof from[0] && error != E_OK; i++) {
        const struct page_range where = {from[i], limit - from[i].v};
        if (from[i].v >= LOWEST_USER_PAGE && from[i].v < limit)
            error = address_space_find_free(&space->addresses, pages, align, where, start);
    }
    return error;
}

static enum error pick_range(struct space *space, const struct map_request *request,
                             struct page_range *range)
{
    *range = pages_of(request->address, request->length);
    if (request->flags & MAP_EXACT)
        return E_OK;
    const uint64_t align = wants_large(request, range->pages) ? LARGE_PAGES : 1;
    enum error error = find_free(space, range->pages, align, range->start, &range->start);
    if (error == E_OK && request->address == 0)
        space->search_from = range_end(*range);
    return error;
}

/* Takes back the first `pages` of a range whose mapping failed further on. */
static enum error unmap_partial(struct space *space, vpn_t start, uint64_t pages, enum error error)
{
    if (pages > 0) {
        enum error undone =
            address_space_unmap(&space->addresses, (struct page_range){start, pages});
        ASSERT(undone == E_OK);
    }
    return error;
}

/* Zeroed pages, in as few contiguous pieces as memory offers. */
static enum error map_zeroed_now(struct space *space, struct page_range range, uint64_t leaf)
{
    uint64_t done = 0, piece = LARGE_PAGES;

    if (range.pages > frame_free_count())
        return E_NOMEM; /* before the rest is taken from everybody else */
    while (done < range.pages) {
        if (piece > range.pages - done)
            piece = range.pages - done;
        struct page_range part = {vpn_add(range.start, done), piece};
        enum error error = address_space_map(&space->addresses, part, NULL, 0, 0, leaf);
        if (error == E_OK)
            done += piece;
        else if (error == E_NOMEM && piece > 1)
            piece /= 2;
        else
            return unmap_partial(space, range.start, done, error);
    }
    return E_OK;
}

/* The pages of a memory object as they are, one area for each of its contiguous runs. */
static enum error map_runs(struct space *space, struct page_range range, uint64_t leaf,
                           const struct map_request *request)
{
    uint64_t skip = request->offset >> PAGE_BITS, done = 0;
    const struct memory_run *run;

    SLIST_FOREACH(run, &request->memory->runs, link) {
        if (done == range.pages)
            break;
        if (skip >= run->pages) {
            skip -= run->pages;
            continue;
        }
        uint64_t pages = run->pages - skip;
        if (pages > range.pages - done)
            pages = range.pages - done;
        struct page_range part = {vpn_add(range.start, done), pages};
        enum error error = address_space_map_shared(
            &space->addresses, part, ppn_add(run->first, skip), leaf, &request->memory->owner);
        if (error != E_OK)
            return unmap_partial(space, range.start, done, error);
        done += pages;
        skip = 0;
    }
    return E_OK;
}

static enum error map_request(struct space *space, struct page_range range, uint64_t leaf,
                              const struct map_request *request)
{
    struct memory *memory = request->memory;
    struct pager pager = {.large = memory == NULL && wants_large(request, range.pages)};

    if (memory != NULL && memory->kind == MEMORY_PAGED) {
        enum error error = pager_join(memory, space);
        if (error != E_OK)
            return error;
        pager.shared = request->flags & MAP_SHARE;
    } else if (memory != NULL &&
               ((request->flags & MAP_SHARE) || memory->kind != MEMORY_ANONYMOUS)) {
        return map_runs(space, range, leaf, request);
    }
    if (memory == NULL && (request->flags & MAP_POPULATE))
        return map_zeroed_now(space, range, leaf);
    if (memory != NULL) {
        pager.owner = &memory->owner;
        pager.offset = request->offset >> PAGE_BITS;
    }
    return address_space_map_paged(&space->addresses, range, leaf, &pager);
}

/* Zeroed pages that fork shares are a memory object that only mappings hold. */
static enum error map_shared_zeroed(struct space *space, const struct map_request *request,
                                    uint64_t *address)
{
    struct map_request shared = *request;
    enum error error = memory_create(request->length, MEMORY_ANONYMOUS, &shared.memory);

    if (error != E_OK)
        return error;
    error = space_map(space, &shared, address);
    object_release(&shared.memory->object);
    return error;
}

enum error space_map(struct space *space, const struct map_request *request, uint64_t *address)
{
    uint64_t leaf;
    struct page_range range;
    enum error error = request_check(request, &leaf);

    if (error != E_OK)
        return error;
    if (request->memory == NULL && (request->flags & MAP_SHARE))
        return map_shared_zeroed(space, request, address);
    lock_acquire(&space->lock);
    error = pick_range(space, request, &range);
    if (error == E_OK)
        error = map_request(space, range, leaf, request);
    if (error == E_OK && (request->flags & MAP_EXECUTE)) {
        fence_instructions();
        tlb_flush(&space->tlb); /* on the other harts */
    }
    space_commit_locked(space);
    space_check_locked(space);
    lock_release(&space->lock);
    if (error != E_OK)
        return error;
    *address = vpn_address(range.start).v;
    return E_OK;
}

/* --- Unmap, protect, query -------------------------------------------------------------------- */

static bool range_is_good(uint64_t address, uint64_t length)
{
    return address % PAGE_SIZE == 0 && length > 0 && space_range_is_user(address, length);
}

/* The first pages of a range: at most so many as are unmapped without a look at interrupts, and as
 * a rule up to the end of a table. */
static struct page_range first_part(struct page_range range)
{
    const uint64_t room = LARGE_PAGES - range.start.v % LARGE_PAGES;

    if (range.pages > room)
        range.pages = room;
    return range;
}

/* Where nothing is mapped there is nothing to do. */
static struct page_range skip_free(struct space *space, struct page_range range)
{
    const struct area *area = area_set_find_from(&space->addresses.areas, range.start);
    const uint64_t end = range_end(range).v;

    if (area == NULL || area->range.start.v >= end)
        return (struct page_range){{end}, 0};
    if (area->range.start.v > range.start.v)
        return (struct page_range){area->range.start, end - area->range.start.v};
    return range;
}

static enum error unmap_parts(struct space *space, struct page_range *rest)
{
    enum error error = E_OK;

    for (*rest = skip_free(space, *rest); rest->pages > 0; *rest = skip_free(space, *rest)) {
        const struct page_range part = first_part(*rest);
        error = address_space_unmap(&space->addresses, part);
        if (error != E_OK)
            break;
        futex_evict(space, vpn_address(part.start).v, part.pages << PAGE_BITS);
        *rest = (struct page_range){range_end(part), rest->pages - part.pages};
        if (interrupt_waits())
            break;
    }
    return error;
}

enum error space_unmap(struct space *space, uint64_t address, uint64_t length, uint64_t *done)
{
    if (!range_is_good(address, length))
        return E_INVAL;
    const struct page_range range = pages_of(address, length);
    struct page_range rest = range;

    lock_acquire(&space->lock);
    enum error error = unmap_parts(space, &rest);
    if (range.start.v >= ANYWHERE_PAGE && range.start.v < space->search_from.v)
        space->search_from = range.start;
    space_commit_locked(space);
    space_check_locked(space);
    lock_release(&space->lock);
    if (error != E_OK)
        return error;
    *done = rest.pages > 0 ? vpn_address(rest.start).v - address : length;
    return E_OK;
}

/* Holds the pages that are there, from address on. */
static enum error hold_pages(struct space *space, uint64_t address, uint64_t pages, ppn_t *page)
{
    for (uint64_t i = 0; i < pages; i++) {
        enum error error = space_page_locked(space, address + i * PAGE_SIZE, &page[i]);
        if (error != E_OK) {
            while (i-- > 0)
                frame_drop(page[i]);
            return error;
        }
        frame_hold(frame_record(page[i]));
    }
    return E_OK;
}

enum error space_give(struct space *space, uint64_t address, uint64_t pages, ppn_t *page)
{
    const struct page_range range = pages_of(address, pages << PAGE_BITS);

    lock_acquire(&space->lock);
    enum error error = hold_pages(space, address, pages, page);
    if (error == E_OK) {
        error = address_space_unmap(&space->addresses, range);
        for (uint64_t i = 0; i < pages && error != E_OK; i++)
            frame_drop(page[i]);
    }
    if (error == E_OK)
        futex_evict(space, address, pages << PAGE_BITS);
    space_commit_locked(space);
    space_check_locked(space);
    lock_release(&space->lock);
    return error;
}

/* Is all of the range mapped, and none of it what its owner lends for reading only? */
static enum error protect_check(struct space *space, struct page_range range, uint64_t leaf)
{
    const uint64_t end = range_end(range).v;
    vpn_t vpn = range.start;

    while (vpn.v < end) {
        const struct area *area = area_set_find(&space->addresses.areas, vpn);
        if (area == NULL)
            return E_NOENT;
        if ((leaf & PTE_W) && area->owner != NULL && !memory_of(area->owner)->writable)
            return E_ACCES;
        vpn = range_end(area->range);
    }
    return E_OK;
}

enum error space_protect(struct space *space, uint64_t address, uint64_t length, uint64_t flags)
{
    const uint64_t known = MAP_READ | MAP_WRITE | MAP_EXECUTE | MAP_NONE;
    uint64_t leaf;

    if (!range_is_good(address, length) || (flags & ~known))
        return E_INVAL;
    const struct page_range range = pages_of(address, length);
    enum error error = leaf_bits(flags, &leaf);
    if (error != E_OK)
        return error;
    lock_acquire(&space->lock);
    error = protect_check(space, range, leaf);
    if (error == E_OK)
        error = address_space_protect(&space->addresses, range, leaf);
    if (error == E_OK && (flags & MAP_EXECUTE)) {
        fence_instructions();
        tlb_flush(&space->tlb);
    }
    space_check_locked(space);
    lock_release(&space->lock);
    return error;
}

static uint32_t flags_of(const struct area *area)
{
    uint32_t flags = area->flags & PTE_U ? 0 : MAP_NONE;

    if (area->flags & PTE_U)
        flags = (area->flags & PTE_R ? MAP_READ : 0) | (area->flags & PTE_W ? MAP_WRITE : 0) |
                (area->flags & PTE_X ? MAP_EXECUTE : 0);
    if (area->kind == AREA_SHARED || (area->flags & PTE_SHARED))
        flags |= MAP_SHARE;
    return area->large || area->owner != NULL ? flags : flags | MAP_SPARSE;
}

static uint32_t kind_of(const struct area *area)
{
    if (area->owner == NULL)
        return VM_AREA_ZERO;
    const enum memory_kind kind = memory_of(area->owner)->kind;
    return kind == MEMORY_ANONYMOUS || kind == MEMORY_PAGED ? VM_AREA_MEMORY : VM_AREA_DEVICE;
}

static void describe(struct space *space, const struct area *area, struct vm_area *result)
{
    const struct page_counts counts = address_space_count(&space->addresses, area->range);

    *result = (struct vm_area){.address = vpn_address(area->range.start).v,
                               .length = area->range.pages << PAGE_BITS,
                               .offset = area->offset << PAGE_BITS,
                               .flags = flags_of(area),
                               .kind = kind_of(area),
                               .resident = counts.resident,
                               .shared = counts.shared,
                               .dirty = counts.writable,
                               .large = counts.large};
}

enum error space_query(struct space *space, uint64_t address, struct vm_area *result)
{
    lock_acquire(&space->lock);
    const struct area *area =
        area_set_find_from(&space->addresses.areas, vaddr_page((vaddr_t){address}));
    if (area != NULL)
        describe(space, area, result);
    lock_release(&space->lock);
    return area != NULL ? E_OK : E_NOENT;
}
