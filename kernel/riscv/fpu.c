/* fpu.c - who owns the FPU of this hart. hart->fpu_owner is the thread whose values it holds. */
#include "kernel/riscv/fpu.h"

#include <string.h>

#include "kernel/riscv/csr.h"
#include "kernel/riscv/hart.h"
#include "kernel/thread.h"

void fpu_store(struct fpu_state *state);
void fpu_load(const struct fpu_state *state);

static void fpu_set(uint64_t state)
{
    csr_clear(sstatus, SSTATUS_FS);
    csr_set(sstatus, state);
}

bool fpu_enable(struct thread *thread)
{
    if (csr_read(sstatus) & SSTATUS_FS)
        return false;
    fpu_set(SSTATUS_FS_DIRTY); /* the loads below need it on */
    fpu_load(&thread->fpu);
    fpu_set(SSTATUS_FS_CLEAN);
    hart_self()->fpu_owner = thread;
    return true;
}

void fpu_save(struct thread *thread)
{
    if (hart_self()->fpu_owner != thread)
        return;
    if ((csr_read(sstatus) & SSTATUS_FS) != SSTATUS_FS_DIRTY)
        return;
    fpu_store(&thread->fpu);
    fpu_set(SSTATUS_FS_CLEAN);
}

void fpu_prepare(struct thread *thread)
{
    fpu_set(hart_self()->fpu_owner == thread ? SSTATUS_FS_CLEAN : 0);
}

void fpu_forget(struct thread *thread)
{
    struct hart *hart = hart_self();

    memset(&thread->fpu, 0, sizeof thread->fpu);
    if (hart->fpu_owner != thread)
        return;
    hart->fpu_owner = NULL;
    csr_clear(sstatus, SSTATUS_FS);
}
