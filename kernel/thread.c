/* thread.c - threads, and the table that tokens index. The tree's lock guards table and lists. */
#include "kernel/thread.h"

#include <string.h>

#include "kernel/cache.h"
#include "kernel/event.h"
#include "kernel/frame.h"
#include "kernel/futex.h"
#include "kernel/panic.h"
#include "kernel/port.h"
#include "kernel/process.h"
#include "kernel/riscv/hart.h"
#include "kernel/riscv/offsets.h"
#include "kernel/sched.h"

/* A token is a slot number and, above it, a count that every call renews: 47 bits, which never
 * wrap. */
enum { TOKEN_SLOTS_MAX = 1 << TOKEN_SLOT_BITS };

static void thread_destroy(struct object *object);

static struct cache thread_cache = CACHE_INIT(thread_cache, "thread", struct thread);
const struct object_type thread_type = {.name = "thread",
                                        .cache = &thread_cache,
                                        .offset = offsetof(struct thread, object),
                                        .destroy = thread_destroy};

_Static_assert(offsetof(struct thread, registers) == 0, "entry.S");
_Static_assert(offsetof(struct thread, hart) == THREAD_HART, "entry.S");

/* Slots are reached from fastpath.S. Slot 0 holds no thread, so that no token is 0; its `token` is
 * the number of slots. */
struct thread_slot *thread_slots;
static uint16_t *free_slots; /* tree_lock: numbers of free slots, a stack */
static uint64_t free_count;  /* tree_lock */

/* Zeroed memory for a table that stays. */
static void *boot_allocate(uint64_t bytes)
{
    ppn_t first;
    enum error error = frame_allocate((bytes + PAGE_SIZE - 1) / PAGE_SIZE, &first);

    ASSERT(error == E_OK);
    return memset(frame_pointer(first), 0, bytes);
}

void thread_table_init(uint64_t capacity)
{
    if (capacity > TOKEN_SLOTS_MAX)
        capacity = TOKEN_SLOTS_MAX;
    thread_slots = boot_allocate(capacity * sizeof *thread_slots);
    free_slots = boot_allocate(capacity * sizeof *free_slots);
    thread_slots[0].token = capacity;
    for (uint64_t i = capacity - 1; i > 0; i--) {
        thread_slots[i].token = i;
        free_slots[free_count++] = i;
    }
}

static uint64_t slot_of(uint64_t token) { return token % TOKEN_SLOTS_MAX; }

void thread_renew_token(struct thread *thread)
{
    thread->token = (thread->token + TOKEN_SLOTS_MAX) & INT64_MAX;
}

/* A thread that waits for a reply stays where it is as long as its port is locked. */
static struct thread *lock_waiting(struct thread *thread, const struct process *server)
{
    if (thread == NULL || thread->state != THREAD_REPLY)
        return NULL;
    struct port *port = thread->port;
    lock_acquire(&port->lock);
    if (thread->state == THREAD_REPLY && thread->server == server)
        return thread;
    lock_release(&port->lock);
    return NULL;
}

struct thread *thread_lock_token(uint64_t token, const struct process *server)
{
    uint64_t slot = slot_of(token);

    if (slot >= thread_slots[0].token)
        return NULL;
    struct thread *thread = lock_waiting(thread_slots[slot].thread, server);
    if (thread == NULL || thread->token == token)
        return thread;
    lock_release(&thread->port->lock);
    return NULL;
}

struct thread *thread_lock_caller(uint64_t *slot, const struct process *server)
{
    struct thread *thread = NULL;

    while (*slot < thread_slots[0].token && thread == NULL)
        thread = lock_waiting(thread_slots[(*slot)++].thread, server);
    return thread;
}

static void thread_destroy(struct object *object)
{
    struct thread *thread = object_record(object);

    ASSERT(thread->state == THREAD_DEAD);
    object_release(&thread->process->object);
}

static void thread_timed_out(struct timer *timer);

enum error thread_create(struct process *process, const struct thread *maker,
                         struct thread **result)
{
    lock_assert_held(&tree_lock);
    if (free_count == 0)
        return E_AGAIN;
    struct thread *thread = object_create(OBJECT_THREAD);
    if (thread == NULL)
        return E_NOMEM;
    struct thread_slot *slot = &thread_slots[free_slots[--free_count]];
    slot->thread = thread;
    thread->token = slot->token;
    thread->hart = hart_self();
    thread->state = THREAD_READY;
    thread->priority = thread->base_priority =
        maker != NULL ? maker->base_priority : PRIORITY_DEFAULT;
    thread->affinity = maker != NULL ? maker->affinity : UINT64_MAX;
    thread->item.kind = ITEM_CALLER;
    thread->timer.expire = thread_timed_out;
    thread->process = process;
    object_retain(&process->object);
    thread->number = process->next_thread++;
    process->thread_count++;
    if (process->thread_count == 2)
        handle_table_set_shared(&process->handles, true);
    TAILQ_INSERT_TAIL(&process->threads, thread, sibling);
    object_retain(&thread->object);
    *result = thread;
    return E_OK;
}

/* Takes a thread off the queue that its state says it is on. */
static void thread_leave_queue(struct thread *thread)
{
    timer_disarm(&thread->timer);
    switch (thread->state) {
    case THREAD_CALLING:
    case THREAD_REPLY:
    case THREAD_RECV:
        port_forget_thread(thread);
        break;
    case THREAD_EVENT:
        event_forget_thread(thread);
        break;
    case THREAD_FUTEX:
        futex_forget_thread(thread);
        break;
    case THREAD_CHILD:
        TAILQ_REMOVE(&thread->process->waiting, thread, link);
        break;
    case THREAD_READY:
        sched_remove(thread);
        break;
    default:
        break;
    }
}

static void thread_timed_out(struct timer *timer)
{
    struct thread *thread = (struct thread *)((char *)timer - offsetof(struct thread, timer));

    thread_leave_queue(thread);
    thread_wake(thread);
}

/* Callers whose message this thread received may outlive it, if its process does. */
static void forget_lenders(const struct thread *thread)
{
    struct thread *caller;
    uint64_t slot = 0;

    while (thread->process->served &&
           (caller = thread_lock_caller(&slot, thread->process)) != NULL) {
        if (caller->served_by == thread)
            caller->served_by = NULL;
        lock_release(&caller->port->lock);
    }
}

void thread_end(struct thread *thread)
{
    struct process *process = thread->process;
    uint64_t slot = slot_of(thread->token);

    lock_assert_held(&tree_lock);
    if (thread->hart->current == thread)
        sched_leave(thread);
    else
        thread_leave_queue(thread);
    thread->state = THREAD_DEAD;
    port_set_server(NULL, thread);
    forget_lenders(thread);
    thread_slots[slot] = (struct thread_slot){.token = thread->token};
    free_slots[free_count++] = slot;
    process->cpu_ticks += thread->cpu_ticks;
    process->thread_count--;
    if (process->thread_count == 1)
        handle_table_set_shared(&process->handles, false);
    TAILQ_REMOVE(&process->threads, thread, sibling);
    object_release(&thread->object);
}

void thread_block(struct thread *thread, enum thread_state state, uint64_t deadline_ns)
{
    sched_leave(thread);
    thread->state = state;
    timer_arm(&thread->timer, deadline_ns);
}

void thread_wake(struct thread *thread)
{
    timer_disarm(&thread->timer);
    sched_ready(thread, false);
}

void thread_return(struct thread *thread, uint64_t a0, uint64_t a1)
{
    struct registers *r = &thread->registers;

    r->pc += 4;
    r->t0 = r->t1 = r->t2 = 0;
    r->t3_to_t6[0] = r->t3_to_t6[1] = r->t3_to_t6[2] = r->t3_to_t6[3] = 0;
    r->a[0] = a0;
    r->a[1] = a1;
    r->a[2] = r->a[3] = r->a[4] = r->a[5] = r->a[6] = r->a[7] = 0;
}

void thread_finish(struct thread *thread, uint64_t a0, uint64_t a1)
{
    thread_return(thread, a0, a1);
    timer_disarm(&thread->timer);
    sched_ready(thread, true);
}

void thread_lend(struct thread *thread, uint8_t priority)
{
    if (priority > thread->priority)
        sched_set_priority(thread, priority);
}

void thread_unlend(struct thread *thread)
{
    if (thread->lent)
        sched_set_priority(thread, port_lent_priority(thread));
}

void thread_set_base(struct thread *thread, uint8_t priority)
{
    thread->base_priority = priority;
    sched_set_priority(thread, port_lent_priority(thread));
}
