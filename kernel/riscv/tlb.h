#pragma once
/* tlb.h - satp, address-space identifiers, and what the hart remembers of page tables.
 *
 * Identifiers are given out in generations: when they run out the generation ends, everything is
 * flushed once, and each space takes a new one at its next switch. With no identifiers in the
 * hardware every switch flushes.
 */
#include "vm/page_table.h"

/* A space's identifier, valid in one generation. Zeroed: none yet. */
struct tlb_context {
    uint64_t generation;
    uint64_t asid;
};

/* Takes up the kernel's own table and finds out how many identifiers there are. */
void tlb_init(enum paging_mode mode, ppn_t kernel_root);
unsigned tlb_asid_bits(void);

/* Makes the hart use a table, or the kernel's own. */
void tlb_switch(struct tlb_context *context, ppn_t root);
void tlb_switch_to_kernel(void);

/* Forgets what was known of a space: leaves that were weakened, and tables that are given back. A
 * fence with an address would order leaves only (privileged specification, "Supervisor
 * Memory-Management Fence Instruction"). */
void tlb_flush(const struct tlb_context *context);

/* Whether the hart accepts this mode in satp: tried with the table in use. */
bool tlb_mode_works(enum paging_mode mode, ppn_t root);
