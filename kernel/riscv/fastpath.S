/* fastpath.S - system calls: three of them whole, and the way into C for the rest.
 *
 * system_call is entered with tp = the running thread, sscratch = the user's tp, t0 saved, and t1 to
 * t6 free: a system call may clobber the caller-saved registers, which come back zero.
 *
 * fast_call and fast_reply_recv carry a message from one thread to another and switch to it. They take the common
 * case only: no handle rides, the other side is there and may run now, its space has an
 * identifier, no FPU register is dirty. They look first and change nothing; whatever is not as
 * they want goes to the slow path (message.c), which does it all again. What they do is what port.c
 * does; they take one lock, the port's. docs/ipc.md tells it group by group.
 *
 * Register use of both:
 *   t1 own process   t2 channel, or scratch   t3 port   t4 its lock   t5 the other thread   t6 its process
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

    /* The object of a handle of the running thread in \object, if the access half-word is as wanted. t1 = own process. */
    .macro find_handle object, handle, mask, wanted
    lwu t0, PROCESS_FAST_HANDLES(t1)
    bgeu \handle, t0, system_call_slow
    slli t0, \handle, HANDLE_SHIFT
    ld \object, PROCESS_ENTRIES(t1)
    add \object, \object, t0
    lhu t0, HANDLE_ACCESS(\object)
    ld \object, HANDLE_OBJECT(\object)
    andi t0, t0, \mask
    addi t0, t0, -\wanted
    bnez t0, system_call_slow
    .endm

    .macro lock_port
    addi t4, t3, PORT_LOCK
    li t0, 1
    amoswap.w.aq t0, t0, (t4)
    bnez t0, system_call_slow
    .endm

    /* t6 = process of t5, whose space must have an identifier; and the FPU must not be dirty. It is switched off: if
     * the next thread owns it, its first use finds its values again. */
    .macro check_space_and_fpu
    ld t6, THREAD_PROCESS(t5)
    ld t0, PROCESS_SPACE(t6)
    ld t0, SPACE_SATP(t0)
    beqz t0, unlock_and_slow
    csrr t0, sstatus
    slli t0, t0, 62 - FS_SHIFT
    srli t0, t0, 62
    bnez t0, 7f
8:
    .endm

    .macro fpu_in_use
7:  addi t0, t0, -3               /* dirty */
    beqz t0, unlock_and_slow
    li t0, 3 << FS_SHIFT
    csrc sstatus, t0
    j 8b
    .endm

    /* Appends tp to a list of threads in t3. */
    .macro append_self list
    ld t0, \list + 8(t3)
    sd zero, THREAD_LINK(tp)
    sd t0, THREAD_LINK + 8(tp)
    sd tp, 0(t0)
    addi t0, tp, THREAD_LINK
    sd t0, \list + 8(t3)
    .endm

    .section .text
    .globl system_call
    .type system_call, @function
system_call:
    .cfi_startproc
    beqz a7, fast_process_id
    addi t0, a7, -NUMBER_CALL
    beqz t0, fast_call
    addi t0, a7, -NUMBER_REPLY_RECV
    beqz t0, fast_reply_recv

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
    bnez a0, thread_resume        /* another thread, or another program */

    /* The same goes on: C has kept s1 to s11. */
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
    .cfi_endproc

unlock_and_slow:
    amoswap.w.rl zero, zero, (t4)
    j system_call_slow

/* process_id: two loads; nothing was saved, so nothing is restored. */
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
    find_handle t2, a0, ACCESS_SEND_MASK, ACCESS_SEND
    ld t3, CHANNEL_PORT(t2)
    lock_port
    ld t5, PORT_RECEIVERS(t3)     /* the first one waiting */
    beqz t5, unlock_and_slow
    lbu t0, THREAD_PRIORITY(t5)
    lbu t6, THREAD_PRIORITY(tp)
    bltu t0, t6, unlock_and_slow  /* it would have to be lent ours */
    check_space_and_fpu

    /* Nothing fails from here on. */
    save_callee_saved
    sd a5, REG_A5(tp)             /* what ipc_read and ipc_write need */
    sd a6, REG_A6(tp)
    ld a5, CHANNEL_BADGE(t2)
    ld t0, THREAD_LINK(t5)        /* the receiver leaves its queue, of which it was the first */
    addi t1, t3, PORT_RECEIVERS
    sd t0, PORT_RECEIVERS(t3)
    bnez t0, 2f
    sd t1, PORT_RECEIVERS + 8(t3)
    j 3f
2:  sd t1, THREAD_LINK + 8(t0)
3:  ld a0, THREAD_TOKEN(tp)       /* a fresh token */
    li t0, 1 << TOKEN_SLOT_BITS
    add a0, a0, t0
    sd a0, THREAD_TOKEN(tp)
    li t0, STATE_REPLY
    sw t0, THREAD_STATE(tp)
    sd t3, THREAD_PORT(tp)
    li t0, 1
    amoadd.w zero, t0, (t3)       /* counted */
    sb t0, PROCESS_SERVED(t6)
    sd t6, THREAD_SERVER(tp)
    sd t5, THREAD_SERVED_BY(tp)
    append_self PORT_CALLERS
    sw zero, THREAD_STATE(t5)
    amoswap.w.rl zero, zero, (t4)

/* Runs t5 of process t6 instead of tp, behind its ecall; a0 to a6 are its results. */
switch_to:
    ld t1, THREAD_HART(tp)
    sd t5, HART_CURRENT(t1)
    sd t1, THREAD_HART(t5)
    rdtime t0                     /* the time since the last switch was ours */
    ld t2, HART_STARTED_TICKS(t1)
    ld t3, THREAD_CPU_TICKS(tp)
    sd t0, HART_STARTED_TICKS(t1)
    sub t0, t0, t2
    add t3, t3, t0
    sd t3, THREAD_CPU_TICKS(tp)
    ld t2, PROCESS_SPACE(t6)
    ld t0, HART_SPACE(t1)
    beq t0, t2, 4f
    sd t2, HART_SPACE(t1)
    ld t0, SPACE_SATP(t2)
    csrw satp, t0
4:  mv tp, t5
    csrw sscratch, tp
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

    fpu_in_use                    /* fast_call's */

/* reply_recv: a0 token, a1 label, a2 to a4 words, a5 status, a6 port. */
fast_reply_recv:
    srli t0, a1, LABEL_BITS
    bnez t0, system_call_slow
    ld t1, THREAD_PROCESS(tp)
    find_handle t3, a6, ACCESS_RECV_MASK, ACCESS_RECV
    ld t2, thread_slots           /* the thread in the token's slot */
    slli t0, a0, 64 - TOKEN_SLOT_BITS
    srli t0, t0, 64 - TOKEN_SLOT_BITS
    ld t5, SLOT_TOKEN(t2)
    bgeu t0, t5, system_call_slow
    slli t0, t0, SLOT_SHIFT
    add t2, t2, t0
    ld t5, SLOT_THREAD(t2)
    beqz t5, system_call_slow
    lock_port
    ld t0, THREAD_PORT(t5)        /* it waits here, for us, under this token */
    bne t0, t3, unlock_and_slow
    ld t0, THREAD_SERVER(t5)
    bne t0, t1, unlock_and_slow
    ld t0, THREAD_TOKEN(t5)
    bne t0, a0, unlock_and_slow
    ld t0, PORT_QUEUE(t3)         /* recv will have to wait */
    bnez t0, unlock_and_slow
    ld t0, PORT_LAST_RECEIVER(t3)
    bne t0, tp, unlock_and_slow
    lbu t0, THREAD_PRIORITY(tp)   /* nothing was lent */
    lbu t2, THREAD_BASE_PRIORITY(tp)
    bne t0, t2, unlock_and_slow
    lwu t0, run_queue             /* nobody better than the caller waits for the hart */
    lbu t2, THREAD_PRIORITY(t5)
    srl t0, t0, t2
    srli t0, t0, 1
    bnez t0, unlock_and_slow
    check_space_and_fpu

    /* Nothing fails from here on. */
    save_callee_saved
    sd zero, REG_A0(tp)           /* if recv restarts, the reply does not */
    sd a6, REG_A6(tp)
    sd a7, REG_A7(tp)
    ld t0, THREAD_LINK(t5)        /* the caller leaves its list */
    ld t2, THREAD_LINK + 8(t5)
    sd t0, 0(t2)
    bnez t0, 2f
    sd t2, PORT_CALLERS + 8(t3)
    j 3f
2:  sd t2, THREAD_LINK + 8(t0)
3:  sd zero, THREAD_SERVER(t5)
    sw zero, THREAD_STATE(t5)
    li t0, -1
    amoadd.w zero, t0, (t3)       /* it counted the port, and so do we by our handle */
    li t0, STATE_RECV
    sw t0, THREAD_STATE(tp)
    sd t3, THREAD_PORT(tp)
    append_self PORT_RECEIVERS
    amoswap.w.rl zero, zero, (t4)
    mv a0, a5
    li a5, 0
    li a6, 0
    j switch_to

    fpu_in_use                    /* fast_reply_recv's */
    .size system_call, . - system_call
