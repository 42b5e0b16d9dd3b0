#pragma once
/* part.h - what head and tail have in common: they print a part of each file, under its name. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct part_options {
    uint64_t count;
    bool of_bytes;   /* else lines */
    bool from_start; /* tail +N: all from the Nth on */
    bool quiet, verbose;
};

/* Prints the part of an open file; returns a status. */
typedef int part_print(int file, const char *name, const struct part_options *options);

/* Reads the options of head and tail: -n, -c, -q, -v, and -NUMBER as the first; `signs` allows
 * +NUMBER. What follows them is at `optind` of the arguments. False after a complaint. */
bool part_options_read(int *argc, char ***argv, bool signs, struct part_options *options);

/* Prints the parts of all files, or of the input if there are none. */
int part_print_all(char **names, int count, part_print *print, const struct part_options *options);

/* Writes to the output. False after a complaint. */
bool part_write(const char *bytes, size_t length);
