/* tlb.c - tlb_lock guards identifiers and contexts. Identifier 0 is the kernel's. */
#include "kernel/riscv/tlb.h"

#include "kernel/lock.h"
#include "kernel/panic.h"
#include "kernel/riscv/csr.h"
#include "kernel/riscv/hart.h"
#include "kernel/riscv/ipi.h"

#define ASID_MASK  ((1ull << SATP_ASID_BITS) - 1)
#define EVERYTHING UINT64_MAX /* in the place of an identifier: flush all, and leave the table */

/* With about as many identifiers as harts these would take them from each other all the time. */
enum { TOO_FEW = 2 * HARTS_MAX };

enum { PAGES_ONE_BY_ONE = 8 };

static struct lock tlb_lock = LOCK_INIT("tlb", RANK_TLB);
static enum paging_mode mode;
static uint64_t kernel_satp;
static uint64_t asid_limit;    /* identifiers are 1 to asid_limit - 1; 1: there are none */
static uint64_t asid_next = 1; /* tlb_lock */
static LIST_HEAD(, tlb_context) contexts = LIST_HEAD_INITIALIZER(contexts); /* tlb_lock */

static void flush_all(void) { __asm__ volatile("sfence.vma" ::: "memory"); }

static void flush_identifier(uint64_t asid)
{
    __asm__ volatile("sfence.vma zero, %0" ::"r"(asid) : "memory");
}

/* Leaves of a few pages one by one, of many with all others. */
static void flush_pages(uint64_t asid, struct page_range range)
{
    if (range.pages == 0 || range.pages > PAGES_ONE_BY_ONE) {
        flush_identifier(asid);
        return;
    }
    for (; range.pages > 0; range = (struct page_range){vpn_add(range.start, 1), range.pages - 1})
        __asm__ volatile("sfence.vma %0, %1" ::"r"(vpn_address(range.start)), "r"(asid) : "memory");
}

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

void tlb_init(enum paging_mode with, ppn_t kernel_root, uint64_t limit)
{
    mode = with;
    kernel_satp = satp_make(mode, 0, kernel_root);

    /* Identifier bits that do not exist read as zero. */
    csr_write(satp, satp_make(mode, ASID_MASK, kernel_root));
    asid_limit = satp_asid(csr_read(satp)) + 1;
    if (limit != 0 && limit < asid_limit)
        asid_limit = limit;
    if (asid_limit <= TOO_FEW)
        asid_limit = 1;
    tlb_start_hart();
}

void tlb_start_hart(void)
{
    csr_write(satp, kernel_satp);
    flush_all();
}

uint64_t tlb_kernel_satp(void) { return kernel_satp; }
uint64_t tlb_identifiers(void) { return asid_limit - 1; }

/* --- Asking other harts ----------------------------------------------------------------------- */

/* Makes the target harts flush pages of an identifier (none: all of it), or EVERYTHING, and waits
 * until they have. */
static void shoot_down(uint32_t targets, uint64_t what, struct page_range range)
{
    struct hart *self = hart_self(), *hart;
    uint32_t left = targets;

    self->shoot_downs++;
    __atomic_store_n(&self->flush_what, what, __ATOMIC_RELAXED);
    self->flush_range = range; /* ordered by what follows */
    HARTS_FOREACH(hart, left)
        __atomic_fetch_or(&hart->flush_wanted, hart_bit(self), __ATOMIC_SEQ_CST);
    ipi_send(targets);
    left = targets;
    HARTS_FOREACH(hart, left)
        while (__atomic_load_n(&hart->flush_wanted, __ATOMIC_ACQUIRE) & hart_bit(self))
            hart_serve_requests();
}

static void flush_for(struct hart *hart, const struct hart *asking)
{
    uint64_t what = __atomic_load_n(&asking->flush_what, __ATOMIC_RELAXED);

    fence_instructions();
    if (what != EVERYTHING) {
        flush_pages(what, asking->flush_range);
        return;
    }
    tlb_start_hart();
    hart->reschedule = true; /* nothing returns to user mode without a look at the table */
}

void tlb_serve(struct hart *hart)
{
    const struct hart *asking;
    uint32_t wanted = __atomic_load_n(&hart->flush_wanted, __ATOMIC_ACQUIRE), left = wanted;

    if (hart->loaded != NULL) { /* no thread of it runs here: who waits for that need not wait on */
        tlb_leave_all();
        __atomic_store_n(&hart->loaded, NULL, __ATOMIC_RELEASE);
    }
    if (wanted == 0)
        return;
    HARTS_FOREACH(asking, left)
        flush_for(hart, asking);
    __atomic_fetch_and(&hart->flush_wanted, ~wanted, __ATOMIC_RELEASE);
}

/* Other harts that may hold translations of the space, or have its table loaded. */
static uint32_t holders_locked(const struct tlb_context *context)
{
    struct hart *hart;
    uint32_t holders = context->users, left = harts_others();

    HARTS_FOREACH(hart, left)
        if (__atomic_load_n(&hart->loaded, __ATOMIC_RELAXED) == context)
            holders |= hart_bit(hart);
    return holders & harts_others();
}

void tlb_flush_range(struct tlb_context *context, struct page_range range)
{
    if (harts_others() == 0) {
        flush_pages(satp_asid(context->satp), range);
        return;
    }
    lock_acquire(&tlb_lock);
    bool known = context->satp != 0 || asid_limit == 1;
    uint64_t asid = satp_asid(context->satp);
    uint32_t targets = known ? holders_locked(context) : 0;
    lock_release(&tlb_lock);
    flush_pages(asid, range);
    if (targets != 0)
        shoot_down(targets, asid, range);
}

void tlb_flush(struct tlb_context *context)
{
    tlb_flush_range(context, (struct page_range){{0}, 0});
}

void tlb_flush_range_here(const struct tlb_context *context, struct page_range range)
{
    flush_pages(satp_asid(context->satp), range);
}

/* --- Identifiers ------------------------------------------------------------------------------ */

/* Every identifier is in use: all are taken back. */
static void recycle(void)
{
    struct tlb_context *context;

    lock_assert_held(&tlb_lock);
    while ((context = LIST_FIRST(&contexts)) != NULL) {
        LIST_REMOVE(context, link);
        context->satp = 0;
    }
    asid_next = 1;
    if (harts_others() != 0)
        shoot_down(harts_others(), EVERYTHING, (struct page_range){{0}, 0});
    flush_all();
}

void tlb_switch(struct tlb_context *context, ppn_t root)
{
    if (asid_limit == 1) {
        csr_write(satp, satp_make(mode, 0, root));
        flush_all();
        return;
    }
    lock_acquire(&tlb_lock);
    if (context->satp == 0) {
        if (asid_next == asid_limit)
            recycle();
        context->satp = satp_make(mode, asid_next++, root);
        LIST_INSERT_HEAD(&contexts, context, link);
    }
    csr_write(satp, context->satp);
    lock_release(&tlb_lock);
}

void tlb_leave_all(void)
{
    if (csr_read(satp) != kernel_satp)
        csr_write(satp, kernel_satp);
}

void tlb_leave(const struct tlb_context *context)
{
    if (!tlb_is_active(context) && asid_limit != 1)
        return;
    tlb_leave_all();
    hart_self()->reschedule = true; /* the running thread may have another space */
}

/* --- Contexts --------------------------------------------------------------------------------- */

void tlb_thread_moved(struct tlb_context *context, const struct hart *from, const struct hart *to)
{
    lock_acquire(&tlb_lock);
    if (from != NULL && --context->threads[from->index] == 0)
        context->users &= ~hart_bit(from);
    if (to != NULL) {
        context->threads[to->index]++;
        context->users |= hart_bit(to);
    }
    uint64_t asid = satp_asid(context->satp);
    lock_release(&tlb_lock);
    if (to != NULL) /* nobody told this hart of flushes meanwhile */
        flush_identifier(asid);
}

void tlb_wait_unused(const struct tlb_context *context)
{
    const struct hart *hart;
    uint32_t others = harts_others();

    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    HARTS_FOREACH(hart, others)
        while (__atomic_load_n(&hart->loaded, __ATOMIC_ACQUIRE) == context)
            hart_serve_requests();
}

void tlb_drop(struct tlb_context *context)
{
    lock_acquire(&tlb_lock);
    ASSERT(context->users == 0);
    if (context->satp != 0)
        LIST_REMOVE(context, link);
    context->satp = 0;
    lock_release(&tlb_lock);
}
