/* share.c - spaces that share page tables (after On-demand-fork, EuroSys 2021): fork without work
 * for each page, or even for each table.
 *
 * A clone makes the tables below the root belong to both spaces: one more hold on each, and both
 * roots name them by entries that are *not valid*. RISC-V has no permission bits in such entries,
 * but of an invalid one all other bits are software's (privileged specification, "Sv39 Page Table
 * Entry"). So a shared table is out of every hart's reach, and holds no state of any one space. Who
 * comes to such an entry, by a fault or by an operation on the range, takes it:
 *
 *   the last to hold it    makes the entry valid again, and that is all
 *   one of several         makes a copy of the table. Its leaves are write-protected in both, its
 *                          pages held once more; the tables that it names become shared in turn
 *
 * So a fork costs some entries of the root, and then each side pays for what it touches.
 *
 * Those who share a table share no lock. Two may copy it at once: what they change in it is the
 * same. The count decides who is the last.
 */
#include "operations.h"

#include "vm_hooks.h"

/* Copies a table which begins at `base` and has entries of `level`. What is in a shared table lies
 * in areas of each space that shares it. */
static void copy_entries(const struct address_space *space, pte_t *to, pte_t *from, unsigned level,
                         vpn_t base)
{
    struct span span = {0, 0};

    while (table_next_span(&space->areas, base, level, &span))
        for (size_t i = span.first; (i = next_used(from, i, span.end)) < span.end; i++)
            to[i] = entry_duplicate(space->table.manager, &from[i], level);
}

static enum error table_copy(struct address_space *space, pte_t *entry, unsigned level, vpn_t vpn)
{
    struct page_manager *manager = space->table.manager;
    const vpn_t base = {vpn.v & ~(level_pages(level) - 1)};
    pte_t shared = *entry, copy = {0};
    const enum error error = page_table_build(&space->table, &copy);
    uint64_t budget = UINT64_MAX;

    if (error)
        return error;
    copy_entries(space, page_pointer(manager, pte_ppn(copy)),
                 page_pointer(manager, pte_ppn(shared)), level - 1, base);
    *entry = copy;
    entry_drop(space, &shared, level, vpn, &budget); /* others may have let go meanwhile */
    return E_OK;
}

enum error table_unshare(struct address_space *space, pte_t *entry, unsigned level, vpn_t vpn)
{
    struct page_manager *manager = space->table.manager;

    VM_ASSERT(pte_is_shared_table(*entry));
    if (manager->operations->is_shared(manager, *entry)) {
        vm_event(space->events, VM_TABLE_COPIED, vpn);
        return table_copy(space, entry, level, vpn);
    }
    vm_event(space->events, VM_TABLE_TAKEN, vpn);
    entry->v |= PTE_V;
    return E_OK;
}

/* --- ranges ----------------------------------------------------------------------------------- */

struct unsharer {
    struct address_space *space;
    enum error error;
};

static enum walk_step unshare_meet(void *self, pte_t *entry, vpn_t vpn, unsigned level)
{
    (void)self, (void)entry, (void)vpn;
    /* Leaves are not shared once their table is not; so the walk arrives nowhere. */
    return level > 1 ? WALK_ENTER : WALK_SKIP;
}

static enum walk_step unshare_block(void *self, pte_t *entry, vpn_t vpn, unsigned level)
{
    struct unsharer *unsharer = self;

    if (!pte_is_shared_table(*entry))
        return WALK_SKIP;
    unsharer->error = table_unshare(unsharer->space, entry, level, vpn);
    return unsharer->error ? WALK_STOP : WALK_ENTER;
}

enum error tables_unshare(struct address_space *space, struct page_range range)
{
    static const struct page_table_editor editor = {NULL, unshare_meet, unshare_block, NULL};
    struct unsharer unsharer = {space, E_OK};

    page_table_edit(&space->table, range, 0, &editor, &unsharer);
    return unsharer.error;
}

void clone_tables(struct address_space *src, struct address_space *dst)
{
    struct page_manager *manager = src->table.manager;
    const unsigned level = src->table.mode;
    struct span span = {0, 0};

    while (table_next_span(&src->areas, (vpn_t){0}, level, &span))
        for (size_t i = span.first; i < span.end; i++) {
            if (src->table.root[i].v == 0)
                continue;
            VM_ASSERT(dst->table.root[i].v == 0);
            dst->table.root[i] = entry_duplicate(manager, &src->table.root[i], level);
            vm_event(src->events, VM_TABLE_SHARED, (vpn_t){i * level_pages(level)});
        }
}
