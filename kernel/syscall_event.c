/* syscall_event.c - system calls on events and interrupts (octavo/syscall.h). */
#include "kernel/event.h"
#include "kernel/irq.h"
#include "kernel/syscall.h"

enum { TIMER_PERIOD_MIN_NS = 100000 };

static enum error find_event(struct thread *thread, uint64_t handle, uint32_t rights,
                             struct event **event)
{
    return handle_find(&thread->process->handles, handle, OBJECT_EVENT, rights, event);
}

int64_t sys_event_create(struct thread *thread, const uint64_t *a)
{
    uint64_t handle;
    struct event *event = event_create();

    (void)a;
    if (event == NULL)
        return -E_NOMEM;
    struct handle_entry entry = {.object = &event->object, .rights = RIGHTS_ALL};
    enum error error = handle_insert(&thread->process->handles, &entry, 0, &handle);
    object_release(&event->object);
    return error == E_OK ? (int64_t)handle : -error;
}

int64_t sys_event_signal(struct thread *thread, const uint64_t *a)
{
    struct event *event;
    enum error error = find_event(thread, a[0], RIGHT_SIGNAL, &event);

    if (error != E_OK)
        return -error;
    event_signal(event, a[1]);
    object_release(&event->object);
    return 0;
}

static int64_t wait(struct event *event, struct thread *thread, uint64_t mask, uint64_t deadline)
{
    uint64_t bits;

    if (mask == 0)
        return -E_INVAL;
    switch (event_wait(event, thread, deadline, mask, &bits)) {
    case EVENT_TAKEN:
        thread_return(thread, 0, bits);
        return SYSCALL_DONE;
    case EVENT_TIMED_OUT:
        return -E_TIMEDOUT;
    case EVENT_BOUND:
        return -E_INVAL;
    default:
        return SYSCALL_DONE;
    }
}

int64_t sys_event_wait(struct thread *thread, const uint64_t *a)
{
    struct event *event;
    enum error error = find_event(thread, a[0], RIGHT_WAIT, &event);

    if (error != E_OK)
        return -error;
    int64_t result = wait(event, thread, a[1], a[2]);
    object_release(&event->object);
    return result;
}

int64_t sys_event_bind(struct thread *thread, const uint64_t *a)
{
    struct event *event;
    struct port *port = NULL;
    enum error error = find_event(thread, a[0], RIGHT_WAIT, &event);

    if (error != E_OK)
        return -error;
    if (a[1] != (uint64_t)HANDLE_NONE)
        error = handle_find(&thread->process->handles, a[1], OBJECT_PORT, RIGHT_RECV, &port);
    if (error == E_OK)
        event_bind(event, port, a[2]);
    if (port != NULL)
        object_release(&port->object);
    object_release(&event->object);
    return -error;
}

int64_t sys_event_timer(struct thread *thread, const uint64_t *a)
{
    struct event *event;

    if (a[3] != 0 && (a[3] < TIMER_PERIOD_MIN_NS || a[3] > INT64_MAX))
        return -E_INVAL;
    enum error error = find_event(thread, a[0], RIGHT_SIGNAL, &event);
    if (error != E_OK)
        return -error;
    event_set_timer(event, a[1], a[2], a[3]);
    object_release(&event->object);
    return 0;
}

int64_t sys_irq_bind(struct thread *thread, const uint64_t *a)
{
    struct irq *irq;
    struct event *event;
    enum error error = handle_find(&thread->process->handles, a[0], OBJECT_IRQ, RIGHT_MANAGE, &irq);

    if (error != E_OK)
        return -error;
    error = find_event(thread, a[1], RIGHT_SIGNAL, &event);
    if (error == E_OK) {
        error = irq_bind(irq, event, a[2]);
        object_release(&event->object);
    }
    object_release(&irq->object);
    return -error;
}

int64_t sys_irq_ack(struct thread *thread, const uint64_t *a)
{
    struct irq *irq;
    enum error error = handle_find(&thread->process->handles, a[0], OBJECT_IRQ, RIGHT_MANAGE, &irq);

    if (error != E_OK)
        return -error;
    irq_ack(irq);
    object_release(&irq->object);
    return 0;
}
