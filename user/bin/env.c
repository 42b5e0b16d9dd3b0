/* env.c - prints the environment, or runs a program in a changed one. */
#include <stdlib.h>
#include <unistd.h>

#include "utility.h"

static const char usage[] = "usage: env [-i] [-u NAME]... [NAME=VALUE]... [PROGRAM [ARGUMENT...]]\n"
                            "Runs the program in a changed environment; without one, prints it.\n"
                            "  -i   begin with an empty environment\n"
                            "  -u   without this variable\n";

enum { STATUS_CANNOT_EXECUTE = 126, STATUS_NOT_FOUND = 127 };

/* Returns false if an option is wrong. */
static bool options_read(int argc, char **argv)
{
    static char *nothing[] = {NULL};
    int option;

    while ((option = getopt(argc, argv, "+iu:")) != -1)
        if (option == 'i')
            environ = nothing;
        else if (option != 'u' || unsetenv(optarg) != 0)
            return false;
    return true;
}

static void environment_print(void)
{
    for (char **variable = environ; *variable != NULL; variable++)
        puts(*variable);
}

int main(int argc, char **argv)
{
    if (utility_help(argc, argv, usage))
        return 0;
    if (!options_read(argc, argv))
        return utility_misuse(usage);
    for (; optind < argc && strchr(argv[optind], '=') != NULL; optind++) {
        char *equals = strchr(argv[optind], '=');

        *equals = '\0';
        if (setenv(argv[optind], equals + 1, 1) != 0)
            return utility_fail("env", argv[optind], errno);
    }
    if (optind == argc) {
        environment_print();
        return utility_finish("env", 0);
    }
    execvp(argv[optind], argv + optind);
    int error = errno;
    utility_fail("env", argv[optind], error);
    return error == ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_EXECUTE;
}
