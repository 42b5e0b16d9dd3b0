#pragma once
/* sample.h - what the machine did until a moment, and the difference between two moments. */
#include <octavo/system.h>
#include <stddef.h>
#include <stdint.h>

enum { SAMPLE_HARTS = 64, SAMPLE_UNKNOWN = -1 };

/* A process, or a thread. */
struct task {
    int32_t pid, thread; /* thread: 0 in a process */
    int32_t threads;     /* of a process */
    int32_t priority, base_priority, hart;
    const char *state; /* of a thread, in a word */
    uint64_t pages;    /* mapped */
    uint64_t cpu_ns;   /* since it began */
    uint64_t used_ns;  /* sample_compare: of these, since the sample before */
    char name[32];
};

/* Owns its tasks, in ascending order until sample_compare. All zero: empty. */
struct task_list {
    struct task *tasks;
    size_t count, capacity;
};

/* A zeroed sample is that of the moment of boot. */
struct sample {
    uint64_t time_ns; /* since boot */
    struct system_memory memory;
    struct system_hart harts[SAMPLE_HARTS];
    unsigned hart_count;
    struct task_list processes, threads;

    /* sample_compare */
    uint64_t elapsed_ns;         /* since the sample before */
    int hart_load[SAMPLE_HARTS]; /* thousandths of that time; SAMPLE_UNKNOWN: not counted */
};

/* Looks at the machine; `sample` may have been used before, and keeps its memory. -> 0, or a
 * negated error, and then the sample is not to be used. */
long sample_take(struct sample *sample);

/* Fills in what `now` has of its own since `before`, and sorts its tasks: most time first. Tasks
 * that `before` has not have all their time since; `before` keeps the order that it has. */
void sample_compare(struct sample *now, const struct sample *before);

/* Thousandths of one hart that the task had since the sample before. */
unsigned sample_share(const struct sample *sample, const struct task *task);
