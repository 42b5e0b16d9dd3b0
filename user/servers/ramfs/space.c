/* space.c - memory within a limit.
 *
 * Small pieces come from malloc. Pages come in runs that are mapped together and given back to the
 * system when all of a run are free again: what files do not use the system has. A run's pages are
 * there from the beginning: a server that finds none when it touches one would be killed.
 */
#include "space.h"

#include <octavo/calls.h>

#include <stdbool.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/tree.h>

enum { RUN_PAGES = 16, RUN_BYTES = RUN_PAGES * SPACE_PAGE, ALL_FREE = (1 << RUN_PAGES) - 1 };

struct run {
    RB_ENTRY(run) by_address;
    LIST_ENTRY(run) link; /* in `partial`, while a page is free */
    uint64_t address;
    uint32_t free; /* bit i: page i is free */
};

static int run_compare(const struct run *a, const struct run *b)
{
    return a->address < b->address ? -1 : a->address > b->address;
}

RB_HEAD(runs, run);
RB_PROTOTYPE(runs, run, by_address, run_compare)
RB_GENERATE(runs, run, by_address, run_compare)

static struct runs runs = RB_INITIALIZER(&runs);
static LIST_HEAD(, run) partial = LIST_HEAD_INITIALIZER(partial);
static uint64_t limit, used;

void space_begin(uint64_t bytes) { limit = bytes; }

uint64_t space_limit(void) { return limit; }

uint64_t space_used(void) { return used; }

static bool charge(size_t size)
{
    if (size > limit - used)
        return false;
    used += size;
    return true;
}

void *space_take(size_t size)
{
    void *piece;

    if (!charge(size))
        return NULL;
    piece = calloc(1, size);
    if (piece == NULL)
        used -= size;
    return piece;
}

void space_give(void *piece, size_t size)
{
    if (piece == NULL)
        return;
    free(piece);
    used -= size;
}

/* ---- pages ---- */

static struct run *run_make(void)
{
    struct mapping mapping = {
        .length = RUN_BYTES,
        .flags = MAP_READ | MAP_WRITE | MAP_SPARSE | MAP_POPULATE,
        .memory = HANDLE_NONE,
    };
    struct run *run = malloc(sizeof *run);
    long address = run != NULL ? vm_map(HANDLE_SPACE, &mapping) : -E_NOMEM;

    if (address < 0) {
        free(run);
        return NULL;
    }
    *run = (struct run){.address = (uint64_t)address, .free = ALL_FREE};
    RB_INSERT(runs, &runs, run);
    LIST_INSERT_HEAD(&partial, run, link);
    return run;
}

static void run_free(struct run *run)
{
    RB_REMOVE(runs, &runs, run);
    LIST_REMOVE(run, link);
    vm_unmap(HANDLE_SPACE, run->address, RUN_BYTES);
    free(run);
}

void *space_take_page(void)
{
    struct run *run = LIST_FIRST(&partial);
    unsigned page;

    if (!charge(SPACE_PAGE))
        return NULL;
    if (run == NULL)
        run = run_make();
    if (run == NULL) {
        used -= SPACE_PAGE;
        return NULL;
    }
    page = (unsigned)__builtin_ctz(run->free);
    run->free &= ~(1u << page);
    if (run->free == 0)
        LIST_REMOVE(run, link);
    return (void *)(uintptr_t)(run->address + page * SPACE_PAGE);
}

/* The last run that does not begin behind the page is the one that holds it. */
static struct run *run_of(const void *page)
{
    struct run *found = RB_ROOT(&runs), *run = NULL;

    while (found != NULL) {
        if (found->address > (uintptr_t)page) {
            found = RB_LEFT(found, by_address);
        } else {
            run = found;
            found = RB_RIGHT(found, by_address);
        }
    }
    return run;
}

void space_give_page(void *page)
{
    struct run *run = run_of(page);

    if (run->free == 0)
        LIST_INSERT_HEAD(&partial, run, link);
    run->free |= 1u << ((uintptr_t)page - run->address) / SPACE_PAGE;
    used -= SPACE_PAGE;
    if (run->free == ALL_FREE)
        run_free(run);
}
