#pragma once
/* session.h - what runs for the user when the servers are up: the shell on the console, again and
 * again; or, with the boot argument `run=PROGRAM[,ARGUMENT...]`, that program once, after which the
 * machine shuts down and reports failure if it failed. */
#include <stdbool.h>
#include <stdint.h>

#include "init.h"

/* Reads the boot arguments. */
void session_init(const struct init *init);

/* Starts it if it is due and root and console are there. -> when to call again, or DEADLINE_NONE.
 * Shuts the machine down when it is due and one of the two will never come. */
uint64_t session_start_due(uint64_t now);

/* The child `pid` ended. False: it was not the session. */
bool session_child_died(int pid, int status, uint64_t now);
