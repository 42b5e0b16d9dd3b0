#pragma once
/* fpu.h - floating-point registers: loaded at a thread's first use, saved when it leaves its hart.
 *
 * A thread starts each stretch on a hart with the FPU off (sstatus.FS). Its first floating-point
 * instruction traps, its values are loaded, and FS says dirty from then on. So FS is off or dirty,
 * never clean: a thread that used no FPU has nothing to save, and the fast path needs one look at
 * the SD bit.
 */
#include <stdbool.h>
#include <stdint.h>

#include "kernel/riscv/csr.h"

struct thread;

struct fpu_state {
    uint64_t f[32];
    uint64_t fcsr;
};

/* The running thread met the FPU switched off: loads its values. False: it was on, so the
 * instruction is illegal. */
bool fpu_enable(struct thread *thread);

/* The running thread's values to memory if it used the FPU, which is off then. */
void fpu_save_used(struct thread *thread);
static inline void fpu_save(struct thread *thread)
{
    if (csr_read(sstatus) & SSTATUS_FS)
        fpu_save_used(thread);
}

/* The thread starts a new program: its values are zero. */
void fpu_reset(struct thread *thread);
