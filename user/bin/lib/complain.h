#pragma once
/* complain.h - how the utilities of files say what went wrong, and ask before they do harm.
 *
 * Messages go to the error output, after what was printed before; they begin with the name of the
 * program. The functions that return an int return 1, the status of a utility that did not do all
 * that it should, so that one can write `return complain(...)` or `status |= complain(...)`.
 */
#include <stdbool.h>

/* Sets the name of the program; main does this first. */
void complain_as(const char *program);

/* `PROGRAM: TEXT` */
int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* `PROGRAM: TEXT: what errno means` */
int complain_errno(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The first line of the usage, for wrong arguments. */
int complain_usage(const char *usage);

/* The name in quotes; odd bytes in it are written as a shell would read them back. Keeps errno. The
 * text is valid until the fourth call from now. */
const char *quoted(const char *name);

/* Asks `PROGRAM: TEXT` and reads a line: is it a yes? */
bool ask(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* `memory`, or the end of the program if there is none. */
void *must(void *memory);
