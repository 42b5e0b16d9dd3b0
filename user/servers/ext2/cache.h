#pragma once
/* cache.h - inside the store: its buffers, its transactions, and who works on the disk.
 *
 * A buffer is in one of these states, by its two marks:
 *
 *   neither              as on the disk; while nobody holds it, it may be given to another block
 *   in_running           changed by the running transaction
 *   logged = N           committed by transaction N (in the journal), not yet written home
 *   both                 committed by N, and changed again since
 *
 * Only blocks that are not in_running are written home, so what is at home is always committed.
 *
 * Everything is guarded by the file system's lock. One thread at a time works on the disk for the
 * whole store (`working`): it commits or writes home, and lets go of the lock meanwhile. Nothing
 * else takes blocks out of `unhomed`. While `closing`, no change begins.
 */
#include "store.h"

#include <sys/queue.h>

#include "store_table.h"

struct cached {
    struct buffer buffer; /* first: the two are converted into each other */
    struct cached *next;  /* of its chain, or of the spare ones */
    TAILQ_ENTRY(cached) idle;
    TAILQ_ENTRY(cached) changed;
    TAILQ_ENTRY(cached) unhomed;
    uint64_t logged; /* 0: at home */
    uint64_t freed;  /* the transaction that freed it; 0: none */
    bool found;      /* it is in a chain */
    bool is_idle;    /* on the list of those */
    bool in_running;
    bool reading;
    bool failed; /* it could not be read */
};

TAILQ_HEAD(cached_list, cached);

struct slab;
struct journal;

/* Blocks that a transaction frees: all, and those that held metadata. */
struct freed {
    struct store_table all;
    struct store_table metadata;
    uint32_t metadata_count;
};

struct store {
    struct disk *disk;
    struct store_owner owner;
    struct journal *journal; /* NULL: none */
    uint32_t block_size;
    uint64_t blocks;  /* on the disk */
    enum error error; /* the first that made everything read-only */

    struct cached **chain;
    size_t chains;   /* a power of two */
    size_t capacity; /* buffers that it may have, unless more than these are needed at once */
    size_t count;
    struct slab *slabs;
    struct cached *spare;
    struct cached_list idle; /* least recently used first */

    uint64_t running, committed;
    struct cached_list changed; /* in_running */
    uint32_t changed_count;
    uint32_t open;           /* changes between begin and end */
    uint32_t reserved;       /* what these may still change */
    uint32_t limit;          /* blocks of one transaction */
    struct freed freed;      /* by the running transaction */
    struct freed committing; /* by the one that is being committed */

    bool working, closing;
    struct cached_list unhomed; /* logged */
    size_t unhomed_count;
    void *area; /* of area_blocks: what is written is copied here, so that buffers can change */
    uint32_t area_blocks;
    struct cached **gathered; /* room for area_blocks */
};

/* ---- cache.c ----------------------------------------------------------------------------- */

enum error cache_init(struct store *store, size_t bytes) MUST_USE;
void cache_destroy(struct store *store);

struct cached *cache_find(const struct store *store, uint64_t block);

/* Puts the buffer where it can be given to another block, if it can. */
void cache_settle(struct store *store, struct cached *cached);

/* Takes it from where cache_settle has put it. */
void cache_unsettle(struct store *store, struct cached *cached);

/* The block has nothing to do with this buffer any more. */
void cache_drop(struct store *store, struct cached *cached);

/* Drops all buffers that nobody holds and that are as at home. */
void cache_drop_idle(struct store *store);

/* ---- store_home.c -------------------------------------------------------------------------- */

/* Another area, of `blocks` blocks. E_NOMEM: the old one stays. */
enum error store_set_area(struct store *store, uint32_t blocks) MUST_USE;
void store_free_area(struct store *store);

void *area_block(const struct store *store, uint32_t index);

/* Calls the owner's write_data. */
enum error store_write_contents(struct store *store) MUST_USE;

/* Without the lock meanwhile. */
enum error store_flush(struct store *store) MUST_USE;

/* The buffer is not part of the running transaction any more. */
void store_leave_running(struct store *store, struct cached *cached);

/* The buffer is committed by `transaction` and not at home. */
void store_log(struct store *store, struct cached *cached, uint64_t transaction);

/* What the journal has of it does not matter any more. */
void store_unlog(struct store *store, struct cached *cached);

/* Writes home what is committed and not changed since. The caller works. E_IO. */
enum error store_write_home(struct store *store) MUST_USE;

/* ---- store_commit.c -------------------------------------------------------------------------- */

/* Waits for its turn to work on the disk. */
void store_take_turn(struct store *store);
void store_end_turn(struct store *store);

/* The caller works: commits what has been changed. If `alone`, no change begins before
 * store_open_changes. The first error is kept in the store and returned from then on. */
enum error store_commit_turn(struct store *store, bool alone) MUST_USE;
void store_open_changes(struct store *store);

/* The same, then writes everything home. Changes are closed afterwards, even on errors. */
enum error store_settle_turn(struct store *store) MUST_USE;

/* Makes a new transaction the running one. -> the number of the old one. */
uint64_t store_next_transaction(struct store *store);

/* Transaction `number` is safe: what it freed may be used again. */
void store_end_transaction(struct store *store, uint64_t number);
