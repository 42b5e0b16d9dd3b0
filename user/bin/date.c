/* date.c - shows the calendar, or sets it. */
#include <stdlib.h>
#include <time.h>

#include "utility.h"

static const char usage[] = "usage: date [-s @SECONDS] [+FORMAT]\n"
                            "Shows date and time (UTC), as strftime does with FORMAT.\n"
                            "  -s @SECONDS  first sets them, to so many seconds since 1970\n";

enum { TEXT_MAX = 256 };

static int set(const char *text)
{
    char *end;
    long long seconds = text[0] == '@' ? strtoll(text + 1, &end, 10) : -1;

    if (seconds < 0 || end == text + 1 || *end != '\0') {
        fprintf(stderr, "date: invalid date '%s'\n", text);
        return 1;
    }
    if (clock_settime(CLOCK_REALTIME, &(struct timespec){.tv_sec = (time_t)seconds}) != 0)
        return utility_fail("date", "cannot set date", errno);
    return 0;
}

static int show(const char *format)
{
    char text[TEXT_MAX];
    struct timespec now;
    struct tm parts;

    if (clock_gettime(CLOCK_REALTIME, &now) != 0 || gmtime_r(&now.tv_sec, &parts) == NULL)
        return utility_fail("date", "clock", errno);
    if (*format == '\0') {
        putchar('\n');
        return 0;
    }
    if (strftime(text, sizeof text, format, &parts) == 0)
        return utility_fail("date", format, ERANGE);
    puts(text);
    return 0;
}

int main(int argc, char **argv)
{
    const char *format = "%a %b %e %H:%M:%S UTC %Y";
    int argument = 1, status = 0;

    if (utility_help(argc, argv, usage))
        return 0;
    if (argc > argument + 1 && strcmp(argv[argument], "-s") == 0) {
        status = set(argv[argument + 1]);
        argument += 2;
    }
    if (argc > argument && argv[argument][0] == '+')
        format = argv[argument++] + 1;
    if (argument != argc)
        return utility_misuse(usage);
    if (status == 0)
        status = show(format);
    return utility_finish("date", status);
}
