#pragma once
/* pte.h - one page-table entry (RISC-V privileged specification, "Sv39: Page-Based 39-bit
 * Virtual-Memory System", table entry format; Sv48 and Sv57 use the same entry).
 */
#include "address.h"

typedef struct {
    uint64_t v;
} pte_t;

enum pte_flag {
    PTE_V = 1 << 0, /* valid */
    PTE_R = 1 << 1,
    PTE_W = 1 << 2, /* W without R is reserved */
    PTE_X = 1 << 3,
    PTE_U = 1 << 4,      /* user mode may use the page */
    PTE_G = 1 << 5,      /* global: in every address space */
    PTE_A = 1 << 6,      /* accessed */
    PTE_D = 1 << 7,      /* dirty */
    PTE_OWNED = 1 << 8,  /* software bit 0: the page came from the page manager, and this is a hold
                            on it */
    PTE_SHARED = 1 << 9, /* software bit 1: writes are meant for all who have the page */

    PTE_RWX = PTE_R | PTE_W | PTE_X,
    PTE_FLAGS = 0x3ff, /* hardware bits and the two software bits */
};

enum { PTE_PPN_SHIFT = 10, PTE_PPN_BITS = 44 };

static inline pte_t pte_make(ppn_t ppn, uint64_t flags)
{
    return (pte_t){ppn.v << PTE_PPN_SHIFT | flags};
}
static inline ppn_t pte_ppn(pte_t pte)
{
    return (ppn_t){pte.v >> PTE_PPN_SHIFT & ((1ull << PTE_PPN_BITS) - 1)};
}
static inline uint64_t pte_flags(pte_t pte) { return pte.v & PTE_FLAGS; }
static inline bool pte_is_valid(pte_t pte) { return pte.v & PTE_V; }
static inline bool pte_is_leaf(pte_t pte) { return pte_is_valid(pte) && (pte.v & PTE_RWX); }
static inline bool pte_is_table(pte_t pte) { return (pte.v & (PTE_V | PTE_RWX)) == PTE_V; }

/* An entry that is not valid, but names a table that several spaces may have (share.c). All bits of
 * an invalid entry but V are software's. */
static inline bool pte_is_shared_table(pte_t pte)
{
    return (pte.v & (PTE_V | PTE_OWNED)) == PTE_OWNED;
}
