/* pwd.c - prints the current directory. */
#include <limits.h>
#include <unistd.h>

#include "utility.h"

static const char usage[] = "usage: pwd\n"
                            "Prints the name of the current directory.\n";

int main(int argc, char **argv)
{
    char path[PATH_MAX];

    if (utility_help(argc, argv, usage))
        return 0;
    if (argc > 1)
        return utility_misuse(usage);
    if (getcwd(path, sizeof path) == NULL)
        return utility_fail("pwd", "current directory", errno);
    puts(path);
    return utility_finish("pwd", 0);
}
