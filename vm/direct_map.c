/* direct_map.c - the page manager over a constant-offset window on RAM.
 *
 * A page that came from allocate carries PTE_OWNED in the entries that lead to it; that bit is all
 * there is to check_owned and deallocate.
 */
#include "direct_map.h"

#include "bytes.h"
#include "vm_hooks.h"

static struct direct_map *direct_map_of(struct page_manager *manager)
{
    return (struct direct_map *)manager;
}

static void *p_to_v(struct page_manager *manager, ppn_t ppn)
{
    const struct direct_map_window *window = direct_map_of(manager)->window;

    if (window->pages && ppn.v - window->first.v >= window->pages)
        return NULL;
    return (void *)(ppn_address(ppn).v + window->offset);
}

static ppn_t v_to_p(struct page_manager *manager, const void *page)
{
    return paddr_page((paddr_t){(uintptr_t)page - direct_map_of(manager)->window->offset});
}

static void *allocate(struct page_manager *manager, size_t pages, uint64_t *flags)
{
    const struct frame_source *source = &direct_map_of(manager)->window->source;
    ppn_t first;

    if (source->allocate(source->self, pages, &first))
        return NULL;
    *flags |= PTE_OWNED;
    return p_to_v(manager, first);
}

static void *allocate_zeroed(struct page_manager *manager, size_t pages, uint64_t *flags)
{
    const struct frame_source *source = &direct_map_of(manager)->window->source;
    ppn_t first;
    void *run;

    if (pages == 1 && source->take_zeroed && source->take_zeroed(source->self, &first)) {
        *flags |= PTE_OWNED;
        return p_to_v(manager, first);
    }
    run = allocate(manager, pages, flags);
    if (run)
        bytes_zero(run, pages << PAGE_BITS);
    return run;
}

static struct frame *frame_behind(struct page_manager *manager, pte_t pte)
{
    const struct direct_map_window *window = direct_map_of(manager)->window;
    return &window->frames[pte_ppn(pte).v - window->first.v];
}

/* Frees in runs: who frees many pages at once pays for one call. */
static size_t deallocate(struct page_manager *manager, pte_t pte, size_t pages)
{
    const struct frame_source *source = &direct_map_of(manager)->window->source;
    struct frame *frame;
    size_t freed = 0;

    if (!(pte.v & PTE_OWNED))
        return 0;
    frame = frame_behind(manager, pte);
    for (size_t i = 0, start = 0; i <= pages; i++) {
        if (i < pages && frame_let_go(&frame[i]))
            continue;
        if (i > start)
            source->free(source->self, ppn_add(pte_ppn(pte), start), i - start);
        freed += i - start;
        start = i + 1;
    }
    return freed;
}

static void retain(struct page_manager *manager, pte_t pte, size_t pages)
{
    struct frame *const frame = frame_behind(manager, pte);

    for (size_t i = 0; i < pages; i++)
        frame_hold(&frame[i]);
}

static bool is_shared(struct page_manager *manager, pte_t pte)
{
    return frame_is_shared(frame_behind(manager, pte));
}

static bool release(struct page_manager *manager, pte_t pte)
{
    return frame_let_go(frame_behind(manager, pte));
}

static bool check_owned(struct page_manager *manager, pte_t pte)
{
    (void)manager;
    return pte.v & PTE_OWNED;
}

static enum error new_root(struct page_manager *manager)
{
    struct direct_map *map = direct_map_of(manager);
    const pte_t *kernel_half = map->window->kernel_half;
    uint64_t flags = 0;
    pte_t *root;

    VM_ASSERT(!map->root);
    root = allocate(manager, 1, &flags);
    if (!root)
        return E_NOMEM;
    bytes_zero(root, PAGE_SIZE / 2);
    if (kernel_half)
        bytes_copy(root + TABLE_ENTRIES / 2, kernel_half + TABLE_ENTRIES / 2, PAGE_SIZE / 2);
    else
        bytes_zero(root + TABLE_ENTRIES / 2, PAGE_SIZE / 2);
    map->root = root;
    return E_OK;
}

static void drop_root(struct page_manager *manager)
{
    struct direct_map *map = direct_map_of(manager);

    deallocate(manager, pte_make(v_to_p(manager, map->root), PTE_OWNED), 1);
    map->root = NULL;
}

static pte_t *root_ptr(struct page_manager *manager) { return direct_map_of(manager)->root; }

static ppn_t root_ppn(struct page_manager *manager) { return v_to_p(manager, root_ptr(manager)); }

static const struct page_manager_operations operations = {
    .new_root = new_root,
    .drop_root = drop_root,
    .root_ptr = root_ptr,
    .root_ppn = root_ppn,
    .p_to_v = p_to_v,
    .v_to_p = v_to_p,
    .allocate = allocate,
    .allocate_zeroed = allocate_zeroed,
    .deallocate = deallocate,
    .retain = retain,
    .is_shared = is_shared,
    .release = release,
    .check_owned = check_owned,
};

void direct_map_init(struct direct_map *map, const struct direct_map_window *window)
{
    *map = (struct direct_map){
        .manager = {.operations = &operations,
                    .window = {window->offset, window->first, window->pages}},
        .window = window,
    };
}

/* --- a frame source over a buddy allocator ------------------------------------------------------
 */

static enum error source_allocate(void *self, uint64_t pages, ppn_t *first)
{
    return buddy_allocate(self, pages, first);
}

static void source_free(void *self, ppn_t first, uint64_t pages)
{
    const enum error error = buddy_free(self, first, pages);
    VM_ASSERT(error == E_OK);
}

struct frame_source buddy_source(struct buddy *buddy)
{
    return (struct frame_source){source_allocate, NULL, source_free, buddy};
}
