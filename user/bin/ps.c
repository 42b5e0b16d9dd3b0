/* ps.c - shows the processes, or every thread and whom it waits for, or the harts. */
#include <inttypes.h>
#include <octavo/calls.h>
#include <octavo/hart_list.h>
#include <octavo/process_table.h>

#include "utility.h"

static const char usage[] =
    "usage: ps [-w | -h]\n"
    "Shows every process, with its processor time in seconds.\n"
    "  -w   every thread instead: its priority and what it is lent, the hart that runs it or\n"
    "       ran it last, its state (RUN: it runs now), and whom it waits for\n"
    "  -h   every hart instead: how busy it was since boot, what it runs, how often it switched\n"
    "       to another thread, took one from another hart, was interrupted by another hart, and\n"
    "       asked others to forget translations\n";

static void line_print(struct process_table_writer *writer, const char *text)
{
    (void)writer;
    puts(text);
}

/* What the hart does now: idle, or a process and its thread. */
static void work_format(char *text, size_t size, const struct system_hart *hart)
{
    struct process_info process;

    if (hart->pid == 0)
        snprintf(text, size, "idle");
    else if (process_info(HANDLE_SYSTEM, hart->pid, &process) == hart->pid)
        snprintf(text, size, "%.31s (%d/%d)", process.name, (int)hart->pid, (int)hart->thread);
    else
        snprintf(text, size, "(%d/%d)", (int)hart->pid, (int)hart->thread);
}

static void hart_print(unsigned number, const struct system_hart *hart)
{
    uint64_t total = hart->busy_ns + hart->idle_ns;
    char busy[16] = "-", work[48];

    if (total != 0)
        snprintf(busy, sizeof busy, "%.1f%%", 100.0 * (double)hart->busy_ns / (double)total);
    work_format(work, sizeof work, hart);
    printf("%4u %3" PRIu64 " %6s %9" PRIu64 " %7" PRIu64 " %7" PRIu64 " %10" PRIu64 " %s\n", number,
           hart->id, busy, hart->switches, hart->steals, hart->ipis, hart->shoot_downs, work);
}

static long harts_print(void)
{
    struct system_hart harts[HART_LIST_HARTS];
    long size = system_info(HANDLE_SYSTEM, INFO_HARTS, harts, sizeof harts);

    if (size < 0)
        return size;
    puts("HART  ID   BUSY  SWITCHES  STEALS    IPIS SHOOT-DOWN RUNS");
    for (unsigned i = 0; i < (size_t)size / sizeof harts[0]; i++)
        hart_print(i, &harts[i]);
    return 0;
}

int main(int argc, char **argv)
{
    struct process_table_writer writer = {line_print};
    bool threads = argc == 2 && strcmp(argv[1], "-w") == 0;
    bool harts = argc == 2 && strcmp(argv[1], "-h") == 0;

    if (utility_help(argc, argv, usage))
        return 0;
    if (argc > 2 || (argc == 2 && !threads && !harts))
        return utility_misuse(usage);
    long result = harts ? harts_print() : process_table_write(HANDLE_SYSTEM, threads, &writer);
    return utility_finish("ps", result < 0 ? utility_fail("ps", "process table", (int)-result) : 0);
}
