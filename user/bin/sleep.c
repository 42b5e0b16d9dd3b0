/* sleep.c - waits. */
#include <ctype.h>
#include <math.h>
#include <octavo/calls.h>
#include <stdlib.h>

#include "utility.h"

static const char usage[] = "usage: sleep NUMBER[smhd]...\n"
                            "Waits for the sum of the times: seconds, minutes, hours or days.\n";

/* The time in seconds, negative if the text is none. */
static double time_read(const char *text)
{
    char *end;
    double number = strtod(text, &end);
    bool begins_right = isdigit((unsigned char)text[0]) || text[0] == '.';

    if (!begins_right || end == text || !isfinite(number))
        return -1;
    switch (*end) {
    case 'm':
        number *= 60;
        break;
    case 'h':
        number *= 60 * 60;
        break;
    case 'd':
        number *= 24 * 60 * 60;
        break;
    case 's':
        break;
    default:
        return *end == '\0' ? number : -1;
    }
    return end[1] == '\0' ? number : -1;
}

int main(int argc, char **argv)
{
    uint64_t start = clock_get();
    double seconds = 0;

    if (utility_help(argc, argv, usage))
        return 0;
    if (argc == 1)
        return utility_misuse(usage);
    for (int i = 1; i < argc; i++) {
        double one = time_read(argv[i]);

        if (one < 0) {
            fprintf(stderr, "sleep: %s: not a time\n", argv[i]);
            return UTILITY_MISUSE;
        }
        seconds += one;
    }
    /* 300 years do not fit in 64 bits of nanoseconds; the machine will not wait that long. */
    bool is_forever = seconds > 9e9;
    clock_sleep(is_forever ? DEADLINE_NONE : start + (uint64_t)(seconds * 1e9));
    return 0;
}
