#pragma once
/* address_space.h - an address space: a page table, and the areas that say what is mapped in it.
 *
 * Works on the lower canonical half only; the upper half of the root belongs to the page manager
 * (the kernel's mapping). The caller serialises calls on one space (the kernel: the space's lock);
 * calls on spaces that share pages and tables, being clones of each other, need no lock in common.
 * Every operation is all or nothing: on any error, what is mapped where with which permissions is
 * as it was, and so are all memory and, for those that map, the page manager's balance. (A
 * larger page may have been split, or a table that was shared have been copied, which shows only in
 * the table, and takes the pages of tables.)
 *
 * Flags are leaf bits of pte.h. PTE_V is implied; PTE_A, and PTE_D where PTE_W is asked for, are
 * set by the library, since hardware may trap on a clear one (Svade). So hardware never changes a
 * leaf. Reserved by the architecture, hence E_INVAL: W without R, no R, W or X at all, bits outside
 * PTE_FLAGS; PTE_OWNED and PTE_SHARED are the library's.
 */
#include "area.h"
#include "page_table.h"

/* What became of a range of pages, so what harts must forget. */
enum flush_kind {
    FLUSH_STRONGER, /* leaves allow more than before: this hart; others will fault, and look again
                     */
    FLUSH_WEAKER,   /* leaves are gone, allow less, or name another page: all harts */
    FLUSH_TABLES, /* and tables are gone: all harts, non-leaf entries too (SFENCE.VMA, rs1 = x0) */
};

struct address_space {
    struct page_table table;
    struct area_set areas;
    /* Called after entries of the range were changed, before pages and tables are given back; the
     * kernel flushes TLBs here. The range may be empty where only tables went. NULL, which
     * address_space_new sets: nobody caches. */
    void (*flush)(struct address_space *space, struct page_range range, enum flush_kind kind);
    /* How often things happened that no caller sees (vm statistics). */
    struct vm_events *events; /* or NULL */
};

/* An empty space: no areas, a root from the manager, which it uses until destroyed. E_NOMEM: no
 * root. */
enum error address_space_new(struct address_space *space, struct page_manager *manager,
                             enum paging_mode mode) MUST_USE;

/* Unmaps all, gives back every owned page and table, then the root. No hart runs the space. */
void address_space_destroy(struct address_space *space);

/* The same in pieces: gives back about `pages` pages. True: nothing is left but the root. Once
 * begun, address_space_destroy is all that may be done besides. */
bool address_space_dismantle(struct address_space *space, uint64_t pages);

/* The table view, and the page manager's number of the root. */
static inline const struct page_table *address_space_root(const struct address_space *space)
{
    return &space->table;
}
ppn_t address_space_root_ppn(const struct address_space *space);

/* Maps range to consecutive physical pages from `first`, which stay the caller's. A clone copies
 * them, so the page manager must reach them. E_INVAL: empty or wrapping range, or beyond the lower
 * half, reserved flags, pages that do not exist or cannot be reached; E_EXIST: something there is
 * mapped; E_NOMEM. */
enum error address_space_map_extern(struct address_space *space, struct page_range range,
                                    ppn_t first, uint64_t flags) MUST_USE;

/* The same, but a clone maps the same pages, which need not be in reach. `owner`, if not NULL, is
 * retained once on success and released when the area goes; each clone retains it again. */
enum error address_space_map_shared(struct address_space *space, struct page_range range,
                                    ppn_t first, uint64_t flags, struct area_owner *owner) MUST_USE;

/* Allocates the range's pages (one contiguous run), zeroes [0, offset) and [offset + length, size),
 * copies `length` bytes of data to `offset`, maps. data may be NULL if length is 0. Errors as
 * above; E_INVAL also when offset + length exceeds the range's size, or data is NULL with a length.
 */
enum error address_space_map(struct address_space *space, struct page_range range, const void *data,
                             size_t length, size_t offset, uint64_t flags) MUST_USE;

/* Maps pages that nobody has looked for yet: each is found at the first fault on it. `pager`, never
 * NULL, says who finds them. E_INVAL, E_EXIST, E_NOMEM. */
struct pager {
    struct area_owner *owner; /* retained once on success; NULL: zeroes */
    uint64_t offset;          /* its page number of the range's first page */
    bool shared;              /* writes go to the owner's pages, and a clone maps the same ones;
                                 otherwise the first write to a page makes a copy */
    bool large;               /* zeroes: may come in larger pages */
};
enum error address_space_map_paged(struct address_space *space, struct page_range range,
                                   uint64_t flags, const struct pager *pager) MUST_USE;

/* Makes an access possible that a hart could not do, or somebody is going to do for it. `access`:
 * leaf bits that it needs, PTE_W for one that writes. E_OK: it is possible now. E_FAULT: it is not
 * permitted; E_NOMEM; errors of an owner's `page`. */
enum error address_space_fault(struct address_space *space, vaddr_t addr, uint64_t access) MUST_USE;

/* Pages of an owner, by its numbers `first` to `first + count - 1`. */
struct page_run {
    uint64_t first, count;
    const ppn_t *page; /* count of them; where there is none, a number that no page has */
};

/* Takes every leaf out that names one of the owner's pages for what it is in an area of that owner.
 * Areas stay: who needs the page asks the owner again. Looks at each area of the space. E_NOMEM: no
 * page for the copy of a table that is shared; some leaves may be gone. */
enum error address_space_revoke(struct address_space *space, const struct area_owner *owner,
                                const struct page_run *run) MUST_USE;

/* Unmaps the pages of the range, which may also hold unmapped ones. E_INVAL: bad range; E_NOMEM: no
 * record or table for what remains of an area at the range's edges. */
enum error address_space_unmap(struct address_space *space, struct page_range range) MUST_USE;

/* Gives the pages of the range other permissions: `flags` as for mapping. E_INVAL: bad range or
 * flags; E_NOENT: some page of it is not mapped; E_NOMEM. */
enum error address_space_protect(struct address_space *space, struct page_range range,
                                 uint64_t flags) MUST_USE;

/* Pointer to that very byte, if its page is mapped with *all* of `flags`; else NULL, also for a
 * page that the page manager cannot reach (a device's) and for the upper half. Speaks of one page:
 * whoever goes on past its end asks again. For user memory ask for PTE_U as well. */
void *address_space_translate(const struct address_space *space, vaddr_t addr, uint64_t flags);

/* Behind fork(): dst, usually empty, gets the areas of src with the same ranges, flags and
 * contents. From then on neither sees what the other writes, but in shared areas. How, is policy:
 *
 *   CLONE_COPY   new pages, full copy
 *   CLONE_COW    the same pages, write-protected in both; the first to write makes a copy
 *   CLONE_SHARE  the same tables, unreachable in both; the first to touch one makes a copy
 *
 * COW and SHARE make the OWNED areas of both PAGED ones. SHARE needs an empty dst of the same mode,
 * and a src without EXTERN areas; otherwise it is COW. EXTERN areas are always copied. E_EXIST: an
 * area of src is in the way of one of dst; E_INVAL: dst's mode is too small for one; E_NOMEM. */
enum clone_policy { CLONE_COPY, CLONE_COW, CLONE_SHARE };
enum error address_space_clone_self(struct address_space *src, struct address_space *dst,
                                    enum clone_policy policy) MUST_USE;

/* A free range of `pages` pages that begins at a multiple of `align` pages (a power of two), inside
 * `where`, lowest first. E_INVAL: no pages asked for; E_NOMEM: none. */
enum error address_space_find_free(const struct address_space *space, uint64_t pages,
                                   uint64_t align, struct page_range where, vpn_t *start) MUST_USE;

/* What the leaves of a range say, counted in pages. */
struct page_counts {
    uint64_t resident; /* there */
    uint64_t shared;   /* of these: named by another entry as well */
    uint64_t writable; /* of these: the next write is no fault */
    uint64_t large;    /* of these: in larger pages */
};
/* Counts the pages of a valid range. Tables that spaces share are looked into: what is in them is
 * shared; and not writable, for as long as the space has not come to them. */
struct page_counts address_space_count(const struct address_space *space, struct page_range range);

/* Prints `root: 0x<ppn>` and the tree of the lower half, one line a mapping: range of addresses,
 * physical page number, flags as letters DAGUXWRV with _ for a clear bit. A table has a line of the
 * same form, and what is behind it is indented. Neighbouring entries of one table that lead to
 * neighbouring pages with the same flags are one mapping. `write` gets text in pieces. */
struct text_sink {
    void (*write)(struct text_sink *sink, const char *text, size_t length);
};
void address_space_print(const struct address_space *space, struct text_sink *sink);

/* "U_WRV" to bits. Letters DAGUXWRV; `_` and unknown letters are ignored. */
uint64_t vm_flags(const char *text);

/* And back: eight letters or _, then a NUL. */
enum { VM_FLAGS_TEXT_SIZE = 9 };
void vm_flags_text(uint64_t flags, char text[VM_FLAGS_TEXT_SIZE]);

/* Do areas and table agree? Every mapped page in exactly one area, nothing outside, ranges disjoint
 * and sorted, contiguous where they should be, flags uniform, no empty table left, every table
 * owned, no table that is shared within reach. *complaint says what is wrong. */
bool address_space_check(const struct address_space *space, const char **complaint);
