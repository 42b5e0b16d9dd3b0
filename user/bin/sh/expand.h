#pragma once
/* expand.h - from words as they were written to the strings that a program gets.
 *
 * In this order: `~` at the beginning of a word is HOME; `$NAME`, `${NAME}` and the special
 * parameters `$? $$ $! $# $@ $* $0 $1...` are replaced; what came from outside of quotes is split
 * at white space into fields; quotes and backslashes go. `"$@"` gives a field for each parameter.
 */
#include <stdbool.h>
#include <stddef.h>

#include "memory.h"
#include "parser.h"
#include "shell.h"

struct fields {
    char **items; /* count strings, then NULL; in the arena */
    size_t count;
};

/* Expands a list of words. False after a complaint: a word asks for what this shell has not. */
bool expand_words(const struct shell *shell, const struct word *words, struct arena *arena,
                  struct fields *fields);

/* Expands one word without splitting it, as assignments and redirections need. NULL after a
 * complaint. */
char *expand_string(const struct shell *shell, const char *raw, struct arena *arena);
