#pragma once
/* completion.h - what may follow a word that is begun: names of programs and of files.
 *
 * Which names there are is asked of a completion_function; what is pure (which word is meant, what
 * the names have in common) is here and needs no system.
 */
#include <stdbool.h>
#include <stddef.h>

#include "memory.h"

struct completion_word {
    size_t start;    /* where the word begins in the line */
    bool is_command; /* stands where a program's name stands */
};

/* The word that ends at byte `cursor` of the line. */
struct completion_word completion_find_word(const char *line, size_t cursor);

struct completion {
    const char **names; /* count names, each with the whole of what was begun; in the arena */
    size_t count, capacity;
    size_t shown_from; /* how much of each name a listing leaves out: the folder */
    struct arena arena;
};

/* Collects the names that begin with `prefix`; a folder ends in `/`. */
typedef void completion_function(void *context, const char *prefix, bool is_command,
                                 struct completion *completion);

/* Adds a copy of the name, unless it is there already; keeps the names sorted. */
void completion_add(struct completion *completion, const char *name);

/* Length of what all names begin with; 0 without names. */
size_t completion_common_length(const struct completion *completion);

void completion_free(struct completion *completion);
