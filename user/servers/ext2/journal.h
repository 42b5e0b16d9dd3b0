#pragma once
/* journal.h - the journal of a store: a ring of blocks that holds the transactions which are not
 * yet at home, in the format of jbd.h.
 *
 * The ring's blocks from the oldest transaction's start up to `head` are in use. A transaction may
 * leave it when none of its blocks is still to be written home (`left`), and all before it left.
 * The store's turn guards all of it, and its lock what changes while the turn's holder waits.
 */
#include "cache.h"
#include "jbd.h"

enum { JOURNAL_RECORDS = 1024 };

/* Blocks of the journal that lie side by side on the disk. */
struct journal_run {
    uint32_t index, count;
    uint64_t block;
};

struct journal_record {
    uint32_t start, length; /* in the ring */
    uint32_t sequence;
    uint32_t left;
};

struct journal {
    struct disk *disk;
    uint32_t block_size;
    struct journal_run *run;
    uint32_t runs;
    uint32_t first, count; /* indices of the ring: first...count - 1 */
    uint32_t head;         /* where the next transaction begins */
    uint32_t room;         /* blocks of the ring that are not in use */
    uint32_t sequence;     /* of the next transaction */
    uint32_t need;         /* the most that a transaction takes */
    uint64_t oldest;       /* the store's number of the oldest transaction in the ring */
    struct jbd_superblock *superblock;             /* start and sequence as on the disk */
    struct journal_record record[JOURNAL_RECORDS]; /* of a number, modulo their count */
};

/* ---- journal.c --------------------------------------------------------------------------- */

/* `change` more blocks of transaction `number` are not at home. */
void journal_count(struct journal *journal, uint64_t number, int change);

struct journal_record *journal_record(struct journal *journal, uint64_t number);

/* Is there room for the largest transaction? */
bool journal_has_room(const struct store *store);
bool journal_is_half_full(const struct store *store);

/* Could the running transaction have a change of `blocks` more? */
bool journal_fits(const struct store *store, uint32_t blocks);

/* After blocks were written home: flushes, and gives up the part of the ring that is not needed
 * any more. The caller works. E_IO. */
enum error journal_advance(struct store *store) MUST_USE;

void journal_destroy(struct store *store);

/* ---- journal_commit.c ---------------------------------------------------------------------- */

/* The caller works, changes are closed: commits the running transaction; unless `alone`, changes go
 * on as soon as its blocks are copied. E_IO; E_2BIG: changes have freed more than they may. */
enum error journal_commit(struct store *store, bool alone) MUST_USE;

/* ---- journal_log.c; without the lock --------------------------------------------------------- */

uint32_t journal_next(const struct journal *journal, uint32_t index);

/* Blocks of the ring, from `index` on. E_IO. */
enum error journal_write(struct journal *journal, uint32_t index, uint32_t count,
                         const void *memory) MUST_USE;
enum error journal_read(struct journal *journal, uint32_t index, void *memory) MUST_USE;

/* A transaction: `count` blocks from memory, of which the last one is the commit block. */
struct journal_batch {
    uint32_t index, count;
    const void *memory;
};

/* All but the commit block, and the superblock if the journal was empty. */
enum error journal_write_body(struct journal *journal, const struct journal_batch *batch) MUST_USE;
enum error journal_write_end(struct journal *journal, const struct journal_batch *batch) MUST_USE;
enum error journal_flush(struct journal *journal) MUST_USE;

/* From now on the ring begins there; start 0: it is empty. E_IO. */
enum error journal_write_superblock(struct journal *journal, uint32_t start,
                                    uint32_t sequence) MUST_USE;

/* ---- recover.c ------------------------------------------------------------------------------- */

/* Writes home what the ring has, and leaves it empty. E_IO; E_NOMEM; E_INVAL with *complaint. */
enum error journal_recover(struct store *store, struct journal *journal,
                           const char **complaint) MUST_USE;
