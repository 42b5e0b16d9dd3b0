#pragma once
/* fpu.h - floating-point registers: left in the FPU as long as nobody else uses it.
 *
 * A thread runs with the FPU off (sstatus.FS) unless its values are loaded; its first instruction
 * traps and loads them. A thread that leaves its hart with FS dirty has them saved then; with FS
 * clean the copy in memory is true already.
 */
#include <stdbool.h>
#include <stdint.h>

struct thread;

struct fpu_state {
    uint64_t f[32];
    uint64_t fcsr;
};

/* The current thread met the FPU switched off: loads its values. False: it was on, so the
 * instruction is illegal. */
bool fpu_enable(struct thread *thread);

/* Writes the thread's values to memory if the FPU holds newer ones. */
void fpu_save(struct thread *thread);

/* Before the thread runs: the FPU on if it holds the thread's values, else off. */
void fpu_prepare(struct thread *thread);

/* The thread's values are not needed any more: it ended, or starts a new program. */
void fpu_forget(struct thread *thread);
