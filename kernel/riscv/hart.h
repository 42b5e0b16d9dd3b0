#pragma once
/* hart.h - what the kernel keeps for each hart. The tp register points at it in kernel mode.
 *
 * A hart's record is its own, touched with interrupts off, so no lock guards it; what other harts
 * read or write stands under a line that says how.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "kernel/riscv/layout.h"
#include "kernel/riscv/registers.h"
#include "vm/address.h"

struct thread;
struct space;
struct tlb_context;

struct hart {
    uintptr_t stack_top;           /* entry.S: HART_STACK */
    uintptr_t emergency_stack_top; /* entry.S: for traps taken in the kernel itself */
    struct thread *current;        /* runs on this hart; NULL: none, pick one. Others read it */
    uint64_t started_ticks;        /* since when CPU time is `current`'s. Others read it */
    int limit;           /* fastpath.S: no message hands the hart to a thread below this priority */
    unsigned index;      /* as we number harts: 0 to HARTS_MAX - 1 */
    uint64_t id;         /* as the firmware does */
    bool reschedule;     /* a better thread may be ready: look before returning */
    bool timers_changed; /* the timer interrupt must be set anew before returning */
    uint64_t slice_start;      /* ticks: since when it, or who handed it the hart, runs */
    uint64_t slice_end;        /* ticks: when `current` has had its time slice; TICKS_NEVER */
    uint64_t timers_rest;      /* ticks: no timer interrupt before then */
    uint64_t timer_set_to;     /* ticks: the timer as it was set last; 0: not known */
    uint64_t idle_ticks;       /* spent without a thread */
    uint64_t online_ticks;     /* when it began to run */
    uint64_t switches, steals; /* counts, for `ps` and `top` */
    uint64_t ipis, shoot_downs;
    uint64_t faults, faults_refused;
    uint64_t zeroed;     /* pages that it cleared in advance */
    unsigned locks_held; /* DEBUG: for rank checks */
    const struct lock *lock[16];

    /* Atomic: others look at them or write them without a lock. */
    bool reading;                     /* grace.h */
    uint32_t flush_wanted;            /* tlb.c: harts that wait until we have flushed, a bit each */
    uint64_t flush_what;              /* tlb.c: what we ask others to flush */
    struct page_range flush_range;    /* tlb.c: and of that, which pages; none: all */
    const struct tlb_context *loaded; /* tlb.h: whose table is still loaded after its thread left */

    /* tree_lock; a look whether there is one needs none. */
    SLIST_HEAD(, thread) mail; /* threads that others doomed while they ran here: thread.h */
} __attribute__((aligned(512)));
_Static_assert(offsetof(struct hart, stack_top) == HART_STACK, "entry.S");
_Static_assert(offsetof(struct hart, emergency_stack_top) == HART_EMERGENCY_STACK, "entry.S");

extern struct hart harts[HARTS_MAX];

static inline struct hart *hart_self(void)
{
    struct hart *hart;
    __asm__("mv %0, tp" : "=r"(hart));
    return hart;
}

/* Starts the other harts, and lets this one, which booted, run threads. */
void harts_start(void) __attribute__((noreturn));

/* Where a hart that was started arrives (boot.S). */
void hart_main(void) __attribute__((noreturn));

/* The hart's bit in a set of harts. */
static inline uint32_t hart_bit(const struct hart *hart) { return 1u << hart->index; }

/* The harts that run, and all those of them but this one. */
extern uint32_t harts_online; /* atomic */
static inline uint32_t harts_running(void)
{
    return __atomic_load_n(&harts_online, __ATOMIC_ACQUIRE);
}
static inline uint32_t harts_others(void) { return harts_running() & ~hart_bit(hart_self()); }

/* Loops over a set of harts, of which nothing may be left when it ends. */
#define HARTS_FOREACH(hart, set) \
    for (; (set) != 0 && ((hart) = &harts[__builtin_ctz(set)], true); (set) &= (set)-1)
