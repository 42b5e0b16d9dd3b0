/* report.c - what Ctrl-T shows. init lets the console look at the process tree for this. */
#include "report.h"

#include <octavo/handle.h>
#include <octavo/process_table.h>

#include <string.h>

#include "output.h"

static void show_line(struct process_table_writer *writer, const char *text)
{
    (void)writer;
    output_show(text, strlen(text));
    output_show("\n", 1);
}

void report_threads(void)
{
    static const char failure[] = "no permission to look at the processes\n";
    struct process_table_writer writer = {.line = show_line};

    output_show("^T\n", 3);
    if (process_table_write(HANDLE_SYSTEM, true, &writer) < 0)
        output_show(failure, sizeof failure - 1);
}
