/* exec.c - the exec functions and process_spawn, over <octavo/program.h>. */
#include "posix.h"

#include <errno.h>
#include <octavo/program.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXEC_FAILED = 127 };
static const char default_path[] = "/bin";

int execve(const char *path, char *const argv[], char *const envp[])
{
    struct program program;
    int reason;

    if (program_load(path, argv, envp, &program) != 0)
        return -1;
    program_run(&program);
    reason = errno;
    program_unload(&program);
    errno = reason;
    return -1;
}

int execv(const char *path, char *const argv[]) { return execve(path, argv, environ); }

/* Tries `name` in one directory of PATH; an empty one is the current directory. */
static void exec_in(const char *directory, size_t length, const char *name, char *const argv[])
{
    char *path = malloc(length + 1 + strlen(name) + 1);

    if (path == NULL)
        return;
    memcpy(path, directory, length);
    strcpy(path + length, length > 0 ? "/" : "");
    strcat(path, name);
    execv(path, argv);
    free(path);
}

int execvp(const char *name, char *const argv[])
{
    const char *path = getenv("PATH");
    int reason = ENOENT;

    if (strchr(name, '/') != NULL)
        return execv(name, argv);
    if (path == NULL)
        path = default_path;
    for (;;) {
        size_t length = strcspn(path, ":");

        exec_in(path, length, name, argv);
        /* A directory without it, or with one that may not be executed, does not end the search. */
        if (errno == EACCES)
            reason = EACCES;
        else if (errno != ENOENT && errno != ENOTDIR)
            return -1;
        if (path[length] == '\0')
            break;
        path += length + 1;
    }
    errno = reason;
    return -1;
}

/* The arguments of execl and its kin, up to their NULL, as an array that the caller frees; what
 * follows the NULL is next in *arguments. NULL for want of memory. */
static char **collect(const char *first, va_list *arguments)
{
    size_t count = 1;
    va_list ahead;
    char **list;

    va_copy(ahead, *arguments);
    while (va_arg(ahead, char *) != NULL)
        count++;
    va_end(ahead);

    list = malloc((count + 1) * sizeof(*list));
    if (list == NULL)
        return NULL;
    list[0] = (char *)first;
    for (size_t i = 1; i <= count; i++)
        list[i] = va_arg(*arguments, char *);
    return list;
}

int execl(const char *path, const char *first, ...)
{
    va_list arguments;
    char **argv;

    va_start(arguments, first);
    argv = collect(first, &arguments);
    va_end(arguments);
    if (argv != NULL)
        execv(path, argv);
    free((void *)argv);
    return -1;
}

int execlp(const char *name, const char *first, ...)
{
    va_list arguments;
    char **argv;

    va_start(arguments, first);
    argv = collect(first, &arguments);
    va_end(arguments);
    if (argv != NULL)
        execvp(name, argv);
    free((void *)argv);
    return -1;
}

int execle(const char *path, const char *first, ...)
{
    va_list arguments;
    char **argv, **envp;

    va_start(arguments, first);
    argv = collect(first, &arguments);
    envp = va_arg(arguments, char **);
    va_end(arguments);
    if (argv != NULL)
        execve(path, argv, envp);
    free((void *)argv);
    return -1;
}

int process_spawn(const char *path, char *const argv[], char *const envp[])
{
    struct program program;
    int reason;
    pid_t pid;

    if (program_load(path, argv, envp, &program) != 0)
        return -1;
    pid = fork();
    if (pid == 0) {
        program_run(&program);
        _exit(EXEC_FAILED);
    }
    reason = errno;
    program_unload(&program);
    errno = reason;
    return pid;
}
