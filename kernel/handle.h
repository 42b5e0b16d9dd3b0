#pragma once
/* handle.h - a process's table of handles (octavo/handle.h): flat, an entry is object, rights and
 * flags.
 *
 * The fixed handles 4080 to 4095 stand in the first sixteen entries and handle n in entry n + 16,
 * so that a small table serves both. The table is contiguous pages; it starts as one and doubles.
 */
#include "kernel/lock.h"
#include "kernel/object.h"

struct handle_entry {
    struct object *object; /* NULL: free */
    uint8_t rights;
    uint8_t kind; /* the object's; this and `fast` are filled in by the table */
    uint16_t flags;
    uint32_t fast; /* what fastpath.S asks, a bit each: FAST_SEND, FAST_RECV */
};

#define FAST_SEND (1u << 31) /* a channel with RIGHT_SEND: the sign bit */
#define FAST_RECV (1u << 30) /* a port with RIGHT_RECV */

struct handle_table {
    struct handle_entry *entries; /* this and all below: lock */
    uint32_t fast_limit; /* handles below it need no lock to be looked up: `shared` is false */
    uint32_t capacity;   /* entries, a power of two */
    uint32_t used;
    uint32_t lowest; /* no entry for an ordinary handle is free below this one */
    bool shared;     /* several threads use the table, so fast_limit is 0 */
    struct lock lock;
};

/* Says whether the table has more users than the one thread that runs. */
void handle_table_set_shared(struct handle_table *table, bool shared);

/* An empty table. E_NOMEM. */
enum error handle_table_init(struct handle_table *table) MUST_USE;

/* Makes `table` a copy of `source`: each object gets a handle more. E_NOMEM. */
enum error handle_table_clone(struct handle_table *table, struct handle_table *source) MUST_USE;

/* Closes all handles that have one of `flags` (0: all). */
void handle_table_close(struct handle_table *table, uint32_t flags);

/* Gives the pages of an empty table back. */
void handle_table_destroy(struct handle_table *table);

/* Finds an object of a kind with all of `rights`: *record, a pointer to its struct, is set and the
 * caller gets a reference. E_BADF, E_PERM. */
enum error handle_find(struct handle_table *table, uint64_t handle, enum object_kind kind,
                       uint32_t rights, void *record) MUST_USE;

/* The entry itself, with a reference to its object. E_BADF. */
enum error handle_get(struct handle_table *table, uint64_t handle,
                      struct handle_entry *entry) MUST_USE;

/* Adds a handle of entry->object at the lowest free number not below `minimum`. The caller keeps
 * its own reference. E_MFILE: none below HANDLE_FIXED is free; E_NOMEM; E_INVAL. */
enum error handle_insert(struct handle_table *table, const struct handle_entry *entry,
                         uint64_t minimum, uint64_t *handle) MUST_USE;

/* Puts a handle at a number and closes what stood there. E_INVAL: not below HANDLE_LIMIT; E_NOMEM.
 */
enum error handle_replace(struct handle_table *table, const struct handle_entry *entry,
                          uint64_t handle) MUST_USE;

enum error handle_close(struct handle_table *table, uint64_t handle) MUST_USE;
enum error handle_set_flags(struct handle_table *table, uint64_t handle, uint32_t flags) MUST_USE;

/* Gives `to` a handle of what `handle` is in `from`, closing it there if `move`. E_BADF; E_PERM: a
 * copy without DUP; E_MFILE, E_NOMEM: no room in `to`. On error nothing has changed. */
enum error handle_transfer(struct handle_table *from, uint64_t handle, bool move,
                           struct handle_table *to, uint64_t *received) MUST_USE;
