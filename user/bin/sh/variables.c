/* variables.c - the shell's variables: a list sorted by name, which `set` prints as it is. */
#include "variables.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

size_t variable_name_length(const char *text)
{
    size_t length = 0;

    if (isdigit((unsigned char)text[0]))
        return 0;
    while (text[length] == '_' || isalnum((unsigned char)text[length]))
        length++;
    return length;
}

void variables_import(struct variables *variables, char *const *environment)
{
    for (; *environment != NULL; environment++) {
        size_t length = variable_name_length(*environment);

        if (length == 0 || (*environment)[length] != '=')
            continue;
        char *name = memory_copy(*environment, length);
        variables_set(variables, name, *environment + length + 1);
        variables_export(variables, name);
        free(name);
    }
}

/* Where the variable with this name hangs, or would. */
static struct variable **variable_place(struct variables *variables, const char *name)
{
    struct variable **place = &variables->first;

    while (*place != NULL && strcmp((*place)->name, name) < 0)
        place = &(*place)->next;
    return place;
}

static bool place_holds(struct variable *const *place, const char *name)
{
    return *place != NULL && strcmp((*place)->name, name) == 0;
}

static struct variable *variable_make(struct variables *variables, const char *name)
{
    struct variable **place = variable_place(variables, name);

    if (!place_holds(place, name)) {
        struct variable *variable = memory_resize(NULL, sizeof *variable);

        *variable = (struct variable){.next = *place, .name = memory_copy(name, strlen(name))};
        *place = variable;
    }
    return *place;
}

const char *variables_get(const struct variables *variables, const char *name)
{
    for (const struct variable *v = variables->first; v != NULL; v = v->next)
        if (strcmp(v->name, name) == 0)
            return v->value;
    return NULL;
}

void variables_set(struct variables *variables, const char *name, const char *value)
{
    struct variable *variable = variable_make(variables, name);
    char *copy = memory_copy(value, strlen(value)); /* first: value may be the old one */

    free(variable->value);
    variable->value = copy;
}

void variables_export(struct variables *variables, const char *name)
{
    variable_make(variables, name)->exported = true;
}

void variables_unset(struct variables *variables, const char *name)
{
    struct variable **place = variable_place(variables, name);

    if (place_holds(place, name)) {
        struct variable *variable = *place;

        *place = variable->next;
        free(variable->name);
        free(variable->value);
        free(variable);
    }
}

char **variables_environment(const struct variables *variables, struct arena *arena)
{
    size_t count = 0;

    for (const struct variable *v = variables->first; v != NULL; v = v->next)
        count += v->exported && v->value != NULL;
    char **environment = arena_take(arena, (count + 1) * sizeof *environment);
    count = 0;
    for (const struct variable *v = variables->first; v != NULL; v = v->next)
        if (v->exported && v->value != NULL)
            environment[count++] = arena_format(arena, "%s=%s", v->name, v->value);
    return environment;
}
