/* completion.c - the pure part of completing a word. */
#include "completion.h"

#include <stdlib.h>
#include <string.h>

static bool byte_begins_command(char byte) { return strchr("\n;&|", byte) != NULL; }

struct completion_word completion_find_word(const char *line, size_t cursor)
{
    struct completion_word word = {.start = cursor};

    while (word.start > 0 && strchr(" \t\n;&|<>=", line[word.start - 1]) == NULL)
        word.start--;
    size_t before = word.start;
    while (before > 0 && (line[before - 1] == ' ' || line[before - 1] == '\t'))
        before--;
    word.is_command = before == 0 || byte_begins_command(line[before - 1]);
    return word;
}

/* The place of the first name that is not less than this one. */
static size_t name_place(const struct completion *completion, const char *name)
{
    size_t low = 0, high = completion->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(completion->names[middle], name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void completion_add(struct completion *completion, const char *name)
{
    size_t place = name_place(completion, name);

    if (place < completion->count && strcmp(completion->names[place], name) == 0)
        return;
    if (completion->count == completion->capacity) {
        completion->capacity = completion->capacity * 2 + 16;
        completion->names =
            memory_resize(completion->names, completion->capacity * sizeof *completion->names);
    }
    memmove(completion->names + place + 1, completion->names + place,
            (completion->count - place) * sizeof *completion->names);
    completion->names[place] = arena_copy(&completion->arena, name, strlen(name));
    completion->count++;
}

size_t completion_common_length(const struct completion *completion)
{
    if (completion->count == 0)
        return 0;
    /* The names are sorted: what the first and the last share, all share. */
    const char *first = completion->names[0];
    const char *last = completion->names[completion->count - 1];
    size_t length = 0;
    while (first[length] != '\0' && first[length] == last[length])
        length++;
    return length;
}

void completion_free(struct completion *completion)
{
    free(completion->names);
    arena_release(&completion->arena);
    *completion = (struct completion){0};
}
