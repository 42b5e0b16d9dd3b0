/* parser.c - recursive descent over the grammar in parser.h, a function for each rule.
 *
 * parser->token is the first token not yet used. A rule returns false after the first error, which
 * parser->result and parser->complaint keep. Lists are built at their tail: each rule appends where
 * `tail` points.
 */
#include "parser.h"

#include <stdlib.h>
#include <string.h>

#include "lexer.h"
#include "variables.h"

struct parser {
    struct lexer lexer;
    struct token token;
    const char *used_end; /* end of the last token that was used */
    struct arena *arena;
    enum parse_result result;
    const char *complaint;
};

/* Words that begin or end compound commands, which this grammar does not have. */
static const char *const reserved_words[] = {
    "if",   "then", "else",  "elif",  "fi", "do", "done",     "case",
    "esac", "for",  "while", "until", "{",  "}",  "function",
};

static void token_use(struct parser *parser)
{
    parser->used_end = parser->token.start + parser->token.length;
    lexer_read(&parser->lexer, &parser->token);
}

static char *token_copy(struct parser *parser)
{
    return arena_copy(parser->arena, parser->token.start, parser->token.length);
}

static bool token_is(const struct parser *parser, const char *spelling)
{
    return parser->token.length == strlen(spelling) &&
           memcmp(parser->token.start, spelling, parser->token.length) == 0;
}

static bool fail(struct parser *parser, const char *complaint)
{
    parser->result = PARSE_WRONG;
    parser->complaint = complaint;
    return false;
}

/* The token cannot stand here; if it is the end, more text may help. */
static bool fail_at_token(struct parser *parser)
{
    enum token_kind kind = parser->token.kind;

    if (kind == TOKEN_END || kind == TOKEN_UNFINISHED) {
        parser->result = PARSE_UNFINISHED;
        return false;
    }
    const char *shown = kind == TOKEN_NEWLINE ? "newline" : token_copy(parser);
    return fail(parser, arena_format(parser->arena, "syntax error near `%s'", shown));
}

static void newlines_skip(struct parser *parser)
{
    while (parser->token.kind == TOKEN_NEWLINE)
        token_use(parser);
}

static bool token_is_assignment(const struct parser *parser)
{
    size_t length = variable_name_length(parser->token.start);

    return length != 0 && parser->token.start[length] == '=';
}

static bool token_is_reserved(const struct parser *parser)
{
    for (size_t i = 0; i < sizeof reserved_words / sizeof reserved_words[0]; i++)
        if (token_is(parser, reserved_words[i]))
            return true;
    return false;
}

static struct word *parse_word(struct parser *parser)
{
    struct word *word = arena_take(parser->arena, sizeof *word);

    word->raw = token_copy(parser);
    token_use(parser);
    return word;
}

static bool token_is_redirection(const struct parser *parser)
{
    switch (parser->token.kind) {
    case TOKEN_NUMBER:
    case TOKEN_LESS:
    case TOKEN_GREATER:
    case TOKEN_APPEND:
    case TOKEN_LESS_COPY:
    case TOKEN_GREATER_COPY:
    case TOKEN_HERE:
        return true;
    default:
        return false;
    }
}

/* The operator of a redirection and the descriptor that it means when no number stands before. */
static bool parse_redirection_operator(struct parser *parser, struct redirection *redirection)
{
    switch (parser->token.kind) {
    case TOKEN_LESS:
        redirection->kind = REDIRECT_READ;
        redirection->descriptor = 0;
        return true;
    case TOKEN_LESS_COPY:
        redirection->kind = REDIRECT_COPY;
        redirection->descriptor = 0;
        return true;
    case TOKEN_GREATER:
        redirection->kind = REDIRECT_WRITE;
        redirection->descriptor = 1;
        return true;
    case TOKEN_APPEND:
        redirection->kind = REDIRECT_APPEND;
        redirection->descriptor = 1;
        return true;
    case TOKEN_GREATER_COPY:
        redirection->kind = REDIRECT_COPY;
        redirection->descriptor = 1;
        return true;
    default:
        return fail(parser, "syntax error: this shell has no here-documents (`<<')");
    }
}

static bool parse_redirection(struct parser *parser, struct redirection ***tail)
{
    struct redirection *redirection = arena_take(parser->arena, sizeof *redirection);
    const char *number = NULL;

    if (parser->token.kind == TOKEN_NUMBER) {
        number = token_copy(parser);
        if (parser->token.length > 1) {
            return fail(parser,
                        arena_format(parser->arena, "%s: descriptors go from 0 to 9", number));
        }
        token_use(parser);
    }
    if (!parse_redirection_operator(parser, redirection))
        return false;
    if (number != NULL)
        redirection->descriptor = atoi(number);
    token_use(parser);
    if (parser->token.kind != TOKEN_WORD)
        return fail_at_token(parser);
    redirection->raw = token_copy(parser);
    token_use(parser);
    **tail = redirection;
    *tail = &redirection->next;
    return true;
}

static bool parse_command(struct parser *parser, struct command *command)
{
    struct word **assignment = &command->assignments, **word = &command->words;
    struct redirection **redirection = &command->redirections;

    if (parser->token.kind == TOKEN_WORD && token_is_reserved(parser)) {
        return fail(parser,
                    arena_format(parser->arena, "syntax error near `%s': no compound commands here",
                                 token_copy(parser)));
    }
    for (;;) {
        if (token_is_redirection(parser)) {
            if (!parse_redirection(parser, &redirection))
                return false;
        } else if (parser->token.kind != TOKEN_WORD) {
            break;
        } else if (command->words == NULL && token_is_assignment(parser)) {
            *assignment = parse_word(parser);
            assignment = &(*assignment)->next;
        } else {
            *word = parse_word(parser);
            word = &(*word)->next;
        }
    }
    bool is_empty = !command->assignments && !command->words && !command->redirections;
    return is_empty || parser->token.kind == TOKEN_UNFINISHED ? fail_at_token(parser) : true;
}

static bool parse_pipeline(struct parser *parser, struct pipeline *pipeline)
{
    struct command **tail = &pipeline->commands;

    while (parser->token.kind == TOKEN_WORD && token_is(parser, "!")) {
        pipeline->negated = !pipeline->negated;
        token_use(parser);
    }
    for (;;) {
        struct command *command = arena_take(parser->arena, sizeof *command);

        if (!parse_command(parser, command))
            return false;
        *tail = command;
        tail = &command->next;
        if (parser->token.kind != TOKEN_PIPE)
            return true;
        token_use(parser);
        newlines_skip(parser);
    }
}

static bool parse_and_or(struct parser *parser, struct and_or **tail)
{
    enum connector connector = CONNECT_FIRST;

    for (;;) {
        struct and_or *and_or = arena_take(parser->arena, sizeof *and_or);

        and_or->connector = connector;
        if (!parse_pipeline(parser, &and_or->pipeline))
            return false;
        *tail = and_or;
        tail = &and_or->next;
        if (parser->token.kind == TOKEN_AND)
            connector = CONNECT_AND;
        else if (parser->token.kind == TOKEN_OR)
            connector = CONNECT_OR;
        else
            return true;
        token_use(parser);
        newlines_skip(parser);
    }
}

static bool parse_list(struct parser *parser, struct list **tail)
{
    for (newlines_skip(parser); parser->token.kind != TOKEN_END; newlines_skip(parser)) {
        struct list *list = arena_take(parser->arena, sizeof *list);
        const char *start = parser->token.start;

        if (!parse_and_or(parser, &list->and_or))
            return false;
        list->source = arena_copy(parser->arena, start, (size_t)(parser->used_end - start));
        *tail = list;
        tail = &list->next;
        switch (parser->token.kind) {
        case TOKEN_BACKGROUND:
            list->background = true;
            token_use(parser);
            break;
        case TOKEN_SEMICOLON:
            token_use(parser);
            break;
        case TOKEN_NEWLINE:
        case TOKEN_END:
            break;
        default:
            return fail_at_token(parser);
        }
    }
    return true;
}

enum parse_result parse(const char *text, struct arena *arena, struct list **list,
                        const char **complaint)
{
    struct parser parser = {.lexer = {text}, .used_end = text, .arena = arena};

    *list = NULL;
    token_use(&parser);
    if (!parse_list(&parser, list))
        *complaint = parser.complaint;
    return parser.result;
}
