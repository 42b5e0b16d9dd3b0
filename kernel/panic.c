/* panic.c - prints what is known and stops. It takes no lock but the log's, which it breaks if need
 * be. */
#include "kernel/panic.h"

#include <stdarg.h>
#include <stdio.h>

#include "kernel/klog.h"
#include "kernel/power.h"
#include "kernel/process.h"
#include "kernel/riscv/backtrace.h"
#include "kernel/riscv/csr.h"
#include "kernel/riscv/hart.h"
#include "kernel/riscv/ipi.h"
#include "kernel/symbols.h"
#include "kernel/thread.h"
#include "vm/vm_hooks.h"

static bool exit_on_panic;
static struct hart *panicking; /* a panic inside its panic goes straight to the end */

void panic_set_exit(bool exit) { exit_on_panic = exit; }

static void panic_stop(void) __attribute__((noreturn));

static void panic_stop(void)
{
    if (exit_on_panic)
        power_off(true);
    klog("waiting for a debugger (make gdb); APPEND=panic=exit ends the machine instead\n");
    for (;;)
        wait_for_interrupt();
}

static void panic_context(void)
{
    const struct thread *thread = hart_self()->current;

    if (thread == NULL)
        return;
    klog("current: process %d (%s), thread %d, user pc %#lx, sp %#lx\n", thread->process->pid,
         thread->process->name, thread->number, thread->registers.pc, thread->registers.sp);
}

static void panic_begin(void)
{
    struct hart *self = hart_self(), *first = NULL;

    if (!__atomic_compare_exchange_n(&panicking, &first, self, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST)) {
        if (first == self)
            panic_stop();
        for (;;) /* another hart was first */
            wait_for_interrupt();
    }
    harts_stop_others();
    self->locks_held = 0;
    klog_unlock();
}

void panic(const char *format, ...)
{
    char text[256];
    va_list arguments;

    panic_begin();
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    klog("\npanic: %s\n", text);
    backtrace_log((uintptr_t)__builtin_frame_address(0));
    panic_context();
    panic_stop();
}

void panic_trap(const struct registers *trap)
{
    uint64_t cause = csr_read(scause);
    uintptr_t offset = 0;
    const char *name = symbol_find(trap->pc, &offset);

    panic_begin();
    klog("\npanic: %s in the kernel at %s+%#lx, address %#lx\n", exception_name(cause),
         name != NULL ? name : "?", offset, csr_read(stval));
    registers_log(trap);
    backtrace_log_trap(trap);
    panic_context();
    panic_stop();
}

void panic_assertion(const char *file, int line, const char *condition)
{
    panic("%s:%d: assertion failed: %s", file, line, condition);
}

void vm_panic(const char *file, int line, const char *condition)
{
    panic_assertion(file, line, condition);
}
