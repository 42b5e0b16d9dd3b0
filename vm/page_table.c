/* page_table.c - the walker.
 *
 * One loop goes down by meet and block, along by arrive, and up again when a table or the range
 * ends. A walk that only looks is the same walk; just the four calls differ, by their const.
 */
#include "page_table.h"

/* What a walk is told, and where it stands: at `vpn`, in tables[level], to which the path from the
 * root leads through tables[level + 1] and above. */
struct walk {
    const struct page_table *table;
    const struct page_table_editor *editor;   /* NULL: */
    const struct page_table_visitor *visitor; /* it only looks */
    void *self;
    vpn_t vpn;
    vpn_t end;
    unsigned level;
    pte_t *tables[TABLE_LEVELS_MAX];
};

static pte_t *table_behind(const struct page_table *table, pte_t entry)
{
    pte_t *page = page_pointer(table->manager, pte_ppn(entry));

    VM_ASSERT(page);
    return page;
}

/* The entry for vpn in the table that the walk is in. */
static pte_t *walk_entry(const struct walk *walk, vpn_t vpn)
{
    return &walk->tables[walk->level][vpn_index(vpn, walk->level)];
}

/* --- the four questions ----------------------------------------------------------------------- */

static bool ask_arrive(const struct walk *walk, pte_t *entry, size_t count)
{
    if (walk->editor)
        return walk->editor->arrive(walk->self,
                                    &(struct entry_run){entry, count, walk->vpn, walk->level});
    return walk->visitor->arrive(walk->self,
                                 &(struct const_entry_run){entry, count, walk->vpn, walk->level});
}

static enum walk_step ask_meet(const struct walk *walk, pte_t *entry)
{
    if (walk->editor)
        return walk->editor->meet(walk->self, entry, walk->vpn, walk->level);
    return walk->visitor->meet(walk->self, entry, walk->vpn, walk->level);
}

static enum walk_step ask_block(const struct walk *walk, pte_t *entry)
{
    if (walk->editor)
        return walk->editor->block(walk->self, entry, walk->vpn, walk->level);
    return walk->visitor->block(walk->self, entry, walk->vpn, walk->level);
}

static void tell_leave(const struct walk *walk, pte_t *entry, vpn_t vpn)
{
    if (walk->editor && walk->editor->leave)
        walk->editor->leave(walk->self, entry, vpn, walk->level);
    if (walk->visitor && walk->visitor->leave)
        walk->visitor->leave(walk->self, entry, vpn, walk->level);
}

/* --- the loop --------------------------------------------------------------------------------- */

/* Hands over the rest of the range, or of the table, and goes behind it. */
static bool walk_arrive(struct walk *walk)
{
    const uint64_t wanted = (walk->end.v - walk->vpn.v) >> TABLE_BITS * walk->level;
    const uint64_t room = TABLE_ENTRIES - vpn_index(walk->vpn, walk->level);
    const size_t count = wanted < room ? wanted : room;
    const bool go_on = ask_arrive(walk, walk_entry(walk, walk->vpn), count);

    walk->vpn = vpn_add(walk->vpn, count << TABLE_BITS * walk->level);
    return go_on;
}

/* Goes behind the entry at vpn, but not out of the range. */
static void walk_skip(struct walk *walk)
{
    const uint64_t next = (walk->vpn.v | (level_pages(walk->level) - 1)) + 1;
    walk->vpn.v = next < walk->end.v ? next : walk->end.v;
}

/* Asks about one entry above the target level and enters its table or goes behind it. */
static bool walk_descend(struct walk *walk)
{
    pte_t *entry = walk_entry(walk, walk->vpn);
    enum walk_step step = pte_is_table(*entry) ? WALK_ENTER : ask_block(walk, entry);

    if (step == WALK_ENTER) {
        VM_ASSERT(pte_is_table(*entry) || pte_is_shared_table(*entry)); /* block promised one */
        step = ask_meet(walk, entry);
    }
    if (step == WALK_ENTER)
        walk->tables[--walk->level] = table_behind(walk->table, *entry);
    else if (step == WALK_SKIP)
        walk_skip(walk);
    return step != WALK_STOP;
}

/* Goes up out of every table that ends before vpn, or that the range ends in. */
static void walk_climb(struct walk *walk)
{
    const vpn_t last = {walk->vpn.v - 1};

    while (walk->level < walk->table->mode &&
           (vpn_index(walk->vpn, walk->level) == 0 || walk->vpn.v == walk->end.v)) {
        walk->level++;
        tell_leave(walk, walk_entry(walk, last), last);
    }
}

static bool walk_range(struct walk *walk, struct page_range range, unsigned target)
{
    VM_ASSERT(target <= walk->table->mode);
    VM_ASSERT(range.pages > 0);
    VM_ASSERT((range.start.v | range.pages) % level_pages(target) == 0);
    walk->vpn = range.start;
    walk->end = range_end(range);
    walk->level = walk->table->mode;
    walk->tables[walk->level] = walk->table->root;

    while (walk->vpn.v < walk->end.v) {
        const unsigned before = walk->level;
        if (!(before == target ? walk_arrive(walk) : walk_descend(walk)))
            return false;
        if (walk->level == before) /* it went along, not down */
            walk_climb(walk);
    }
    return true;
}

bool page_table_edit(const struct page_table *table, struct page_range range, unsigned level,
                     const struct page_table_editor *editor, void *self)
{
    return walk_range(&(struct walk){.table = table, .editor = editor, .self = self}, range, level);
}

bool page_table_visit(const struct page_table *table, struct page_range range, unsigned level,
                      const struct page_table_visitor *visitor, void *self)
{
    return walk_range(&(struct walk){.table = table, .visitor = visitor, .self = self}, range,
                      level);
}

pte_t *page_table_find(const struct page_table *table, vpn_t vpn, unsigned *level)
{
    return page_table_find_by(table, vpn, level, page_pointer);
}
