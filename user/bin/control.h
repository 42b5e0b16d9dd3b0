#pragma once
/* control.h - what prio and pin have in common: they change a process that is there, or themselves
 * and then become the program that they were asked to run.
 */
#include <ctype.h>
#include <octavo/calls.h>
#include <stdlib.h>
#include <unistd.h>

#include "utility.h"

enum { CONTROL_CANNOT_EXECUTE = 126, CONTROL_NOT_FOUND = 127 };

/* Takes the lines about the threads of a process, one call a thread. */
typedef void control_line_t(const struct thread_info *thread);

/* A number without sign and at most `maximum`, or -1. */
static inline long control_number(const char *text, long maximum)
{
    char *end;

    errno = 0;
    long number = strtol(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || number > maximum)
        return -1;
    return number;
}

/* The process that `text` numbers, or -1 after a complaint. */
static inline int control_pid(const char *name, const char *text)
{
    long pid = control_number(text, INT32_MAX);

    if (pid > 0)
        return (int)pid;
    fprintf(stderr, "%s: %s: not a process number\n", name, text);
    return -1;
}

/* Says why process `pid` cannot be shown or changed. Returns the status to exit with. */
static inline int control_fail(const char *name, int pid, int error)
{
    char number[16];

    snprintf(number, sizeof number, "%d", pid);
    return utility_fail(name, pid == 0 ? "itself" : number, error);
}

/* Shows every thread of the process. Returns the status to exit with. */
static inline int control_show(const char *name, int pid, control_line_t *line)
{
    struct thread_info thread;
    int next = 0;
    long result;

    while ((result = thread_info(HANDLE_SYSTEM, pid, next, &thread)) == pid) {
        line(&thread);
        next = thread.thread + 1;
    }
    return next != 0 ? utility_finish(name, 0) : control_fail(name, pid, (int)-result);
}

/* Becomes the program argv[0]. Returns, with the status to exit with, only if it cannot. */
static inline int control_run(const char *name, char **argv)
{
    execvp(argv[0], argv);
    int error = errno;
    utility_fail(name, argv[0], error);
    return error == ENOENT ? CONTROL_NOT_FOUND : CONTROL_CANNOT_EXECUTE;
}
