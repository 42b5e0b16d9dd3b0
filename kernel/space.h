#pragma once
/* space.h - address spaces as kernel objects, and all access to user memory.
 *
 * The space's lock guards table and areas. User memory is reached by address_space_translate and
 * the direct map only, after address_space_fault where that says no; so a bad pointer is an E_FAULT
 * and never a trap, and the kernel writes into no page that others share.
 */
#include <octavo/system.h>
#include <sys/queue.h>

#include "kernel/lock.h"
#include "kernel/object.h"
#include "kernel/riscv/tlb.h"
#include "vm/address_space.h"
#include "vm/direct_map.h"

struct memory;
struct memory_mapping;
struct vm_area;

struct space {
    struct object object;
    struct tlb_context tlb; /* offsets.h: satp */
    struct lock lock;
    struct direct_map pages;            /* lock */
    struct address_space addresses;     /* lock */
    vpn_t search_from;                  /* lock: where the look for a free range begins */
    uint64_t committed;                 /* lock: pages that space_committed_pages counts for it */
    uint32_t users;                     /* tree_lock: processes that live in it */
    bool abandoned;                     /* its end is not put off; set by its only holder */
    SLIST_ENTRY(space) link;            /* reaper's lock: among those being taken apart */
    SLIST_HEAD(, memory_mapping) paged; /* pager.c: memory of pagers that it may map */
};

/* --- Life (space.c) --------------------------------------------------------------------------- */

/* clone=copy|cow|share chooses what fork does; share is the default. False: unknown word. */
bool space_set_clone_policy(const char *word);

/* vmtrace=1: every event (vm/events.h) is written to the log. */
void space_trace_events(void);

/* An empty space with one reference. NULL: no memory. */
struct space *space_create(void);

/* fork: a new space with a clone of the areas. E_NOMEM. */
enum error space_clone(struct space *source, struct space **clone) MUST_USE;

/* Lets go of the only reference to a space in which nobody has run, and takes it apart at once. */
void space_abandon(struct space *space);

/* Makes the hart use it. */
static inline void space_activate(struct space *space)
{
    if (!tlb_switch_known(&space->tlb))
        tlb_switch(&space->tlb, address_space_root_ppn(&space->addresses));
}

/* Large spaces are taken apart in pieces. Does one piece; false: there is nothing to do. */
bool space_reap(void);
/* The same for somebody who found no memory. True: it is worth another try, for a piece was done,
 * or another hart is at one. */
bool space_reap_for_memory(void);
/* Is there a piece to do? */
static inline bool space_reap_waits(void)
{
    extern uint32_t spaces_dying;
    return __atomic_load_n(&spaces_dying, __ATOMIC_RELAXED) != 0;
}

/* Areas alive in all spaces; pages promised to them; what happened in them. */
uint64_t space_areas_alive(void);
uint64_t space_committed_pages(void);
void space_statistics(struct system_vm *statistics);

/* --- Mapping (space_map.c) -------------------------------------------------------------------- */

/* What vm_map asks for: `address` exactly, or as a hint. */
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

/* Unmaps. *done gets the bytes from the start on that are done with: fewer than `length` if
 * interrupts wait, then it is to be called again for the rest. Errors of SYS_VM_UNMAP. */
enum error space_unmap(struct space *space, uint64_t address, uint64_t length,
                       uint64_t *done) MUST_USE;

/* Other permissions. Errors of SYS_VM_PROTECT. */
enum error space_protect(struct space *space, uint64_t address, uint64_t length,
                         uint64_t flags) MUST_USE;

/* Takes pages of the space's own, writable and no memory object's, out of it: page[i] is a hold on
 * each. All or nothing. E_FAULT: one is not such a page; E_NOMEM; E_AGAIN. */
enum error space_give(struct space *space, uint64_t address, uint64_t pages, ppn_t *page) MUST_USE;

/* The mapping at the address, or the next one. E_NOENT: none. */
enum error space_query(struct space *space, uint64_t address, struct vm_area *area) MUST_USE;

/* Takes note of what the areas promise now. lock held. */
void space_commit_locked(struct space *space);

/* DEBUG: does the space hold together? lock held. */
void space_check_locked(struct space *space);

/* --- Access (space_copy.c) -------------------------------------------------------------------- */

/* Copies between the kernel and a space, page by page. E_FAULT: some page is not there or not
 * permitted; E_NOMEM: no frame for one; what came before it has been copied. */
enum error space_copy_in(struct space *space, void *to, uint64_t from, size_t length) MUST_USE;
enum error space_copy_out(struct space *space, uint64_t to, const void *from,
                          size_t length) MUST_USE;

/* Looks for those pages of a range inside the user half that a pager has to supply, as far as there
 * are areas of such memory. E_AGAIN: one is missing; E_NOMEM. Other errors are left to whoever
 * copies. */
enum error space_bring_in(struct space *space, uint64_t address, uint64_t length,
                          bool write) MUST_USE;

/* The page at the address, which is there then, writable, and neither shared with others nor a
 * memory object's. E_FAULT: it cannot be; E_NOMEM, E_AGAIN. lock held. */
enum error space_page_locked(struct space *space, uint64_t address, ppn_t *page) MUST_USE;

/* Copies between two spaces, which may be one. */
struct user_range {
    struct space *space;
    uint64_t address;
};
enum error space_copy(struct user_range to, struct user_range from, size_t length) MUST_USE;

/* A page fault: makes an access with these leaf bits possible. E_FAULT: not permitted; E_NOMEM;
 * errors of memory_page. */
enum error space_fault(struct space *space, uint64_t address, uint64_t access) MUST_USE;

/* A user's aligned 32-bit word as the kernel reaches it, readable and writable; it stays where it
 * is as long as the lock is held. *key names the word for all who share it, and only for them, as
 * long as it is mapped. E_FAULT, E_NOMEM. lock held. */
struct user_word {
    uint32_t *word;
    uint64_t key[2];
};
enum error space_word_locked(struct space *space, uint64_t address,
                             struct user_word *word) MUST_USE;

/* Is [address, address + length) inside the user half? */
bool space_range_is_user(uint64_t address, uint64_t length);
