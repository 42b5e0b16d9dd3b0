/* programs.c - finds programs and files by name. */
#include "programs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builtins.h"

static const char path_default[] = "/bin";
static const char script_shell[] = "/bin/sh";

static bool file_is_folder(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* 0 if the file can be run, else an errno. */
static int file_check(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return errno;
    if (S_ISDIR(status.st_mode))
        return EISDIR;
    return S_ISREG(status.st_mode) && (status.st_mode & 0111) != 0 ? 0 : EACCES;
}

/* The folder that *path begins with, in the arena; moves *path behind it. NULL at the end. */
static const char *folder_next(const char **path, struct arena *arena)
{
    if (*path == NULL)
        return NULL;
    size_t length = strcspn(*path, ":");
    const char *folder = length == 0 ? "." : arena_copy(arena, *path, length);
    *path = (*path)[length] == '\0' ? NULL : *path + length + 1;
    return folder;
}

static const char *search_path(const struct shell *shell)
{
    const char *path = variables_get(&shell->variables, "PATH");

    return path == NULL ? path_default : path;
}

/* Searches the folders of PATH. A file that may not be run is found if there is no better one.
 * Returns 0 with *path; EACCES with *path; ENOENT. */
static int path_search(const struct shell *shell, const char *name, struct arena *arena,
                       const char **path)
{
    const char *folders = search_path(shell), *folder;
    int found = ENOENT;

    while (found != 0 && *name != '\0' && (folder = folder_next(&folders, arena)) != NULL) {
        const char *candidate = arena_format(arena, "%s/%s", folder, name);
        int check = file_check(candidate);

        if (check == 0 || check == EACCES) {
            *path = candidate;
            found = check;
        }
    }
    return found;
}

int program_find(const struct shell *shell, const char *name, struct arena *arena,
                 const char **path)
{
    bool is_path = strchr(name, '/') != NULL;
    int found;

    if (is_path) {
        *path = name;
        found = file_check(name);
    } else {
        found = path_search(shell, name, arena, path);
    }
    if (found == 0)
        return 0;
    if (!is_path && found == ENOENT)
        shell_complain(shell, "%s: command not found", name);
    else
        shell_complain(shell, "%s: %s", *path, strerror(found));
    return found == ENOENT || found == ENOTDIR ? STATUS_NOT_FOUND : STATUS_CANNOT_EXECUTE;
}

/* Whether the file begins like text: what no program for this machine does. */
static bool file_is_text(const char *path)
{
    char start[128];
    int file = open(path, O_RDONLY);

    if (file < 0)
        return false;
    ssize_t count = read(file, start, sizeof start);
    close(file);
    return count >= 0 && memchr(start, '\0', (size_t)count) == NULL;
}

int program_become(const struct shell *shell, const char *path, char **arguments,
                   char **environment)
{
    execve(path, arguments, environment);
    int error = errno;

    if (error == ENOEXEC && file_is_text(path)) {
        size_t count = 0;
        struct arena arena = {0};

        while (arguments[count] != NULL)
            count++;
        char **script = arena_take(&arena, (count + 2) * sizeof *script);
        script[0] = arguments[0];
        script[1] = arena_copy(&arena, path, strlen(path));
        memcpy(script + 2, arguments + 1, count * sizeof *script);
        execve(script_shell, script, environment);
        error = errno;
    }
    shell_complain(shell, "%s: %s", path, strerror(error));
    return error == ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_EXECUTE;
}

/* ---- completion ------------------------------------------------------------------------------ */

/* Adds the entries of `folder` that begin with `begin`, each with `shown` before it. */
static void folder_complete(const char *folder, const char *shown, const char *begin,
                            struct completion *completion)
{
    struct dirent *entry;
    DIR *directory = opendir(folder);

    if (directory == NULL)
        return;
    while ((entry = readdir(directory)) != NULL) {
        const char *name = entry->d_name;

        if (strncmp(name, begin, strlen(begin)) == 0 && (name[0] != '.' || begin[0] == '.')) {
            struct arena *arena = &completion->arena;
            const char *path = arena_format(arena, "%s/%s", folder, name);

            completion_add(completion, arena_format(arena, "%s%s%s", shown, name,
                                                    file_is_folder(path) ? "/" : ""));
        }
    }
    closedir(directory);
}

static void command_complete(const struct shell *shell, const char *begin,
                             struct completion *completion)
{
    const char *folders = search_path(shell), *folder, *name;

    for (size_t i = 0; (name = builtin_name(i)) != NULL; i++)
        if (strncmp(name, begin, strlen(begin)) == 0)
            completion_add(completion, name);
    while ((folder = folder_next(&folders, &completion->arena)) != NULL)
        folder_complete(folder, "", begin, completion);
}

void programs_complete(void *context, const char *prefix, bool is_command,
                       struct completion *completion)
{
    const char *slash = strrchr(prefix, '/');

    if (slash == NULL && is_command) {
        command_complete(context, prefix, completion);
        return;
    }
    size_t folder_length = slash == NULL ? 0 : (size_t)(slash - prefix) + 1;
    const char *shown = arena_copy(&completion->arena, prefix, folder_length);
    completion->shown_from = folder_length;
    folder_complete(folder_length == 0 ? "." : shown, shown, prefix + folder_length, completion);
}
