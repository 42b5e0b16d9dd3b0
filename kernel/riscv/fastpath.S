/* fastpath.S - where traps enter, and system calls: three of them whole, the way into C for the
 * rest.
 *
 * A system call may clobber the caller-saved registers, which come back zero; so t1 to t6 are free
 * from the start, and C keeps s0 to s11 when the same thread goes on.
 *
 * fast_call and fast_reply_recv carry a message from one thread to another and switch to it. They
 * take the common case only: no handle rides, the other side is there, ran on this hart last and
 * may run now, its space has an identifier, no FPU register is dirty. They look first and change
 * nothing; whatever is not as they want goes to the slow path (message.c), which does it all again.
 * What they do is what port.c does, under the same lock. docs/ipc.md tells it group by group.
 *
 * Register use of both:
 *   t1 own process   t2 channel   t3 port   t4 its lock   t5 the other thread
 *   t6 the other's process   a7 the other's satp
 * t1 is the hart once the own process is no longer needed.
 */
#include "kernel/riscv/offsets.h"
#include "kernel/riscv/registers.h"
#include "kernel/riscv/saved_registers.inc"

    .macro save_callee_saved
    sd ra, REG_RA(tp)
    sd sp, REG_SP(tp)
    sd gp, REG_GP(tp)
    sd s0, REG_S0(tp)
    sd s1, REG_S1(tp)
    sd s2, REG_S2(tp)
    sd s3, REG_S3(tp)
    sd s4, REG_S4(tp)
    sd s5, REG_S5(tp)
    sd s6, REG_S6(tp)
    sd s7, REG_S7(tp)
    sd s8, REG_S8(tp)
    sd s9, REG_S9(tp)
    sd s10, REG_S10(tp)
    sd s11, REG_S11(tp)
    csrr t0, sscratch
    sd t0, REG_TP(tp)
    csrr t0, sepc
    sd t0, REG_PC(tp)
    .endm

    .macro clear_temporaries
    li t0, 0
    li t1, 0
    li t2, 0
    li t3, 0
    li t4, 0
    li t5, 0
    li t6, 0
    .endm

    /* The entry of a handle in \entry. t1 = own process, whose only thread we are. */
    .macro find_entry entry, handle
    lwu t0, PROCESS_FAST_HANDLES(t1)
    bgeu \handle, t0, system_call_slow
    slli t0, \handle, HANDLE_SHIFT
    ld \entry, PROCESS_ENTRIES(t1)
    add \entry, \entry, t0
    .endm

    .macro lock_port
    addi t4, t3, PORT_LOCK
    li t0, 1
    amoswap.w.aq t0, t0, (t4)
    bnez t0, system_call_slow
    .endm

    /* t1 = this hart, where t5 must have run last. */
    .macro check_hart otherwise
    ld t1, THREAD_HART(tp)
    ld t0, THREAD_DIRECT(t5)
    bne t0, t1, \otherwise
    .endm

    /* The space of t5 must have an identifier, and the FPU hold nothing new (sstatus.SD). */
    .macro check_space_and_fpu otherwise
    ld t6, THREAD_PROCESS(t5)
    ld a7, PROCESS_SPACE(t6)
    ld a7, SPACE_SATP(a7)
    beqz a7, \otherwise
    csrr t0, sstatus
    bltz t0, \otherwise
    .endm

    /* Runs t5 instead of tp, behind its ecall; a0 to a6 are its results. The lock goes last: from
       then on tp is others', so nothing of it may be in use, its table included. */
    .macro switch_to_other
    csrw satp, a7
    rdtime t0                     /* the time since the last switch was ours */
    ld t2, HART_STARTED_TICKS(t1)
    ld t3, THREAD_CPU_TICKS(tp)
    sd t0, HART_STARTED_TICKS(t1)
    sub t0, t0, t2
    add t3, t3, t0
    sd t3, THREAD_CPU_TICKS(tp)
    sd t5, HART_CURRENT(t1)
    amoswap.w.rl zero, zero, (t4)
    csrw sscratch, t5
    mv tp, t5
    ld t0, REG_PC(tp)
    addi t0, t0, 4
    csrw sepc, t0
    ld ra, REG_RA(tp)
    ld sp, REG_SP(tp)
    ld gp, REG_GP(tp)
    ld s0, REG_S0(tp)
    ld s1, REG_S1(tp)
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
    li a7, 0
    clear_temporaries
    ld tp, REG_TP(tp)
    sret
    .endm

    .section .text
    .balign 4
    .globl trap_entry
    .type trap_entry, @function
trap_entry:
    .cfi_startproc
    csrrw tp, sscratch, tp
    beqz tp, 8f
    sd t0, REG_T0(tp)
    csrr t0, scause
    addi t0, t0, -CAUSE_ECALL
    bnez t0, 9f
    beqz a7, fast_call            /* NUMBER_CALL is 0 */
    addi t0, a7, -NUMBER_REPLY_RECV
    beqz t0, fast_reply_recv
    addi t0, a7, -NUMBER_PROCESS_ID
    beqz t0, fast_process_id

system_call_slow:
    save_callee_saved
    sd a0, REG_A0(tp)
    sd a1, REG_A1(tp)
    sd a2, REG_A2(tp)
    sd a3, REG_A3(tp)
    sd a4, REG_A4(tp)
    sd a5, REG_A5(tp)
    sd a6, REG_A6(tp)
    sd a7, REG_A7(tp)
    csrw sscratch, zero
    mv a0, tp
    mv s0, tp
    saved_registers_cfi s0
    ld tp, THREAD_HART(a0)
    ld sp, HART_STACK(tp)
    call trap_system_call
    bnez a0, 7f

    /* The same goes on. */
    mv tp, s0
    csrw sscratch, tp
    ld t0, REG_PC(tp)
    csrw sepc, t0
    ld ra, REG_RA(tp)
    ld sp, REG_SP(tp)
    ld gp, REG_GP(tp)
    ld s0, REG_S0(tp)
    ld a0, REG_A0(tp)
    ld a1, REG_A1(tp)
    li a2, 0
    li a3, 0
    li a4, 0
    li a5, 0
    li a6, 0
    li a7, 0
    clear_temporaries
    ld tp, REG_TP(tp)
    sret
7:  j thread_resume               /* another thread, or another program */
    .cfi_endproc
8:  j trap_in_kernel
9:  j trap_other
    .size trap_entry, . - trap_entry

/* process_id: nothing was saved, so nothing is restored. */
fast_process_id:
    csrr t0, sepc
    addi t0, t0, 4
    csrw sepc, t0
    ld t0, THREAD_PROCESS(tp)
    lw a0, PROCESS_PID(t0)
    lw a1, PROCESS_PARENT_PID(t0)
    li a2, 0
    li a3, 0
    li a4, 0
    li a5, 0
    li a6, 0
    li a7, 0
    clear_temporaries
    csrrw tp, sscratch, tp
    sret

/* call: a0 channel, a1 label, a2 to a4 words, a5 buffer, a6 length and direction. */
fast_call:
    srli t0, a1, LABEL_BITS       /* flags */
    bnez t0, system_call_slow
    beqz a6, 1f
    srli t0, a6, BUFFER_FLAG_BITS
    bnez t0, system_call_slow
    slli t0, a6, 32
    srli t0, t0, 32
    add t0, t0, a5                /* both ends in the user half; the sum cannot wrap then */
    or t0, t0, a5
    srli t0, t0, USER_ADDRESS_BITS
    bnez t0, system_call_slow
1:  ld t1, THREAD_PROCESS(tp)
    find_entry t2, a0
    lw t0, HANDLE_FAST(t2)        /* FAST_SEND is the sign bit */
    ld t2, HANDLE_OBJECT(t2)
    bgez t0, system_call_slow
    ld t3, CHANNEL_PORT(t2)
    lock_port
    ld t5, PORT_RECEIVERS(t3)     /* the first one waiting */
    beqz t5, call_unlock
    lbu t0, THREAD_BASE_PRIORITY(t5)
    lbu t6, THREAD_PRIORITY(tp)
    bltu t0, t6, call_unlock      /* it would have to be lent ours */
    check_hart call_unlock
    check_space_and_fpu call_unlock

    /* Nothing fails from here on. */
    save_callee_saved
    sd a5, REG_A5(tp)             /* what ipc_read and ipc_write need */
    sd a6, REG_A6(tp)
    ld t0, THREAD_PORT_LINK(t5)   /* the receiver leaves its list, of which it was the first */
    sd t0, PORT_RECEIVERS(t3)
    ld t0, PORT_CALLERS(t3)       /* we become the first who wait for a reply */
    sd t0, THREAD_PORT_LINK(tp)
    sd tp, PORT_CALLERS(t3)
    ld a0, THREAD_TOKEN(tp)       /* a fresh token */
    li t0, 1 << TOKEN_SLOT_BITS
    add a0, a0, t0
    sd a0, THREAD_TOKEN(tp)
    sd t6, THREAD_SERVER(tp)
    sd t3, THREAD_PORT(tp)
    li t0, STATE_REPLY
    sw t0, THREAD_STATE(tp)
    sd zero, THREAD_PORT(t5)
    sw zero, THREAD_STATE(t5)
    ld a5, CHANNEL_BADGE(t2)
    switch_to_other

call_unlock:
    amoswap.w.rl zero, zero, (t4)
    li a7, NUMBER_CALL
    j system_call_slow

/* reply_recv: a0 token, a1 label, a2 to a4 words, a5 status, a6 port. */
fast_reply_recv:
    srli t0, a1, LABEL_BITS
    bnez t0, system_call_slow
    ld t1, THREAD_PROCESS(tp)
    find_entry t2, a6
    lw t0, HANDLE_FAST(t2)        /* FAST_RECV is the bit below the sign */
    ld t3, HANDLE_OBJECT(t2)
    slliw t0, t0, 1
    bgez t0, system_call_slow
    lock_port
    ld t5, PORT_CALLERS(t3)       /* the last one received: the token's, and ours to answer? */
    beqz t5, reply_unlock
    ld t0, THREAD_TOKEN(t5)
    bne t0, a0, reply_unlock
    ld t0, THREAD_SERVER(t5)
    bne t0, t1, reply_unlock
    ld t0, PORT_QUEUE(t3)         /* recv will have to wait */
    bnez t0, reply_unlock
    ld t0, THREAD_LENDS_TO(t5)    /* its priority is lent */
    bnez t0, reply_unlock
    check_hart reply_unlock
    lw t0, HART_LIMIT(t1)         /* nobody better than the caller waits for the hart */
    lbu t2, THREAD_PRIORITY(t5)
    bgt t0, t2, reply_unlock
    check_space_and_fpu reply_unlock

    /* Nothing fails from here on. */
    save_callee_saved
    sd zero, REG_A0(tp)           /* if recv restarts, the reply does not */
    sd a6, REG_A6(tp)
    li t0, NUMBER_REPLY_RECV
    sd t0, REG_A7(tp)
    ld t0, THREAD_PORT_LINK(t5)   /* the caller leaves its list, and we become the first receiver */
    sd t0, PORT_CALLERS(t3)
    ld t0, PORT_RECEIVERS(t3)
    sd t0, THREAD_PORT_LINK(tp)
    sd tp, PORT_RECEIVERS(t3)
    sd zero, THREAD_PORT(t5)
    sw zero, THREAD_STATE(t5)
    sd t3, THREAD_PORT(tp)
    li t0, STATE_RECV
    sw t0, THREAD_STATE(tp)
    mv a0, a5
    li a5, 0
    li a6, 0
    switch_to_other

reply_unlock:
    amoswap.w.rl zero, zero, (t4)
    li a7, NUMBER_REPLY_RECV
    j system_call_slow
