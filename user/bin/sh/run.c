/* run.c - carries out a syntax tree, a function for each of its levels.
 *
 * `in_place` says that this process has nothing to do afterwards: a program may take it over
 * instead of a child. What a command needs lives in an arena of its own.
 */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builtins.h"
#include "expand.h"
#include "jobs.h"
#include "programs.h"
#include "redirect.h"
#include "terminal.h"

/* A command on its way: expanded, but nothing done yet. */
struct invocation {
    struct shell *shell;
    const struct command *command;
    struct fields arguments;
    struct arena *arena;
};

/* A variable's value before an assignment that holds for one builtin only. */
struct saved_variable {
    struct saved_variable *next;
    const char *name;
    const char *value; /* NULL: there was none */
};

/* Carries out `NAME=word`, for good, or until variables_restore if `saved` is given. */
static bool assign(const struct invocation *invocation, bool export, struct saved_variable **saved)
{
    struct variables *variables = &invocation->shell->variables;
    struct arena *arena = invocation->arena;

    for (const struct word *word = invocation->command->assignments; word; word = word->next) {
        size_t length = variable_name_length(word->raw);
        const char *name = arena_copy(arena, word->raw, length);
        const char *value = expand_string(invocation->shell, word->raw + length + 1, arena);

        if (value == NULL)
            return false;
        if (saved != NULL) {
            const char *old = variables_get(variables, name);
            struct saved_variable *record = arena_take(arena, sizeof *record);

            *record = (struct saved_variable){
                *saved, name, old == NULL ? NULL : arena_copy(arena, old, strlen(old))};
            *saved = record;
        }
        variables_set(variables, name, value);
        if (export)
            variables_export(variables, name);
    }
    return true;
}

static void variables_restore(struct shell *shell, const struct saved_variable *saved)
{
    for (; saved != NULL; saved = saved->next)
        if (saved->value == NULL)
            variables_unset(&shell->variables, saved->name);
        else
            variables_set(&shell->variables, saved->name, saved->value);
}

/* ---- one command ----------------------------------------------------------------------------- */

/* Assignments and redirections alone: the first stay, the second are tried and undone. */
static int run_nothing(const struct invocation *invocation)
{
    struct redirect_saved *saved = NULL;
    bool good = redirect_apply(invocation->shell, invocation->command->redirections,
                               invocation->arena, &saved);

    redirect_restore(saved);
    return good && assign(invocation, false, NULL) ? 0 : STATUS_FAILURE;
}

static int run_builtin(const struct invocation *invocation, builtin_function *builtin)
{
    struct shell *shell = invocation->shell;
    struct redirect_saved *saved = NULL;
    struct saved_variable *variables = NULL;
    int status = STATUS_FAILURE;

    if (redirect_apply(shell, invocation->command->redirections, invocation->arena, &saved) &&
        assign(invocation, false, &variables)) {
        status = builtin(shell, (int)invocation->arguments.count, invocation->arguments.items);
        if (fflush(stdout) != 0) {
            shell_complain(shell, "%s: %s", invocation->arguments.items[0], strerror(errno));
            clearerr(stdout);
            status = STATUS_FAILURE;
        }
    }
    variables_restore(shell, variables);
    redirect_restore(saved);
    return status;
}

/* The child's part: never returns. */
static _Noreturn void program_start(const struct invocation *invocation, const char *path)
{
    struct shell *shell = invocation->shell;
    int status = STATUS_FAILURE;

    if (shell->interactive)
        terminal_give_to(getpid());
    if (redirect_apply(shell, invocation->command->redirections, invocation->arena, NULL) &&
        assign(invocation, true, NULL)) {
        status = program_become(shell, path, invocation->arguments.items,
                                variables_environment(&shell->variables, invocation->arena));
    }
    _exit(status);
}

static int run_program(const struct invocation *invocation, bool in_place)
{
    struct shell *shell = invocation->shell;
    const char *path;
    int status = program_find(shell, invocation->arguments.items[0], invocation->arena, &path);

    if (status != 0)
        return status;
    int child = in_place ? 0 : fork();
    if (child == 0)
        program_start(invocation, path);
    if (child < 0) {
        shell_complain(shell, "cannot make a process: %s", strerror(errno));
        return STATUS_CANNOT_EXECUTE;
    }
    return jobs_wait_foreground(shell, child);
}

static int run_command(struct shell *shell, const struct command *command, bool in_place)
{
    struct arena arena = {0};
    struct invocation invocation = {.shell = shell, .command = command, .arena = &arena};
    int status;

    if (!expand_words(shell, command->words, &arena, &invocation.arguments)) {
        status = STATUS_FAILURE;
    } else if (invocation.arguments.count == 0) {
        status = run_nothing(&invocation);
    } else {
        builtin_function *builtin = builtin_find(invocation.arguments.items[0]);

        status = builtin != NULL ? run_builtin(&invocation, builtin)
                                 : run_program(&invocation, in_place);
    }
    arena_release(&arena);
    return status;
}

/* ---- the levels above ------------------------------------------------------------------------ */

static int run_pipeline(struct shell *shell, const struct pipeline *pipeline, bool in_place)
{
    if (pipeline->commands->next != NULL) {
        shell_complain(shell, "cannot run a pipeline (`|'): this system has no pipes");
        return STATUS_MISUSE;
    }
    int status = run_command(shell, pipeline->commands, in_place && !pipeline->negated);
    return pipeline->negated ? status == 0 : status;
}

static int run_and_or(struct shell *shell, const struct and_or *and_or, bool in_place)
{
    in_place = in_place && and_or->next == NULL;
    for (; and_or != NULL && !shell->leaving && !shell->interrupted; and_or = and_or->next) {
        bool skipped = (and_or->connector == CONNECT_AND && shell->status != 0) ||
                       (and_or->connector == CONNECT_OR && shell->status == 0);

        if (!skipped)
            shell->status = run_pipeline(shell, &and_or->pipeline, in_place);
    }
    return shell->status;
}

/* The child's part of `&`: never returns. What it starts does not get the terminal. */
static _Noreturn void background_run(struct shell *shell, const struct and_or *and_or)
{
    int nothing = open("/dev/null", O_RDONLY);

    shell->interactive = false;
    jobs_forget_all(shell);
    if (nothing > 0) {
        dup2(nothing, STDIN_FILENO);
        close(nothing);
    } else {
        close(STDIN_FILENO); /* no such file: reading fails then, and takes no key from others */
    }
    _exit(run_and_or(shell, and_or, true));
}

static int run_background(struct shell *shell, const struct list *list)
{
    int child = fork();

    if (child == 0)
        background_run(shell, list->and_or);
    if (child < 0) {
        shell_complain(shell, "cannot make a process: %s", strerror(errno));
        return STATUS_CANNOT_EXECUTE;
    }
    jobs_add(shell, child, list->source);
    return 0;
}

void run_list(struct shell *shell, const struct list *list)
{
    for (; list != NULL && !shell->leaving && !shell->interrupted; list = list->next) {
        shell->status =
            list->background ? run_background(shell, list) : run_and_or(shell, list->and_or, false);
    }
}
