/* shutdown.c - switches the machine off. */
#include <stdlib.h>

#include "power.h"

static const char usage[] = "usage: shutdown [STATUS]\n"
                            "Switches the machine off. A status that is not 0 reports failure to\n"
                            "whoever started it.\n";

int main(int argc, char **argv)
{
    char *end;

    if (utility_help(argc, argv, usage))
        return 0;
    if (argc > 2)
        return utility_misuse(usage);
    long status = argc == 2 ? strtol(argv[1], &end, 10) : 0;
    if (argc == 2 && (end == argv[1] || *end != '\0' || status < 0 || status > 255))
        return utility_misuse(usage);
    return power_control("shutdown", SYSTEM_SHUTDOWN, (int)status);
}
