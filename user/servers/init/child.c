/* child.c - a process that init keeps alive. Pure: it is tested on the host. */
#include "child.h"

#include <octavo/process.h>
#include <octavo/syscall.h>

#include <stdio.h>

void child_started(struct child *child, int pid, uint64_t now)
{
    child->pid = pid;
    child->started_ns = now;
    child->start_next_ns = DEADLINE_NONE;
}

bool child_died(struct child *child, uint64_t now)
{
    child_finished(child);
    if (now - child->started_ns >= CHILD_QUICK_NS) {
        child->quick_deaths = 0;
        child->start_next_ns = now;
        return true;
    }
    if (++child->quick_deaths >= CHILD_QUICK_MAX)
        return false;
    child->start_next_ns = now + (CHILD_DELAY_NS << (child->quick_deaths - 1));
    return true;
}

void child_finished(struct child *child)
{
    child->pid = 0;
    child->start_next_ns = DEADLINE_NONE;
}

bool child_is_due(const struct child *child, uint64_t now)
{
    return child->pid == 0 && child->start_next_ns <= now;
}

void child_describe_end(int status, char *text)
{
    if (STATUS_KILLED(status) != 0)
        snprintf(text, CHILD_CAUSE_MAX, "was killed by signal %d", STATUS_KILLED(status));
    else
        snprintf(text, CHILD_CAUSE_MAX, "exited with status %d", (status >> 8) & 0xff);
}
