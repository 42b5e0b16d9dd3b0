#pragma once
/* programs.h - finds programs and files by name: to run them, and to complete a word. */
#include "completion.h"
#include "shell.h"

/* Finds the program that a command names: by path if the name has a `/`, else in the folders of
 * PATH. Returns 0 and *path in the arena; or, after a complaint, STATUS_NOT_FOUND or
 * STATUS_CANNOT_EXECUTE. */
int program_find(const struct shell *shell, const char *name, struct arena *arena,
                 const char **path);

/* Becomes the program. A text file without `#!` is run as a script of this shell. Returns the
 * status to exit with, after a complaint. */
int program_become(const struct shell *shell, const char *path, char **arguments,
                   char **environment);

/* Names of builtins, programs and files; `context` is the struct shell. */
completion_function programs_complete;
