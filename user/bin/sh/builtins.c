/* builtins.c - the builtin commands, each a function, and the table of them.
 *
 * They print with stdio; whoever calls them flushes it.
 */
#include "builtins.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jobs.h"

static int too_many_arguments(const struct shell *shell, const char *name)
{
    shell_complain(shell, "%s: too many arguments", name);
    return STATUS_MISUSE;
}

static int builtin_true(struct shell *shell, int argc, char **argv)
{
    (void)shell, (void)argc, (void)argv;
    return 0;
}

static int builtin_false(struct shell *shell, int argc, char **argv)
{
    (void)shell, (void)argc, (void)argv;
    return STATUS_FAILURE;
}

static int builtin_pwd(struct shell *shell, int argc, char **argv)
{
    char path[PATH_MAX];

    (void)argv;
    if (argc > 1)
        return too_many_arguments(shell, "pwd");
    if (getcwd(path, sizeof path) == NULL) {
        shell_complain(shell, "pwd: %s", strerror(errno));
        return STATUS_FAILURE;
    }
    puts(path);
    return 0;
}

/* Keeps PWD and OLDPWD true after a change of directory. */
static void directory_note(struct shell *shell)
{
    char path[PATH_MAX];
    const char *old = variables_get(&shell->variables, "PWD");

    if (old != NULL)
        variables_set(&shell->variables, "OLDPWD", old);
    if (getcwd(path, sizeof path) != NULL)
        variables_set(&shell->variables, "PWD", path);
}

static int builtin_cd(struct shell *shell, int argc, char **argv)
{
    bool back = argc == 2 && strcmp(argv[1], "-") == 0;
    const char *variable = back ? "OLDPWD" : "HOME";
    const char *path = argc == 2 && !back ? argv[1] : variables_get(&shell->variables, variable);

    if (argc > 2)
        return too_many_arguments(shell, "cd");
    if (path == NULL) {
        shell_complain(shell, "cd: %s is not set", variable);
        return STATUS_FAILURE;
    }
    if (chdir(path) != 0) {
        shell_complain(shell, "cd: %s: %s", path, strerror(errno));
        return STATUS_FAILURE;
    }
    directory_note(shell);
    return back ? builtin_pwd(shell, 1, argv) : 0;
}

static int builtin_exit(struct shell *shell, int argc, char **argv)
{
    char *end = NULL;
    long status = argc == 2 ? strtol(argv[1], &end, 10) : shell->status;

    if (argc > 2)
        return too_many_arguments(shell, "exit");
    shell->leaving = true;
    if (end != NULL && (end == argv[1] || *end != '\0')) {
        shell_complain(shell, "exit: %s: not a number", argv[1]);
        return STATUS_MISUSE;
    }
    return (int)(status & 0xff);
}

/* Prints a value so that the shell reads it back as it is. */
static void value_print(const char *value)
{
    putchar('\'');
    for (; *value != '\0'; value++)
        if (*value == '\'')
            fputs("'\\''", stdout);
        else
            putchar(*value);
    putchar('\'');
}

static void variables_print(const struct shell *shell, const char *before, bool only_exported)
{
    for (const struct variable *v = shell->variables.first; v != NULL; v = v->next) {
        if (only_exported ? !v->exported : v->value == NULL)
            continue;
        printf("%s%s", before, v->name);
        if (v->value != NULL) {
            putchar('=');
            value_print(v->value);
        }
        putchar('\n');
    }
}

static int bad_name(const struct shell *shell, const char *builtin, const char *name)
{
    shell_complain(shell, "%s: `%s' is not a name", builtin, name);
    return STATUS_FAILURE;
}

static int builtin_export(struct shell *shell, int argc, char **argv)
{
    int status = 0;

    if (argc == 1)
        variables_print(shell, "export ", true);
    for (int i = 1; i < argc; i++) {
        size_t length = variable_name_length(argv[i]);
        char after = argv[i][length];

        if (length == 0 || (after != '\0' && after != '=')) {
            status = bad_name(shell, "export", argv[i]);
            continue;
        }
        char *name = memory_copy(argv[i], length);
        if (after == '=')
            variables_set(&shell->variables, name, argv[i] + length + 1);
        variables_export(&shell->variables, name);
        free(name);
    }
    return status;
}

static int builtin_unset(struct shell *shell, int argc, char **argv)
{
    int status = 0;

    for (int i = 1; i < argc; i++) {
        size_t length = variable_name_length(argv[i]);

        if (length == 0 || argv[i][length] != '\0')
            status = bad_name(shell, "unset", argv[i]);
        else
            variables_unset(&shell->variables, argv[i]);
    }
    return status;
}

/* Without arguments prints all variables; else the arguments become $1, $2... */
static int builtin_set(struct shell *shell, int argc, char **argv)
{
    bool dashes = argc > 1 && strcmp(argv[1], "--") == 0;
    int first = dashes ? 2 : 1;

    if (argc == 1) {
        variables_print(shell, "", false);
        return 0;
    }
    if (!dashes && (argv[1][0] == '-' || argv[1][0] == '+')) {
        shell_complain(shell, "set: %s: no such option", argv[1]);
        return STATUS_MISUSE;
    }
    shell_set_parameters(shell, argc - first, argv + first);
    return 0;
}

static int builtin_jobs(struct shell *shell, int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return too_many_arguments(shell, "jobs");
    jobs_report(shell, true);
    return 0;
}

static int builtin_wait(struct shell *shell, int argc, char **argv)
{
    int status = 0;

    if (argc == 1) {
        while (shell->jobs != NULL && !shell->interrupted)
            status = jobs_wait(shell, shell->jobs);
        return shell->interrupted ? status : 0;
    }
    for (int i = 1; i < argc && !shell->interrupted; i++) {
        struct job *job = jobs_find(shell, argv[i]);

        if (job == NULL) {
            shell_complain(shell, "wait: %s: no such job", argv[i]);
            status = STATUS_NOT_FOUND;
        } else {
            status = jobs_wait(shell, job);
        }
    }
    return status;
}

static int builtin_fg(struct shell *shell, int argc, char **argv)
{
    struct job *job = jobs_find(shell, argc == 2 ? argv[1] : NULL);

    if (argc > 2)
        return too_many_arguments(shell, "fg");
    if (job == NULL) {
        shell_complain(shell, "fg: %s: no such job", argc == 2 ? argv[1] : "current");
        return STATUS_FAILURE;
    }
    return jobs_resume(shell, job);
}

/* In the order of the alphabet. */
static const struct {
    const char *name;
    builtin_function *run;
} builtins[] = {
    {":", builtin_true},        {"cd", builtin_cd},       {"exit", builtin_exit},
    {"export", builtin_export}, {"false", builtin_false}, {"fg", builtin_fg},
    {"jobs", builtin_jobs},     {"pwd", builtin_pwd},     {"set", builtin_set},
    {"true", builtin_true},     {"unset", builtin_unset}, {"wait", builtin_wait},
};

enum { BUILTINS = sizeof builtins / sizeof builtins[0] };

builtin_function *builtin_find(const char *name)
{
    for (size_t i = 0; i < BUILTINS; i++)
        if (strcmp(builtins[i].name, name) == 0)
            return builtins[i].run;
    return NULL;
}

const char *builtin_name(size_t i) { return i < BUILTINS ? builtins[i].name : NULL; }
