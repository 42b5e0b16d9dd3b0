/* pager_call.c - who is missing a page calls for it, and is answered. See pager.h. */
#include "kernel/klog.h"
#include "kernel/memory.h"
#include "kernel/message.h"
#include "kernel/pager.h"
#include "kernel/panic.h"
#include "kernel/port.h"
#include "kernel/process.h"
#include "kernel/riscv/hart.h"
#include "kernel/sched.h"

/* What is missing: each hart's own, from pager_page until the trap or system call ends. */
struct note {
    struct memory *memory;     /* counted; NULL: nothing */
    const struct space *space; /* only to be compared */
    uint64_t index;
    bool write;
};

static struct note notes[HARTS_MAX];

static struct note *own_note(void) { return &notes[hart_self()->index]; }

/* The counted object, or NULL; the note is empty then. */
static struct memory *take_note(struct note *note)
{
    struct memory *memory = note->memory;

    note->memory = NULL;
    return memory;
}

void pager_forget_missing(void)
{
    struct memory *memory = take_note(own_note());

    if (memory != NULL)
        object_release(&memory->object);
}

void pager_note_missing(struct memory *memory, uint64_t index, bool write)
{
    pager_forget_missing();
    object_retain(&memory->object);
    *own_note() = (struct note){.memory = memory, .index = index, .write = write};
}

void pager_note_space(const struct space *space) { own_note()->space = space; }

bool pager_misses_in(const struct space *space)
{
    const struct note *note = own_note();
    return note->memory != NULL && note->space == space;
}

/* --- The call --------------------------------------------------------------------------------- */

enum error pager_call(struct thread *thread)
{
    struct note *note = own_note();
    struct memory *memory = take_note(note);
    enum error error = E_IO;

    if (memory == NULL)
        return E_AGAIN;
    if (!thread->page_refused) {
        thread->page_of = memory;
        thread->page_call[PAGE_CALL_LABEL] = MESSAGE_PAGER | PAGER_IN;
        thread->page_call[PAGE_CALL_INDEX] = note->index;
        thread->page_call[PAGE_CALL_ACCESS] = note->write ? PAGER_WRITE : 0;
        thread->direct = NULL; /* replies to it bring pages: none takes the fast path */
        error = message_call_pager(thread, memory->pager);
        if (error == E_OK)
            return E_OK; /* it is others' from now on */
        thread->page_of = NULL;
    }
    object_release(&memory->object);
    return error;
}

void pager_kill(struct thread *thread)
{
    struct process *process = thread->process;

    klog("killed: process %d (%s): system call %lu at pc %#lx: pager failed\n", process->pid,
         process->name, thread->registers.a[7], thread->registers.pc);
    process_end(process, STATUS_KILLED(DEATH_MEMORY));
}

void pager_end_call(struct thread *caller, bool refused)
{
    struct memory *memory = caller->page_of;

    caller->page_of = NULL;
    caller->page_refused = refused;
    object_release(&memory->object);
}

/* --- The reply -------------------------------------------------------------------------------- */

/* A thread that has its page, or will not get it, goes on where it was. */
static void resume(struct thread *caller, bool refused)
{
    port_unlock_replied(caller);
    pager_end_call(caller, refused);
    sched_ready(caller, true);
}

/* The object and page that the caller of a token waits for: counted. E_SRCH. */
static enum error wanted_page(struct thread *server, uint64_t token, struct memory **memory,
                              uint64_t *index)
{
    struct thread *caller = thread_lock_token(token, server->process);

    if (caller == NULL)
        return E_SRCH;
    *memory = caller->page_of;
    *index = caller->page_call[PAGE_CALL_INDEX];
    object_retain(&(*memory)->object);
    lock_release(&caller->port->lock);
    return E_OK;
}

/* The pages are put while the caller still waits: what fails for lack of memory, or because the
 * server itself has to wait for a page, is done again. */
enum error pager_reply(struct thread *server, const struct page_reply *reply)
{
    struct memory *memory;
    uint64_t index;
    enum error error = wanted_page(server, reply->token, &memory, &index);

    if (error != E_OK)
        return error;
    if (!reply->refused)
        error = pager_supply(memory, index, server->process->space, reply->word);
    if (error != E_NOMEM && error != E_AGAIN) {
        struct thread *caller = thread_lock_token(reply->token, server->process);
        if (caller != NULL)
            resume(caller, reply->refused || error != E_OK);
    }
    object_release(&memory->object);
    return error;
}
