/* table.c - reads a line of /etc/servers. Pure: it is tested on the host. */
#include "table.h"

#include <octavo/process.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "proto/name.h"

static const char blanks[] = " \t\r";

static enum error refuse(const char **complaint, const char *why)
{
    *complaint = why;
    return E_INVAL;
}

/* Cuts "a+b" in pieces; "-" is the empty list. False: too many, or an empty piece. */
static bool parse_list(char *text, struct table_list *list)
{
    char *rest = text;

    list->count = 0;
    if (strcmp(text, "-") == 0)
        return true;
    while (rest != NULL) {
        char *item = rest;

        rest = strchr(item, '+');
        if (rest != NULL)
            *rest++ = '\0';
        if (*item == '\0' || list->count == TABLE_LIST_MAX)
            return false;
        list->item[list->count++] = item;
    }
    return true;
}

static bool parse_priority(const char *text, int *priority)
{
    char *end;
    long value = strtol(text, &end, 10);

    if (end == text || *end != '\0' || value < 0 || value >= PRIORITIES)
        return false;
    *priority = (int)value;
    return true;
}

static bool parse_restart(const char *text, enum restart_policy *restart)
{
    static const char *const words[] = {
        [RESTART_ALWAYS] = "always", [RESTART_ON_FAILURE] = "failure", [RESTART_NEVER] = "never"};

    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(text, words[i]) == 0) {
            *restart = (enum restart_policy)i;
            return true;
        }
    }
    return false;
}

static bool names_fit(const struct table_list *names)
{
    for (unsigned i = 0; i < names->count; i++) {
        if (strlen(names->item[i]) > NAME_LENGTH_MAX)
            return false;
    }
    return true;
}

static bool parse_arguments(char **rest, struct table_line *line)
{
    unsigned count = 0;
    char *word;

    line->argument[count++] = (char *)line->path;
    while ((word = strtok_r(NULL, blanks, rest)) != NULL) {
        if (count == TABLE_ARGUMENTS_MAX + 1)
            return false;
        line->argument[count++] = word;
    }
    line->argument[count] = NULL;
    return true;
}

enum error table_parse_line(char *text, struct table_line *line, const char **complaint)
{
    char *rest, *field[6] = {0};
    char *comment = strchr(text, '#');

    if (comment != NULL)
        *comment = '\0';
    for (unsigned i = 0; i < 6; i++) {
        field[i] = strtok_r(i == 0 ? text : NULL, blanks, &rest);
        if (field[i] == NULL)
            return i == 0 ? E_NOENT : refuse(complaint, "fewer than six fields");
    }
    line->name = field[0];
    line->path = field[1];
    if (line->path[0] != '/')
        return refuse(complaint, "the path does not begin with a slash");
    if (!parse_list(field[2], &line->names) || !names_fit(&line->names))
        return refuse(complaint, "a name too long, an empty one, or too many");
    if (!parse_list(field[3], &line->devices))
        return refuse(complaint, "an empty device, or too many");
    if (!parse_priority(field[4], &line->priority))
        return refuse(complaint, "the priority is no number from 0 to 31");
    if (!parse_restart(field[5], &line->restart))
        return refuse(complaint, "restart is none of always, failure, never");
    if (!parse_arguments(&rest, line))
        return refuse(complaint, "too many arguments");
    return E_OK;
}
