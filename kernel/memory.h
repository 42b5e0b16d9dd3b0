#pragma once
/* memory.h - memory objects: pages that can be mapped into several spaces.
 *
 * Immutable once made, so no lock: pages, kind and runs stay until the last handle and the last
 * mapping are gone. Each area that maps the object counts it (area owner).
 */
#include <octavo/memory.h>
#include <stddef.h>
#include <sys/queue.h>

#include "kernel/object.h"
#include "vm/address_space.h"

/* Contiguous pages of the object, in order. */
struct memory_run {
    SLIST_ENTRY(memory_run) link;
    ppn_t first;
    uint64_t pages;
};

struct memory {
    struct object object;
    struct area_owner owner;
    enum memory_kind kind;
    bool writable;
    uint64_t pages;
    SLIST_HEAD(, memory_run) runs;
};

/* Zeroed pages, contiguous for MEMORY_DMA. E_INVAL: size zero or beyond all RAM; E_NOMEM. */
enum error memory_create(uint64_t bytes, enum memory_kind kind, struct memory **memory) MUST_USE;

/* Boot: existing physical pages that are never given back. NULL: no memory. */
struct memory *memory_create_device(ppn_t first, uint64_t pages, bool writable);

/* The object whose owner record an area names. */
static inline struct memory *memory_of(struct area_owner *owner)
{
    return (struct memory *)((char *)owner - offsetof(struct memory, owner));
}
