#pragma once
/* builtins.h - commands that the shell carries out itself: those that change it, and a few that are
 * not worth a process. */
#include <stddef.h>

#include "shell.h"

/* Runs with the arguments, the name first, and returns the status. */
typedef int builtin_function(struct shell *shell, int argc, char **argv);

/* NULL if there is no builtin with this name. */
builtin_function *builtin_find(const char *name);

/* The name of the i-th builtin, in the order of the alphabet; NULL behind the last. */
const char *builtin_name(size_t i);
