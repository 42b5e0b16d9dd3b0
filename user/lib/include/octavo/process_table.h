#pragma once
/* process_table.h - the process table as text, for ps and for the console's Ctrl-T. */
#include <stdbool.h>
#include <stdint.h>

struct process_info;
struct thread_info;

enum { PROCESS_LINE_MAX = 128 }; /* a line without newline, with its NUL */

/* Takes one line of the table. */
struct process_table_writer {
    void (*line)(struct process_table_writer *writer, const char *text);
};

/* Writes a heading and one line for each process that `authority` [WAIT] reaches; with `threads`
 * one for each thread instead, with its priority, its hart, its state and whom it waits for. -> the
 * number of lines below the heading, or a negated error. Processes that come and go meanwhile may
 * or may not show. */
long process_table_write(int authority, bool threads, struct process_table_writer *writer);

/* "READY", "CALL" ... for the thread's state, "RUN" if it is on a hart at this moment; "?" for a
 * state that there is not. */
const char *thread_activity_name(const struct thread_info *thread);
