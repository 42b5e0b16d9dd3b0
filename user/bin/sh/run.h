#pragma once
/* run.h - carries out a syntax tree. */
#include "parser.h"
#include "shell.h"

/* Runs the commands of the list in turn and keeps shell->status up to date. Stops early when the
 * shell is told to leave, or Ctrl-C ended a program. */
void run_list(struct shell *shell, const struct list *list);
