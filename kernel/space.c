/* space.c - the life of address spaces: made, cloned, taken apart. See space.h for the lock.
 *
 * The end of a large space is work in pieces (address_space_dismantle). Whoever lets go of it last
 * does the first piece; what is left waits in a list, from which every hart takes a piece whenever
 * it looks for a thread to run, and whoever finds no memory takes as many as it needs. So no
 * interrupt waits for more than a piece, and nothing has to wait for the whole.
 */
#include "kernel/space.h"

#include <stddef.h>
#include <string.h>

#include "kernel/cache.h"
#include "kernel/config.h"
#include "kernel/frame.h"
#include "kernel/klog.h"
#include "kernel/memory.h"
#include "kernel/pager.h"
#include "kernel/panic.h"
#include "kernel/riscv/csr.h"
#include "kernel/riscv/hart.h"
#include "kernel/riscv/kernel_map.h"
#include "vm/events.h"
#include "vm/vm_hooks.h"

enum {
    ANYWHERE_PAGE = 1 << 24, /* 64 GiB: where mappings without a wish begin */
    PIECE = 1024,            /* entries of tables that are taken apart at once: about 0.3 ms */
};

static void space_destroy(struct object *object);

static struct cache space_cache = CACHE_INIT(space_cache, "space", struct space);
static struct cache area_cache = CACHE_INIT(area_cache, "area", struct area);
const struct object_type space_type = {
    .name = "space", .cache = &space_cache, .destroy = space_destroy, .frees_record = true};

static enum clone_policy clone_policy = CLONE_SHARE;
static uint64_t committed_pages; /* atomic */
static uint64_t flushes;         /* atomic */

struct area *vm_area_allocate(void) { return cache_allocate(&area_cache); }
void vm_area_free(struct area *area) { cache_free(&area_cache, area); }
uint64_t space_areas_alive(void) { return area_cache.alive; }
uint64_t space_committed_pages(void)
{
    return __atomic_load_n(&committed_pages, __ATOMIC_RELAXED) + memory_committed_pages();
}

/* --- What happens behind their backs ---------------------------------------------------------- */

static void event_log(struct vm_events *events, enum vm_event event, vpn_t vpn)
{
    static const char *const names[VM_EVENTS] = {
        [VM_ZERO_FILLED] = "zeroes",
        [VM_ZERO_FILLED_LARGE] = "zeroes, large",
        [VM_OWNER_FILLED] = "owner",
        [VM_COPIED] = "copied",
        [VM_LAST_SHARER] = "last sharer",
        [VM_TABLE_SHARED] = "table shared",
        [VM_TABLE_COPIED] = "table copied",
        [VM_TABLE_TAKEN] = "table taken",
        [VM_SPLIT] = "split",
        [VM_STALE] = "stale",
    };

    (void)events;
    klog("vm: %#lx: %s\n", vpn_address(vpn).v, names[event]);
}

static struct vm_events events;

void space_trace_events(void) { events.happened = event_log; }

void space_statistics(struct system_vm *statistics)
{
    const uint64_t *count = events.count;
    struct hart *hart;
    uint32_t left = harts_running();

    *statistics = (struct system_vm){
        .zero_filled = count[VM_ZERO_FILLED] + count[VM_ZERO_FILLED_LARGE],
        .large_filled = count[VM_ZERO_FILLED_LARGE],
        .owner_filled = count[VM_OWNER_FILLED],
        .copied = count[VM_COPIED],
        .last_sharer = count[VM_LAST_SHARER],
        .tables_shared = count[VM_TABLE_SHARED],
        .tables_copied = count[VM_TABLE_COPIED],
        .tables_taken = count[VM_TABLE_TAKEN],
        .splits = count[VM_SPLIT],
        .stale = count[VM_STALE],
        .flushes = __atomic_load_n(&flushes, __ATOMIC_RELAXED),
    };
    HARTS_FOREACH(hart, left) {
        statistics->shoot_downs += hart->shoot_downs;
        statistics->faults += hart->faults;
        statistics->refused += hart->faults_refused;
        statistics->zeroed += hart->zeroed;
    }
}

static struct space *space_of(struct address_space *addresses)
{
    return (struct space *)((char *)addresses - offsetof(struct space, addresses));
}

static void flush(struct address_space *addresses, struct page_range range, enum flush_kind kind)
{
    struct space *space = space_of(addresses);

    __atomic_fetch_add(&flushes, 1, __ATOMIC_RELAXED);
    if (kind == FLUSH_STRONGER)
        tlb_flush_range_here(&space->tlb, range);
    else if (kind == FLUSH_WEAKER)
        tlb_flush_range(&space->tlb, range);
    else
        tlb_flush(&space->tlb);
}

void space_commit_locked(struct space *space)
{
    const uint64_t now = space->addresses.areas.private_pages;

    __atomic_fetch_add(&committed_pages, now - space->committed, __ATOMIC_RELAXED);
    space->committed = now;
}

void space_check_locked(struct space *space)
{
    const char *complaint = "";

    if (DEBUG && !address_space_check(&space->addresses, &complaint))
        panic("address space: %s", complaint);
}

/* --- Beginning -------------------------------------------------------------------------------- */

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
    space->addresses.flush = flush;
    space->addresses.events = &events;
    space->search_from = (vpn_t){ANYWHERE_PAGE};
    return space;
}

bool space_set_clone_policy(const char *word)
{
    static const char *const words[] = {
        [CLONE_COPY] = "copy", [CLONE_COW] = "cow", [CLONE_SHARE] = "share"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(word, words[i]) == 0) {
            clone_policy = (enum clone_policy)i;
            return true;
        }
    return false;
}

enum error space_clone(struct space *source, struct space **clone)
{
    struct space *space = space_create();

    if (space == NULL)
        return E_NOMEM;
    /* Pagers may know of the clone before it is complete. */
    lock_acquire_both(&source->lock, &space->lock);
    enum error error = pager_join_clone(source, space);
    if (error == E_OK)
        error = address_space_clone_self(&source->addresses, &space->addresses, clone_policy);
    space_check_locked(source);
    space_commit_locked(space);
    lock_release_both(&source->lock, &space->lock);
    if (error != E_OK) {
        space_abandon(space);
        return error;
    }
    fence_instructions(); /* text may have been copied by stores */
    space->search_from = source->search_from;
    *clone = space;
    return E_OK;
}

/* --- End -------------------------------------------------------------------------------------- */

static struct lock reaper_lock = LOCK_INIT("reaper", RANK_REAPER);
static SLIST_HEAD(, space) dying = SLIST_HEAD_INITIALIZER(dying); /* reaper_lock */
uint32_t spaces_dying;                                            /* atomic: how many there are */
static uint32_t pieces_begun; /* atomic: harts that are taking one apart, which is in no list */

static void put_off(struct space *space)
{
    lock_acquire(&reaper_lock);
    SLIST_INSERT_HEAD(&dying, space, link);
    __atomic_fetch_add(&spaces_dying, 1, __ATOMIC_RELAXED);
    lock_release(&reaper_lock);
}

static struct space *take_up(void)
{
    lock_acquire(&reaper_lock);
    struct space *space = SLIST_FIRST(&dying);
    if (space != NULL) {
        SLIST_REMOVE_HEAD(&dying, link);
        __atomic_fetch_sub(&spaces_dying, 1, __ATOMIC_RELAXED);
        __atomic_fetch_add(&pieces_begun, 1, __ATOMIC_RELAXED);
    }
    lock_release(&reaper_lock);
    return space;
}

static void end(struct space *space)
{
    address_space_destroy(&space->addresses);
    tlb_drop(&space->tlb);
    cache_free(&space_cache, space);
}

/* Does the piece that has been begun. */
static void take_apart(struct space *space)
{
    if (address_space_dismantle(&space->addresses, PIECE))
        end(space);
    else
        put_off(space);
    __atomic_fetch_sub(&pieces_begun, 1, __ATOMIC_RELEASE);
}

bool space_reap(void)
{
    struct space *space = space_reap_waits() ? take_up() : NULL;

    if (space == NULL)
        return false;
    take_apart(space);
    return true;
}

bool space_reap_for_memory(void)
{
    return space_reap() || __atomic_load_n(&pieces_begun, __ATOMIC_ACQUIRE) != 0;
}

static void space_destroy(struct object *object)
{
    struct space *space = (struct space *)object;

    space_check_locked(space); /* nobody else has it any more */
    tlb_leave(&space->tlb);
    tlb_wait_unused(&space->tlb);
    pager_forget_space(space);
    __atomic_fetch_sub(&committed_pages, space->committed, __ATOMIC_RELAXED);
    if (space->abandoned) {
        end(space);
        return;
    }
    __atomic_fetch_add(&pieces_begun, 1, __ATOMIC_RELAXED);
    take_apart(space);
}

/* It never counts as memory that somebody may wait for (space_reap_for_memory): whoever abandons it
 * for want of memory would wait for that, try again, and never end. */
void space_abandon(struct space *space)
{
    space->abandoned = true;
    object_release(&space->object);
}
