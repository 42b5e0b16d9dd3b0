#pragma once
/* grace.h - looking at a record that another hart may be about to free.
 *
 * A waiting thread names what it waits for, and a token names a thread, without counting it; so who
 * follows such a pointer does it inside a read section, where no record of the kinds below is
 * freed, and tries the lock that keeps the record there once it is held. A section is short, waits
 * for nothing, and lets go of nothing. Who frees a thread, port or event makes sure that no new
 * pointer to it can be found, and then waits for the sections that have begun: a grace period.
 */
#include "kernel/riscv/hart.h"

static inline void reader_enter(void)
{
    __atomic_store_n(&hart_self()->reading, true, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* before anything is looked at */
}

static inline void reader_leave(void)
{
    __atomic_store_n(&hart_self()->reading, false, __ATOMIC_RELEASE);
}

/* Waits until every read section of another hart that began before has ended. */
static inline void grace_period(void)
{
    const struct hart *hart;
    uint32_t others = harts_others();

    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    HARTS_FOREACH(hart, others)
        while (__atomic_load_n(&hart->reading, __ATOMIC_ACQUIRE))
            continue;
}
