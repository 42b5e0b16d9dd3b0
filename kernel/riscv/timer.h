#pragma once
/* timer.h - a hart's timer: the stimecmp register where the Sstc extension offers it, else the
 * firmware's call. */
#include <stdbool.h>
#include <stdint.h>

#include "kernel/riscv/csr.h"

struct hart;

#define TICKS_NEVER UINT64_MAX

/* Boot: chooses; `sstc` is what the device tree says of all harts, which is tried before it is
 * believed. */
void timer_init(bool sstc);
bool timer_is_sstc(void);

/* Each hart: no interrupt yet, but they are let through. */
void timer_start_hart(struct hart *hart);

/* The time counter. */
static inline uint64_t timer_ticks(void) { return csr_read(time); }

/* The hart's timer interrupt will come at `ticks` at the latest. One that was set for an earlier
 * time is left alone: it finds nothing to do, which costs less than to set it each time. */
void timer_set(struct hart *hart, uint64_t ticks);

/* To be called at each timer interrupt: the next timer_set writes what it is given even if it is
 * the same. The write is what ends the interrupt: QEMU can raise one for a time that was put off
 * at that moment, which no comparison with the counter takes back. */
void timer_interrupted(struct hart *hart);
