#pragma once
/* address.h - types of addresses and page numbers that cannot be confused.
 *
 * Each is a struct of one member: passing a physical number where a virtual one is meant does not
 * compile, and at -O1 and above the code is that of a plain integer.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <octavo/error.h>

enum { PAGE_BITS = 12, PAGE_SIZE = 1 << PAGE_BITS };

typedef struct {
    uint64_t v;
} paddr_t; /* physical address, bytes */
typedef struct {
    uint64_t v;
} vaddr_t; /* virtual address, bytes */
typedef struct {
    uint64_t v;
} ppn_t; /* physical page number */
typedef struct {
    uint64_t v;
} vpn_t; /* virtual page number */

/* A range of virtual pages: [start, start + pages). */
struct page_range {
    vpn_t start;
    uint64_t pages;
};

static inline ppn_t ppn_add(ppn_t ppn, uint64_t n) { return (ppn_t){ppn.v + n}; }
static inline vpn_t vpn_add(vpn_t vpn, uint64_t n) { return (vpn_t){vpn.v + n}; }
static inline ppn_t paddr_page(paddr_t addr) { return (ppn_t){addr.v >> PAGE_BITS}; }
static inline vpn_t vaddr_page(vaddr_t addr) { return (vpn_t){addr.v >> PAGE_BITS}; }
static inline paddr_t ppn_address(ppn_t ppn) { return (paddr_t){ppn.v << PAGE_BITS}; }
static inline vaddr_t vpn_address(vpn_t vpn) { return (vaddr_t){vpn.v << PAGE_BITS}; }
static inline uint64_t vaddr_offset(vaddr_t addr) { return addr.v & (PAGE_SIZE - 1); }
static inline vpn_t range_end(struct page_range range) { return vpn_add(range.start, range.pages); }
