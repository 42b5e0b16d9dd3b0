/* script.c - scripts: files whose first line names the program that interprets them. */
#include "program.h"

#include <stdlib.h>
#include <string.h>

static const char blanks[] = " \t";

bool script_parse(const char *start, size_t size, struct script_line *line)
{
    const char *end;
    char *word, *last;

    if (size < 2 || start[0] != '#' || start[1] != '!')
        return false;
    start += 2;
    size -= 2;
    if (size > SCRIPT_LINE_MAX)
        size = SCRIPT_LINE_MAX;
    end = memchr(start, '\n', size);
    if (end != NULL)
        size = (size_t)(end - start);
    memcpy(line->text, start, size);
    line->text[size] = '\0';

    word = line->text + strspn(line->text, blanks);
    line->interpreter = word;
    word += strcspn(word, blanks);
    line->argument = NULL;
    if (*word != '\0') {
        *word++ = '\0';
        word += strspn(word, blanks);
        /* All that follows is one argument, without blanks at its end. */
        for (last = word + strlen(word); last > word && strchr(blanks, last[-1]) != NULL;)
            *--last = '\0';
        if (*word != '\0')
            line->argument = word;
    }
    return *line->interpreter != '\0';
}

static size_t count(char *const list[])
{
    size_t n = 0;

    while (list[n] != NULL)
        n++;
    return n;
}

char **script_arguments(const struct script_line *line, const char *path, char *const argv[])
{
    size_t given = count(argv);
    char **all = malloc((given + 4) * sizeof(*all));
    size_t n = 0;

    if (all == NULL)
        return NULL;
    all[n++] = line->interpreter;
    if (line->argument != NULL)
        all[n++] = line->argument;
    all[n++] = (char *)path;
    for (size_t i = 1; i < given; i++)
        all[n++] = argv[i];
    all[n] = NULL;
    return all;
}
