/* process_table.c - the process table as text.
 *
 * The table is walked by asking for the next process after the last one seen, so a line may be
 * missing or old, but the walk ends.
 */
#include <octavo/process_table.h>

#include <inttypes.h>
#include <octavo/calls.h>
#include <stdio.h>

enum { NS_PER_MS = 1000000, MS_PER_SECOND = 1000, KIB_PER_PAGE = 4, WAIT_TEXT = 48, NUMBER = 12 };

static const char process_heading[] = "  PID  PPID THREADS HANDLES  MEMORY      TIME NAME";
static const char thread_heading[] =
    "  PID  TID PRI LENT HART STATE WAITS FOR               TIME NAME";

const char *thread_activity_name(const struct thread_info *thread)
{
    static const char *const names[THREAD_STATES] = {
        [THREAD_READY] = "READY", [THREAD_CALLING] = "CALL", [THREAD_REPLY] = "REPLY",
        [THREAD_RECV] = "RECV",   [THREAD_EVENT] = "EVENT",  [THREAD_FUTEX] = "FUTEX",
        [THREAD_SLEEP] = "SLEEP", [THREAD_CHILD] = "CHILD",  [THREAD_DEAD] = "DEAD",
    };

    if (thread->state == THREAD_READY && thread->running != 0)
        return "RUN";
    return thread->state >= 0 && thread->state < THREAD_STATES ? names[thread->state] : "?";
}

/* Processor time as seconds with milliseconds. */
static void format_time(char text[16], uint64_t ns)
{
    uint64_t ms = ns / NS_PER_MS;

    snprintf(text, 16, "%" PRIu64 ".%03u", ms / MS_PER_SECOND, (unsigned)(ms % MS_PER_SECOND));
}

static void write_process(struct process_table_writer *writer, const struct process_info *process)
{
    char line[PROCESS_LINE_MAX];
    char time[16];

    format_time(time, process->cpu_ns);
    snprintf(line, sizeof(line), "%5d %5d %7d %7u %6" PRIu64 "K %9s %.31s%s", (int)process->pid,
             (int)process->parent, (int)process->threads, (unsigned)process->handles,
             process->pages * KIB_PER_PAGE, time, process->name, process->exited ? " (ended)" : "");
    writer->line(writer, line);
}

/* Whom or what a thread waits for, in words. */
static void format_wait(char text[WAIT_TEXT], int authority, const struct thread_info *thread)
{
    struct process_info peer;

    text[0] = '\0';
    if (thread->peer != 0) {
        if (process_info(authority, thread->peer, &peer) == thread->peer)
            snprintf(text, WAIT_TEXT, "%.31s (%d)", peer.name, (int)thread->peer);
        else
            snprintf(text, WAIT_TEXT, "(%d)", (int)thread->peer);
    } else if (thread->state == THREAD_FUTEX) {
        snprintf(text, WAIT_TEXT, "0x%" PRIx64, thread->address);
    }
}

static void write_thread(struct process_table_writer *writer, int authority,
                         const struct process_info *process, const struct thread_info *thread)
{
    char line[PROCESS_LINE_MAX];
    char wait[WAIT_TEXT];
    char time[16];
    char lent[NUMBER] = "", hart[NUMBER] = "-";

    format_time(time, thread->cpu_ns);
    format_wait(wait, authority, thread);
    if (thread->priority != thread->base_priority)
        snprintf(lent, sizeof(lent), "%d", (int)thread->priority);
    if (thread->hart >= 0)
        snprintf(hart, sizeof(hart), "%d", (int)thread->hart);
    snprintf(line, sizeof(line), "%5d %4d %3d %4s %4s %-5s %-18s %9s %.31s", (int)thread->pid,
             (int)thread->thread, (int)thread->base_priority, lent, hart,
             thread_activity_name(thread), wait, time, process->name);
    writer->line(writer, line);
}

static long write_threads(struct process_table_writer *writer, int authority,
                          const struct process_info *process)
{
    struct thread_info thread;
    long lines = 0;

    for (int next = 0; thread_info(authority, process->pid, next, &thread) == process->pid;
         next = thread.thread + 1) {
        write_thread(writer, authority, process, &thread);
        lines++;
    }
    return lines;
}

long process_table_write(int authority, bool threads, struct process_table_writer *writer)
{
    struct process_info process;
    long lines = 0;
    long pid = process_info(authority, 0, &process);

    if (pid < 0)
        return pid;
    writer->line(writer, threads ? thread_heading : process_heading);
    for (; pid >= 0; pid = process_info(authority, process.pid + 1, &process)) {
        if (threads) {
            lines += write_threads(writer, authority, &process);
        } else {
            write_process(writer, &process);
            lines++;
        }
    }
    return lines;
}
