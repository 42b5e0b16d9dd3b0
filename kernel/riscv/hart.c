/* hart.c - the harts' records, and bringing them up. The boot hart is number 0; the firmware may
 * hand over any one first.
 */
#include "kernel/riscv/hart.h"

#include "kernel/clock.h"
#include "kernel/klog.h"
#include "kernel/machine.h"
#include "kernel/main.h"
#include "kernel/riscv/csr.h"
#include "kernel/riscv/ipi.h"
#include "kernel/riscv/sbi.h"
#include "kernel/riscv/timer.h"
#include "kernel/riscv/tlb.h"
#include "kernel/riscv/trap.h"
#include "kernel/sched.h"

enum { START_MS = 5000 }; /* as long the boot waits for other harts, which may come later too */

struct hart harts[HARTS_MAX];
uint32_t harts_online = 1;

/* boot.S */
extern char hart_stacks[], emergency_stacks[];
extern uint64_t secondary_satp;
void secondary_start(void);

static void prepare(unsigned index, uint64_t id)
{
    struct hart *hart = &harts[index];

    hart->index = index;
    hart->id = id;
    hart->stack_top = (uintptr_t)hart_stacks + (index + 1) * STACK_STRIDE;
    hart->emergency_stack_top = (uintptr_t)emergency_stacks + (index + 1) * EMERGENCY_STACK_SIZE;
}

/* What each hart does itself before it runs threads. */
static void enter_user_land(struct hart *hart) __attribute__((noreturn));

static void enter_user_land(struct hart *hart)
{
    timer_start_hart(hart);
    hart->online_ticks = timer_ticks();
    csr_set(sie, SI_SOFTWARE);
    csr_write(scounteren, COUNTERS_ALL);
    csr_clear(sstatus, SSTATUS_SPP | SSTATUS_FS | SSTATUS_SUM | SSTATUS_MXR);
    thread_resume(sched_next(hart));
}

void hart_main(void)
{
    struct hart *hart = hart_self();

    tlb_start_hart();
    __atomic_fetch_or(&harts_online, hart_bit(hart), __ATOMIC_SEQ_CST);
    enter_user_land(hart);
}

/* Starts the others that the device tree names. -> those that were started, a bit each. */
static uint32_t start_others(void)
{
    uint32_t started = 0;
    unsigned index = 1;

    secondary_satp = tlb_kernel_satp();
    for (unsigned i = 0; i < machine.harts && index < HARTS_MAX; i++) {
        if (machine.hart_id[i] == harts[0].id)
            continue;
        prepare(index, machine.hart_id[i]);
        if (sbi_start_hart(harts[index].id, (uintptr_t)secondary_start - KERNEL_OFFSET))
            started |= 1u << index++;
        else
            klog("hart %lu: the firmware does not start it\n", harts[index].id);
    }
    return started;
}

static void wait_for(uint32_t started)
{
    const struct hart *hart;
    uint64_t end = timer_ticks() + clock_ticks((uint64_t)START_MS * 1000000);

    while ((started & ~harts_running()) != 0 && timer_ticks() < end)
        hart_serve_requests();
    uint32_t missing = started & ~harts_running();
    HARTS_FOREACH(hart, missing)
        klog("hart %lu: started, but does not come\n", hart->id);
}

void harts_start(void)
{
    if (machine.harts > 1 && !sbi_has_harts())
        klog("the firmware starts no other harts (no HSM or IPI extension)\n");
    else
        wait_for(start_others());
    enter_user_land(hart_self());
}
