/* trap.c - what a trap means, and who runs afterwards. Called by entry.S with interrupts off, on
 * the empty stack of the hart.
 */
#include "kernel/riscv/trap.h"

#include "kernel/clock.h"
#include "kernel/irq.h"
#include "kernel/klog.h"
#include "kernel/pager.h"
#include "kernel/panic.h"
#include "kernel/process.h"
#include "kernel/riscv/backtrace.h"
#include "kernel/riscv/csr.h"
#include "kernel/riscv/fpu.h"
#include "kernel/riscv/hart.h"
#include "kernel/riscv/interrupt.h"
#include "kernel/riscv/ipi.h"
#include "kernel/riscv/plic.h"
#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/syscall.h"
#include "kernel/thread.h"

void interrupt_serve(uint64_t number)
{
    uint32_t source;

    switch (number) {
    case INTERRUPT_TIMER:
        clock_expire();
        hart_self()->reschedule = true; /* the time slice may be over */
        break;
    case INTERRUPT_EXTERNAL:
        while ((source = plic_claim()) != 0)
            irq_raise(source);
        break;
    case INTERRUPT_SOFTWARE:
        ipi_received();
        break;
    default:
        csr_clear(sip, 1ull << number);
        break;
    }
}

bool interrupt_waits(void) { return (csr_read(sip) & csr_read(sie)) != 0; }

void interrupt_poll(void)
{
    uint64_t pending = csr_read(sip) & csr_read(sie);

    for (; pending != 0; pending &= pending - 1)
        interrupt_serve(__builtin_ctzll(pending));
}

/* How a process dies of an exception. */
static int death_of(uint64_t cause)
{
    switch (cause) {
    case EXCEPTION_ILLEGAL:
        return DEATH_ILLEGAL;
    case EXCEPTION_BREAKPOINT:
        return DEATH_BREAKPOINT;
    case EXCEPTION_FETCH_PAGE:
    case EXCEPTION_LOAD_PAGE:
    case EXCEPTION_STORE_PAGE:
        return DEATH_FAULT;
    default:
        return DEATH_MISALIGNED;
    }
}

/* What a page must allow that the access does not fault; 0: no page fault. */
static uint64_t fault_flags(uint64_t cause)
{
    switch (cause) {
    case EXCEPTION_FETCH_PAGE:
        return PTE_X;
    case EXCEPTION_LOAD_PAGE:
        return PTE_R;
    case EXCEPTION_STORE_PAGE:
        return PTE_R | PTE_W;
    default:
        return 0;
    }
}

/* Does something about it, if only ending the process: false. */
static bool exception_serve(struct thread *thread, uint64_t cause)
{
    struct process *process = thread->process;
    uint64_t flags = fault_flags(cause);
    enum error error = E_OK;

    if (cause == EXCEPTION_ILLEGAL && fpu_enable(thread))
        return true;
    if (flags != 0) {
        error = space_fault(process->space, csr_read(stval), flags);
        if (error == E_AGAIN)
            error = pager_call(thread);
        if (error == E_OK || error == E_AGAIN || (error == E_NOMEM && space_reap_for_memory()))
            return true; /* it is done, or waits for the pager, or is worth another try */
    }
    const bool promised = error != E_OK && error != E_FAULT;
    klog("killed: process %d (%s): %s at address %#lx, pc %#lx%s\n", process->pid, process->name,
         exception_name(cause), csr_read(stval), thread->registers.pc,
         !promised          ? ""
         : error == E_NOMEM ? ": out of memory"
                            : ": pager failed");
    process_end(process, STATUS_KILLED(promised ? DEATH_MEMORY : death_of(cause)));
    return false;
}

/* Does the thread simply go on, its space in place, and nothing else is to be done? */
static bool may_go_on(const struct hart *hart, const struct thread *thread)
{
    return hart->current == thread && !hart->reschedule && !hart->timers_changed &&
           !space_reap_waits();
}

struct thread *trap_system_call(struct thread *thread)
{
    struct hart *hart = hart_self();

    return syscall_dispatch(thread) && may_go_on(hart, thread) ? NULL : sched_next(hart);
}

struct thread *trap_from_user(struct thread *thread)
{
    struct hart *hart = hart_self();
    uint64_t cause = csr_read(scause);

    if (cause & CAUSE_INTERRUPT)
        interrupt_serve(cause & ~CAUSE_INTERRUPT);
    else if (exception_serve(thread, cause) && may_go_on(hart, thread))
        return thread;
    return sched_next(hart);
}

void trap_from_kernel(const struct registers *registers) { panic_trap(registers); }
