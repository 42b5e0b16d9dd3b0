/* pmap.c - prints address spaces as the kernel's printer writes them. */
#include <ctype.h>
#include <octavo/calls.h>
#include <stdlib.h>

#include "utility.h"

static const char usage[] = "usage: pmap [PID...]\n"
                            "Prints the address spaces of the processes; none: its own.\n";

enum { TEXT_BYTES_FIRST = 4096 };

/* Prints the space of `pid`, 0 for the authority's own. Returns a negated error or 0. */
static long space_show(int authority, int pid)
{
    size_t size = TEXT_BYTES_FIRST;
    char *text = NULL;
    long length;

    /* The space may grow between two looks at it, so ask again until the text fits. */
    for (;;) {
        char *larger = realloc(text, size);

        if (larger == NULL) {
            free(text);
            return -ENOMEM;
        }
        text = larger;
        length = space_print(authority, pid, text, size);
        if (length < 0 || (size_t)length <= size)
            break;
        size = (size_t)length;
    }
    if (length > 0)
        fwrite(text, 1, (size_t)length, stdout);
    free(text);
    return length < 0 ? length : 0;
}

static int named_show(const char *argument, bool with_heading)
{
    char *end;
    long pid = strtol(argument, &end, 10);

    if (!isdigit((unsigned char)argument[0]) || *end != '\0' || pid <= 0 || pid > INT32_MAX) {
        fprintf(stderr, "pmap: %s: not a process number\n", argument);
        return UTILITY_MISUSE;
    }
    if (with_heading)
        printf("%ld:\n", pid);
    long result = space_show(HANDLE_SYSTEM, (int)pid);
    return result < 0 ? utility_fail("pmap", argument, (int)-result) : 0;
}

int main(int argc, char **argv)
{
    int status = 0;

    if (utility_help(argc, argv, usage))
        return 0;
    if (argc > 1 && argv[1][0] == '-')
        return utility_misuse(usage);
    if (argc == 1) {
        long result = space_show(HANDLE_SELF, 0);

        status = result < 0 ? utility_fail("pmap", "own space", (int)-result) : 0;
    }
    for (int i = 1; i < argc; i++) {
        int one = named_show(argv[i], argc > 2);

        status = one > status ? one : status;
    }
    return utility_finish("pmap", status);
}
