#pragma once
/* links.h - a table of files by what they are, not by their names: to find further links to one. */
#include <stddef.h>
#include <sys/stat.h>

struct link_entry;

/* All zero: an empty table. */
struct link_table {
    struct link_entry *entries;
    size_t count, capacity;
};

/* The text that was stored with the file, or NULL. */
const char *links_find(const struct link_table *table, const struct stat *status);

/* Stores a copy of the text with the file, which has none yet. */
void links_add(struct link_table *table, const struct stat *status, const char *text);
