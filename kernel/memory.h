#pragma once
/* memory.h - memory objects: pages that can be mapped into several spaces.
 *
 * Kind, size and runs stay until the last handle and the last mapping are gone. Each area that maps
 * the object counts it (area owner). What changes is which pages of a PAGED object are there; this
 * its lock guards (pager.h).
 */
#include <octavo/memory.h>
#include <stddef.h>
#include <sys/queue.h>

#include "kernel/lock.h"
#include "kernel/memory_pages.h"
#include "kernel/object.h"
#include "vm/address_space.h"

struct channel;
struct memory_mapping;

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
    SLIST_HEAD(, memory_run) runs; /* but of PAGED, which has: */
    struct lock lock;
    struct memory_pages present;           /* lock */
    struct channel *pager;                 /* to its port; counted as a handle */
    TAILQ_HEAD(, memory_mapping) mappings; /* pager.c: spaces that may map it */
};

/* Zeroed pages, contiguous for MEMORY_DMA. E_INVAL: size zero or beyond all RAM; E_NOMEM. */
enum error memory_create(uint64_t bytes, enum memory_kind kind, struct memory **memory) MUST_USE;

/* A PAGED object, whose pages the one at the other end of the channel supplies. E_INVAL, E_NOMEM.
 */
enum error memory_create_paged(uint64_t bytes, struct channel *pager,
                               struct memory **memory) MUST_USE;

/* Pages that memory objects have, all together; and a number more or less. */
uint64_t memory_committed_pages(void);
void memory_commit(int64_t pages);

/* Boot: existing physical pages that are never given back. NULL: no memory. */
struct memory *memory_create_device(ppn_t first, uint64_t pages, bool writable);

/* The object whose owner record an area names. */
static inline struct memory *memory_of(struct area_owner *owner)
{
    return (struct memory *)((char *)owner - offsetof(struct memory, owner));
}
