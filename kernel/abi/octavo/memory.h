#pragma once
/* memory.h - memory objects and mappings as the system calls show them. */
#include <stdint.h>

/* memory_create kinds, and what memory_info may say besides. */
enum memory_kind {
    MEMORY_ANONYMOUS, /* zeroed pages */
    MEMORY_DMA,    /* zeroed, physically contiguous; needs a device's memory handle with MANAGE */
    MEMORY_DEVICE, /* registers of a device, or an image that the firmware loaded */
};

struct memory_info {
    uint64_t size;     /* bytes, whole pages */
    uint64_t physical; /* DMA and DEVICE: physical address; else 0 */
    uint32_t kind;     /* enum memory_kind */
    uint32_t writable;
};

/* vm_map flags. Writable implies readable. Writable and executable together are refused. */
enum {
    MAP_READ = 1 << 0,
    MAP_WRITE = 1 << 1,
    MAP_EXECUTE = 1 << 2,
    MAP_SHARE = 1 << 3, /* fork maps the same pages; without it the child gets a copy. Device memory
                           is always shared */
    MAP_EXACT =
        1
        << 4, /* at the given address or not at all; without it the address is a hint, 0 for none */
};
