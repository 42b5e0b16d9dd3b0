#pragma once
/* interrupt.h - serving the interrupts of this hart. */
#include <stdint.h>

/* Serves one interrupt by its cause number (csr.h). */
void interrupt_serve(uint64_t number);

/* Serves whatever is pending. */
void interrupt_poll(void);
