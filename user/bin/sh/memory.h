#pragma once
/* memory.h - the shell's memory: growing blocks, and arenas for what lives as long as one command.
 *
 * A shell without memory can do nothing useful, not even free some: when there is none left these
 * functions say so and end the process, and no caller has to check.
 */
#include <stddef.h>

/* realloc that never fails; `old` may be NULL. The caller frees with free(). */
void *memory_resize(void *old, size_t bytes);

/* A copy of the first `length` bytes with a NUL behind; the caller frees it. */
char *memory_copy(const char *bytes, size_t length);

/* Everything taken from an arena is given back at once. A zeroed struct is an empty arena. */
struct arena {
    struct arena_block *blocks; /* newest first */
};

/* Zeroed memory, aligned for any type, that lives until arena_release. */
void *arena_take(struct arena *arena, size_t bytes);

/* As memory_copy, in the arena. */
char *arena_copy(struct arena *arena, const char *bytes, size_t length);

/* printf into the arena. */
char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void arena_release(struct arena *arena);
