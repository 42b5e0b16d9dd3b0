/* history.c - the last lines that were entered. */
#include "history.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

void history_add(struct history *history, const char *line)
{
    if (line[strspn(line, " \t")] == '\0')
        return;
    if (history->count != 0 && strcmp(history->lines[history->count - 1], line) == 0)
        return;
    if (history->count == HISTORY_LIMIT) {
        free(history->lines[0]);
        history->count--;
        memmove(history->lines, history->lines + 1, history->count * sizeof history->lines[0]);
    }
    history->lines[history->count++] = memory_copy(line, strlen(line));
}

void history_free(struct history *history)
{
    while (history->count != 0)
        free(history->lines[--history->count]);
}
