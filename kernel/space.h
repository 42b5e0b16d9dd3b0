#pragma once
/* space.h - address spaces as kernel objects, and all access to user memory.
 *
 * The space's lock guards table and areas. User memory is reached by address_space_translate and
 * the direct map only, so a bad pointer is an E_FAULT and never a trap.
 */
#include "kernel/lock.h"
#include "kernel/object.h"
#include "kernel/riscv/tlb.h"
#include "vm/address_space.h"
#include "vm/direct_map.h"

struct memory;

struct space {
    struct object object;
    struct tlb_context tlb; /* offsets.h: satp */
    struct lock lock;
    struct direct_map pages;        /* lock */
    struct address_space addresses; /* lock */
    vpn_t search_from;              /* lock: where the look for a free range begins */
    uint32_t users;                 /* tree_lock: processes that live in it */
};

/* An empty space with one reference. NULL: no memory. */
struct space *space_create(void);

/* fork: a new space with a clone of the areas. E_NOMEM. */
enum error space_clone(struct space *source, struct space **clone) MUST_USE;

/* Makes the hart use it. */
static inline void space_activate(struct space *space)
{
    if (!tlb_switch_known(&space->tlb))
        tlb_switch(&space->tlb, address_space_root_ppn(&space->addresses));
}

/* Checks for vm_map and picks the range: `address` exactly, or as a hint. E_INVAL, E_EXIST,
 * E_NOMEM. The space's lock is held by the mapping call itself, so the range may be taken
 * meanwhile: that call then says E_EXIST. */
struct map_request {
    uint64_t address;      /* bytes */
    uint64_t length;       /* bytes */
    uint64_t flags;        /* MAP_ of octavo/memory.h */
    struct memory *memory; /* or NULL: zeroed pages */
    uint64_t offset;       /* bytes into memory */
};

/* Maps; all or nothing. *address gets the place. Errors of SYS_VM_MAP. */
enum error space_map(struct space *space, const struct map_request *request,
                     uint64_t *address) MUST_USE;

/* Unmaps whole areas. E_INVAL. */
enum error space_unmap(struct space *space, uint64_t address, uint64_t length) MUST_USE;

/* Copies between the kernel and a space, page by page. E_FAULT: some page is not there or not
 * permitted; what came before it has been copied. */
enum error space_copy_in(struct space *space, void *to, uint64_t from, size_t length) MUST_USE;
enum error space_copy_out(struct space *space, uint64_t to, const void *from,
                          size_t length) MUST_USE;

/* Copies between two spaces, which may be one. */
struct user_range {
    struct space *space;
    uint64_t address;
};
enum error space_copy(struct user_range to, struct user_range from, size_t length) MUST_USE;

/* A user's aligned 32-bit word as the kernel reaches it, readable and writable; NULL: not there.
 * lock held. */
uint32_t *space_word_locked(struct space *space, uint64_t address);

/* Is the address mapped with these leaf bits? Then a fault there came from what the hart remembered
 * of the time before, which is forgotten now. */
bool space_fault_was_stale(struct space *space, uint64_t address, uint64_t flags);

/* Is [address, address + length) inside the user half? */
bool space_range_is_user(uint64_t address, uint64_t length);

/* Areas alive in all spaces. */
uint64_t space_areas_alive(void);
