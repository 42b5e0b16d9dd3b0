#pragma once
/* registers.h - a thread's integer registers as trap entry saves them. entry.S uses the REG_
 * offsets; each is bound to its field by a static assertion.
 */
#define REG_PC         0
#define REG_RA         8
#define REG_SP         16
#define REG_GP         24
#define REG_TP         32
#define REG_T0         40
#define REG_T1         48
#define REG_T2         56
#define REG_S0         64
#define REG_S1         72
#define REG_A0         80
#define REG_A1         88
#define REG_A2         96
#define REG_A3         104
#define REG_A4         112
#define REG_A5         120
#define REG_A6         128
#define REG_A7         136
#define REG_S2         144
#define REG_S3         152
#define REG_S4         160
#define REG_S5         168
#define REG_S6         176
#define REG_S7         184
#define REG_S8         192
#define REG_S9         200
#define REG_S10        208
#define REG_S11        216
#define REG_T3         224
#define REG_T4         232
#define REG_T5         240
#define REG_T6         248
#define REGISTERS_SIZE 256

/* struct thread: registers first, then the hart that runs it. struct hart: its stack first. */
#define THREAD_HART          REGISTERS_SIZE
#define HART_STACK           0
#define HART_EMERGENCY_STACK 8

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

/* In the order of x1 to x31, with the program counter in the place of x0. */
struct registers {
    uint64_t pc;
    uint64_t ra, sp, gp, tp;
    uint64_t t0, t1, t2;
    uint64_t s0, s1;
    uint64_t a[8];
    uint64_t s2_to_s11[10];
    uint64_t t3_to_t6[4];
};

_Static_assert(sizeof(struct registers) == REGISTERS_SIZE, "32 registers");
_Static_assert(offsetof(struct registers, ra) == REG_RA, "ra");
_Static_assert(offsetof(struct registers, tp) == REG_TP, "tp");
_Static_assert(offsetof(struct registers, t0) == REG_T0, "t0");
_Static_assert(offsetof(struct registers, s0) == REG_S0, "s0");
_Static_assert(offsetof(struct registers, a) == REG_A0, "a0");
_Static_assert(offsetof(struct registers, s2_to_s11) == REG_S2, "s2");
_Static_assert(offsetof(struct registers, t3_to_t6) == REG_T3, "t3");
#endif
