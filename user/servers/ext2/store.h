#pragma once
/* store.h - the metadata of a file system: a cache of blocks, changed in transactions.
 *
 * A *change* groups the blocks that one operation modifies; changes end up in the running
 * transaction, and a commit writes that to the journal (the format of jbd, as ext3 has it) so that
 * after a loss of power either all of a change is there or nothing. Without a journal a commit
 * writes the blocks home, and there is no such promise.
 *
 * Order (what makes it safe): contents of files (`write_data`), then the journal's blocks, FLUSH,
 * the commit block, FLUSH, and only then blocks at home. A block is written home only from a state
 * that is committed.
 *
 * Locking: whoever calls holds the file system's lock; store_commit and others that wait for the
 * disk let go of it meanwhile with `unlock` and take it again with `lock`. Between change_begin and
 * change_end the lock may be dropped only where buffer_get reads. A thread in a change begins no
 * other and commits nothing: it would wait for itself.
 */
#include "disk.h"

struct store;

struct buffer {
    uint64_t block;
    void *data; /* of one block */
    /* the rest is the store's */
    uint32_t holders;
};

struct store_owner {
    void *context;
    void (*lock)(void *context);
    void (*unlock)(void *context);
    /* Lets go of the lock, sleeps until somebody calls `wake` (or for less), and takes it again. */
    void (*wait)(void *context);
    void (*wake)(void *context);
    /* Writes all contents of files that the running transaction's metadata name, and waits: called
     * with the lock (which it may drop meanwhile) by a commit before it writes to the journal. A
     * commit calls it twice: while other changes go on, and for the rest when there are none. It
     * can begin no change itself. */
    enum error (*write_data)(void *context);
};

/* A cache of `bytes` for blocks of `block_size` (1024, 2048, 4096). The disk and *owner stay the
 * caller's and must outlive it. E_NOMEM. */
enum error store_create(struct disk *disk, uint32_t block_size, size_t bytes,
                        const struct store_owner *owner, struct store **store) MUST_USE;

/* Drops everything, written or not. */
void store_destroy(struct store *store);

/* Where the journal lies: home_of says the block on the disk of each index below `count`. It is
 * asked only while the journal is being opened. */
struct store_place {
    void *context;
    enum error (*home_of)(void *context, uint32_t index, uint64_t *block);
    uint32_t count;
};

/* From now on with that journal. First whatever it holds that is committed is written home (which
 * is all that happens before the first commit); *replayed says if there was any. Nothing may be
 * changed or held meanwhile, and blocks that were read before may be old after a replay: the cache
 * drops them. E_IO; E_NOMEM; E_INVAL, with *complaint for people: not a journal that we know;
 * E_ROFS: it has to be replayed, and the disk is read-only. */
enum error store_open_journal(struct store *store, const struct store_place *place, bool *replayed,
                              const char **complaint) MUST_USE;

/* Commits, writes everything home and marks the journal empty, which stays in use. */
enum error store_settle(struct store *store) MUST_USE;

/* The same, and it is not used any more. */
enum error store_close_journal(struct store *store) MUST_USE;

/* ---- blocks ------------------------------------------------------------------------------ */

/* The block's buffer, held until buffer_put. What is in the cache is found without letting go of
 * the lock. E_IO; E_NOMEM; E_RANGE: behind the disk's end. */
enum error buffer_get(struct store *store, uint64_t block, struct buffer **buffer) MUST_USE;

/* The same without reading: all zero, to be changed as a whole. */
enum error buffer_get_zeroed(struct store *store, uint64_t block, struct buffer **buffer) MUST_USE;

void buffer_put(struct store *store, struct buffer *buffer);

/* ---- changes ----------------------------------------------------------------------------- */

struct change {
    struct store *store;
    uint32_t left; /* blocks that may still be changed */
};

/* An operation begins that changes at most `blocks` blocks; may wait for a commit that makes room.
 * E_ROFS; E_IO: an earlier commit failed, the file system is read-only now; E_2BIG: more than the
 * journal can ever hold. */
enum error change_begin(struct store *store, uint32_t blocks, struct change *change) MUST_USE;

/* To be called before the block's data are modified. */
void change_buffer(struct change *change, struct buffer *buffer);

/* Blocks are free from this change on. If `metadata`, copies of theirs in the journal count no more
 * (revoke records), and their buffers are dropped once this is committed. They are not used again,
 * as store_may_use says, before that. One change frees at most 1,000 blocks of metadata. */
void change_free(struct change *change, uint64_t block, uint32_t count, bool metadata);

void change_end(struct change *change);

/* May a free block be given to a file now, or is its freeing not committed yet? */
bool store_may_use(const struct store *store, uint64_t block);

/* All ended changes are on the disk when this returns; if they were before, nothing is done and
 * nothing flushed. The first error makes the file system read-only. */
enum error store_commit(struct store *store) MUST_USE;

/* Is there anything that store_commit would write? */
bool store_is_dirty(const struct store *store);

/* A number that grows with each transaction: that of the running one, and the last that is safe. */
uint64_t store_running(const struct store *store);
uint64_t store_committed(const struct store *store);
