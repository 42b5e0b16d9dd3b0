#pragma once
/* editor.h - edits one line on a terminal.
 *
 * The editor is a pure state machine: keys go in, and what the terminal is to show collects in
 * `output`, which the caller writes and clears. A line that is wider than the terminal scrolls
 * sideways, so that the editor is right whatever the terminal does at its edge. Bytes of UTF-8
 * sequences are kept together; each sequence is taken to be one column wide.
 */
#include <stdbool.h>
#include <stddef.h>

#include "completion.h"
#include "history.h"
#include "keys.h"
#include "text.h"

enum { LINE_LIMIT = 4096 /* bytes */ };

struct editor {
    struct text line;
    size_t cursor; /* byte of the line */
    size_t left;   /* first byte shown */
    size_t columns;
    const char *prompt;
    struct text output;

    struct history *history;
    size_t recalled;   /* which line of the history is shown; history->count: the draft */
    struct text draft; /* the line being written while another one is shown */

    completion_function *complete;
    void *complete_context;
};

enum edit_result {
    EDIT_MORE,   /* the line is not finished */
    EDIT_LINE,   /* Enter: `line` is it */
    EDIT_CANCEL, /* Ctrl-C */
    EDIT_END,    /* Ctrl-D on an empty line */
};

/* Begins an empty line. The other members stay as the caller set them; columns is at least 1. */
void editor_start(struct editor *editor, const char *prompt, size_t columns);

enum edit_result editor_press(struct editor *editor, int key);

void editor_free(struct editor *editor);
