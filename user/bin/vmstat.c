/* vmstat.c - shows how often things happened in all address spaces, since boot or a second. */
#include <ctype.h>
#include <inttypes.h>
#include <octavo/calls.h>
#include <stddef.h>
#include <stdlib.h>

#include "utility.h"

static const char usage[] =
    "usage: vmstat [SECONDS [COUNT]]\n"
    "Shows how often things happened in all address spaces since boot. With a time\n"
    "(0.1 to 3600 seconds) again and again, COUNT times or until Ctrl-C, and how often\n"
    "a second: the first table counts from boot on, each other one from the one before.\n";

#define NS_PER_SECOND UINT64_C(1000000000)
#define DELAY_MIN_NS  (NS_PER_SECOND / 10)
#define DELAY_MAX_NS  (3600 * NS_PER_SECOND)

struct sample {
    uint64_t time_ns; /* since boot */
    struct system_vm counters;
};

struct counter {
    const char *name;
    size_t offset; /* in struct system_vm */
    const char *what;
};

static const struct counter counters[] = {
    {"faults", offsetof(struct system_vm, faults), "page faults of programs, and for them"},
    {"refused", offsetof(struct system_vm, refused), "... not permitted, or without memory"},
    {"stale", offsetof(struct system_vm, stale), "... at a page that was there"},
    {"zero-filled", offsetof(struct system_vm, zero_filled), "... that found a page of zeroes"},
    {"large-filled", offsetof(struct system_vm, large_filled), "... and of these a larger page"},
    {"owner-filled", offsetof(struct system_vm, owner_filled),
     "... to which an object had the page"},
    {"copied", offsetof(struct system_vm, copied), "shared pages copied for a writer"},
    {"last-sharer", offsetof(struct system_vm, last_sharer), "pages that nobody shared any more"},
    {"tables-shared", offsetof(struct system_vm, tables_shared), "tables that fork shared"},
    {"tables-copied", offsetof(struct system_vm, tables_copied), "shared tables copied"},
    {"tables-taken", offsetof(struct system_vm, tables_taken), "tables taken by the last sharer"},
    {"splits", offsetof(struct system_vm, splits), "larger pages that became small ones"},
    {"flushes", offsetof(struct system_vm, flushes), "times that translations were forgotten"},
    {"shoot-downs", offsetof(struct system_vm, shoot_downs), "... by other harts too"},
    {"zeroed", offsetof(struct system_vm, zeroed), "pages that idle harts cleared"},
};

static uint64_t value(const struct sample *sample, const struct counter *counter)
{
    return *(const uint64_t *)((const char *)&sample->counters + counter->offset);
}

static long sample_take(struct sample *sample)
{
    sample->time_ns = clock_get();
    long size = system_info(HANDLE_SYSTEM, INFO_VM, &sample->counters, sizeof sample->counters);
    return size < 0 ? size : 0;
}

static void total_print(const struct sample *now)
{
    printf("%-14s %12s\n", "COUNTER", "SINCE BOOT");
    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++)
        printf("%-14s %12" PRIu64 "  %s\n", counters[i].name, value(now, &counters[i]),
               counters[i].what);
}

static void rate_print(const struct sample *now, const struct sample *before)
{
    double seconds = (double)(now->time_ns - before->time_ns) / (double)NS_PER_SECOND;

    printf("%-14s %12s %12s\n", "COUNTER", "SINCE BOOT", "A SECOND");
    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++) {
        uint64_t total = value(now, &counters[i]);
        double rate = (double)(total - value(before, &counters[i])) / seconds;

        printf("%-14s %12" PRIu64 " %12.1f  %s\n", counters[i].name, total, rate, counters[i].what);
    }
}

/* count 0: no end. -> the status to exit with. */
static int repeat(uint64_t delay_ns, long count)
{
    struct sample before = {0}, now;

    for (long n = 0; count == 0 || n < count; n++) {
        if (n > 0) {
            clock_sleep(before.time_ns + delay_ns);
            putchar('\n');
        }
        long result = sample_take(&now);
        if (result < 0)
            return utility_fail("vmstat", "counters", (int)-result);
        rate_print(&now, &before);
        if (fflush(stdout) != 0)
            return utility_fail("vmstat", "write error", EIO);
        before = now;
    }
    return 0;
}

/* Nanoseconds, or 0 if the text is no time that fits. */
static uint64_t delay_read(const char *text)
{
    char *end;
    double ns = strtod(text, &end) * (double)NS_PER_SECOND;
    bool begins_right = isdigit((unsigned char)text[0]) || text[0] == '.';

    if (!begins_right || *end != '\0' || !(ns >= DELAY_MIN_NS && ns <= DELAY_MAX_NS))
        return 0;
    return (uint64_t)ns;
}

/* A count from 1 on, or 0 if the text is none. */
static long count_read(const char *text)
{
    char *end;
    long count = strtol(text, &end, 10);

    return isdigit((unsigned char)text[0]) && *end == '\0' && count < INT32_MAX ? count : 0;
}

int main(int argc, char **argv)
{
    struct sample now;

    if (utility_help(argc, argv, usage))
        return 0;
    if (argc > 1) {
        uint64_t delay_ns = delay_read(argv[1]);
        long count = argc > 2 ? count_read(argv[2]) : 0;

        if (argc > 3 || delay_ns == 0 || (argc > 2 && count == 0))
            return utility_misuse(usage);
        return utility_finish("vmstat", repeat(delay_ns, count));
    }
    long result = sample_take(&now);
    if (result < 0)
        return utility_fail("vmstat", "counters", (int)-result);
    total_print(&now);
    return utility_finish("vmstat", 0);
}
