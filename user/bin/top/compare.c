/* compare.c - the difference between two samples. It knows nothing of the system, and is tested on
 * the host (tests/host/test_top.c).
 */
#include <stdlib.h>

#include "sample.h"

enum { WHOLE = 1000 };

/* How far a counter got; one that fell is another's, who took over its number. */
static uint64_t counted(uint64_t now, uint64_t before)
{
    return now >= before ? now - before : now;
}

/* part / whole in thousandths, without overflow: times are below 2^54 ns for half a year. */
static unsigned thousandths(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0 : (unsigned)(part * WHOLE / whole);
}

static int compare_numbers(const void *a, const void *b)
{
    const struct task *left = a, *right = b;

    if (left->pid != right->pid)
        return left->pid < right->pid ? -1 : 1;
    return (left->thread > right->thread) - (left->thread < right->thread);
}

static int compare_use(const void *a, const void *b)
{
    const struct task *left = a, *right = b;

    if (left->used_ns != right->used_ns)
        return left->used_ns > right->used_ns ? -1 : 1;
    if (left->cpu_ns != right->cpu_ns)
        return left->cpu_ns > right->cpu_ns ? -1 : 1;
    return compare_numbers(a, b);
}

static const struct task *task_find(const struct task_list *list, const struct task *wanted)
{
    for (size_t i = 0; i < list->count; i++)
        if (compare_numbers(&list->tasks[i], wanted) == 0)
            return &list->tasks[i];
    return NULL;
}

static void compare_tasks(struct task_list *now, const struct task_list *before)
{
    for (size_t i = 0; i < now->count; i++) {
        struct task *task = &now->tasks[i];
        const struct task *old = task_find(before, task);

        task->used_ns = counted(task->cpu_ns, old == NULL ? 0 : old->cpu_ns);
    }
    if (now->count > 0)
        qsort(now->tasks, now->count, sizeof now->tasks[0], compare_use);
}

static int hart_load(const struct system_hart *now, const struct system_hart *before)
{
    uint64_t busy = counted(now->busy_ns, before->busy_ns);
    uint64_t idle = counted(now->idle_ns, before->idle_ns);

    return busy + idle == 0 ? SAMPLE_UNKNOWN : (int)thousandths(busy, busy + idle);
}

void sample_compare(struct sample *now, const struct sample *before)
{
    now->elapsed_ns = now->time_ns - before->time_ns;
    for (unsigned i = 0; i < now->hart_count; i++)
        now->hart_load[i] = hart_load(&now->harts[i], &before->harts[i]);
    compare_tasks(&now->processes, &before->processes);
    compare_tasks(&now->threads, &before->threads);
}

unsigned sample_share(const struct sample *sample, const struct task *task)
{
    return thousandths(task->used_ns, sample->elapsed_ns);
}
