#pragma once
/* source.h - where command lines come from: a terminal, a file or a string. */
#include "editor.h"
#include "text.h"

struct source {
    enum { SOURCE_TERMINAL, SOURCE_FILE, SOURCE_STRING } kind;

    /* SOURCE_TERMINAL: what is typed on descriptor 0. */
    struct editor editor;
    struct key_decoder keys;

    /* SOURCE_FILE: `chunk` bytes are read at once. 1 leaves what follows the line to the programs
     * that are started, which read on from the same place. */
    int file;
    size_t chunk;
    char buffer[512];
    size_t used, filled; /* of the buffer */

    /* SOURCE_STRING: what is left of it. */
    const char *string;
};

enum source_result {
    SOURCE_LINE,   /* a line was read; the last one may lack its newline */
    SOURCE_CANCEL, /* Ctrl-C: forget what was typed */
    SOURCE_END,    /* no more lines */
};

/* Appends the next line, with its newline, to `text`. A terminal shows the prompt. */
enum source_result source_read(struct source *source, const char *prompt, struct text *text);

void source_close(struct source *source);
