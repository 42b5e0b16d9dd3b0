/* page_table.c - the walker.
 *
 * One loop goes down by meet and block, along by arrive, and up again when a table or the range
 * ends. A walk that only looks is the same walk behind an adapter that makes the slots const.
 */
#include "page_table.h"

#include "vm_hooks.h"

/* Where a walk stands: at `vpn`, in tables[level], which tables[level + 1] ... led to. */
struct walk {
    pte_t *tables[TABLE_LEVELS_MAX];
    unsigned level;
    vpn_t vpn;
    vpn_t end;
};

static pte_t *root_of(const struct page_table *table)
{
    return table->manager->operations->root_ptr(table->manager);
}

static pte_t *table_behind(const struct page_table *table, pte_t entry)
{
    return table->manager->operations->p_to_v(table->manager, pte_ppn(entry));
}

/* The entry of the table of `level` on the walk's path that stands for vpn. */
static pte_t *walk_entry(const struct walk *walk, unsigned level, vpn_t vpn)
{
    return &walk->tables[level][vpn_index(vpn, level)];
}

/* Hands over the rest of the range, or of the table, and goes behind it. */
static bool walk_arrive(struct walk *walk, const struct page_table_editor *editor, void *self)
{
    const uint64_t wanted = (walk->end.v - walk->vpn.v) >> TABLE_BITS * walk->level;
    const uint64_t room = TABLE_ENTRIES - vpn_index(walk->vpn, walk->level);
    const struct entry_run run = {
        .entry = walk_entry(walk, walk->level, walk->vpn),
        .count = wanted < room ? wanted : room,
        .vpn = walk->vpn,
        .level = walk->level,
    };

    walk->vpn = vpn_add(walk->vpn, run.count << TABLE_BITS * walk->level);
    return editor->arrive(self, &run);
}

/* Goes behind the entry at vpn, but not out of the range. */
static void walk_skip(struct walk *walk)
{
    const uint64_t next = (walk->vpn.v | (level_pages(walk->level) - 1)) + 1;

    walk->vpn.v = next < walk->end.v ? next : walk->end.v;
}

/* Asks about one entry above the target level and enters its table or goes behind it. */
static bool walk_descend(struct walk *walk, const struct page_table *table,
                         const struct page_table_editor *editor, void *self)
{
    const unsigned level = walk->level;
    pte_t *entry = walk_entry(walk, level, walk->vpn);
    enum walk_step step = WALK_ENTER;

    if (!pte_is_table(*entry))
        step = editor->block(self, entry, walk->vpn, level);
    if (step == WALK_ENTER) {
        VM_ASSERT(pte_is_table(*entry)); /* block promised one */
        step = editor->meet(self, entry, walk->vpn, level);
    }
    if (step == WALK_ENTER)
        walk->tables[--walk->level] = table_behind(table, *entry);
    else if (step == WALK_SKIP)
        walk_skip(walk);
    return step != WALK_STOP;
}

/* Goes up out of every table that ends before vpn, or that the range ends in. */
static void walk_climb(struct walk *walk, unsigned top, const struct page_table_editor *editor,
                       void *self)
{
    const vpn_t last = {walk->vpn.v - 1};

    while (walk->level < top &&
           (vpn_index(walk->vpn, walk->level) == 0 || walk->vpn.v >= walk->end.v)) {
        walk->level++;
        if (editor->leave)
            editor->leave(self, walk_entry(walk, walk->level, last), last, walk->level);
    }
}

bool page_table_edit(const struct page_table *table, struct page_range range, unsigned level,
                     const struct page_table_editor *editor, void *self)
{
    const unsigned top = table->mode;
    struct walk walk = {.level = top, .vpn = range.start, .end = range_end(range)};

    VM_ASSERT(level <= top);
    VM_ASSERT(range.pages > 0);
    VM_ASSERT((range.start.v | range.pages) % level_pages(level) == 0);
    walk.tables[top] = root_of(table);

    while (walk.vpn.v < walk.end.v) {
        const unsigned before = walk.level;
        const bool go_on = before == level ? walk_arrive(&walk, editor, self)
                                           : walk_descend(&walk, table, editor, self);
        if (!go_on)
            return false;
        if (walk.level == before) /* it went along, not down */
            walk_climb(&walk, top, editor, self);
    }
    return true;
}

/* The adapter: an editor that lets a visitor look. */
struct look {
    const struct page_table_visitor *visitor;
    void *self;
};

static bool look_arrive(void *self, const struct entry_run *run)
{
    const struct look *look = self;
    const struct const_entry_run seen = {run->entry, run->count, run->vpn, run->level};

    return look->visitor->arrive(look->self, &seen);
}

static enum walk_step look_meet(void *self, pte_t *entry, vpn_t vpn, unsigned level)
{
    const struct look *look = self;

    return look->visitor->meet(look->self, entry, vpn, level);
}

static enum walk_step look_block(void *self, pte_t *entry, vpn_t vpn, unsigned level)
{
    const struct look *look = self;

    return look->visitor->block(look->self, entry, vpn, level);
}

static void look_leave(void *self, pte_t *entry, vpn_t vpn, unsigned level)
{
    const struct look *look = self;

    if (look->visitor->leave)
        look->visitor->leave(look->self, entry, vpn, level);
}

bool page_table_visit(const struct page_table *table, struct page_range range, unsigned level,
                      const struct page_table_visitor *visitor, void *self)
{
    static const struct page_table_editor looker = {look_arrive, look_meet, look_block, look_leave};
    struct look look = {visitor, self};

    return page_table_edit(table, range, level, &looker, &look);
}

pte_t *page_table_find(const struct page_table *table, vpn_t vpn, unsigned *level)
{
    unsigned at = table->mode;
    pte_t *entry = &root_of(table)[vpn_index(vpn, at)];

    while (at > 0 && pte_is_table(*entry)) {
        at--;
        entry = &table_behind(table, *entry)[vpn_index(vpn, at)];
    }
    *level = at;
    return entry;
}
