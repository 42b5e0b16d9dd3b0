#pragma once
/* layout.h - the kernel half of every address space. Shared by C, assembly and (by value)
 * linker.ld.
 *
 *   0xffffffc000000000  direct map: physical address p at DIRECT_MAP + p, all RAM, never
 * executable; the interrupt controller's registers too, which lie below RAM 0xffffffff80000000
 * kernel image, linked at its load address + KERNEL_OFFSET: text RX, rodata R, data RW
 *
 * The same addresses serve Sv39, Sv48 and Sv57: they are canonical in each.
 */
#define DIRECT_MAP     0xffffffc000000000
#define DIRECT_MAP_END 0xffffffff80000000
#define KERNEL_OFFSET  0xffffffff00000000

/* A hart's kernel stack, with an unmapped guard page below. */
#define STACK_SIZE   16384
#define STACK_GUARD  4096
#define STACK_STRIDE (STACK_SIZE + STACK_GUARD)

/* Another one, for traps in the kernel itself. */
#define EMERGENCY_STACK_SIZE 8192

#define HARTS_MAX 8
