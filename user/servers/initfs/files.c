/* files.c - open files.
 *
 * A table that grows by doubling. Free records form a list through `next_free`. Badge: start number
 * in the upper half, place in the table in the lower; place 0 is the root's, which is never free,
 * and so 0 ends the list too.
 */
#include "files.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "tree.h"

enum { FIRST_CAPACITY = 32, CAPACITY_MAX = 1 << 20 };

struct record {
    struct open_file file;
    bool is_open;
    uint32_t next_free;
};

static struct record root = {.file = {.node = TREE_ROOT}, .is_open = true};
static struct record *table; /* [0] is not used */
static uint32_t capacity, first_free;
static uint32_t start_number;

void files_init(uint32_t start) { start_number = start != 0 ? start : 1; }

static enum error grow(void)
{
    uint32_t wanted = capacity > 0 ? 2 * capacity : FIRST_CAPACITY;
    struct record *grown = wanted <= CAPACITY_MAX ? realloc(table, wanted * sizeof table[0]) : NULL;

    if (grown == NULL)
        return E_NOMEM;
    table = grown;
    for (uint32_t i = wanted - 1; i >= capacity && i > 0; i--) {
        table[i] = (struct record){.next_free = first_free};
        first_free = i;
    }
    capacity = wanted;
    return E_OK;
}

enum error files_open(uint32_t node, uint64_t *badge)
{
    if (first_free == 0 && grow() != E_OK)
        return E_NOMEM;
    uint32_t place = first_free;
    first_free = table[place].next_free;
    table[place] = (struct record){.file = {.node = node}, .is_open = true};
    *badge = (uint64_t)start_number << 32 | place;
    return E_OK;
}

static struct record *find(uint64_t badge)
{
    uint32_t place = (uint32_t)badge;

    if (badge == FILES_ROOT_BADGE)
        return &root;
    if (badge >> 32 != start_number || place == 0 || place >= capacity || !table[place].is_open)
        return NULL;
    return &table[place];
}

struct open_file *files_find(uint64_t badge)
{
    struct record *record = find(badge);

    return record != NULL ? &record->file : NULL;
}

void files_close(uint64_t badge)
{
    struct record *record = find(badge);

    if (record == NULL || record == &root)
        return;
    record->is_open = false;
    record->next_free = first_free;
    first_free = (uint32_t)badge;
}
