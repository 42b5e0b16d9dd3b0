#pragma once
/* clock.h - time since boot, and timers. No tick: the hart's timer is set to the next thing that is
 * due. */
#include <octavo/syscall.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/tree.h>

struct hart;

struct timer {
    RB_ENTRY(timer) link;
    uint64_t deadline_ns;
    bool armed;
    void (*expire)(struct timer *timer); /* called disarmed, without locks; may arm it again */
};

/* Learns how fast the time counter runs. */
void clock_init(uint64_t timebase_hz);
uint64_t clock_timebase(void);

/* A number of ticks as nanoseconds. */
uint64_t clock_ns(uint64_t ticks);

/* Nanoseconds since boot. */
uint64_t clock_now(void);

/* Arms a timer, armed or not; DEADLINE_NONE disarms it. */
void timer_arm(struct timer *timer, uint64_t deadline_ns);
void timer_disarm(struct timer *timer);

/* Calls what is due, and lets the hart be for as long as that took: timers, of which a program may
 * have any number, take at most half of its time. */
void clock_expire(void);

/* Sets the hart's timer interrupt to the first timer or the end of the running thread's time slice.
 */
void clock_program(struct hart *hart);
