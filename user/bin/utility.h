#pragma once
/* utility.h - what the programs in this folder have in common: how they say what they are for and
 * what went wrong. Inline, because each program is one file.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The status for wrong arguments. */
enum { UTILITY_MISUSE = 2 };

/* Whether the one argument is --help; then it is answered. */
static inline bool utility_help(int argc, char **argv, const char *usage)
{
    if (argc != 2 || strcmp(argv[1], "--help") != 0)
        return false;
    fputs(usage, stdout);
    return true;
}

/* Answers wrong arguments with the first line of the usage. Returns the status to exit with. */
static inline int utility_misuse(const char *usage)
{
    fprintf(stderr, "%.*s\n", (int)strcspn(usage, "\n"), usage);
    return UTILITY_MISUSE;
}

/* `NAME: OBJECT: what the error number means`. Returns the status to exit with. */
static inline int utility_fail(const char *name, const char *object, int error)
{
    fprintf(stderr, "%s: %s: %s\n", name, object, strerror(error));
    return 1;
}

/* Writes out what was printed. Returns `status`, or 1 after a complaint if it could not be
 * written: the last thing that main does. */
static inline int utility_finish(const char *name, int status)
{
    bool failed = ferror(stdout) != 0;

    errno = failed ? EIO : 0;
    if (fflush(stdout) != 0 || failed)
        return utility_fail(name, "write error", errno == 0 ? EIO : errno);
    return status;
}
