/* kill.c - ends processes. There are no signal handlers here: a signal is the cause of death that
 * the parent finds in the status, and any of them kills.
 */
#include <ctype.h>
#include <octavo/calls.h>
#include <signal.h>
#include <stdlib.h>

#include "utility.h"

static const char usage[] = "usage: kill [-SIGNAL] [-t] PID...\n"
                            "Ends processes. SIGNAL is a number from 1 to 127 or a name; TERM if\n"
                            "there is none. No program can refuse.\n"
                            "  -t   with all descendants\n"
                            "  -l   list the names of signals\n";

static const struct {
    const char *name;
    int number;
} signals[] = {
    {"HUP", SIGHUP},   {"INT", SIGINT},   {"QUIT", SIGQUIT}, {"ILL", SIGILL},   {"TRAP", SIGTRAP},
    {"ABRT", SIGABRT}, {"FPE", SIGFPE},   {"KILL", SIGKILL}, {"BUS", SIGBUS},   {"SEGV", SIGSEGV},
    {"SYS", SIGSYS},   {"PIPE", SIGPIPE}, {"ALRM", SIGALRM}, {"TERM", SIGTERM},
};

enum { SIGNALS = sizeof signals / sizeof signals[0], SIGNAL_LIMIT = 128, PID_INIT = 1 };

static int signals_print(void)
{
    for (int i = 0; i < SIGNALS; i++)
        printf("%2d %s\n", signals[i].number, signals[i].name);
    return utility_finish("kill", 0);
}

/* A number without sign, or -1. */
static long number_read(const char *text)
{
    char *end;
    long number = strtol(text, &end, 10);

    return isdigit((unsigned char)text[0]) && *end == '\0' ? number : -1;
}

/* The signal called `text`, with or without SIG before its name, or its number; -1: none. */
static int signal_find(const char *text)
{
    long number = number_read(text);

    if (number >= 0)
        return number > 0 && number < SIGNAL_LIMIT ? (int)number : -1;
    const char *name = strncmp(text, "SIG", 3) == 0 ? text + 3 : text;
    for (int i = 0; i < SIGNALS; i++)
        if (strcmp(signals[i].name, name) == 0)
            return signals[i].number;
    return -1;
}

static int process_end(const char *argument, int signal)
{
    long pid = number_read(argument);

    if (pid <= 0 || pid > INT32_MAX) {
        fprintf(stderr, "kill: %s: not a process number\n", argument);
        return UTILITY_MISUSE;
    }
    if (pid == PID_INIT) {
        fputs("kill: 1: init stays while the machine runs (see shutdown)\n", stderr);
        return 1;
    }
    long result = process_kill(HANDLE_SYSTEM, (int)pid, signal);
    return result < 0 ? utility_fail("kill", argument, (int)-result) : 0;
}

int main(int argc, char **argv)
{
    int signal = SIGTERM, flags = 0, status = 0, first = 1;

    if (utility_help(argc, argv, usage))
        return 0;
    if (argc == 2 && strcmp(argv[1], "-l") == 0)
        return signals_print();
    for (; first < argc && argv[first][0] == '-'; first++) {
        if (strcmp(argv[first], "-t") == 0) {
            flags = KILL_TREE;
            continue;
        }
        signal = signal_find(argv[first] + 1);
        if (signal < 0) {
            fprintf(stderr, "kill: %s: no such signal\n", argv[first] + 1);
            return UTILITY_MISUSE;
        }
    }
    if (first == argc)
        return utility_misuse(usage);
    for (; first < argc; first++) {
        int one = process_end(argv[first], signal | flags);

        status = one > status ? one : status;
    }
    return status;
}
