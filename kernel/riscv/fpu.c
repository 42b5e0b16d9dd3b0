/* fpu.c - see fpu.h. Works on the hart that runs the thread. */
#include "kernel/riscv/fpu.h"

#include <string.h>

#include "kernel/thread.h"

void fpu_store(struct fpu_state *state);
void fpu_load(const struct fpu_state *state);

bool fpu_enable(struct thread *thread)
{
    if (csr_read(sstatus) & SSTATUS_FS)
        return false;
    csr_set(sstatus, SSTATUS_FS_DIRTY);
    fpu_load(&thread->fpu);
    return true;
}

void fpu_save_used(struct thread *thread)
{
    fpu_store(&thread->fpu);
    csr_clear(sstatus, SSTATUS_FS);
}

void fpu_reset(struct thread *thread)
{
    csr_clear(sstatus, SSTATUS_FS);
    memset(&thread->fpu, 0, sizeof thread->fpu);
}
