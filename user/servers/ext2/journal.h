#pragma once
/* journal.h - the journal of a store: a ring of blocks that holds the transactions which are not
 * yet at home, in the format of jbd.h.
 */
#include "cache.h"

/* `change` more blocks of transaction `number` are not at home. */
void journal_count(struct journal *journal, uint64_t number, int change);

/* Is there room for the largest transaction? */
bool journal_has_room(const struct store *store);
bool journal_is_half_full(const struct store *store);

/* The caller works, changes are closed: commits the running transaction; unless `alone`, changes go
 * on as soon as its blocks are copied. */
enum error journal_commit(struct store *store, bool alone) MUST_USE;

/* After blocks were written home: flushes, and gives up the part of the ring that is not needed
 * any more. */
enum error journal_advance(struct store *store) MUST_USE;

void journal_destroy(struct store *store);
