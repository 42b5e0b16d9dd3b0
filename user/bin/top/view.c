/* view.c - a sample as text. It knows nothing of the system, and is tested on the host
 * (tests/host/test_top.c).
 */
#include "view.h"

#include <inttypes.h>
#include <stdarg.h>

enum { LINE = 256, NUMBER = 16, KIB_PER_PAGE = 4, HARTS_A_LINE = 8 };

#define NS_PER_SECOND UINT64_C(1000000000)
#define NS_PER_MS     UINT64_C(1000000)

/* ECMA-48: CUP to the upper left corner, EL to the end of the line, ED to the end of the page. */
static const char cursor_home[] = "\x1b[H", erase_line[] = "\x1b[K", erase_below[] = "\x1b[J";

struct printer {
    FILE *out;
    const struct view *view;
    unsigned rows; /* written */
};

static bool has_room(const struct printer *printer, size_t rows)
{
    return printer->view->rows == VIEW_NO_LIMIT || printer->rows + rows <= printer->view->rows;
}

__attribute__((format(printf, 2, 3))) static void print_line(struct printer *printer,
                                                             const char *format, ...)
{
    char line[LINE];
    va_list arguments;

    if (!has_room(printer, 1))
        return;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    fprintf(printer->out, "%.*s%s\n", (int)printer->view->columns, line,
            printer->view->on_screen ? erase_line : "");
    printer->rows++;
}

/* ---- the head -------------------------------------------------------------------------------- */

static void print_times(struct printer *printer, const struct sample *sample)
{
    uint64_t seconds = sample->time_ns / NS_PER_SECOND;
    uint64_t tenths = sample->elapsed_ns / (NS_PER_SECOND / 10);
    char over[48] = "since boot";

    if (sample->elapsed_ns != sample->time_ns)
        snprintf(over, sizeof over, "over the last %" PRIu64 ".%" PRIu64 " s", tenths / 10,
                 tenths % 10);
    print_line(printer, "up %02" PRIu64 ":%02u:%02u, %zu processes, %zu threads; load and CPU%% %s",
               seconds / 3600, (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60),
               sample->processes.count, sample->threads.count, over);
}

/* The load of a hart in percent, with its number before it. */
static int format_load(char *text, size_t size, unsigned hart, int load)
{
    if (load == SAMPLE_UNKNOWN)
        return snprintf(text, size, "  %u:    -", hart);
    return snprintf(text, size, "  %u:%3d.%d", hart, load / 10, load % 10);
}

static void print_harts(struct printer *printer, const struct sample *sample)
{
    char line[LINE];
    int length = 0;

    for (unsigned hart = 0; hart < sample->hart_count; hart++) {
        length +=
            format_load(line + length, sizeof line - (size_t)length, hart, sample->hart_load[hart]);
        if (hart % HARTS_A_LINE == HARTS_A_LINE - 1 || hart == sample->hart_count - 1) {
            print_line(printer, "%s%s", hart < HARTS_A_LINE ? "load%" : "     ", line);
            length = 0;
        }
    }
}

static void print_memory(struct printer *printer, const struct system_memory *memory)
{
    print_line(printer, "memory %" PRIu64 "K, used %" PRIu64 "K, free %" PRIu64 "K",
               memory->managed_pages * KIB_PER_PAGE,
               (memory->managed_pages - memory->free_pages) * KIB_PER_PAGE,
               memory->free_pages * KIB_PER_PAGE);
}

static void print_keys(struct printer *printer)
{
    const struct view *view = printer->view;
    uint64_t ms = view->delay_ns / NS_PER_MS;

    print_line(printer,
               "keys: q quit  t %s  i %s idle ones  space now  + - every %" PRIu64 ".%03u s",
               view->threads ? "processes" : "threads", view->used_only ? "show" : "hide",
               ms / 1000, (unsigned)(ms % 1000));
}

/* ---- the tasks ------------------------------------------------------------------------------- */

static void print_task(struct printer *printer, const struct sample *sample,
                       const struct task *task)
{
    unsigned share = sample_share(sample, task);
    uint64_t ms = task->cpu_ns / NS_PER_MS;
    char lent[NUMBER] = "", hart[NUMBER] = "-", use[2 * NUMBER];

    snprintf(use, sizeof use, "%4u.%u %6" PRIu64 ".%03u", share / 10, share % 10, ms / 1000,
             (unsigned)(ms % 1000));
    if (!printer->view->threads) {
        print_line(printer, "%5d %7d %7" PRIu64 "K %s %.31s", (int)task->pid, (int)task->threads,
                   task->pages * KIB_PER_PAGE, use, task->name);
        return;
    }
    if (task->priority != task->base_priority)
        snprintf(lent, sizeof lent, "%d", (int)task->priority);
    if (task->hart >= 0)
        snprintf(hart, sizeof hart, "%d", (int)task->hart);
    print_line(printer, "%5d %4d %3d %4s %4s %-5s %s %.31s", (int)task->pid, (int)task->thread,
               (int)task->base_priority, lent, hart, task->state, use, task->name);
}

/* How many of the sorted tasks are to be seen. */
static size_t tasks_shown(const struct view *view, const struct task_list *list)
{
    size_t count = 0;

    if (!view->used_only)
        return list->count;
    while (count < list->count && list->tasks[count].used_ns != 0)
        count++;
    return count;
}

static void print_tasks(struct printer *printer, const struct sample *sample)
{
    const struct task_list *list = printer->view->threads ? &sample->threads : &sample->processes;
    size_t count = tasks_shown(printer->view, list);

    print_line(printer, "%s",
               printer->view->threads ? "  PID  TID PRI LENT HART STATE   CPU%       TIME NAME"
                                      : "  PID THREADS   MEMORY   CPU%       TIME NAME");
    for (size_t i = 0; i < count; i++) {
        /* The last row is for a task only if none is left out for it. */
        if (!has_room(printer, 2) && i + 1 < count) {
            print_line(printer, "... and %zu more", count - i);
            return;
        }
        print_task(printer, sample, &list->tasks[i]);
    }
}

void view_print(FILE *out, const struct view *view, const struct sample *sample)
{
    struct printer printer = {.out = out, .view = view};

    if (view->on_screen)
        fputs(cursor_home, out);
    print_times(&printer, sample);
    print_harts(&printer, sample);
    print_memory(&printer, &sample->memory);
    if (view->on_screen)
        print_keys(&printer);
    print_line(&printer, "%s", "");
    print_tasks(&printer, sample);
    if (view->on_screen)
        fputs(erase_below, out);
}
