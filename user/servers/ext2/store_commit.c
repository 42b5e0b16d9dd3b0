/* store_commit.c - when the running transaction is committed, and by whom.
 *
 * Whoever finds work to be done, and nobody doing it, takes the turn; others wait for the end of
 * that turn and look again, so that all who asked while a commit was under way share the next.
 */
#include "cache.h"
#include "journal.h"

void store_take_turn(struct store *store)
{
    while (store->working)
        store->owner.wait(store->owner.context);
    store->working = true;
}

void store_end_turn(struct store *store)
{
    store->working = false;
    store->owner.wake(store->owner.context);
}

void store_open_changes(struct store *store)
{
    store->closing = false;
    store->owner.wake(store->owner.context);
}

static void close_changes(struct store *store)
{
    store->closing = true;
    while (store->open > 0)
        store->owner.wait(store->owner.context);
}

/* Without a journal: all blocks go home, and what they free may be used once they are there. */
static enum error commit_home(struct store *store)
{
    const uint64_t number = store_next_transaction(store);
    struct cached *cached;

    while ((cached = TAILQ_FIRST(&store->changed)) != NULL) {
        store_leave_running(store, cached);
        if (cached->freed != number)
            store_log(store, cached, number);
        else
            cache_settle(store, cached);
    }
    enum error error = store_write_home(store);
    if (error == E_OK)
        error = store_flush(store);
    if (error == E_OK)
        store_end_transaction(store, number);
    return error;
}

enum error store_commit_turn(struct store *store, bool alone)
{
    enum error error = store->error != E_OK ? store->error : store_write_contents(store);

    close_changes(store);
    if (error == E_OK)
        error = store_write_contents(store);
    if (error == E_OK)
        error = store->error;
    if (error == E_OK && store_is_dirty(store))
        error = store->journal != NULL ? journal_commit(store, alone) : commit_home(store);
    if (error != E_OK && store->error == E_OK)
        store->error = error;
    if (!alone)
        store_open_changes(store);
    return error;
}

enum error store_settle_turn(struct store *store)
{
    enum error error = store_commit_turn(store, true);

    if (error == E_OK)
        error = store_write_home(store);
    if (error == E_OK && store->journal != NULL)
        error = journal_advance(store);
    if (error != E_OK && store->error == E_OK)
        store->error = error;
    return error;
}

/* So that a journal that is nearly full, or a cache of blocks that wait to go home, does not keep
 * somebody waiting later. */
static enum error write_home_early(struct store *store)
{
    if (store->journal == NULL ||
        (!journal_is_half_full(store) && store->unhomed_count <= store->capacity / 2))
        return E_OK;
    enum error error = store_write_home(store);
    if (error == E_OK)
        error = journal_advance(store);
    if (error != E_OK && store->error == E_OK)
        store->error = error;
    return error;
}

enum error store_commit(struct store *store)
{
    const uint64_t wanted = store_is_dirty(store) ? store->running : store->running - 1;

    while (store->error == E_OK && store->committed < wanted) {
        store_take_turn(store);
        if (store->error == E_OK && store->committed < wanted &&
            store_commit_turn(store, false) == E_OK)
            (void)write_home_early(store);
        store_end_turn(store);
    }
    return store->error;
}
