/* text.c - a string that grows. The capacity doubles, so that adding n bytes costs n steps. */
#include "text.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

enum { FIRST_CAPACITY = 64 };

static void text_reserve(struct text *text, size_t length)
{
    size_t capacity = text->capacity == 0 ? FIRST_CAPACITY : text->capacity;

    while (capacity < length + 1)
        capacity *= 2;
    if (capacity != text->capacity) {
        text->bytes = memory_resize(text->bytes, capacity);
        text->bytes[text->length] = '\0';
        text->capacity = capacity;
    }
}

const char *text_string(const struct text *text) { return text->bytes == NULL ? "" : text->bytes; }

void text_add(struct text *text, char byte) { text_insert(text, text->length, &byte, 1); }

void text_append(struct text *text, const char *string)
{
    text_insert(text, text->length, string, strlen(string));
}

void text_insert(struct text *text, size_t at, const char *bytes, size_t length)
{
    text_reserve(text, text->length + length);
    memmove(text->bytes + at + length, text->bytes + at, text->length - at + 1);
    memcpy(text->bytes + at, bytes, length);
    text->length += length;
}

void text_remove(struct text *text, size_t at, size_t length)
{
    if (length == 0)
        return;
    memmove(text->bytes + at, text->bytes + at + length, text->length - at - length + 1);
    text->length -= length;
}

void text_set(struct text *text, const char *string)
{
    text_clear(text);
    text_append(text, string);
}

void text_clear(struct text *text) { text_remove(text, 0, text->length); }

void text_free(struct text *text)
{
    free(text->bytes);
    *text = (struct text){0};
}
