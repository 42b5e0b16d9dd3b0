#pragma once
/* terminal.h - the terminal on descriptor 0, if there is one.
 *
 * It is raw only while the shell reads a line; programs find it cooked. What is typed meanwhile
 * waits in the console, so changing the mode loses nothing.
 */
#include <stdbool.h>
#include <stddef.h>

/* Whether descriptor 0 is a terminal. */
bool terminal_is_present(void);

/* Each byte as it comes, no echo, and Ctrl-C is a byte like others. */
void terminal_set_raw(void);

/* Lines, with echo, and Ctrl-C kills the process that the terminal belongs to. */
void terminal_set_cooked(void);

/* The terminal's width; the usual one if the terminal does not know. */
size_t terminal_columns(void);

/* From now on Ctrl-C kills process `pid`, the caller or a child of it, and its descendants. */
void terminal_give_to(int pid);

/* From now on Ctrl-C kills nobody. */
void terminal_take_back(void);
