#pragma once
/* memory.h - memory objects and mappings as the system calls show them. */
#include <stdint.h>

/* memory_create kinds, and what memory_info may say besides. */
enum memory_kind {
    MEMORY_ANONYMOUS, /* zeroed pages */
    MEMORY_DMA,    /* zeroed, physically contiguous; needs a device's memory handle with MANAGE */
    MEMORY_DEVICE, /* registers of a device, or an image that the firmware loaded */
    MEMORY_PAGED,  /* each page comes from a pager when it is first needed: pager.h */
};

struct memory_info {
    uint64_t size;     /* bytes, whole pages */
    uint64_t physical; /* DMA and DEVICE: physical address; else 0 */
    uint32_t kind;     /* enum memory_kind */
    uint32_t writable;
};

/* vm_map flags, and what vm_protect and vm_query take and give of them. Writable implies readable.
 * Writable and executable together are refused. */
enum {
    MAP_READ = 1 << 0,
    MAP_WRITE = 1 << 1,
    MAP_EXECUTE = 1 << 2,
    MAP_SHARE = 1 << 3,    /* fork maps the same pages; without it the child gets a copy. Device
                              memory is always shared */
    MAP_EXACT = 1 << 4,    /* at the given address or not at all; without it the address is a hint,
                              0 for none */
    MAP_NONE = 1 << 5,     /* instead of the first three: no access at all */
    MAP_SPARSE = 1 << 6,   /* touched here and there: no larger pages than those of 4 KiB */
    MAP_POPULATE = 1 << 7, /* all pages are there at once, or the call fails. Without it, each is
                              found when it is first touched */
};

/* What a mapping shows. */
enum vm_area_kind {
    VM_AREA_ZERO,   /* pages of its own, zero when they are first touched */
    VM_AREA_MEMORY, /* a memory object */
    VM_AREA_DEVICE, /* a device's registers, or memory that a device reaches */
};

/* One mapping as vm_query gives it: the first that ends behind the address asked for. Neighbours
 * that are alike may be one. Counts are in pages of 4 KiB. */
struct vm_area {
    uint64_t address;  /* bytes */
    uint64_t length;   /* bytes */
    uint64_t offset;   /* into the memory object, bytes */
    uint32_t flags;    /* MAP_READ, MAP_WRITE, MAP_EXECUTE, MAP_NONE, MAP_SHARE, MAP_SPARSE */
    uint32_t kind;     /* enum vm_area_kind */
    uint64_t resident; /* pages that are there */
    uint64_t shared;   /* of these, in other mappings as well */
    uint64_t dirty;    /* of these, that this mapping has written to, or may without a fault */
    uint64_t large;    /* of these, in larger pages */
};
