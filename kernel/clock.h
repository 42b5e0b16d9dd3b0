#pragma once
/* clock.h - time since boot, and timers. No tick: a hart's timer is set to the next thing that is
 * due there.
 */
#include <octavo/syscall.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/tree.h>

struct hart;
struct object;

/* A timer belongs to the hart that armed it. Whoever arms or disarms it holds a lock of its owner's
 * or has the owner to itself. */
struct timer {
    RB_ENTRY(timer) link;
    uint64_t deadline_ns;
    const struct hart *hart;             /* whose tree it is in, or was in last; NULL: none yet */
    bool armed;                          /* the hart's timers' lock */
    struct object *owner;                /* retained while `expire` is called */
    void (*expire)(struct timer *timer); /* called disarmed, without locks; may arm it again */
};

/* Learns how fast the time counter runs. */
void clock_init(uint64_t timebase_hz);
uint64_t clock_timebase(void);

/* A number of ticks as nanoseconds, and back. */
uint64_t clock_ns(uint64_t ticks);
extern uint64_t clock_ticks_per_ns_32; /* with 32 fractional bits */
static inline uint64_t clock_ticks(uint64_t ns)
{
    return (unsigned __int128)ns * clock_ticks_per_ns_32 >> 32;
}

/* Nanoseconds since boot. */
uint64_t clock_now(void);

/* Arms a timer, armed or not; DEADLINE_NONE disarms it. */
void timer_arm(struct timer *timer, uint64_t deadline_ns);

/* Afterwards `expire` is not called, but it may be under way on another hart. */
void timer_disarm(struct timer *timer);

/* Calls what is due on this hart, and lets it be for as long as that took, up to 10 ms: timers, of
 * which a program may have any number, take no more than half of its time. */
void clock_expire(void);

/* Sets the hart's timer interrupt to its first timer or the end of the running thread's time slice.
 */
void clock_program(struct hart *hart);
