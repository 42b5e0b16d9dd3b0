#pragma once
/* interrupt.h - serving the interrupts of this hart. */
#include <stdbool.h>
#include <stdint.h>

/* Serves one interrupt by its cause number (csr.h). */
void interrupt_serve(uint64_t number);

/* Is one pending? Then a long operation had better let it in. */
bool interrupt_waits(void);

/* Serves whatever is pending. */
void interrupt_poll(void);
