/* boot.S - from the firmware's jump to C at the kernel's own addresses.
 *
 * OpenSBI enters with a0 = hart id, a1 = physical address of the device tree, translation off.
 * Until the jump to start_high every address is physical: `la` is pc-relative and so gives the
 * physical address of a symbol. The boot table maps, with 1 GiB pages of Sv39: physical memory at
 * DIRECT_MAP, the gigabyte of the image at its link address, and that same gigabyte at itself, for
 * the instruction after `csrw satp`. kernel_map.c replaces it.
 */
#include "kernel/riscv/layout.h"
#include "kernel/riscv/offsets.h"
#include "kernel/riscv/registers.h"

#define PTE_BOOT_DATA 0xe7 /* D A G W R V */
#define PTE_BOOT_TEXT 0xef /* and X */

    .section .text.boot, "ax"
    .globl _start
_start:
    csrw sie, zero
    li t0, 1 << 1                 /* sstatus.SIE: no interrupt is ever taken in the kernel */
    csrc sstatus, t0

    /* One hart boots. OpenSBI 1.1 says that a hart is to start before it notes where, so another
       may come here instead. */
    la t0, boot_began
    li t1, 1
    amoswap.w.aqrl t1, t1, (t0)
    bnez t1, secondary_start

    la t0, __bss_start
    la t1, __bss_end
1:  sd zero, 0(t0)
    addi t0, t0, 8
    bltu t0, t1, 1b

    la t0, boot_table
    li t1, PTE_BOOT_DATA          /* entry 256 + i: gigabyte i */
    li t2, 254
    li t4, 1 << 28
    li t5, 256 * 8
    add t5, t5, t0
2:  sd t1, 0(t5)
    add t1, t1, t4
    addi t5, t5, 8
    addi t2, t2, -1
    bnez t2, 2b

    la t1, _start                 /* the image's gigabyte */
    srli t1, t1, 30
    slli t2, t1, 28
    ori t2, t2, PTE_BOOT_TEXT
    slli t1, t1, 3
    add t1, t1, t0
    sd t2, 0(t1)                  /* at itself */
    li t1, 510 * 8
    add t1, t1, t0
    sd t2, 0(t1)                  /* at 0xffffffff80000000 */

    srli t0, t0, 12
    li t1, 8 << 60
    or t0, t0, t1
    sfence.vma
    csrw satp, t0
    sfence.vma
    ld t0, start_high_address
    jr t0

    .balign 8
start_high_address:
    .dword start_high

start_high:
    la t0, trap_entry
    csrw stvec, t0
    csrw sscratch, zero           /* we are in the kernel */
    la tp, harts                  /* the boot hart is harts[0] */
    ld t0, boot_stack_top_address
    mv sp, t0
    sd sp, 0(tp)
    la t0, emergency_stacks + EMERGENCY_STACK_SIZE
    sd t0, 8(tp)
    mv s0, zero                   /* the end of every backtrace */
    mv ra, zero
    call kernel_main
    j .                           /* kernel_main does not return */

    .balign 8
boot_stack_top_address:
    .dword hart_stacks + STACK_STRIDE

/* Where the firmware starts the other harts: a0 = the hart's number, by which it finds its record,
 * or parks. The kernel's own table maps nothing at physical addresses, so the instruction behind
 * `csrw satp` traps, to where stvec says.
 */
    .globl secondary_start
secondary_start:
    csrw sie, zero
    li t0, 1 << 1
    csrc sstatus, t0
    fence
    la a1, harts
    li t2, HARTS_MAX
3:  ld t0, HART_STACK(a1)         /* 0: no record of a hart */
    beqz t0, 4f
    ld t0, HART_ID(a1)
    beq t0, a0, 6f
4:  addi a1, a1, HART_SIZE
    addi t2, t2, -1
    bnez t2, 3b
5:  wfi
    j 5b
6:  li t0, KERNEL_OFFSET
    add a1, a1, t0
    ld t0, secondary_high_address
    csrw stvec, t0
    ld t0, secondary_satp
    sfence.vma
    csrw satp, t0
    .balign 4
secondary_high:
    la t0, trap_entry
    csrw stvec, t0
    csrw sscratch, zero
    mv tp, a1
    ld sp, 0(tp)
    mv s0, zero
    mv ra, zero
    call hart_main
    j .                           /* hart_main does not return */

    .balign 8
secondary_high_address:
    .dword secondary_high

    .section .data
    .balign 8
    .globl secondary_satp
secondary_satp:
    .dword 0
boot_began:
    .word 0

    .section .bss
    .balign 4096
    .globl boot_table
boot_table:
    .skip 4096
    .globl hart_stacks
hart_stacks:                      /* each: a guard page, then the stack, growing down to it */
    .skip STACK_STRIDE * HARTS_MAX
    .globl emergency_stacks
emergency_stacks:
    .skip EMERGENCY_STACK_SIZE * HARTS_MAX
