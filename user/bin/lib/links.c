/* links.c - a table of files by device and inode: open addressing, at most half full. */
#include "links.h"

#include "complain.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 64 };

struct link_entry {
    dev_t device;
    ino_t inode;
    char *text; /* NULL: free */
};

/* Where the file is, or where it would go. */
static size_t place_of(const struct link_table *table, dev_t device, ino_t inode)
{
    uint64_t hash = ((uint64_t)inode ^ (uint64_t)device << 32) * 0x9e3779b97f4a7c15ull;
    size_t place = (size_t)(hash >> 32) & (table->capacity - 1);

    for (;;) {
        const struct link_entry *entry = &table->entries[place];

        if (entry->text == NULL || (entry->device == device && entry->inode == inode))
            return place;
        place = (place + 1) & (table->capacity - 1);
    }
}

const char *links_find(const struct link_table *table, const struct stat *status)
{
    if (table->capacity == 0)
        return NULL;
    return table->entries[place_of(table, status->st_dev, status->st_ino)].text;
}

static void table_grow(struct link_table *table)
{
    struct link_table larger = {
        .capacity = table->capacity == 0 ? FIRST_CAPACITY : table->capacity * 2,
        .count = table->count,
    };

    larger.entries = must(calloc(larger.capacity, sizeof *larger.entries));
    for (size_t i = 0; i < table->capacity; i++) {
        const struct link_entry *entry = &table->entries[i];

        if (entry->text != NULL)
            larger.entries[place_of(&larger, entry->device, entry->inode)] = *entry;
    }
    free(table->entries);
    *table = larger;
}

void links_add(struct link_table *table, const struct stat *status, const char *text)
{
    if (table->count * 2 >= table->capacity)
        table_grow(table);
    table->entries[place_of(table, status->st_dev, status->st_ino)] =
        (struct link_entry){status->st_dev, status->st_ino, must(strdup(text))};
    table->count++;
}
