/* memory.c - memory objects. Runs are at most 2 MiB, as large as the frame allocator has them. */
#include "kernel/memory.h"

#include <string.h>

#include "kernel/cache.h"
#include "kernel/frame.h"
#include "kernel/pager.h"

enum { RUN_PAGES = 512, DMA_PAGES_MAX = 1 << 10, MEMORY_PAGES_MAX = 1 << 26 /* a user half */ };

static void memory_destroy(struct object *object);

static struct cache memory_cache = CACHE_INIT(memory_cache, "memory", struct memory);
static struct cache run_cache = CACHE_INIT(run_cache, "memory run", struct memory_run);
const struct object_type memory_type = {
    .name = "memory", .cache = &memory_cache, .destroy = memory_destroy};

static void owner_retain(struct area_owner *owner) { object_retain(&memory_of(owner)->object); }
static void owner_release(struct area_owner *owner) { object_release(&memory_of(owner)->object); }

/* area_owner.page: the pages are there from the start, and only read through this (space_map.c maps
 * those that are shared as they are). */
static enum error owner_page(struct area_owner *owner, uint64_t index, bool write, pte_t *page)
{
    const struct memory *memory = memory_of(owner);
    const struct memory_run *run;

    (void)write;
    SLIST_FOREACH(run, &memory->runs, link) {
        if (index < run->pages) {
            const bool held = memory->kind != MEMORY_DEVICE;
            *page = pte_make(ppn_add(run->first, index), held ? PTE_OWNED : 0);
            if (held)
                frame_hold(frame_record(pte_ppn(*page)));
            return E_OK;
        }
        index -= run->pages;
    }
    return E_RANGE;
}

static uint64_t committed; /* atomic */

uint64_t memory_committed_pages(void) { return __atomic_load_n(&committed, __ATOMIC_RELAXED); }
void memory_commit(int64_t pages)
{
    __atomic_fetch_add(&committed, (uint64_t)pages, __ATOMIC_RELAXED);
}

static void memory_destroy(struct object *object)
{
    struct memory *memory = (struct memory *)object;
    struct memory_run *run;

    if (memory->kind == MEMORY_PAGED) {
        pager_leave(memory);
        return;
    }
    if (memory->kind != MEMORY_DEVICE)
        memory_commit(-(int64_t)memory->pages);
    while ((run = SLIST_FIRST(&memory->runs)) != NULL) {
        SLIST_REMOVE_HEAD(&memory->runs, link);
        if (memory->kind != MEMORY_DEVICE)
            frame_free(run->first, run->pages);
        cache_free(&run_cache, run);
    }
}

static struct memory *memory_new(enum memory_kind kind, bool writable)
{
    struct memory *memory = object_create(OBJECT_MEMORY);

    if (memory == NULL)
        return NULL;
    memory->owner =
        (struct area_owner){.retain = owner_retain, .release = owner_release, .page = owner_page};
    memory->kind = kind;
    memory->writable = writable;
    SLIST_INIT(&memory->runs);
    return memory;
}

/* Adds a run in front. */
static bool run_add(struct memory *memory, ppn_t first, uint64_t pages)
{
    struct memory_run *run = cache_allocate(&run_cache);

    if (run == NULL)
        return false;
    run->first = first;
    run->pages = pages;
    SLIST_INSERT_HEAD(&memory->runs, run, link);
    memory->pages += pages;
    if (memory->kind != MEMORY_DEVICE)
        memory_commit((int64_t)pages);
    return true;
}

static enum error run_allocate(struct memory *memory, uint64_t pages)
{
    ppn_t first;
    enum error error = frame_allocate(pages, &first);

    if (error != E_OK)
        return error;
    memset(frame_pointer(first), 0, pages << PAGE_BITS);
    if (run_add(memory, first, pages))
        return E_OK;
    frame_free(first, pages);
    return E_NOMEM;
}

static uint64_t pages_for(uint64_t bytes) { return bytes / PAGE_SIZE + (bytes % PAGE_SIZE != 0); }

enum error memory_create(uint64_t bytes, enum memory_kind kind, struct memory **result)
{
    enum error error = E_OK;
    uint64_t pages = pages_for(bytes);
    uint64_t run = kind == MEMORY_DMA ? pages : RUN_PAGES;

    if (pages == 0 || pages > MEMORY_PAGES_MAX || (kind == MEMORY_DMA && pages > DMA_PAGES_MAX))
        return E_INVAL;
    if (pages > frame_free_count())
        return E_NOMEM; /* before the rest is taken from everybody else */
    struct memory *memory = memory_new(kind, true);
    if (memory == NULL)
        return E_NOMEM;
    while (error == E_OK && memory->pages < pages) {
        if (run > pages - memory->pages)
            run = pages - memory->pages;
        error = run_allocate(memory, run);
        if (error == E_NOMEM && run > 1 && kind != MEMORY_DMA) {
            run /= 2;
            error = E_OK;
        }
    }
    if (error != E_OK) {
        object_release(&memory->object);
        return error;
    }
    *result = memory;
    return E_OK;
}

enum error memory_create_paged(uint64_t bytes, struct channel *pager, struct memory **result)
{
    const uint64_t pages = pages_for(bytes);

    if (pages == 0 || pages > MEMORY_PAGES_MAX)
        return E_INVAL;
    struct memory *memory = memory_new(MEMORY_PAGED, true);
    if (memory == NULL)
        return E_NOMEM;
    memory->pages = pages;
    memory->owner.page = pager_page;
    pager_enter(memory, pager);
    *result = memory;
    return E_OK;
}

struct memory *memory_create_device(ppn_t first, uint64_t pages, bool writable)
{
    struct memory *memory = memory_new(MEMORY_DEVICE, writable);

    if (memory != NULL && !run_add(memory, first, pages)) {
        object_release(&memory->object);
        return NULL;
    }
    return memory;
}
