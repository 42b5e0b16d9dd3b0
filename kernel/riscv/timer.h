#pragma once
/* timer.h - a hart's timer: the stimecmp register where the Sstc extension offers it, else the
 * firmware's call. */
#include <stdbool.h>
#include <stdint.h>

/* Chooses; `sstc` is what the device tree says, which is tried before it is believed. */
void timer_init(bool sstc);
bool timer_is_sstc(void);

/* The time counter. */
uint64_t timer_ticks(void);

/* Raises the timer interrupt at `ticks` and no earlier one; UINT64_MAX: never. Setting the same
 * again costs nothing. */
void timer_set(uint64_t ticks);

/* To be called at each timer interrupt: the next timer_set writes what it is given even if it is
 * the same. The write is what ends the interrupt: QEMU can raise one for a time that was put off
 * at that moment, which no comparison with the counter takes back. */
void timer_interrupted(void);
