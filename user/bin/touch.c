/* touch.c - sets the times of files, and makes those that are not there. */
#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/complain.h"
#include "utility.h"

static const char usage[] = "usage: touch [-acm] [-r FILE | -d @SECONDS] FILE...\n"
                            "Sets the times of files to now; files that are not there are made.\n"
                            "  -a           only the time of the last reading\n"
                            "  -m           only the time of the last change\n"
                            "  -c           make no files\n"
                            "  -r FILE      the times that FILE has\n"
                            "  -d @SECONDS  seconds since 1970, with or without a fraction\n";

enum { ACCESSED, CHANGED, TIMES };

static bool no_create, only_accessed, only_changed;
static struct timespec times[TIMES] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}};

/* The digits behind the point as nanoseconds. */
static long fraction_read(const char **text)
{
    long fraction = 0;
    int digits = 0;

    for (; isdigit((unsigned char)**text); (*text)++)
        if (digits < 9) {
            fraction = fraction * 10 + (**text - '0');
            digits++;
        }
    for (; digits < 9; digits++)
        fraction *= 10;
    return fraction;
}

static bool time_read(const char *text, struct timespec *time)
{
    char *end;
    bool is_negative = text[0] == '@' && text[1] == '-';

    if (text[0] != '@' || !isdigit((unsigned char)text[is_negative ? 2 : 1]))
        return false;
    errno = 0;
    time->tv_sec = strtoll(text + 1, &end, 10);
    time->tv_nsec = 0;
    const char *rest = end;
    if (*rest == '.') {
        rest++;
        time->tv_nsec = fraction_read(&rest);
    }
    if (is_negative && time->tv_nsec != 0) {
        time->tv_sec--;
        time->tv_nsec = 1000000000 - time->tv_nsec;
    }
    return *rest == '\0' && errno == 0;
}

static bool reference_read(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0) {
        complain_errno("failed to get attributes of %s", quoted(path));
        return false;
    }
    times[ACCESSED] = status.st_atim;
    times[CHANGED] = status.st_mtim;
    return true;
}

static int file_touch(const char *path)
{
    if (utimensat(AT_FDCWD, path, times, 0) == 0)
        return 0;
    if (errno != ENOENT)
        return complain_errno("cannot touch %s", quoted(path));
    if (no_create)
        return 0;
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0)
        return complain_errno("cannot touch %s", quoted(path));
    int status = futimens(file, times);
    if (close(file) != 0 || status != 0)
        return complain_errno("setting times of %s", quoted(path));
    return 0;
}

static bool option_set(int option)
{
    switch (option) {
    case 'a':
        only_accessed = true;
        break;
    case 'm':
        only_changed = true;
        break;
    case 'c':
        no_create = true;
        break;
    case 'r':
        return reference_read(optarg);
    case 'd':
        if (!time_read(optarg, &times[ACCESSED])) {
            complain("invalid date format %s", quoted(optarg));
            return false;
        }
        times[CHANGED] = times[ACCESSED];
        break;
    default:
        complain_usage(usage);
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    int option, status = 0;

    complain_as("touch");
    if (utility_help(argc, argv, usage))
        return 0;
    while ((option = getopt(argc, argv, "acmr:d:")) != -1)
        if (!option_set(option))
            return 1;
    if (optind == argc) {
        complain("missing file operand");
        return complain_usage(usage);
    }
    if (only_accessed && !only_changed)
        times[CHANGED].tv_nsec = UTIME_OMIT;
    if (only_changed && !only_accessed)
        times[ACCESSED].tv_nsec = UTIME_OMIT;
    for (int i = optind; i < argc; i++)
        status |= file_touch(argv[i]);
    return utility_finish("touch", status);
}
