#pragma once
/* lend.h - a caller with a higher priority than its server lends it that priority, from when it
 * queues at the port until it has the reply.
 *
 * Lock: lend_lock guards thread->lends_to, lenders and base_priority, and who changes an effective
 * priority holds it.
 */
#include <stdbool.h>
#include <stdint.h>

struct thread;

/* The caller, in hand or about to wait, lends to a living server and to nobody else, if its
 * priority is above the server's base. */
void lend(struct thread *caller, struct thread *server);

/* The caller waits no more: what it lent ends. */
void lend_end(struct thread *caller);

/* A thread in hand that ends lends nothing, and nobody lends to it. */
void lend_forget(struct thread *thread);

/* Gives a thread another base priority. */
void lend_set_base(struct thread *thread, uint8_t priority);
