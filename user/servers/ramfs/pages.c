/* pages.c - the pages of one file: a tree by index. */
#include "pages.h"

#include <stdbool.h>
#include <stddef.h>

#include "space.h"

enum { SLOT_BITS = 6, SLOTS = 1 << SLOT_BITS };

struct level {
    void *slot[SLOTS];
};

/* Does a tree of that height reach the index? Eleven levels reach all there are. */
static bool reaches(unsigned height, uint64_t index)
{
    return height * SLOT_BITS >= 64 || index >> (height * SLOT_BITS) == 0;
}

/* The slot of `index` in a level that stands `height` above the pages. */
static unsigned slot_of(unsigned height, uint64_t index)
{
    return (unsigned)(index >> ((height - 1) * SLOT_BITS)) % SLOTS;
}

void *pages_find(const struct pages *pages, uint64_t index)
{
    void *at = pages->root;

    if (!reaches(pages->height, index))
        return NULL;
    for (unsigned height = pages->height; at != NULL && height > 0; height--)
        at = ((struct level *)at)->slot[slot_of(height, index)];
    return at;
}

/* Higher until it reaches the index. */
static enum error raise(struct pages *pages, uint64_t index)
{
    while (!reaches(pages->height, index)) {
        struct level *level = space_take(sizeof *level);

        if (level == NULL)
            return E_NOSPC;
        level->slot[0] = pages->root;
        pages->root = level;
        pages->height++;
    }
    return E_OK;
}

enum error pages_add(struct pages *pages, uint64_t index, void *page)
{
    void **slot = &pages->root;

    if (raise(pages, index) != E_OK)
        return E_NOSPC;
    for (unsigned height = pages->height; height > 0; height--) {
        if (*slot == NULL)
            *slot = space_take(sizeof(struct level));
        if (*slot == NULL)
            return E_NOSPC;
        slot = &((struct level *)*slot)->slot[slot_of(height, index)];
    }
    *slot = page;
    pages->count++;
    return E_OK;
}

/* Cuts what hangs in `slot`, `height` above the pages, from index `first` of its own on. */
static void cut(struct pages *pages, void **slot, unsigned height, uint64_t first)
{
    struct level *level = *slot;

    if (level == NULL)
        return;
    if (height == 0) {
        space_give_page(level);
        pages->count--;
        *slot = NULL;
        return;
    }
    for (unsigned i = slot_of(height, first); i < SLOTS; i++) {
        bool is_first = i == slot_of(height, first);
        uint64_t below = (1ull << ((height - 1) * SLOT_BITS)) - 1;

        cut(pages, &level->slot[i], height - 1, is_first ? first & below : 0);
    }
    if (first == 0) {
        space_give(level, sizeof *level);
        *slot = NULL;
    }
}

void pages_cut(struct pages *pages, uint64_t first)
{
    if (!reaches(pages->height, first))
        return;
    cut(pages, &pages->root, pages->height, first);
    if (first == 0)
        pages->height = 0;
}
