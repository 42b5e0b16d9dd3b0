#pragma once
/* address_space.h - an address space: a page table, and the areas that say what is mapped in it.
 *
 * Works on the lower canonical half only; the upper half of the root belongs to the page manager
 * (the kernel's mapping). The caller serialises calls on one space (the kernel: the space's lock).
 * Every operation that maps is all or nothing: on any error the table, the areas, the page
 * manager's balance and all memory are as they were.
 *
 * Flags are leaf bits of pte.h. PTE_V is implied; PTE_A, and PTE_D where PTE_W is asked for, are
 * set by the library, since hardware may trap on a clear one (Svade). So hardware never changes a
 * leaf, and area->flags is every bit of every leaf of the area. Reserved by the architecture, hence
 * E_INVAL: W without R, no R, W or X at all, bits outside PTE_FLAGS, PTE_OWNED (the page
 * manager's).
 */
#include "area.h"
#include "page_table.h"

struct address_space {
    struct page_table table;
    struct area_set areas;
    /* Called after entries of the range became weaker (unmapped, or a mapping that failed half-way
     * was undone), before pages and tables are given back; the kernel flushes TLBs here. Tables may
     * have gone as well: the fence must cover non-leaf entries (SFENCE.VMA with rs1 = x0). NULL,
     * which address_space_new sets: nobody caches. */
    void (*flush)(struct address_space *space, struct page_range range);
};

/* An empty space: no areas, a root from the manager, which it uses until destroyed. E_NOMEM: no
 * root. */
enum error address_space_new(struct address_space *space, struct page_manager *manager,
                             enum paging_mode mode) MUST_USE;

/* Unmaps all, gives back every owned page and table, then the root. */
void address_space_destroy(struct address_space *space);

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

/* Unmaps every area inside the range, which may also hold unmapped pages. E_INVAL: bad range, or an
 * area reaches over its edge (nothing is unmapped then). */
enum error address_space_unmap(struct address_space *space, struct page_range range) MUST_USE;

/* Pointer to that very byte, if its page is mapped with *all* of `flags`; else NULL, also for a
 * page that the page manager cannot reach (a device's) and for the upper half. Speaks of one page:
 * whoever goes on past its end asks again. For user memory ask for PTE_U as well. */
void *address_space_translate(const struct address_space *space, vaddr_t addr, uint64_t flags);

/* For every area of src, in order: new pages, full copy, same range, same flags in dst (SHARED
 * areas: the same pages). dst is usually empty; E_EXIST if an area of src is in the way of one of
 * dst; E_INVAL if dst's mode is too small for one; E_NOMEM. dst is as before on failure, src
 * always. Behind fork(). */
enum error address_space_clone_self(struct address_space *src, struct address_space *dst) MUST_USE;

/* A free range of `pages` pages at or above `from` and below `limit`, lowest first. E_INVAL:
 * no pages asked for; E_NOMEM: none. */
enum error address_space_find_free(const struct address_space *space, uint64_t pages, vpn_t from,
                                   vpn_t limit, vpn_t *start) MUST_USE;

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
 * and sorted, contiguous, flags uniform, no empty table left, every table owned. *complaint says
 * what is wrong. */
bool address_space_check(const struct address_space *space, const char **complaint);
