/* thread.c - threads, and the table that tokens index. The tree's lock guards table and lists; who
 * looks a thread up in the table does it in a read section (grace.h).
 */
#include "kernel/thread.h"

#include <string.h>

#include "kernel/cache.h"
#include "kernel/event.h"
#include "kernel/frame.h"
#include "kernel/futex.h"
#include "kernel/grace.h"
#include "kernel/lend.h"
#include "kernel/pager.h"
#include "kernel/panic.h"
#include "kernel/port.h"
#include "kernel/process.h"
#include "kernel/riscv/hart.h"
#include "kernel/riscv/ipi.h"
#include "kernel/riscv/offsets.h"
#include "kernel/sched.h"
#include "kernel/space.h"

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

/* If the thread waits for `server` to reply: locks its port. *busy: somebody has the lock. */
static bool try_lock_waiting(const struct thread *thread, const struct process *server, bool *busy)
{
    if (__atomic_load_n(&thread->state, __ATOMIC_RELAXED) != THREAD_REPLY)
        return false;
    struct port *port = __atomic_load_n(&thread->port, __ATOMIC_RELAXED);
    if (port == NULL || thread->server != server)
        return false;
    *busy = !lock_try(&port->lock);
    if (*busy)
        return false;
    if (thread->state == THREAD_REPLY && thread->port == port && thread->server == server)
        return true;
    lock_release(&port->lock);
    return false;
}

/* The thread in a slot that waits for `server` to reply, its port locked: there it stays then. */
static struct thread *lock_waiting(uint64_t slot, const struct process *server)
{
    struct thread *thread;
    bool busy, locked;

    do {
        busy = false;
        reader_enter();
        thread = __atomic_load_n(&thread_slots[slot].thread, __ATOMIC_RELAXED);
        locked = thread != NULL && try_lock_waiting(thread, server, &busy);
        reader_leave();
        if (busy)
            hart_serve_requests();
    } while (busy);
    return locked ? thread : NULL;
}

struct thread *thread_lock_token(uint64_t token, const struct process *server)
{
    uint64_t slot = slot_of(token);

    if (slot >= thread_slots[0].token)
        return NULL;
    struct thread *thread = lock_waiting(slot, server);
    if (thread == NULL || thread->token == token)
        return thread;
    lock_release(&thread->port->lock);
    return NULL;
}

struct thread *thread_lock_caller(uint64_t *slot, const struct process *server)
{
    struct thread *thread = NULL;

    while (*slot < thread_slots[0].token && thread == NULL)
        thread = lock_waiting((*slot)++, server);
    return thread;
}

struct thread *thread_find(uint64_t identity)
{
    reader_enter();
    struct thread *thread =
        __atomic_load_n(&thread_slots[slot_of(identity)].thread, __ATOMIC_RELAXED);
    if (thread != NULL && (thread->identity != identity || !object_try_retain(&thread->object)))
        thread = NULL;
    reader_leave();
    return thread;
}

/* --- Birth ------------------------------------------------------------------------------------ */

static void thread_timed_out(struct timer *timer);

enum error thread_create(struct process *process, const struct thread *maker,
                         struct thread **result)
{
    static uint64_t created; /* tree_lock */

    lock_assert_held(&tree_lock);
    if (free_count == 0 || process->ending || (maker != NULL && maker->doomed))
        return E_AGAIN;
    struct thread *thread = object_create(OBJECT_THREAD);
    if (thread == NULL)
        return E_NOMEM;
    uint64_t slot = free_slots[--free_count];
    thread->token = thread_slots[slot].token;
    thread->identity = ++created * TOKEN_SLOTS_MAX + slot;
    thread->home = hart_self();
    thread->state = THREAD_READY;
    thread->priority = thread->base_priority =
        maker != NULL ? maker->base_priority : PRIORITY_DEFAULT;
    thread->affinity = maker != NULL ? maker->affinity : UINT64_MAX;
    thread->item.kind = ITEM_CALLER;
    thread->timer.expire = thread_timed_out;
    thread->timer.owner = &thread->object;
    thread->process = process;
    object_retain(&process->object);
    thread->number = process->next_thread++;
    process->thread_count++;
    if (process->thread_count == 2)
        handle_table_set_shared(&process->handles, true);
    TAILQ_INSERT_TAIL(&process->threads, thread, sibling);
    object_retain(&thread->object);
    __atomic_store_n(&thread_slots[slot].thread, thread, __ATOMIC_RELEASE);
    *result = thread;
    return E_OK;
}

static void thread_destroy(struct object *object)
{
    struct thread *thread = object_record(object);

    ASSERT(thread->state == THREAD_DEAD);
    grace_period();
    object_release(&thread->process->object);
}

/* --- Waiting and waking ----------------------------------------------------------------------- */

/* Takes a thread that is in `state`, unless it has left that meanwhile. */
static bool take_from_queue(struct thread *thread, enum thread_state state)
{
    switch (state) {
    case THREAD_CALLING:
    case THREAD_REPLY:
    case THREAD_RECV:
        return port_take_thread(thread);
    case THREAD_EVENT:
        return event_take_thread(thread);
    case THREAD_FUTEX:
        return futex_take_thread(thread);
    case THREAD_SLEEP:
        return sched_take_sleeper(thread);
    case THREAD_CHILD:
        lock_assert_held(&tree_lock);
        TAILQ_REMOVE(&thread->process->waiting, thread, link);
        thread->state = THREAD_READY;
        return true;
    case THREAD_READY:
        return sched_take(thread);
    default:
        return false;
    }
}

static bool take(struct thread *thread, enum thread_state state)
{
    bool taken = take_from_queue(thread, state);

    if (taken)
        timer_disarm(&thread->timer);
    return taken;
}

bool thread_take(struct thread *thread)
{
    return take(thread, __atomic_load_n(&thread->state, __ATOMIC_RELAXED));
}

/* A wait with a deadline runs again whenever it is woken, and then sees the time; so nothing is
 * lost if the thread waits for something else by now. */
static void thread_timed_out(struct timer *timer)
{
    struct thread *thread = (struct thread *)((char *)timer - offsetof(struct thread, timer));

    enum thread_state state = __atomic_load_n(&thread->state, __ATOMIC_RELAXED);

    switch (state) {
    case THREAD_EVENT:
    case THREAD_FUTEX:
    case THREAD_SLEEP:
        if (take(thread, state))
            sched_ready(thread, false);
        break;
    default:
        break;
    }
}

void thread_block(struct thread *thread, enum thread_state state, uint64_t deadline_ns)
{
    sched_leave(thread);
    timer_arm(&thread->timer, deadline_ns);
    __atomic_store_n(&thread->state, state, __ATOMIC_RELEASE);
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

void thread_fail_call(struct thread *thread, enum error error)
{
    if (thread->page_of == NULL) {
        thread_finish(thread, (uint64_t)-error, 0);
        return;
    }
    pager_end_call(thread, true);
    thread_wake(thread);
}

/* --- Death ------------------------------------------------------------------------------------ */

/* Who of the process waits to be alone, or for a child, looks again. */
static void wake_waiting(struct process *process)
{
    struct thread *waiter;

    while ((waiter = TAILQ_FIRST(&process->waiting)) != NULL) {
        TAILQ_REMOVE(&process->waiting, waiter, link);
        waiter->state = THREAD_READY;
        thread_wake(waiter);
    }
}

/* A thread in hand is no more. True: it was the last of its process. */
static bool end(struct thread *thread)
{
    struct process *process = thread->process;
    uint64_t slot = slot_of(thread->token);

    lock_assert_held(&tree_lock);
    __atomic_store_n(&thread->state, THREAD_DEAD, __ATOMIC_RELAXED);
    lend_forget(thread);
    thread_slots[slot].token = thread->token;
    __atomic_store_n(&thread_slots[slot].thread, NULL, __ATOMIC_RELAXED);
    free_slots[free_count++] = slot;
    if (thread->hart != NULL)
        tlb_thread_moved(&process->space->tlb, thread->hart, NULL);
    process->cpu_ticks += thread->cpu_ticks;
    process->thread_count--;
    TAILQ_REMOVE(&process->threads, thread, sibling);
    bool last = process->thread_count == 0;
    if (last)
        process->ending = true;
    else if (process->thread_count == 1)
        wake_waiting(process);
    object_release(&thread->object);
    return last;
}

void thread_discard(struct thread *thread)
{
    bool last = end(thread);
    ASSERT(!last); /* its maker is left */
}

/* To the hart that runs the thread. */
static void mail(struct hart *hart, struct thread *thread)
{
    if (thread->mailed)
        return;
    thread->mailed = true;
    object_retain(&thread->object);
    SLIST_INSERT_HEAD(&hart->mail, thread, mail_link);
    ipi_send(hart_bit(hart));
}

/* Ends a doomed thread wherever it is, or tells the hart that runs it. */
static bool attend(struct thread *thread)
{
    while (thread->state != THREAD_DEAD) {
        if (thread_take(thread))
            return end(thread);
        struct hart *hart = sched_hart_of(thread);
        if (hart == hart_self()) {
            sched_leave(thread);
            return end(thread);
        }
        if (hart != NULL) {
            mail(hart, thread);
            return false;
        }
        hart_serve_requests(); /* it is in somebody's hand */
    }
    return false;
}

bool thread_doom(struct thread *thread)
{
    lock_assert_held(&tree_lock);
    thread->doomed = true;
    return attend(thread);
}

void thread_open_mail(struct hart *hart)
{
    struct thread *thread;

    do {
        bool last = false;
        lock_acquire(&tree_lock);
        thread = SLIST_FIRST(&hart->mail);
        if (thread != NULL) {
            SLIST_REMOVE_HEAD(&hart->mail, mail_link);
            thread->mailed = false;
            last = attend(thread);
        }
        lock_release(&tree_lock);
        if (last)
            process_bury(thread->process);
        if (thread != NULL)
            object_release(&thread->object);
    } while (thread != NULL);
}
