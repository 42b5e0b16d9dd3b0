/* main.c - sh, the shell: reads command lines, parses them, runs them.
 *
 *   source.c    lines from a terminal (editor.c), a file or a string
 *   lexer.c     text -> tokens
 *   parser.c    tokens -> syntax tree
 *   expand.c    words of the tree -> arguments
 *   run.c       syntax tree -> processes (redirect.c, programs.c, builtins.c, jobs.c)
 */
#include <errno.h>
#include <fcntl.h>
#include <octavo/calls.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "jobs.h"
#include "parser.h"
#include "programs.h"
#include "run.h"
#include "shell.h"
#include "source.h"
#include "terminal.h"

enum { SCRIPT_LOWEST = 10 /* where a script's own file is out of the way of its redirections */ };

static const char usage[] = "usage: sh [-c COMMANDS [NAME [ARGUMENT...]] | FILE [ARGUMENT...]]\n";

static const char *prompt(const struct shell *shell, bool continued)
{
    const char *set = variables_get(&shell->variables, continued ? "PS2" : "PS1");

    return set != NULL ? set : continued ? "> " : "$ ";
}

enum next { NEXT_LIST, NEXT_NOTHING, NEXT_END };

/* Reads lines until they make a whole list of commands. NEXT_NOTHING: there is a status instead. */
static enum next list_read(struct shell *shell, struct source *source, struct arena *arena,
                           struct list **list)
{
    struct text text = {0};
    const char *complaint;
    enum parse_result parsed = PARSE_UNFINISHED;
    enum source_result read = SOURCE_LINE;

    while (parsed == PARSE_UNFINISHED && read == SOURCE_LINE) {
        read = source_read(source, prompt(shell, text.length != 0), &text);
        if (read == SOURCE_LINE) {
            shell->line += source->kind == SOURCE_FILE;
            parsed = parse(text_string(&text), arena, list, &complaint);
        }
    }
    bool is_empty = text.length == 0;
    text_free(&text);
    if (parsed == PARSE_DONE)
        return NEXT_LIST;
    if (read == SOURCE_CANCEL) {
        shell->status = STATUS_INTERRUPTED;
        return NEXT_NOTHING;
    }
    if (read == SOURCE_END && is_empty)
        return NEXT_END;
    shell_complain(shell, "%s",
                   parsed == PARSE_WRONG ? complaint : "syntax error: unexpected end of input");
    shell->status = STATUS_MISUSE;
    return shell->interactive ? NEXT_NOTHING : NEXT_END;
}

/* Runs all that the source has. Returns the shell's exit status. */
static int interpret(struct shell *shell, struct source *source)
{
    enum next next;

    do {
        struct arena arena = {0};
        struct list *list;

        if (shell->interactive)
            jobs_report(shell, false);
        shell->interrupted = false;
        next = list_read(shell, source, &arena, &list);
        if (next == NEXT_LIST)
            run_list(shell, list);
        arena_release(&arena);
    } while (next != NEXT_END && !shell->leaving);
    return shell->status;
}

/* ---- the three ways to start ----------------------------------------------------------------- */

static int run_string(struct shell *shell, const char *commands)
{
    struct source source = {.kind = SOURCE_STRING, .string = commands};

    return interpret(shell, &source);
}

static int run_script(struct shell *shell, const char *path)
{
    int file = open(path, O_RDONLY);
    long high =
        file < 0 ? -1 : handle_dup(file, DUP_LOWEST | SCRIPT_LOWEST, RIGHTS_ALL, HANDLE_CLOEXEC);

    if (high < 0) {
        fprintf(stderr, "sh: %s: %s\n", path, strerror(file < 0 ? errno : (int)-high));
        return STATUS_NOT_FOUND;
    }
    close(file);
    struct source source = {.kind = SOURCE_FILE, .file = (int)high, .chunk = sizeof source.buffer};
    shell->name = path;
    int status = interpret(shell, &source);
    source_close(&source);
    return status;
}

static int run_input(struct shell *shell)
{
    static struct history history;
    struct source source = {.kind = SOURCE_FILE, .file = STDIN_FILENO, .chunk = 1};

    shell->interactive = terminal_is_present();
    if (shell->interactive) {
        source.kind = SOURCE_TERMINAL;
        source.editor.history = &history;
        source.editor.complete = programs_complete;
        source.editor.complete_context = shell;
    }
    int status = interpret(shell, &source);
    source_close(&source);
    return status;
}

int main(int argc, char **argv)
{
    static struct shell shell = {.name = "sh"};

    shell.pid = getpid();
    variables_import(&shell.variables, environ);
    if (argc == 1)
        return run_input(&shell);
    if (strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return 0;
    }
    if (strcmp(argv[1], "-c") == 0 && argc > 2) {
        int first = argc > 3 ? 4 : 3;

        shell.name = argc > 3 ? argv[3] : "sh";
        shell_set_parameters(&shell, argc - first, argv + first);
        return run_string(&shell, argv[2]);
    }
    if (argv[1][0] == '-') {
        fputs(usage, stderr);
        return STATUS_MISUSE;
    }
    shell_set_parameters(&shell, argc - 2, argv + 2);
    return run_script(&shell, argv[1]);
}
