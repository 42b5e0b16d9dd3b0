/* timer.c - Sstc (extension specification, chapter 2) or SBI. */
#include "kernel/riscv/timer.h"

#include "kernel/riscv/hart.h"
#include "kernel/riscv/sbi.h"

bool csr_probe_stimecmp(void);

static bool has_sstc;

void timer_init(bool sstc) { has_sstc = sstc && csr_probe_stimecmp(); }

bool timer_is_sstc(void) { return has_sstc; }

void timer_start_hart(struct hart *hart)
{
    timer_interrupted(hart);
    timer_set(hart, TICKS_NEVER);
    csr_set(sie, SI_TIMER);
}

void timer_set(struct hart *hart, uint64_t ticks)
{
    if (ticks >= hart->timer_set_to && hart->timer_set_to != 0)
        return;
    hart->timer_set_to = ticks;
    if (has_sstc)
        csr_write(0x14d, ticks);
    else
        sbi_set_timer(ticks);
}

void timer_interrupted(struct hart *hart) { hart->timer_set_to = 0; }
