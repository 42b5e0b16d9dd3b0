#pragma once
/* uart.h - driver of a 16550 serial port (National Semiconductor PC16550D data sheet), by
 * interrupt.
 *
 * Nothing here waits. Received bytes stay in the device until they are taken; bytes to send wait in
 * a ring, from which each interrupt feeds the device.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <octavo/error.h>
#include <octavo/system.h>

/* Takes over the device; its interrupts signal `bits` of `event`. The line's speed stays as the
 * firmware has set it, and bytes that have already come are kept. */
enum error uart_init(const struct boot_device *device, int event, uint64_t bits) MUST_USE;

/* To be called for each interrupt after the bytes that came have been taken: sends more, and lets
 * the next interrupt come. */
void uart_interrupt(void);

/* Takes one received byte. False: there is none. */
bool uart_get(uint8_t *byte);

/* While input is not accepted, bytes stay in the device, which stops the other side. */
void uart_accept_input(bool accept);

/* How many bytes uart_put can take. */
size_t uart_room(void);

/* Queues bytes; there must be room. */
void uart_put(const void *bytes, size_t count);

/* Has the device got rid of all bytes? An interrupt comes when it has. */
bool uart_is_drained(void);
