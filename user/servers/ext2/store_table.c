/* store_table.c - see store_table.h. */
#include "store_table.h"

#include <stdlib.h>

enum { FIRST_ROOM = 16, WORD_BITS = 64 };

/* Where the key is, or where it would be put. There is always an empty place, so this ends. */
static struct store_entry *place_of(const struct store_table *table, uint64_t key)
{
    size_t at = (size_t)((key * 0x9e3779b97f4a7c15u) >> 20) & (table->room - 1);

    while (table->entry[at].key_plus_one != 0 && table->entry[at].key_plus_one != key + 1)
        at = (at + 1) & (table->room - 1);
    return &table->entry[at];
}

static enum error grow(struct store_table *table)
{
    struct store_table larger = {.room = table->room ? table->room * 2 : FIRST_ROOM,
                                 .used = table->used};

    larger.entry = calloc(larger.room, sizeof *larger.entry);
    if (larger.entry == NULL)
        return E_NOMEM;
    for (size_t i = 0; i < table->room; i++) {
        const struct store_entry *entry = &table->entry[i];

        if (entry->key_plus_one != 0)
            *place_of(&larger, entry->key_plus_one - 1) = *entry;
    }
    free(table->entry);
    *table = larger;
    return E_OK;
}

uint64_t *store_table_find(const struct store_table *table, uint64_t key)
{
    if (table->used == 0)
        return NULL;
    struct store_entry *entry = place_of(table, key);
    return entry->key_plus_one != 0 ? &entry->value : NULL;
}

uint64_t *store_table_add(struct store_table *table, uint64_t key)
{
    uint64_t *value = store_table_find(table, key);

    if (value != NULL)
        return value;
    if (table->used + 1 > table->room / 4 * 3 && grow(table) != E_OK)
        return NULL;
    struct store_entry *entry = place_of(table, key);
    *entry = (struct store_entry){.key_plus_one = key + 1};
    table->used++;
    return &entry->value;
}

void store_table_clear(struct store_table *table)
{
    free(table->entry);
    *table = (struct store_table){0};
}

bool block_set_has(const struct store_table *set, uint64_t block)
{
    const uint64_t *word = store_table_find(set, block / WORD_BITS);

    return word != NULL && (*word >> block % WORD_BITS & 1) != 0;
}

enum error block_set_add(struct store_table *set, uint64_t block, uint32_t count)
{
    const uint64_t end = block + count;

    while (block < end) {
        uint64_t *word = store_table_add(set, block / WORD_BITS);
        unsigned first = (unsigned)(block % WORD_BITS);
        uint64_t bits = end - block < WORD_BITS ? (UINT64_C(1) << (end - block)) - 1 : UINT64_MAX;

        if (word == NULL)
            return E_NOMEM;
        *word |= bits << first;
        block += WORD_BITS - first;
    }
    return E_OK;
}

bool block_set_remove(struct store_table *set, uint64_t block)
{
    uint64_t *word = store_table_find(set, block / WORD_BITS);
    const uint64_t bit = UINT64_C(1) << block % WORD_BITS;

    if (word == NULL || (*word & bit) == 0)
        return false;
    *word &= ~bit;
    return true;
}

bool block_set_next(const struct store_table *set, uint64_t *at, uint64_t *block)
{
    for (; *at / WORD_BITS < set->room; *at = (*at / WORD_BITS + 1) * WORD_BITS) {
        const struct store_entry *entry = &set->entry[*at / WORD_BITS];
        const uint64_t left = entry->key_plus_one ? entry->value >> *at % WORD_BITS : 0;

        if (left != 0) {
            *at += (uint64_t)__builtin_ctzll(left);
            *block = (entry->key_plus_one - 1) * WORD_BITS + *at % WORD_BITS;
            *at += 1;
            return true;
        }
    }
    return false;
}
