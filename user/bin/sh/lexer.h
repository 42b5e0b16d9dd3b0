#pragma once
/* lexer.h - cuts shell text into tokens.
 *
 * A word stays as it was written, with its quotes, backslashes and dollars: what they mean is
 * decided when the word is expanded (expand.h), just before the command runs. The lexer reads them
 * only so far as to know where the word ends. It allocates nothing; tokens point into the text.
 */
#include <stddef.h>

enum token_kind {
    TOKEN_END,        /* of the text */
    TOKEN_UNFINISHED, /* the text ends inside a quote, or right after backslash-newline */
    TOKEN_NEWLINE,
    TOKEN_WORD,
    TOKEN_NUMBER, /* digits with `<` or `>` right behind: the descriptor to redirect */
    TOKEN_SEMICOLON,
    TOKEN_BACKGROUND,   /* & */
    TOKEN_AND,          /* && */
    TOKEN_OR,           /* || */
    TOKEN_PIPE,         /* | */
    TOKEN_LESS,         /* < */
    TOKEN_GREATER,      /* > */
    TOKEN_APPEND,       /* >> */
    TOKEN_LESS_COPY,    /* <& */
    TOKEN_GREATER_COPY, /* >& */
    TOKEN_HERE,         /* << */
    TOKEN_OPEN,         /* ( */
    TOKEN_CLOSE,        /* ) */
};

struct token {
    enum token_kind kind;
    const char *start;
    size_t length;
};

struct lexer {
    const char *next; /* first byte not yet looked at */
};

/* Reads the next token. At TOKEN_END and TOKEN_UNFINISHED the lexer stays where it is. */
void lexer_read(struct lexer *lexer, struct token *token);
