/* reboot.c - starts the machine anew. */
#include "power.h"

static const char usage[] = "usage: reboot\n"
                            "Starts the machine anew.\n";

int main(int argc, char **argv)
{
    if (utility_help(argc, argv, usage))
        return 0;
    if (argc > 1)
        return utility_misuse(usage);
    return power_control("reboot", SYSTEM_REBOOT, 0);
}
