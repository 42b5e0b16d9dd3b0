#pragma once
/* ipi.h - interrupts between harts, and what one hart asks of another.
 *
 * An interrupt says "look": at the run queue, at mail (thread.h), at flushes that are wanted
 * (tlb.h). Two harts may ask something of each other at the same time, with interrupts off, so
 * whoever waits for another hart, or for a lock that one may hold, serves requests meanwhile.
 */
#include <stdint.h>

/* Interrupts a set of harts. */
void ipi_send(uint32_t targets);

/* The interrupt has come. */
void ipi_received(void);

/* Does at once what other harts wait for: flushes, and the stop after a panic. To be called in each
 * loop that waits for another hart; needs no lock. */
void hart_serve_requests(void);

/* A panic: the other harts stop where they are. */
void harts_stop_others(void);
