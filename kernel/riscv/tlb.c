/* tlb.c - one hart runs, so the state below needs no lock yet. Identifier 0 is the kernel's. */
#include "kernel/riscv/tlb.h"

#include "kernel/riscv/csr.h"

#define ASID_MASK ((1ull << SATP_ASID_BITS) - 1)

static enum paging_mode mode;
static uint64_t kernel_satp;
static uint64_t asid_limit; /* identifiers are 1 to asid_limit - 1; 1: there are none */
static uint64_t asid_next = 1;
static LIST_HEAD(, tlb_context) contexts = LIST_HEAD_INITIALIZER(contexts);

static void flush_all(void) { __asm__ volatile("sfence.vma" ::: "memory"); }

static uint64_t satp_make(enum paging_mode with, uint64_t asid, ppn_t root)
{
    return (uint64_t)(SATP_MODE_SV39 + with - PAGING_SV39) << SATP_MODE_SHIFT |
           asid << SATP_ASID_SHIFT | root.v;
}

static uint64_t satp_asid(uint64_t satp) { return satp >> SATP_ASID_SHIFT & ASID_MASK; }

bool tlb_mode_works(enum paging_mode wanted, ppn_t root)
{
    uint64_t before = csr_read(satp), satp = satp_make(wanted, 0, root);

    /* A write with an unsupported mode has no effect (privileged specification, "satp Register").
     */
    csr_write(satp, satp);
    bool works = csr_read(satp) == satp;
    csr_write(satp, before);
    flush_all();
    return works;
}

void tlb_init(enum paging_mode with, ppn_t kernel_root)
{
    mode = with;
    kernel_satp = satp_make(mode, 0, kernel_root);

    /* Identifier bits that do not exist read as zero. */
    csr_write(satp, satp_make(mode, ASID_MASK, kernel_root));
    asid_limit = satp_asid(csr_read(satp)) + 1;
    csr_write(satp, kernel_satp);
    flush_all();
}

unsigned tlb_asid_bits(void) { return __builtin_ctzll(asid_limit); }

/* Every identifier is in use: all are taken back. */
static void recycle(void)
{
    struct tlb_context *context;

    while ((context = LIST_FIRST(&contexts)) != NULL) {
        LIST_REMOVE(context, link);
        context->satp = 0;
    }
    asid_next = 1;
    flush_all();
}

void tlb_switch(struct tlb_context *context, ppn_t root)
{
    if (asid_limit == 1) {
        csr_write(satp, satp_make(mode, 0, root));
        flush_all();
        return;
    }
    if (context->satp == 0) {
        if (asid_next == asid_limit)
            recycle();
        context->satp = satp_make(mode, asid_next++, root);
        LIST_INSERT_HEAD(&contexts, context, link);
    }
    csr_write(satp, context->satp);
}

bool tlb_is_active(const struct tlb_context *context)
{
    return context->satp != 0 && csr_read(satp) == context->satp;
}

void tlb_leave(const struct tlb_context *context)
{
    if (tlb_is_active(context) || asid_limit == 1)
        csr_write(satp, kernel_satp);
}

void tlb_flush(const struct tlb_context *context)
{
    if (context->satp != 0)
        __asm__ volatile("sfence.vma zero, %0" ::"r"(satp_asid(context->satp)) : "memory");
    else if (asid_limit == 1)
        flush_all();
}

void tlb_drop(struct tlb_context *context)
{
    tlb_flush(context);
    if (context->satp != 0)
        LIST_REMOVE(context, link);
    context->satp = 0;
}
