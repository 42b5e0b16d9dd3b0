#pragma once
/* program.h - the parts of exec: reading a program, its segments, its stack. Results are raw. */
#include <octavo/elf.h>
#include <octavo/program.h>
#include <stdbool.h>

/* What a program is given: as main sees it. */
struct program_arguments {
    char *const *argv; /* ends with NULL */
    char *const *envp; /* ends with NULL; NULL itself: an empty environment */
};

/* Reads exactly `size` bytes from `offset`. -> 0; E_IO: there are not as many. */
long program_read(const struct program_source *source, void *buffer, size_t size, uint64_t offset);

/* Maps the segments of `image` into `space` with their contents. -> 0. */
long program_map_segments(int space, const struct program_source *source,
                          const struct elf_image *image);

/* Makes the stack in `space` with the start block on it. -> the stack pointer. E_2BIG. */
long program_make_stack(int space, const struct program_arguments *arguments);

enum {
    SCRIPT_LINE_MAX = 256, /* bytes of a script that are looked at for `#!` */
    SCRIPT_DEPTH_MAX = 4,  /* scripts that are interpreters of scripts */
};

/* The first line of a script: `#!interpreter argument`. */
struct script_line {
    char text[SCRIPT_LINE_MAX + 1];
    char *interpreter;
    char *argument; /* NULL: none */
};

/* Is this the start of a script? Fills *line if so; its pointers go into line->text. */
bool script_parse(const char *start, size_t size, struct script_line *line);

/* The arguments of the interpreter: its path, its argument, the script's path, and argv[1] and on.
 * -> a new array that ends with NULL, which the caller frees, or NULL for want of memory. Of the
 * texts it has only the addresses. */
char **script_arguments(const struct script_line *line, const char *path, char *const argv[]);
