/* area.c - the set of an address space's areas: a red-black tree ordered by start.
 *
 * Invariant: ranges are disjoint, so the order by start is the order by end as well, and one
 * descent finds the area that holds a page. Guarded by whatever guards the address space.
 */
#include "area.h"

#include "vm_hooks.h"

static int compare_starts(const struct area *a, const struct area *b)
{
    return (a->range.start.v > b->range.start.v) - (a->range.start.v < b->range.start.v);
}

/* RB_GENERATE_STATIC, without the name __unused, which some C libraries lack. */
RB_GENERATE_INTERNAL(area_tree, area, link, compare_starts, static __attribute__((unused)))

void area_set_init(struct area_set *set) { *set = (struct area_set){.tree = RB_INITIALIZER()}; }

/* The pages of the area as they count among the set's private ones. */
static uint64_t private_pages(const struct area *area)
{
    const bool own =
        area->kind == AREA_OWNED || (area->kind == AREA_PAGED && !(area->flags & PTE_SHARED));
    return own ? area->range.pages : 0;
}

void area_set_insert(struct area_set *set, struct area *area)
{
    const struct area *behind = area_set_find_from(set, area->range.start);

    VM_ASSERT(area->range.pages > 0);
    VM_ASSERT(!behind || behind->range.start.v >= range_end(area->range).v);
    RB_INSERT(area_tree, &set->tree, area);
    set->count++;
    set->pages += area->range.pages;
    set->private_pages += private_pages(area);
}

void area_set_remove(struct area_set *set, struct area *area)
{
    VM_ASSERT(area_set_find(set, area->range.start) == area);
    RB_REMOVE(area_tree, &set->tree, area);
    set->count--;
    set->pages -= area->range.pages;
    set->private_pages -= private_pages(area);
}

void area_set_split(struct area_set *set, struct area *area, vpn_t at, struct area *tail)
{
    const uint64_t head_pages = at.v - area->range.start.v;

    VM_ASSERT(head_pages - 1 < area->range.pages - 1);
    *tail = *area;
    tail->range = (struct page_range){at, area->range.pages - head_pages};
    tail->low.v = area->low.v > at.v ? area->low.v : at.v;
    tail->high.v = area->high.v > tail->low.v ? area->high.v : tail->low.v;
    area->high.v = area->high.v < at.v ? area->high.v : at.v;
    area->low.v = area->low.v < area->high.v ? area->low.v : area->high.v;
    tail->first = ppn_add(area->first, head_pages);
    tail->offset += head_pages;
    set->pages -= tail->range.pages;
    set->private_pages -= private_pages(tail);
    area->range.pages = head_pages;
    area_set_insert(set, tail);
    if (tail->owner)
        tail->owner->retain(tail->owner);
}

/* The order by start stays: the area was the last to begin before `at`. */
void area_set_trim(struct area_set *set, struct area *area, vpn_t at)
{
    const uint64_t gone = at.v - area->range.start.v;

    VM_ASSERT(gone - 1 < area->range.pages - 1);
    set->pages -= area->range.pages;
    set->private_pages -= private_pages(area);
    area->range = (struct page_range){at, area->range.pages - gone};
    area->low.v = area->low.v > at.v ? area->low.v : at.v;
    area->high.v = area->high.v > area->low.v ? area->high.v : area->low.v;
    area->first = ppn_add(area->first, gone);
    area->offset += gone;
    set->pages += area->range.pages;
    set->private_pages += private_pages(area);
}

void area_note_pages(struct area *area, vpn_t start, vpn_t end)
{
    const bool none = area->low.v == area->high.v;

    if (none || start.v < area->low.v)
        area->low = start;
    if (none || end.v > area->high.v)
        area->high = end;
}

static bool continues(const struct area *area, const struct area *next)
{
    const bool alike = next->range.start.v == range_end(area->range).v &&
                       next->kind == area->kind && next->large == area->large &&
                       next->flags == area->flags && next->owner == area->owner;

    if (area->kind != AREA_PAGED)
        return alike && next->first.v == area->first.v + area->range.pages;
    return alike && (!area->owner || next->offset == area->offset + area->range.pages);
}

struct area *area_set_join(struct area_set *set, struct area *area)
{
    struct area *next = area_set_next(set, area);

    if (!next || !continues(area, next))
        return NULL;
    area_set_remove(set, next);
    if (next->low.v < next->high.v)
        area_note_pages(area, next->low, next->high);
    area->range.pages += next->range.pages;
    set->pages += next->range.pages;
    set->private_pages += private_pages(next);
    if (next->owner)
        next->owner->release(next->owner);
    return next;
}

struct area *area_set_find(const struct area_set *set, vpn_t vpn)
{
    struct area *area = area_set_find_from(set, vpn);
    return area && area->range.start.v <= vpn.v ? area : NULL;
}

struct area *area_set_find_from(const struct area_set *set, vpn_t vpn)
{
    struct area *best = NULL;
    struct area *area = RB_ROOT(&set->tree);

    while (area) {
        if (range_end(area->range).v > vpn.v) {
            best = area;
            area = RB_LEFT(area, link);
        } else {
            area = RB_RIGHT(area, link);
        }
    }
    return best;
}

struct area *area_set_first(const struct area_set *set)
{
    return area_set_find_from(set, (vpn_t){0});
}

struct area *area_set_next(const struct area_set *set, struct area *area)
{
    (void)set; /* the links suffice */
    return RB_NEXT(area_tree, &set->tree, area);
}
