#pragma once
/* parser.h - the syntax tree of a command line, and the parser that builds it.
 *
 *   list     : and_or { ( ';' | '&' | newline ) and_or }
 *   and_or   : pipeline { ( '&&' | '||' ) pipeline }
 *   pipeline : [ '!' ] command { '|' command }
 *   command  : { NAME=word } { word | redirection }
 *
 * Each level is a list in the order of the text, so walking the tree needs no recursion. Words are
 * as the lexer left them. The whole tree lives in one arena and points at nothing outside it.
 */
#include <stdbool.h>

#include "memory.h"

struct word {
    struct word *next;
    const char *raw; /* with quotes */
};

enum redirection_kind {
    REDIRECT_READ,   /* < file */
    REDIRECT_WRITE,  /* > file */
    REDIRECT_APPEND, /* >> file */
    REDIRECT_COPY,   /* >& and <&: another descriptor, or `-` to close */
};

struct redirection {
    struct redirection *next;
    enum redirection_kind kind;
    int descriptor;
    const char *raw; /* the target word */
};

struct command {
    struct command *next;     /* behind a `|` */
    struct word *assignments; /* NAME=word */
    struct word *words;       /* program and arguments */
    struct redirection *redirections;
};

struct pipeline {
    bool negated;
    struct command *commands;
};

enum connector { CONNECT_FIRST, CONNECT_AND, CONNECT_OR };

struct and_or {
    struct and_or *next;
    enum connector connector; /* to what stands before */
    struct pipeline pipeline;
};

struct list {
    struct list *next;
    struct and_or *and_or;
    bool background;
    const char *source; /* the text of and_or, for `jobs` */
};

enum parse_result {
    PARSE_DONE,
    PARSE_UNFINISHED, /* right so far; more lines may complete it */
    PARSE_WRONG,
};

/* Parses all of `text`. PARSE_DONE: *list is the tree, NULL for a text without commands.
 * PARSE_WRONG: *complaint says what is wrong. Both live in the arena. */
enum parse_result parse(const char *text, struct arena *arena, struct list **list,
                        const char **complaint);
