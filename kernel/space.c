/* space.c - address spaces. See space.h for the lock. */
#include "kernel/space.h"

#include <octavo/memory.h>
#include <stddef.h>
#include <string.h>

#include "kernel/cache.h"
#include "kernel/config.h"
#include "kernel/frame.h"
#include "kernel/futex.h"
#include "kernel/memory.h"
#include "kernel/panic.h"
#include "kernel/riscv/csr.h"
#include "kernel/riscv/hart.h"
#include "kernel/riscv/kernel_map.h"
#include "vm/vm_hooks.h"

enum {
    PIECE_PAGES =
        512, /* zeroed memory comes in runs of at most 2 MiB, less when memory is broken up */
    LOWEST_USER_PAGE = 1,   /* the null page is never mapped */
    ANYWHERE_PAGE = 1 << 24 /* 64 GiB: where mappings without a wish begin */
};

static void space_destroy(struct object *object);

static struct cache space_cache = CACHE_INIT(space_cache, "space", struct space);
static struct cache area_cache = CACHE_INIT(area_cache, "area", struct area);
const struct object_type space_type = {
    .name = "space", .cache = &space_cache, .destroy = space_destroy};

struct area *vm_area_allocate(void) { return cache_allocate(&area_cache); }
void vm_area_free(struct area *area) { cache_free(&area_cache, area); }
uint64_t space_areas_alive(void) { return area_cache.alive; }

static void space_flush(struct address_space *addresses, struct page_range range)
{
    struct space *space = (struct space *)((char *)addresses - offsetof(struct space, addresses));
    (void)range;
    tlb_flush(&space->tlb);
}

struct space *space_create(void)
{
    struct space *space = object_create(OBJECT_SPACE);

    if (space == NULL)
        return NULL;
    lock_init(&space->lock, "space", RANK_SPACE);
    direct_map_init(&space->pages, &kernel_window);
    if (address_space_new(&space->addresses, &space->pages.manager, kernel_paging_mode) != E_OK) {
        cache_free(&space_cache, space);
        return NULL;
    }
    space->addresses.flush = space_flush;
    space->search_from = (vpn_t){ANYWHERE_PAGE};
    return space;
}

static void space_check(struct space *space)
{
    const char *complaint = "";

    if (DEBUG && !address_space_check(&space->addresses, &complaint))
        panic("address space: %s", complaint);
}

static void space_destroy(struct object *object)
{
    struct space *space = (struct space *)object;

    space_check(space);
    tlb_leave(&space->tlb);
    tlb_wait_unused(&space->tlb);
    address_space_destroy(&space->addresses);
    tlb_drop(&space->tlb);
}

enum error space_clone(struct space *source, struct space **clone)
{
    struct space *space = space_create();

    if (space == NULL)
        return E_NOMEM;
    lock_acquire(&source->lock);
    enum error error = address_space_clone_self(&source->addresses, &space->addresses);
    lock_release(&source->lock);
    if (error != E_OK) {
        object_release(&space->object);
        return error;
    }
    fence_instructions(); /* text was copied by stores */
    space->search_from = source->search_from;
    *clone = space;
    return E_OK;
}

bool space_range_is_user(uint64_t address, uint64_t length)
{
    uint64_t limit = mode_user_pages(kernel_paging_mode) << PAGE_BITS;

    return length <= limit && address <= limit - length;
}

/* --- Mapping ---------------------------------------------------------------------------------- */

/* Leaf bits for MAP_ flags. E_ACCES: writable and executable at once; E_INVAL: neither of the
 * three. */
static enum error leaf_flags(uint64_t flags, uint64_t *leaf)
{
    const uint64_t known = MAP_READ | MAP_WRITE | MAP_EXECUTE | MAP_SHARE | MAP_EXACT;

    if ((flags & ~known) || !(flags & (MAP_READ | MAP_WRITE | MAP_EXECUTE)))
        return E_INVAL;
    if ((flags & MAP_WRITE) && (flags & MAP_EXECUTE))
        return E_ACCES;
    *leaf = PTE_U;
    if (flags & (MAP_READ | MAP_WRITE))
        *leaf |= PTE_R;
    if (flags & MAP_WRITE)
        *leaf |= PTE_W;
    if (flags & MAP_EXECUTE)
        *leaf |= PTE_X;
    return E_OK;
}

static enum error request_check(const struct map_request *request, uint64_t *leaf)
{
    const uint64_t low_bits = PAGE_SIZE - 1;

    if (request->length == 0 || ((request->address | request->offset) & low_bits))
        return E_INVAL;
    if (!space_range_is_user(request->address, request->length))
        return E_INVAL;
    if ((request->flags & MAP_EXACT) && request->address < LOWEST_USER_PAGE * PAGE_SIZE)
        return E_INVAL;
    enum error error = leaf_flags(request->flags, leaf);
    if (error != E_OK)
        return error;
    if (request->memory == NULL) /* refuse before the rest is taken from everybody else */
        return request->length >> PAGE_BITS > frame_free_count() ? E_NOMEM : E_OK;
    if ((*leaf & PTE_W) && !request->memory->writable)
        return E_ACCES;
    uint64_t size = request->memory->pages << PAGE_BITS;
    if (request->offset > size || request->length > size - request->offset)
        return E_RANGE;
    return E_OK;
}

/* A free range where the caller wishes, else behind the last one found, else anywhere. */
static enum error find_free(struct space *space, uint64_t pages, vpn_t wish, vpn_t *start)
{
    const vpn_t limit = {mode_user_pages(PAGING_SV39)}; /* the same places under every mode */
    const vpn_t from[] = {wish, space->search_from, {ANYWHERE_PAGE}};
    enum error error = E_NOMEM;

    for (size_t i = 0; i < sizeof from / sizeof from[0] && error != E_OK; i++)
        if (from[i].v >= LOWEST_USER_PAGE && from[i].v < limit.v)
            error = address_space_find_free(&space->addresses, pages, from[i], limit, start);
    return error;
}

static enum error pick_range(struct space *space, const struct map_request *request,
                             struct page_range *range)
{
    range->start = vaddr_page((vaddr_t){request->address});
    range->pages = (request->length + PAGE_SIZE - 1) >> PAGE_BITS;
    if (request->flags & MAP_EXACT)
        return E_OK;
    enum error error = find_free(space, range->pages, range->start, &range->start);
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
static enum error map_zeroed(struct space *space, struct page_range range, uint64_t leaf)
{
    uint64_t done = 0, piece = PIECE_PAGES;

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

/* The pages of a memory object, one area for each of its contiguous runs. */
static enum error map_memory(struct space *space, struct page_range range, uint64_t leaf,
                             const struct map_request *request)
{
    uint64_t skip = request->offset >> PAGE_BITS, done = 0;
    bool share = (request->flags & MAP_SHARE) || request->memory->kind == MEMORY_DEVICE;
    memory_mapper *map = share ? memory_map_shared : memory_map_private;
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
        enum error error =
            map(request->memory, &space->addresses, part, ppn_add(run->first, skip), leaf);
        if (error != E_OK)
            return unmap_partial(space, range.start, done, error);
        done += pages;
        skip = 0;
    }
    return E_OK;
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
        error = request->memory != NULL ? map_memory(space, range, leaf, request)
                                        : map_zeroed(space, range, leaf);
    if (error == E_OK && (request->flags & MAP_EXECUTE)) {
        fence_instructions();
        tlb_flush(&space->tlb); /* on the other harts */
    }
    space_check(space);
    lock_release(&space->lock);
    if (error != E_OK)
        return error;
    *address = vpn_address(range.start).v;
    return E_OK;
}

enum error space_unmap(struct space *space, uint64_t address, uint64_t length)
{
    if (address % PAGE_SIZE != 0 || length == 0 || !space_range_is_user(address, length))
        return E_INVAL;
    struct page_range range = {vaddr_page((vaddr_t){address}),
                               (length + PAGE_SIZE - 1) >> PAGE_BITS};
    lock_acquire(&space->lock);
    enum error error = address_space_unmap(&space->addresses, range);
    if (error == E_OK)
        futex_evict(space, address, range.pages << PAGE_BITS);
    if (error == E_OK && range.start.v >= ANYWHERE_PAGE && range.start.v < space->search_from.v)
        space->search_from = range.start;
    space_check(space);
    lock_release(&space->lock);
    return error;
}
