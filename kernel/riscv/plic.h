#pragma once
/* plic.h - the platform-level interrupt controller (RISC-V PLIC specification 1.0.0). */
#include <stdint.h>

#include "vm/address.h"

enum { PLIC_SOURCES_MAX = 1024 };

/* The controller at a physical address (mapped at DIRECT_MAP + address), for interrupts to this
 * context. */
void plic_init(paddr_t base, uint32_t sources, uint32_t context);

void plic_enable(uint32_t source);
void plic_disable(uint32_t source);

/* The most urgent pending interrupt, now in service; 0: none. */
uint32_t plic_claim(void);

/* The interrupt may be raised again. */
void plic_complete(uint32_t source);
