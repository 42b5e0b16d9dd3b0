/* ps.c - shows the processes, or every thread and whom it waits for. */
#include <octavo/calls.h>
#include <octavo/process_table.h>

#include "utility.h"

static const char usage[] = "usage: ps [-w]\n"
                            "Shows every process.\n"
                            "  -w   every thread instead: its state, and whom it waits for\n";

static void line_print(struct process_table_writer *writer, const char *text)
{
    (void)writer;
    puts(text);
}

int main(int argc, char **argv)
{
    struct process_table_writer writer = {line_print};
    bool threads = argc == 2 && strcmp(argv[1], "-w") == 0;

    if (utility_help(argc, argv, usage))
        return 0;
    if (argc > 2 || (argc == 2 && !threads))
        return utility_misuse(usage);
    long lines = process_table_write(HANDLE_SYSTEM, threads, &writer);
    return utility_finish("ps", lines < 0 ? utility_fail("ps", "process table", (int)-lines) : 0);
}
