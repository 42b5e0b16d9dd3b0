#pragma once
/* text.h - a string that grows and can be edited in the middle.
 *
 * A zeroed struct is an empty text. `bytes`, once there, ends in NUL, which `length` does not
 * count.
 */
#include <stddef.h>

struct text {
    char *bytes;
    size_t length, capacity;
};

/* The text as a C string, good until the next change. */
const char *text_string(const struct text *text);

void text_add(struct text *text, char byte);
void text_append(struct text *text, const char *string);
void text_insert(struct text *text, size_t at, const char *bytes, size_t length);
void text_remove(struct text *text, size_t at, size_t length);
void text_set(struct text *text, const char *string);

/* Empties the text and keeps its memory. */
void text_clear(struct text *text);

/* Gives the memory back; the text is empty and may be used again. */
void text_free(struct text *text);
