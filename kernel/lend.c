/* lend.c - see lend.h. Most calls lend nothing, and find that out without the lock. */
#include "kernel/lend.h"

#include "kernel/lock.h"
#include "kernel/sched.h"
#include "kernel/thread.h"

static struct lock lend_lock = LOCK_INIT("lend", RANK_LEND);

/* The base, or what the highest lender has. */
static void update_locked(struct thread *server)
{
    const struct thread *caller;
    uint8_t priority = server->base_priority;

    LIST_FOREACH(caller, &server->lenders, lender_link)
        if (caller->priority > priority)
            priority = caller->priority;
    if (priority != server->priority)
        sched_set_priority(server, priority);
}

static void end_locked(struct thread *caller)
{
    struct thread *server = caller->lends_to;

    if (server == NULL)
        return;
    LIST_REMOVE(caller, lender_link);
    caller->lends_to = NULL;
    update_locked(server);
}

void lend(struct thread *caller, struct thread *server)
{
    if (caller->lends_to == NULL && caller->priority <= server->base_priority)
        return;
    lock_acquire(&lend_lock);
    if (caller->lends_to != server)
        end_locked(caller);
    if (caller->lends_to == NULL && caller->priority > server->base_priority &&
        server->state != THREAD_DEAD) {
        caller->lends_to = server;
        LIST_INSERT_HEAD(&server->lenders, caller, lender_link);
        update_locked(server);
    }
    lock_release(&lend_lock);
}

void lend_end(struct thread *caller)
{
    if (__atomic_load_n(&caller->lends_to, __ATOMIC_RELAXED) == NULL)
        return;
    lock_acquire(&lend_lock);
    end_locked(caller);
    lock_release(&lend_lock);
}

void lend_forget(struct thread *thread)
{
    struct thread *caller;

    lock_acquire(&lend_lock);
    end_locked(thread);
    while ((caller = LIST_FIRST(&thread->lenders)) != NULL) {
        LIST_REMOVE(caller, lender_link);
        caller->lends_to = NULL;
    }
    lock_release(&lend_lock);
}

void lend_set_base(struct thread *thread, uint8_t priority)
{
    lock_acquire(&lend_lock);
    thread->base_priority = priority;
    update_locked(thread);
    if (thread->lends_to != NULL)
        update_locked(thread->lends_to);
    lock_release(&lend_lock);
}
