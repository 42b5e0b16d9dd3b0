#pragma once
/* shell.h - the state of one shell process. A forked child has a copy and goes its own way. */
#include <stdbool.h>

#include "variables.h"

enum {
    STATUS_FAILURE = 1,
    STATUS_MISUSE = 2,            /* syntax error, or wrong arguments of a builtin */
    STATUS_CANNOT_EXECUTE = 126,  /* found, but not a program */
    STATUS_NOT_FOUND = 127,       /* no such program */
    STATUS_SIGNAL = 128,          /* plus the signal that killed the program */
    STATUS_INTERRUPTED = 128 + 2, /* Ctrl-C */
};

struct job;

struct shell {
    const char *name;  /* $0, and the beginning of messages */
    char **parameters; /* $1..., then NULL */
    int parameter_count;
    struct variables variables;

    int status;          /* $? */
    int pid;             /* $$: of the shell itself, also in its forked children */
    int last_background; /* $!, 0 before the first */
    struct job *jobs;

    bool interactive; /* reads commands from a terminal and owns it */
    bool leaving;     /* `exit` was called */
    bool interrupted; /* Ctrl-C ended a program: what stood behind it is dropped */
    int line;         /* of the script; 0 when interactive */
};

/* Prints `sh: message`, in a script `NAME: line N: message`. */
void shell_complain(const struct shell *shell, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Makes copies of the values $1, $2... The old ones go; `values` must not be among them. */
void shell_set_parameters(struct shell *shell, int count, char *const *values);
