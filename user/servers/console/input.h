#pragma once
/* input.h - from typed bytes to readers.
 *
 * Typed bytes wait as they came until somebody reads; the mode at that time decides what becomes of
 * them, and echo shows them then. So nothing is lost when the mode changes, and what was typed
 * ahead appears where it is used. Ctrl-C and Ctrl-T alone act when they come, if the mode says so.
 * When RING_SIZE bytes wait the bell rings, and the rest waits in the device.
 */
#include <stdint.h>

#include <octavo/error.h>

/* Keeps the caller `token`, who wants up to `length` bytes, until there are some. Readers are
 * served in order, a line or what there is to each. E_NOMEM. */
enum error input_read(uint64_t token, uint64_t length) MUST_USE;

/* Takes what has come from the device, and serves readers. To be called after each interrupt. */
void input_pump(void);

/* Bits of enum tty_mode. */
unsigned input_mode(void);
void input_set_mode(unsigned mode);

/* The process that Ctrl-C kills with its descendants; the handle becomes the input's, and the one
 * it had is closed. HANDLE_NONE: nobody. */
void input_set_foreground(int process);
