/* lexer.c - cuts shell text into tokens. Every step moves forward, so a text is read once. */
#include "lexer.h"

#include <stdbool.h>
#include <string.h>

static const struct {
    const char *spelling;
    enum token_kind kind;
} operators[] = {
    /* A longer spelling stands before its own beginning. */
    {"\n", TOKEN_NEWLINE}, {"&&", TOKEN_AND},          {"&", TOKEN_BACKGROUND},
    {"||", TOKEN_OR},      {"|", TOKEN_PIPE},          {";", TOKEN_SEMICOLON},
    {"<<", TOKEN_HERE},    {"<&", TOKEN_LESS_COPY},    {"<", TOKEN_LESS},
    {">>", TOKEN_APPEND},  {">&", TOKEN_GREATER_COPY}, {">", TOKEN_GREATER},
    {"(", TOKEN_OPEN},     {")", TOKEN_CLOSE},
};

/* Whether an unquoted byte ends a word. */
static bool byte_ends_word(char byte)
{
    return strchr(" \t\n&|;<>()", byte) != NULL; /* strchr finds the NUL too */
}

/* The functions below return the first byte after what they skip, or NULL if the text ends first.
 */

static const char *escape_skip(const char *at)
{
    bool is_last = at[1] == '\0' || (at[1] == '\n' && at[2] == '\0');

    return is_last ? NULL : at + 2;
}

static const char *after(const char *at, char byte)
{
    const char *found = strchr(at, byte);

    return found == NULL ? NULL : found + 1;
}

static const char *dollar_skip(const char *at) { return at[1] == '{' ? after(at, '}') : at + 1; }

static const char *double_quotes_skip(const char *at)
{
    for (at++; at != NULL && *at != '"';) {
        switch (*at) {
        case '\0':
            return NULL;
        case '\\':
            at = at[1] == '\0' ? NULL : at + 2;
            break;
        case '$':
            at = dollar_skip(at);
            break;
        default:
            at++;
        }
    }
    return at == NULL ? NULL : at + 1;
}

static const char *word_skip(const char *at)
{
    while (at != NULL && !byte_ends_word(*at)) {
        switch (*at) {
        case '\\':
            at = escape_skip(at);
            break;
        case '\'':
            at = after(at + 1, '\'');
            break;
        case '"':
            at = double_quotes_skip(at);
            break;
        case '$':
            at = dollar_skip(at);
            break;
        default:
            at++;
        }
    }
    return at;
}

/* Skips blanks, escaped newlines and a comment. */
static const char *space_skip(const char *at)
{
    for (;;) {
        if (*at == ' ' || *at == '\t') {
            at++;
        } else if (at[0] == '\\' && at[1] == '\n') {
            at = escape_skip(at);
            if (at == NULL)
                return NULL;
        } else {
            return *at == '#' ? at + strcspn(at, "\n") : at;
        }
    }
}

static void word_read(struct lexer *lexer, struct token *token)
{
    const char *end = word_skip(token->start);

    if (end == NULL) {
        token->kind = TOKEN_UNFINISHED;
        return;
    }
    token->kind = TOKEN_WORD;
    token->length = (size_t)(end - token->start);
    if ((*end == '<' || *end == '>') && strspn(token->start, "0123456789") == token->length)
        token->kind = TOKEN_NUMBER;
    lexer->next = end;
}

void lexer_read(struct lexer *lexer, struct token *token)
{
    const char *start = space_skip(lexer->next);

    *token = (struct token){.start = start == NULL ? lexer->next : start};
    if (start == NULL) {
        token->kind = TOKEN_UNFINISHED;
        return;
    }
    if (*start == '\0') {
        token->kind = TOKEN_END;
        return;
    }
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        size_t length = strlen(operators[i].spelling);

        if (strncmp(start, operators[i].spelling, length) == 0) {
            token->kind = operators[i].kind;
            token->length = length;
            lexer->next = start + length;
            return;
        }
    }
    word_read(lexer, token);
}
