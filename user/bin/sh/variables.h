#pragma once
/* variables.h - the shell's variables, of which the exported ones are the environment of programs.
 *
 * A name is a letter or `_`, then letters, digits and `_`. A zeroed struct is an empty set.
 */
#include <stdbool.h>
#include <stddef.h>

#include "memory.h"

struct variable {
    struct variable *next; /* in the order of the names */
    char *name;
    char *value; /* NULL: exported before it was set */
    bool exported;
};

struct variables {
    struct variable *first;
};

/* Length of the name that `text` begins with, 0 if it begins with none. */
size_t variable_name_length(const char *text);

/* Takes over an environment, NAME=VALUE strings up to NULL; strings that are not are left out. */
void variables_import(struct variables *variables, char *const *environment);

/* The value, or NULL. Good until the variable changes. */
const char *variables_get(const struct variables *variables, const char *name);

/* Sets a variable and leaves open whether it is exported. The name must be one; value is copied. */
void variables_set(struct variables *variables, const char *name, const char *value);

/* Marks a variable, which need not be set yet, for the environment. */
void variables_export(struct variables *variables, const char *name);

void variables_unset(struct variables *variables, const char *name);

/* The environment for execve, in the arena. */
char **variables_environment(const struct variables *variables, struct arena *arena);
