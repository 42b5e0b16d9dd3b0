/* entry.S - into the kernel and out of it.
 *
 * In user mode sscratch points at the running thread, in the kernel it is zero: that tells the two
 * kinds of trap apart. A trap from user mode begins in fastpath.S, where system calls go on; all
 * others save all registers into the thread (registers.h) and run C on the hart's stack, which is
 * empty then; there is no stack a thread could sleep on. C returns the thread to run next. A trap
 * from the kernel itself is a bug and goes to the panic, on a stack of its own.
 */
#include "kernel/riscv/offsets.h"
#include "kernel/riscv/registers.h"
#include "kernel/riscv/saved_registers.inc"

    .macro save_all base
    sd ra, REG_RA(\base)
    sd sp, REG_SP(\base)
    sd gp, REG_GP(\base)
    sd t1, REG_T1(\base)
    sd t2, REG_T2(\base)
    sd s0, REG_S0(\base)
    sd s1, REG_S1(\base)
    sd a0, REG_A0(\base)
    sd a1, REG_A1(\base)
    sd a2, REG_A2(\base)
    sd a3, REG_A3(\base)
    sd a4, REG_A4(\base)
    sd a5, REG_A5(\base)
    sd a6, REG_A6(\base)
    sd a7, REG_A7(\base)
    sd s2, REG_S2(\base)
    sd s3, REG_S3(\base)
    sd s4, REG_S4(\base)
    sd s5, REG_S5(\base)
    sd s6, REG_S6(\base)
    sd s7, REG_S7(\base)
    sd s8, REG_S8(\base)
    sd s9, REG_S9(\base)
    sd s10, REG_S10(\base)
    sd s11, REG_S11(\base)
    sd t3, REG_T3(\base)
    sd t4, REG_T4(\base)
    sd t5, REG_T5(\base)
    sd t6, REG_T6(\base)
    .endm

    .section .text
    .balign 4
/* Interrupts and exceptions of user mode: tp = the thread, sscratch = its tp, t0 is saved. */
    .globl trap_other
    .type trap_other, @function
trap_other:
    .cfi_startproc
    save_all tp
    csrr t0, sscratch
    sd t0, REG_TP(tp)
    csrr t0, sepc
    sd t0, REG_PC(tp)
    csrw sscratch, zero
    mv a0, tp
    mv s0, tp
    saved_registers_cfi s0
    ld tp, THREAD_HART(a0)
    ld sp, HART_STACK(tp)
    call trap_from_user           /* returns the thread to resume */
    j thread_resume               /* the return address must lie in what the CFI describes */
    .cfi_endproc
    .size trap_other, . - trap_other

/* thread_resume(struct thread *): leaves the kernel. sstatus, satp and the FPU are set for it. */
    .globl thread_resume
    .type thread_resume, @function
thread_resume:
    .cfi_startproc
    sd tp, THREAD_HART(a0)
    csrw sscratch, a0
    mv tp, a0
    ld t0, REG_PC(tp)
    csrw sepc, t0
    ld ra, REG_RA(tp)
    ld sp, REG_SP(tp)
    ld gp, REG_GP(tp)
    ld t0, REG_T0(tp)
    ld t1, REG_T1(tp)
    ld t2, REG_T2(tp)
    ld s0, REG_S0(tp)
    ld s1, REG_S1(tp)
    ld a0, REG_A0(tp)
    ld a1, REG_A1(tp)
    ld a2, REG_A2(tp)
    ld a3, REG_A3(tp)
    ld a4, REG_A4(tp)
    ld a5, REG_A5(tp)
    ld a6, REG_A6(tp)
    ld a7, REG_A7(tp)
    ld s2, REG_S2(tp)
    ld s3, REG_S3(tp)
    ld s4, REG_S4(tp)
    ld s5, REG_S5(tp)
    ld s6, REG_S6(tp)
    ld s7, REG_S7(tp)
    ld s8, REG_S8(tp)
    ld s9, REG_S9(tp)
    ld s10, REG_S10(tp)
    ld s11, REG_S11(tp)
    ld t3, REG_T3(tp)
    ld t4, REG_T4(tp)
    ld t5, REG_T5(tp)
    ld t6, REG_T6(tp)
    ld tp, REG_TP(tp)
    sret
    .cfi_endproc
    .size thread_resume, . - thread_resume

/* sscratch holds the hart pointer that tp held. The stack may be the cause: it is not used. */
    .globl trap_in_kernel
    .type trap_in_kernel, @function
trap_in_kernel:
    .cfi_startproc
    csrrw tp, sscratch, tp        /* tp is the hart again, sscratch zero */
    csrw sscratch, sp
    ld sp, HART_EMERGENCY_STACK(tp)
    addi sp, sp, -REGISTERS_SIZE
    sd t0, REG_T0(sp)
    save_all sp
    sd tp, REG_TP(sp)
    csrr t0, sscratch
    sd t0, REG_SP(sp)
    csrr t0, sepc
    sd t0, REG_PC(sp)
    csrw sscratch, zero
    mv a0, sp
    mv s1, sp
    saved_registers_cfi s1
    call trap_from_kernel         /* panics */
    unimp
    .cfi_endproc
    .size trap_in_kernel, . - trap_in_kernel

/* bool csr_probe_stimecmp(void): may this hart use stimecmp? The read traps to the label if not. */
    .balign 4
    .globl csr_probe_stimecmp
    .type csr_probe_stimecmp, @function
csr_probe_stimecmp:
    la t0, 1f
    csrrw t0, stvec, t0
    li a0, 0
    csrr t1, 0x14d                /* stimecmp (Sstc extension, chapter 2) */
    li a0, 1
    .balign 4
1:  csrw stvec, t0
    ret
    .size csr_probe_stimecmp, . - csr_probe_stimecmp
