/* expand.c - expands words. One pass over the raw word fills `field`, the field being built.
 *
 * `has_field` tells an empty field (from quotes) from none at all; the field is ended by white
 * space that an unquoted `$` brought in, by the borders of `"$@"`, and by the end of the word.
 */
#include "expand.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

struct expansion {
    const struct shell *shell;
    struct arena *arena;
    struct fields *fields;
    size_t capacity; /* of fields->items */
    struct text field;
    bool has_field;
    bool splits; /* unquoted values are split */
};

static void field_end(struct expansion *expansion)
{
    struct fields *fields = expansion->fields;

    if (!expansion->has_field)
        return;
    if (fields->count + 1 >= expansion->capacity) {
        size_t capacity = expansion->capacity * 2 + 8;
        char **items = arena_take(expansion->arena, capacity * sizeof *items);

        if (fields->count != 0)
            memcpy(items, fields->items, fields->count * sizeof *items);
        fields->items = items;
        expansion->capacity = capacity;
    }
    fields->items[fields->count++] =
        arena_copy(expansion->arena, text_string(&expansion->field), expansion->field.length);
    text_clear(&expansion->field);
    expansion->has_field = false;
}

static void byte_add(struct expansion *expansion, char byte)
{
    text_add(&expansion->field, byte);
    expansion->has_field = true;
}

static void value_add(struct expansion *expansion, const char *value, bool quoted)
{
    for (; *value != '\0'; value++)
        if (!quoted && expansion->splits && isspace((unsigned char)*value))
            field_end(expansion);
        else
            byte_add(expansion, *value);
}

static void number_add(struct expansion *expansion, int number)
{
    char digits[16];

    snprintf(digits, sizeof digits, "%d", number);
    value_add(expansion, digits, true);
}

static void all_parameters_add(struct expansion *expansion, char which, bool quoted)
{
    const struct shell *shell = expansion->shell;
    bool separate = expansion->splits && (which == '@' || !quoted);

    for (int i = 0; i < shell->parameter_count; i++) {
        if (i != 0 && separate)
            field_end(expansion);
        else if (i != 0)
            byte_add(expansion, ' ');
        /* An empty parameter is a field only in quotes. */
        expansion->has_field |= quoted;
        value_add(expansion, shell->parameters[i], quoted);
    }
}

static void positional_add(struct expansion *expansion, const char *digits, bool quoted)
{
    long number = strtol(digits, NULL, 10);

    if (number == 0)
        value_add(expansion, expansion->shell->name, quoted);
    else if (number <= expansion->shell->parameter_count)
        value_add(expansion, expansion->shell->parameters[number - 1], quoted);
}

/* Replaces the parameter called `name`; false if there is no such kind of parameter. */
static bool parameter_add(struct expansion *expansion, const char *name, bool quoted)
{
    const struct shell *shell = expansion->shell;

    if (isdigit((unsigned char)name[0])) {
        positional_add(expansion, name, quoted);
        return name[strspn(name, "0123456789")] == '\0';
    }
    if (variable_name_length(name) != 0) {
        const char *value = variables_get(&shell->variables, name);

        value_add(expansion, value == NULL ? "" : value, quoted);
        return name[variable_name_length(name)] == '\0';
    }
    if (name[0] == '\0' || name[1] != '\0')
        return false;
    switch (name[0]) {
    case '?':
        number_add(expansion, shell->status);
        return true;
    case '$':
        number_add(expansion, shell->pid);
        return true;
    case '#':
        number_add(expansion, shell->parameter_count);
        return true;
    case '!':
        if (shell->last_background != 0)
            number_add(expansion, shell->last_background);
        return true;
    case '@':
    case '*':
        all_parameters_add(expansion, name[0], quoted);
        return true;
    default:
        return false;
    }
}

/* Length of the parameter's name behind an unbraced `$`. */
static size_t plain_name_length(const char *name)
{
    size_t length = variable_name_length(name);

    if (length == 0 && *name != '\0' && strchr("?$#!@*0123456789", *name) != NULL)
        return 1;
    return length;
}

/* Expands what begins with the `$` at `at`. Returns what follows it, NULL after a complaint. */
static const char *dollar_expand(struct expansion *expansion, const char *at, bool quoted)
{
    const char *name = at + 1, *end;
    size_t length;

    if (*name == '(') {
        shell_complain(expansion->shell, "command substitution $(...) needs pipes, which are not "
                                         "here yet");
        return NULL;
    }
    if (*name == '{') {
        name++;
        length = strcspn(name, "}");
        end = name + length + 1;
    } else {
        length = plain_name_length(name);
        end = name + length;
    }
    if (length == 0 && end == at + 1) {
        byte_add(expansion, '$'); /* nothing that a name could begin with: just a dollar */
        return end;
    }
    if (!parameter_add(expansion, arena_copy(expansion->arena, name, length), quoted)) {
        shell_complain(expansion->shell, "%.*s: bad substitution", (int)(end - at), at);
        return NULL;
    }
    return end;
}

static const char *backquote_complain(const struct expansion *expansion)
{
    shell_complain(expansion->shell,
                   "command substitution `...` needs pipes, which are not here yet");
    return NULL;
}

/* Expands a string in double quotes from the byte after the opening one. */
static const char *double_quotes_expand(struct expansion *expansion, const char *at)
{
    /* "$@" without parameters is no field at all; everything else in quotes is one. */
    if (strncmp(at, "$@\"", 3) != 0)
        expansion->has_field = true;
    while (at != NULL && *at != '"') {
        if (*at == '$') {
            at = dollar_expand(expansion, at, true);
        } else if (*at == '`') {
            at = backquote_complain(expansion);
        } else if (*at == '\\' && strchr("$`\"\\\n", at[1]) != NULL) {
            if (at[1] != '\n')
                byte_add(expansion, at[1]);
            at += 2;
        } else {
            byte_add(expansion, *at++);
        }
    }
    return at == NULL ? NULL : at + 1;
}

static const char *single_quotes_expand(struct expansion *expansion, const char *at)
{
    expansion->has_field = true;
    while (*at != '\'')
        byte_add(expansion, *at++);
    return at + 1;
}

static const char *tilde_expand(struct expansion *expansion, const char *raw)
{
    const char *home = variables_get(&expansion->shell->variables, "HOME");

    if (raw[0] != '~' || (raw[1] != '/' && raw[1] != '\0') || home == NULL)
        return raw;
    value_add(expansion, home, true);
    return raw + 1;
}

static bool word_expand(struct expansion *expansion, const char *raw)
{
    const char *at = tilde_expand(expansion, raw);

    while (at != NULL && *at != '\0') {
        switch (*at) {
        case '\'':
            at = single_quotes_expand(expansion, at + 1);
            break;
        case '"':
            at = double_quotes_expand(expansion, at + 1);
            break;
        case '$':
            at = dollar_expand(expansion, at, false);
            break;
        case '`':
            at = backquote_complain(expansion);
            break;
        case '\\':
            if (at[1] != '\n')
                byte_add(expansion, at[1]);
            at += 2;
            break;
        default:
            byte_add(expansion, *at++);
        }
    }
    return at != NULL;
}

bool expand_words(const struct shell *shell, const struct word *words, struct arena *arena,
                  struct fields *fields)
{
    struct expansion expansion = {.shell = shell, .arena = arena, .fields = fields, .splits = true};
    bool good = true;

    *fields = (struct fields){.items = arena_take(arena, sizeof *fields->items)};
    for (; words != NULL && good; words = words->next) {
        good = word_expand(&expansion, words->raw);
        field_end(&expansion);
    }
    text_free(&expansion.field);
    return good;
}

char *expand_string(const struct shell *shell, const char *raw, struct arena *arena)
{
    struct expansion expansion = {.shell = shell, .arena = arena};
    char *string = NULL;

    if (word_expand(&expansion, raw))
        string = arena_copy(arena, text_string(&expansion.field), expansion.field.length);
    text_free(&expansion.field);
    return string;
}
