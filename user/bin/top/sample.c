/* sample.c - looks at the machine. Processes that come and go meanwhile may or may not be seen. */
#include "sample.h"

#include <octavo/calls.h>
#include <octavo/process_table.h>
#include <stdlib.h>
#include <string.h>

enum { TASKS_FIRST = 32 };

/* -> a zeroed task at the end of the list, or NULL. */
static struct task *task_add(struct task_list *list)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? TASKS_FIRST : 2 * list->capacity;
        struct task *tasks = realloc(list->tasks, capacity * sizeof *tasks);

        if (tasks == NULL)
            return NULL;
        list->tasks = tasks;
        list->capacity = capacity;
    }
    struct task *task = &list->tasks[list->count++];
    *task = (struct task){0};
    return task;
}

static long add_process(struct sample *sample, const struct process_info *process)
{
    struct task *task = task_add(&sample->processes);

    if (task == NULL)
        return -E_NOMEM;
    task->pid = process->pid;
    task->threads = process->threads;
    task->pages = process->pages;
    task->cpu_ns = process->cpu_ns;
    memcpy(task->name, process->name, sizeof task->name);
    return 0;
}

static long add_thread(struct sample *sample, const struct process_info *process,
                       const struct thread_info *thread)
{
    struct task *task = task_add(&sample->threads);

    if (task == NULL)
        return -E_NOMEM;
    task->pid = thread->pid;
    task->thread = thread->thread;
    task->priority = thread->priority;
    task->base_priority = thread->base_priority;
    task->hart = thread->hart;
    task->state = thread_activity_name(thread);
    task->cpu_ns = thread->cpu_ns;
    memcpy(task->name, process->name, sizeof task->name);
    return 0;
}

static long add_threads(struct sample *sample, const struct process_info *process)
{
    struct thread_info thread;
    long result = 0;

    for (int next = 0;
         result == 0 && thread_info(HANDLE_SYSTEM, process->pid, next, &thread) == process->pid;
         next = thread.thread + 1)
        result = add_thread(sample, process, &thread);
    return result;
}

static long take_tasks(struct sample *sample)
{
    struct process_info process;
    long result = 0;

    sample->processes.count = 0;
    sample->threads.count = 0;
    for (long pid = process_info(HANDLE_SYSTEM, 0, &process); result == 0 && pid >= 0;
         pid = process_info(HANDLE_SYSTEM, process.pid + 1, &process)) {
        result = add_process(sample, &process);
        if (result == 0)
            result = add_threads(sample, &process);
    }
    return result;
}

long sample_take(struct sample *sample)
{
    long size = system_info(HANDLE_SYSTEM, INFO_HARTS, sample->harts, sizeof sample->harts);

    if (size < 0)
        return size;
    sample->hart_count = (unsigned)((size_t)size / sizeof sample->harts[0]);
    sample->time_ns = clock_get();
    long result = system_info(HANDLE_SYSTEM, INFO_MEMORY, &sample->memory, sizeof sample->memory);
    return result < 0 ? result : take_tasks(sample);
}
