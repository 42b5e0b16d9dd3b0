#pragma once
/* tlb.h - satp, address-space identifiers, and what the hart remembers of page tables.
 *
 * Identifiers are given out one after the other. When they run out everything is flushed once and
 * every space has none again until its next switch. With no identifiers in the hardware every
 * switch flushes.
 */
#include <sys/queue.h>

#include "vm/page_table.h"

/* What a space keeps of it. Zeroed: no identifier yet. */
struct tlb_context {
    uint64_t satp;                /* ready to be written; 0: an identifier must be found first */
    LIST_ENTRY(tlb_context) link; /* among those with an identifier */
};

/* Takes up the kernel's own table and finds out how many identifiers there are. */
void tlb_init(enum paging_mode mode, ppn_t kernel_root);
unsigned tlb_asid_bits(void);

/* Does the hart use this space's table? */
bool tlb_is_active(const struct tlb_context *context);

/* Makes the hart use a space's table. */
void tlb_switch(struct tlb_context *context, ppn_t root);

/* Makes the hart use the kernel's own table if it uses this one. */
void tlb_leave(const struct tlb_context *context);

/* Forgets what was known of a space: leaves that were weakened, and tables that are given back. A
 * fence with an address would order leaves only (privileged specification, "Supervisor
 * Memory-Management Fence Instruction"). */
void tlb_flush(const struct tlb_context *context);

/* The space is gone: flushes, and takes the context back. */
void tlb_drop(struct tlb_context *context);

/* Whether the hart accepts this mode in satp: tried with the table in use. */
bool tlb_mode_works(enum paging_mode mode, ppn_t root);
