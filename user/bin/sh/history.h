#pragma once
/* history.h - the last lines that were entered, oldest first. A zeroed struct is empty. */
#include <stddef.h>

enum { HISTORY_LIMIT = 100 };

struct history {
    char *lines[HISTORY_LIMIT];
    size_t count;
};

/* Keeps a copy of the line, unless it is blank or the same as the newest. Drops the oldest when
 * there is no room. */
void history_add(struct history *history, const char *line);

void history_free(struct history *history);
