/* uptime.c - shows how long the machine runs and how many processes it has. */
#include <inttypes.h>
#include <octavo/calls.h>

#include "utility.h"

static const char usage[] = "usage: uptime\n"
                            "Shows how long the machine runs, and the number of its processes.\n";

static void time_print(uint64_t seconds)
{
    uint64_t days = seconds / 86400;

    printf("up ");
    if (days != 0)
        printf("%" PRIu64 " day%s, ", days, days == 1 ? "" : "s");
    printf("%02d:%02d:%02d", (int)(seconds / 3600 % 24), (int)(seconds / 60 % 60),
           (int)(seconds % 60));
}

int main(int argc, char **argv)
{
    struct process_info info;
    int processes = 0, threads = 0;
    long pid = 0;

    if (utility_help(argc, argv, usage))
        return 0;
    if (argc > 1)
        return utility_misuse(usage);
    while ((pid = process_info(HANDLE_SYSTEM, (int)pid + 1, &info)) > 0) {
        processes++;
        threads += info.threads;
    }
    time_print(clock_get() / 1000000000);
    printf(", %d processes, %d threads\n", processes, threads);
    return utility_finish("uptime", 0);
}
