/* sched_policy.c - 32 priorities, round robin inside each, the same time slice for all. */
#include "kernel/sched_policy.h"

enum { SLICE_NS = 10000000 };
_Static_assert(PRIORITIES == 32, "a priority is a bit of the bitmap");

void policy_add(struct ready_queue *queue, struct thread *thread, bool front)
{
    struct thread_list *list = &queue->list[thread->priority];
    uint32_t bit = 1u << thread->priority;

    if (!(queue->bitmap & bit))
        TAILQ_INIT(list);
    if (front)
        TAILQ_INSERT_HEAD(list, thread, link);
    else
        TAILQ_INSERT_TAIL(list, thread, link);
    queue->bitmap |= bit;
}

void policy_remove(struct ready_queue *queue, struct thread *thread)
{
    struct thread_list *list = &queue->list[thread->priority];

    TAILQ_REMOVE(list, thread, link);
    if (TAILQ_EMPTY(list))
        queue->bitmap &= ~(1u << thread->priority);
}

/* The number of the highest bit that is set in a word that is not zero. */
static int highest(uint32_t bits)
{
    int bit = 0;

    for (int half = 16; half > 0; half /= 2) {
        if (bits >> half != 0) {
            bits >>= half;
            bit += half;
        }
    }
    return bit;
}

struct thread *policy_first(const struct ready_queue *queue, uint64_t allowed)
{
    struct thread *thread;

    for (uint32_t left = queue->bitmap; left != 0;) {
        int priority = highest(left);
        TAILQ_FOREACH(thread, &queue->list[priority], link)
            if (thread->affinity & allowed)
                return thread;
        left &= ~(1u << priority);
    }
    return NULL;
}

uint64_t policy_slice_ns(const struct thread *thread)
{
    (void)thread;
    return SLICE_NS;
}
