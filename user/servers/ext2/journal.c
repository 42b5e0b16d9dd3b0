/* journal.c - stores without a journal: nothing is counted, and none can be opened. */
#include "journal.h"

void journal_count(struct journal *journal, uint64_t number, int change)
{
    (void)journal, (void)number, (void)change;
}

bool journal_has_room(const struct store *store) { return store->journal == NULL; }

bool journal_is_half_full(const struct store *store) { return store->journal != NULL; }

enum error journal_commit(struct store *store, bool alone)
{
    (void)store, (void)alone;
    return E_NOSYS;
}

enum error journal_advance(struct store *store)
{
    (void)store;
    return E_NOSYS;
}

void journal_destroy(struct store *store) { (void)store; }

enum error store_open_journal(struct store *store, const struct store_place *place, bool *replayed,
                              const char **complaint)
{
    (void)store, (void)place, (void)replayed;
    *complaint = "journals are not supported";
    return E_INVAL;
}

enum error store_close_journal(struct store *store) { return store_commit(store); }
