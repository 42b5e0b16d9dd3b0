#pragma once
/* output.h - what goes to the screen, one thing after the other: writes of clients, echo, and
 * requests that must wait until all before them has left the device.
 *
 * NL is sent as CR NL, unless a CR stands before it: so a program that runs behind a line editor
 * looks right although the editor has the terminal raw.
 */
#include <stddef.h>
#include <stdint.h>

#include <octavo/error.h>

/* To be called first: the event whose timer may be used, and the bits that shall tell. */
void output_init(int event, uint64_t bits);

/* Queues the first `length` bytes of the caller's buffer. The caller is answered with the count
 * when all have been accepted. Nothing comes between them. E_NOMEM: nothing is queued. */
enum error output_write(uint64_t token, uint64_t length) MUST_USE;

/* Queues text of the console's own. What finds no memory is lost. */
void output_show(const char *text, size_t length);

/* Calls done(token, argument) when everything queued until now has left the device. E_NOMEM. */
enum error output_drain(uint64_t token, uint64_t argument,
                        void (*done)(uint64_t token, uint64_t argument)) MUST_USE;

/* Moves on as far as the device has room. To be called after each interrupt. */
void output_pump(void);

/* To be called when the timer has come. */
void output_continue(void);
