/* timer.c - Sstc (extension specification, chapter 2) or SBI. */
#include "kernel/riscv/timer.h"

#include "kernel/riscv/csr.h"
#include "kernel/riscv/sbi.h"

bool csr_probe_stimecmp(void);

static bool has_sstc;
/* What was set last, by the one hart that runs; 0, which is always past: not known. */
static uint64_t current = UINT64_MAX;

void timer_init(bool sstc)
{
    has_sstc = sstc && csr_probe_stimecmp();
    current = 0;
    timer_set(UINT64_MAX);
    csr_set(sie, SI_TIMER);
}

bool timer_is_sstc(void) { return has_sstc; }

uint64_t timer_ticks(void) { return csr_read(time); }

void timer_set(uint64_t ticks)
{
    if (ticks == current)
        return;
    current = ticks;
    if (has_sstc)
        csr_write(0x14d, ticks);
    else
        sbi_set_timer(ticks);
}

void timer_interrupted(void) { current = 0; }
