/* ipi.c - see ipi.h. */
#include "kernel/riscv/ipi.h"

#include "kernel/riscv/csr.h"
#include "kernel/riscv/hart.h"
#include "kernel/riscv/sbi.h"
#include "kernel/riscv/tlb.h"

static const struct hart *stopper; /* atomic: panics, and stops the others; NULL: nobody */

void ipi_send(uint32_t targets)
{
    const struct hart *hart;

    HARTS_FOREACH(hart, targets)
        sbi_send_ipi(hart->id);
}

void ipi_received(void)
{
    struct hart *hart = hart_self();

    csr_clear(sip, SI_SOFTWARE); /* before we look: who asks later interrupts again */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    hart->ipis++;
    hart->reschedule = true;
    hart_serve_requests();
}

void hart_serve_requests(void)
{
    const struct hart *self = hart_self(), *first;

    tlb_serve(hart_self());
    while ((first = __atomic_load_n(&stopper, __ATOMIC_RELAXED)) != NULL && first != self)
        wait_for_interrupt();
}

void harts_stop_others(void)
{
    __atomic_store_n(&stopper, hart_self(), __ATOMIC_SEQ_CST);
    ipi_send(harts_others());
}
