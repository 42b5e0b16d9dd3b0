/* memory.c - growing blocks and arenas. An arena is a list of blocks; only the newest has room. */
#include "memory.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 4096 - 64 };

struct arena_block {
    struct arena_block *next;
    size_t used, size; /* of `bytes` */
    alignas(max_align_t) char bytes[];
};

void *memory_resize(void *old, size_t bytes)
{
    void *new = realloc(old, bytes);

    if (new == NULL && bytes != 0) {
        fputs("sh: out of memory\n", stderr);
        exit(2);
    }
    return new;
}

char *memory_copy(const char *bytes, size_t length)
{
    char *copy = memory_resize(NULL, length + 1);

    memcpy(copy, bytes, length);
    copy[length] = '\0';
    return copy;
}

static void arena_grow(struct arena *arena, size_t bytes)
{
    size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
    struct arena_block *block = memory_resize(NULL, sizeof *block + size);

    *block = (struct arena_block){.next = arena->blocks, .size = size};
    arena->blocks = block;
}

void *arena_take(struct arena *arena, size_t bytes)
{
    size_t alignment = alignof(max_align_t);
    size_t rounded = (bytes + alignment - 1) / alignment * alignment;

    if (arena->blocks == NULL || arena->blocks->size - arena->blocks->used < rounded)
        arena_grow(arena, rounded);
    void *taken = arena->blocks->bytes + arena->blocks->used;
    arena->blocks->used += rounded;
    return memset(taken, 0, bytes);
}

char *arena_copy(struct arena *arena, const char *bytes, size_t length)
{
    return memcpy(arena_take(arena, length + 1), bytes, length);
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);

    char *text = arena_take(arena, (size_t)length + 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

void arena_release(struct arena *arena)
{
    while (arena->blocks != NULL) {
        struct arena_block *next = arena->blocks->next;

        free(arena->blocks);
        arena->blocks = next;
    }
}
