#pragma once
/* pager.h - memory objects whose pages a server supplies: PAGED ones (octavo/pager.h).
 *
 * A fault on a page that is not there ends in pager_page, which notes what is missing and says
 * E_AGAIN. Who ran into that gives up, up to the trap or the system call, and there pager_call
 * makes the thread call the object's pager: the same queues, token and lending as any call, but the
 * message is the kernel's, and the reply (pager_reply) brings pages and leaves the thread's
 * registers alone. The instruction, or the ecall, then runs again.
 *
 * Lock order: a space, then a memory object.
 */
#include <octavo/error.h>
#include <octavo/pager.h>
#include <stdbool.h>
#include <stdint.h>

#include "vm/area.h"

struct channel;
struct memory;
struct space;
struct thread;

/* --- The object ------------------------------------------------------------------------------- */

/* Beginning and end of what a PAGED object has besides the others. `channel`: counted anew. */
void pager_enter(struct memory *memory, struct channel *channel);
void pager_leave(struct memory *memory);

/* area_owner.page of a PAGED object. E_AGAIN: the page is missing, which is noted. */
enum error pager_page(struct area_owner *owner, uint64_t index, bool write, pte_t *page) MUST_USE;

/* Writes down that the space, which is locked, may map the object, so that pages can be taken back
 * from it; stays until one of the two ends. E_NOMEM. */
enum error pager_join(struct memory *memory, struct space *space) MUST_USE;

/* A clone maps what its source maps; both are locked until it does. E_NOMEM. */
enum error pager_join_clone(struct space *source, struct space *clone) MUST_USE;

/* The space ends. */
void pager_forget_space(struct space *space);

/* SYS_MEMORY_EVICT. *there: how many pages it was; *marked: a bit each. */
struct eviction {
    uint64_t first, count; /* pages of the object */
    struct space *space;   /* where the contents go */
    uint64_t address;
    bool keep;
};
enum error pager_evict(struct memory *memory, const struct eviction *eviction, uint64_t *there,
                       uint64_t *marked) MUST_USE;

/* Puts pages [first, first + words[1]) into the object, as a reply says from whose space it is. */
enum error pager_supply(struct memory *memory, uint64_t first, struct space *space,
                        const uint64_t words[3]) MUST_USE;

/* --- Who is missing a page (pager_call.c) ----------------------------------------------------- */

/* Notes for this hart that the page is missing: for who is going to say E_AGAIN. */
void pager_note_missing(struct memory *memory, uint64_t index, bool write);

/* It was missing in this space. */
void pager_note_space(const struct space *space);

/* Is the page that was noted last missing in this space? */
bool pager_misses_in(const struct space *space);

/* Forgets the note. */
void pager_forget_missing(void);

/* The running thread, which got E_AGAIN, calls the pager for what was noted. E_OK: it waits, or is
 * to look again at once. E_AGAIN: nothing was noted, the error was another one's. E_IO: the pager
 * refused it, E_PEERDIED: or is gone; then there is nothing left but pager_kill. */
enum error pager_call(struct thread *thread) MUST_USE;
void pager_kill(struct thread *thread);

/* Carries out the reply to a thread that waits for a page. E_SRCH: it does not; E_NOMEM, E_AGAIN:
 * it still waits; others: the pages were refused, and so is the thread. */
struct page_reply {
    uint64_t token;
    bool refused;         /* the pager says that there is no such page */
    const uint64_t *word; /* three */
};
enum error pager_reply(struct thread *server, const struct page_reply *reply) MUST_USE;

/* A waiting thread in hand waits for its page no more. */
void pager_end_call(struct thread *caller, bool refused);
