#pragma once
/* page_table.h - the one walker over Sv39, Sv48 and Sv57 page tables.
 *
 * The three formats differ only in the level of the root table (privileged specification, chapter
 * "Supervisor-Level ISA"), so a format is a value, not a build.
 *
 * A walk visits the entries of a range of virtual pages at a target level, in ascending order, and
 * asks a visitor at four kinds of place:
 *
 *   arrive  a run of neighbouring entries at the target level, inside one table
 *   meet    an entry above the target level that leads to a table: enter it, skip it or stop
 *   block   an entry above the target level that leads to no table (empty, a larger page, or not
 *           valid, with a shared table behind it): put a table there and look again, skip the
 *           entry's range, or stop. Who has a shared table entered as it is changes nothing in it
 *   leave   the walk is done with a table that it had entered (post-order; may be NULL); not
 *           called for the tables that a stopped walk stands in
 *
 * Runs, not single entries, are handed over: 9 instructions a page instead of 34.
 * A read-only walk has no way to change an entry (const slots); both share one walker. It is a
 * loop, not a recursion, and reaches each table through the page manager once.
 *
 * An entry is empty if all its bits are zero; anything else is in use. The upper half of a root
 * that other roots have copied must not lose tables: unmap there only before the first copy.
 */
#include "page_manager.h"
#include "vm_hooks.h"

enum {
    TABLE_BITS = 9,
    TABLE_ENTRIES = 1 << TABLE_BITS,
    TABLE_LEVELS_MAX = 5,
};

/* The value is the level of the root table; level 0 maps 4 KiB pages. */
enum paging_mode { PAGING_SV39 = 2, PAGING_SV48 = 3, PAGING_SV57 = 4 };

struct page_table {
    struct page_manager *manager; /* reaches tables and holds the root */
    pte_t *root;                  /* what the manager's root_ptr says */
    enum paging_mode mode;
};

/* The table below the manager's root, which new_root has made and which is not dropped before. */
static inline struct page_table page_table_of(struct page_manager *manager, enum paging_mode mode)
{
    pte_t *root = manager->operations->root_ptr(manager);

    VM_ASSERT(root);
    return (struct page_table){.manager = manager, .root = root, .mode = mode};
}

/* Pages that one entry of `level` stands for. */
static inline uint64_t level_pages(unsigned level) { return 1ull << TABLE_BITS * level; }
static inline unsigned vpn_index(vpn_t vpn, unsigned level)
{
    return vpn.v >> TABLE_BITS * level & (TABLE_ENTRIES - 1);
}
/* First page number past the lower (user) canonical half of a mode: 2^26, 2^35, 2^44. */
static inline uint64_t mode_user_pages(enum paging_mode mode)
{
    return 1ull << (TABLE_BITS * (mode + 1) - 1);
}

/* Neighbouring entries in one table: entry i maps vpn + i * level_pages(level). */
struct entry_run {
    pte_t *entry;
    size_t count;
    vpn_t vpn;
    unsigned level;
};
struct const_entry_run {
    const pte_t *entry;
    size_t count;
    vpn_t vpn;
    unsigned level;
};

enum walk_step {
    WALK_ENTER, /* meet: go into the table. block: look at the entry again, a table is there now */
    WALK_SKIP,  /* go on behind this entry */
    WALK_STOP,  /* end the walk; the walk reports it */
};

/* A visitor that may change entries (the source design's Decorator). `vpn` is the first page of the
 * walk behind the entry (leave: the last), `level` the entry's. */
struct page_table_editor {
    bool (*arrive)(void *self, const struct entry_run *run); /* false: stop */
    enum walk_step (*meet)(void *self, pte_t *entry, vpn_t vpn, unsigned level);
    enum walk_step (*block)(void *self, pte_t *entry, vpn_t vpn, unsigned level);
    void (*leave)(void *self, pte_t *entry, vpn_t vpn, unsigned level); /* may be NULL */
};

/* A visitor that only looks (the source design's Visitor). */
struct page_table_visitor {
    bool (*arrive)(void *self, const struct const_entry_run *run);
    enum walk_step (*meet)(void *self, const pte_t *entry, vpn_t vpn, unsigned level);
    enum walk_step (*block)(void *self, const pte_t *entry, vpn_t vpn, unsigned level);
    void (*leave)(void *self, const pte_t *entry, vpn_t vpn, unsigned level);
};

/* Walks `range` at `level`. The range is not empty, aligned to the level's pages, and may lie in
 * either canonical half (vpns are taken modulo the mode's width). Returns false if a callback
 * stopped the walk. */
bool page_table_edit(const struct page_table *table, struct page_range range, unsigned level,
                     const struct page_table_editor *editor, void *self);
bool page_table_visit(const struct page_table *table, struct page_range range, unsigned level,
                      const struct page_table_visitor *visitor, void *self);

/* The entry that decides `vpn` today: a leaf at any level, or the empty entry in its way. *level
 * gets the level it stands on. */
pte_t *page_table_find(const struct page_table *table, vpn_t vpn, unsigned *level);

/* The same, inlined, with one way to reach tables: page_pointer, or what it would choose. */
typedef void *page_reach(struct page_manager *manager, ppn_t ppn);
static inline pte_t *page_table_find_by(const struct page_table *table, vpn_t vpn, unsigned *level,
                                        page_reach *reach)
{
    enum { WIDTH = 64, INDEX_SHIFT = WIDTH - TABLE_BITS };
    unsigned at = table->mode;
    uint64_t indices = vpn.v << (WIDTH - TABLE_BITS * (at + 1)); /* the next one on top */
    pte_t *entry = &table->root[indices >> INDEX_SHIFT];

    while (at > 0 && pte_is_table(*entry)) {
        pte_t *next = reach(table->manager, pte_ppn(*entry));
        VM_ASSERT(next);
        at--;
        indices <<= TABLE_BITS;
        entry = &next[indices >> INDEX_SHIFT];
    }
    *level = at;
    return entry;
}

/* Maps range to consecutive physical pages from `first` with leaves at `level`, building tables as
 * needed. All or nothing. `flags` holds every bit of the leaf, PTE_V included. The kernel uses it
 * for its own half; address spaces use it under address_space_map*. E_EXIST: an entry in the range
 * is in use; E_NOMEM: no page for a table. */
enum error page_table_map(const struct page_table *table, struct page_range range, ppn_t first,
                          uint64_t flags, unsigned level) MUST_USE;

/* Clears every leaf of the range (which must be made of leaves at `level` or empty) and frees the
 * tables that become empty. Pages behind the leaves are not touched: the caller gives them back. */
void page_table_unmap(const struct page_table *table, struct page_range range, unsigned level);

/* Empty tables that no entry leads to any more, but which a hart's address-translation cache may
 * still know. They wait here until the caller has flushed it. The chain runs through the tables'
 * own first entries with PTE_V clear, so a hart that reads one finds nothing mapped. */
struct table_chain {
    pte_t head; /* the entry that led to the first; zero: none */
};

/* Consecutive leaves: what page_table_map takes, as a value. */
struct leaf_run {
    struct page_range range;
    ppn_t first;
    uint64_t flags;
    unsigned level;
};

/* Puts an empty table where an empty entry is. E_NOMEM. */
enum error page_table_build(const struct page_table *table, pte_t *entry) MUST_USE;

/* page_table_map and page_table_unmap, for tables that harts are using: tables that are no longer
 * needed (map: built before it failed) are added to `dead`, not freed. The caller flushes, then
 * calls page_table_free_chain. */
enum error page_table_map_run(const struct page_table *table, const struct leaf_run *run,
                              struct table_chain *dead) MUST_USE;
void page_table_detach(const struct page_table *table, struct page_range range, unsigned level,
                       struct table_chain *dead);
/* Only adds the tables on the ways to the range that are empty. */
void page_table_prune(const struct page_table *table, struct page_range range,
                      struct table_chain *dead);
/* One of them: the table that `entry` leads to, if it is empty. For an editor's `leave`. */
void page_table_leave(const struct page_table *table, pte_t *entry, struct table_chain *dead);
void page_table_free_chain(const struct page_table *table, struct table_chain *dead);
