#pragma once
/* store_table.h - numbers to numbers: open addressing, grown by doubling, nothing ever removed.
 *
 * All zero bytes: an empty table.
 */
#include <octavo/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store_entry {
    uint64_t key_plus_one; /* 0: nothing here */
    uint64_t value;
};

struct store_table {
    struct store_entry *entry;
    size_t room; /* a power of two, or 0 */
    size_t used; /* at most three quarters of `room` */
};

/* The value of the key, or NULL: there is none. Keys are below UINT64_MAX. */
uint64_t *store_table_find(const struct store_table *table, uint64_t key);

/* The same, with a new value of 0 where there is none. NULL: no memory. */
uint64_t *store_table_add(struct store_table *table, uint64_t key);

/* Forgets everything. */
void store_table_clear(struct store_table *table);

/* ---- sets of blocks: a word of bits for 64 blocks ------------------------------------------ */

bool block_set_has(const struct store_table *set, uint64_t block);
enum error block_set_add(struct store_table *set, uint64_t block, uint32_t count) MUST_USE;
/* -> Was it there? */
bool block_set_remove(struct store_table *set, uint64_t block);

/* Goes through the blocks of the set, which does not change meanwhile: *at begins with 0. */
bool block_set_next(const struct store_table *set, uint64_t *at, uint64_t *block);
