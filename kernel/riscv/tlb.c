/* tlb.c - one hart runs, so the state below needs no lock yet. Identifier 0 is the kernel's. */
#include "kernel/riscv/tlb.h"

#include "kernel/riscv/csr.h"

static uint64_t satp_mode; /* ready in its place in satp */
static uint64_t kernel_satp;
static uint64_t asid_limit; /* identifiers are 1 to asid_limit - 1; 1: there are none */
static uint64_t asid_next = 1;
static uint64_t generation = 1;

static void flush_all(void) { __asm__ volatile("sfence.vma" ::: "memory"); }

static uint64_t satp_make(enum paging_mode mode, uint64_t asid, ppn_t root)
{
    return (uint64_t)(SATP_MODE_SV39 + mode - PAGING_SV39) << SATP_MODE_SHIFT |
           asid << SATP_ASID_SHIFT | root.v;
}

bool tlb_mode_works(enum paging_mode mode, ppn_t root)
{
    uint64_t before = csr_read(satp);
    uint64_t wanted = satp_make(mode, 0, root);

    /* A write with an unsupported mode has no effect (privileged specification, "satp Register").
     */
    csr_write(satp, wanted);
    bool works = csr_read(satp) == wanted;
    csr_write(satp, before);
    flush_all();
    return works;
}

void tlb_init(enum paging_mode mode, ppn_t kernel_root)
{
    satp_mode = (uint64_t)(SATP_MODE_SV39 + mode - PAGING_SV39) << SATP_MODE_SHIFT;
    kernel_satp = satp_make(mode, 0, kernel_root);

    /* Identifier bits that do not exist read as zero. */
    csr_write(satp, satp_make(mode, (1 << SATP_ASID_BITS) - 1, kernel_root));
    asid_limit = (csr_read(satp) >> SATP_ASID_SHIFT & ((1 << SATP_ASID_BITS) - 1)) + 1;
    csr_write(satp, kernel_satp);
    flush_all();
}

unsigned tlb_asid_bits(void) { return __builtin_ctzll(asid_limit); }

static void context_renew(struct tlb_context *context)
{
    if (asid_next >= asid_limit) {
        generation++;
        asid_next = asid_limit > 1 ? 1 : 0;
        flush_all();
    }
    context->generation = generation;
    context->asid = asid_next++;
}

void tlb_switch(struct tlb_context *context, ppn_t root)
{
    if (context->generation != generation || asid_limit == 1)
        context_renew(context);
    csr_write(satp, satp_mode | context->asid << SATP_ASID_SHIFT | root.v);
}

void tlb_switch_to_kernel(void) { csr_write(satp, kernel_satp); }

void tlb_flush(const struct tlb_context *context)
{
    if (context->generation == generation)
        __asm__ volatile("sfence.vma zero, %0" ::"r"(context->asid) : "memory");
}
