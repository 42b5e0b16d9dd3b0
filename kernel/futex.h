#pragma once
/* futex.h - threads that wait for a word in memory. The key is the word's physical address if
 * the memory is shared on purpose, so that processes which share the page meet; otherwise the space
 * and the address, for then the page behind may change (copy-on-write).
 */
#include <octavo/error.h>
#include <stdbool.h>
#include <stdint.h>

struct space;
struct thread;

void futex_init(void);

/* If the word is `expected` blocks the running thread: E_OK. E_AGAIN, E_FAULT, E_INVAL, E_TIMEDOUT.
 */
enum error futex_wait(struct thread *thread, uint64_t address, uint32_t expected,
                      uint64_t deadline_ns) MUST_USE;

/* Wakes at most `count` threads that wait for the word; *woken says how many. E_FAULT, E_INVAL. */
enum error futex_wake(struct space *space, uint64_t address, uint64_t count,
                      uint64_t *woken) MUST_USE;

/* Stores zero in the word and wakes everybody. On error whoever waits for it still does: E_FAULT, a
 * bad address; E_NOMEM: no frame for the word; E_AGAIN: its pager has to bring it first. */
enum error futex_clear(struct space *space, uint64_t address) MUST_USE;

/* Threads that wait for words in [address, address + length) of the space look again, since the
 * pages are gone: whoever has them next must not meet these threads. space->lock held. */
void futex_evict(const struct space *space, uint64_t address, uint64_t length);

/* thread_take for the state FUTEX. */
bool futex_take_thread(struct thread *thread) MUST_USE;
