#pragma once
/* hart.h - what the kernel keeps for each hart. The tp register points at it in kernel mode.
 *
 * A hart's record is touched by that hart alone, with interrupts off, so no lock guards it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/riscv/layout.h"
#include "kernel/riscv/registers.h"

struct thread;
struct space;

struct hart {
    uintptr_t stack_top;           /* entry.S: HART_STACK */
    uintptr_t emergency_stack_top; /* entry.S: for traps taken in the kernel itself */
    struct thread *current;        /* runs on this hart; NULL: none, pick one */
    uint64_t started_ticks;        /* since when CPU time is `current`'s */
    uint64_t id;                   /* as the firmware numbers harts */
    unsigned index;                /* as we do: 0 to HARTS_MAX - 1 */
    bool reschedule;               /* a better thread may be ready: look before returning */
    bool timers_changed;           /* the timer interrupt must be set anew before returning */
    uint64_t slice_start_ns;       /* since when it, or who handed it the hart, runs */
    uint64_t slice_end_ns;         /* when `current` has had its time slice */
    uint64_t timers_rest_ns;       /* no timer interrupt before then */
    uint64_t plic_context;         /* number of this hart's supervisor context */
    unsigned locks_held;           /* DEBUG: for rank checks */
    const struct lock *lock[16];
};
_Static_assert(offsetof(struct hart, stack_top) == HART_STACK, "entry.S");
_Static_assert(offsetof(struct hart, emergency_stack_top) == HART_EMERGENCY_STACK, "entry.S");

extern struct hart harts[HARTS_MAX];

static inline struct hart *hart_self(void)
{
    struct hart *hart;
    __asm__("mv %0, tp" : "=r"(hart));
    return hart;
}
