#pragma once
/* probes.h - assembly that looks at every register (probes.S). */
#include <stdint.h>

enum { REGISTERS = 32 };

/* What the probes leave in integer register n before they do anything. */
#define PATTERN(n) ((uint64_t)(n)*0x0101010101010101u)

/* Fills every integer register with its pattern, a0 to a7 with `arguments`, makes the system call,
 * and stores all registers. */
void probe_call(uint64_t result[REGISTERS], const uint64_t arguments[8]);

/* Fills every integer register, computes for `rounds`, and stores all registers. */
void probe_compute(uint64_t result[REGISTERS], uint64_t rounds);

/* Fills the floating-point registers with `values`, computes for `rounds`, and stores them. */
void probe_float(uint64_t result[REGISTERS], const uint64_t values[REGISTERS], uint64_t rounds);

/* Fills the floating-point registers with `values`, makes the system call, and stores them.
 * -> a0 of the call. */
int64_t probe_float_call(uint64_t result[REGISTERS], const uint64_t values[REGISTERS],
                         const uint64_t arguments[8]);

/* What a new thread finds. */
struct probe_start {
    uint64_t integer[REGISTERS];
    uint64_t floating[REGISTERS];
    uint32_t running; /* 1 before the start; 0, and its waiters woken, when all is stored */
};

/* Entry of a thread whose argument is a struct probe_start. */
void probe_thread(void);

/* A program without any header, to be mapped into an empty space: exits with status 0 if it finds
 * all registers but sp zero. */
extern const char probe_program[], probe_program_end[];
