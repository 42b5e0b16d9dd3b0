#pragma once
/* tlb.h - satp, address-space identifiers, and what harts remember of page tables.
 *
 * Identifiers are given out one after the other and are good on all harts. When they run out every
 * hart flushes everything, and every space has none again until its next switch. With no
 * identifiers in the hardware, or hardly any, every switch flushes.
 *
 * A context knows on which harts threads of its space ran last. Only these can hold translations of
 * it that count, so only these are asked to flush; a hart to which a thread comes flushes first.
 */
#include <stdbool.h>
#include <sys/queue.h>

#include "kernel/riscv/csr.h"
#include "kernel/riscv/layout.h"
#include "vm/page_table.h"

struct hart;

/* What a space keeps of it. Zeroed: no identifier yet, and no thread. Lock: tlb.c. */
struct tlb_context {
    uint64_t satp;                /* ready to be written; 0: an identifier must be found first */
    LIST_ENTRY(tlb_context) link; /* among those with an identifier */
    uint32_t users;               /* harts with threads, a bit each */
    uint32_t threads[HARTS_MAX];  /* that ran there last, or run */
};

/* Boot: finds out how many identifiers there are, but uses at most `limit` (0: all). */
void tlb_init(enum paging_mode mode, ppn_t kernel_root, uint64_t limit);

/* Each hart: takes up the kernel's own table. */
void tlb_start_hart(void);
uint64_t tlb_kernel_satp(void);
uint64_t tlb_identifiers(void);

/* Does the hart use this space's table? */
static inline bool tlb_is_active(const struct tlb_context *context)
{
    return context->satp != 0 && csr_read(satp) == context->satp;
}

/* Makes the hart use a space's table. The first finds the space an identifier. The second uses the
 * one that it has; false: it has none. Who takes all identifiers back meanwhile waits until this
 * hart has let go of the table again. */
void tlb_switch(struct tlb_context *context, ppn_t root);
static inline bool tlb_switch_known(const struct tlb_context *context)
{
    uint64_t satp = __atomic_load_n(&context->satp, __ATOMIC_RELAXED);

    if (satp != 0 && csr_read(satp) != satp)
        csr_write(satp, satp);
    return satp != 0;
}

/* Makes the hart use the kernel's own table: always, or if it uses this one. */
void tlb_leave_all(void);
void tlb_leave(const struct tlb_context *context);

/* A thread of the space runs on `to` from now on, this hart, or with NULL nowhere. `from`: where it
 * ran before; NULL: nowhere. */
void tlb_thread_moved(struct tlb_context *context, const struct hart *from, const struct hart *to);

/* Makes all harts that run the space forget what they knew of it: leaves that were weakened, tables
 * that are given back, and instructions. A fence with an address would order leaves only
 * (privileged specification, "Supervisor Memory-Management Fence Instruction"). */
void tlb_flush(struct tlb_context *context);

/* The same for leaves of a range, which is best short. */
void tlb_flush_range(struct tlb_context *context, struct page_range range);

/* The same for this hart alone: after leaves were made stronger, which harts need not notice by
 * themselves. */
void tlb_flush_range_here(const struct tlb_context *context, struct page_range range);

/* No thread is left in the space: waits until no hart has its table loaded. */
void tlb_wait_unused(const struct tlb_context *context);

/* The space is gone: takes the context back. */
void tlb_drop(struct tlb_context *context);

/* Flushes what other harts wait for (ipi.h). */
void tlb_serve(struct hart *hart);

/* Whether the hart accepts this mode in satp: tried with the table in use. */
bool tlb_mode_works(enum paging_mode mode, ppn_t root);
