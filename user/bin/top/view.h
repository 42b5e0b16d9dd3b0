#pragma once
/* view.h - a sample as text. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sample.h"

enum { VIEW_NO_LIMIT = 0 };

struct view {
    bool threads;      /* threads, not processes */
    bool used_only;    /* without tasks that used no time since the sample before */
    bool on_screen;    /* drawn over what the terminal shows, with a line about the keys */
    unsigned rows;     /* that the text may have at most, or VIEW_NO_LIMIT */
    unsigned columns;  /* longer lines are cut */
    uint64_t delay_ns; /* shown with the keys */
};

/* Writes the sample, which has been compared. Each line ends in a newline: on a screen the cursor
 * stands below the last one. */
void view_print(FILE *out, const struct view *view, const struct sample *sample);
