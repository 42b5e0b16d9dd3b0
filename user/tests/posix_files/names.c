/* names.c - commands for paths: making, removing, linking, renaming, the current directory. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"

/* A path with what leads to the scratch directory replaced by `~`. */
static void say_path(struct answer *answer, const char *path)
{
    size_t length = strlen(scratch_path());

    if (strncmp(path, scratch_path(), length) == 0)
        say(answer, "~%s", path + length);
    else
        say(answer, "%s", path);
}

/* `word` as a path from the scratch directory if it begins with `~`. */
static const char *path_of(const char *word)
{
    static char path[TEXT_MAX];

    if (*word != '~')
        return word;
    snprintf(path, sizeof path, "%s%s", scratch_path(), word + 1);
    return path;
}

static void run_mkdir(char *const *word, struct answer *answer)
{
    answer->result = mkdir(word[0], *word[1] == '\0' ? 0755 : octal(word[1]));
}

static void run_mkdirat(char *const *word, struct answer *answer)
{
    answer->result = mkdirat(slot_get(word[0]), word[1], 0755);
}

static void run_rmdir(char *const *word, struct answer *answer) { answer->result = rmdir(word[0]); }

static void run_unlink(char *const *word, struct answer *answer)
{
    answer->result = unlink(word[0]);
}

static void run_remove(char *const *word, struct answer *answer)
{
    answer->result = remove(word[0]);
}

static void run_unlinkat(char *const *word, struct answer *answer)
{
    int flags = strcmp(word[2], "dir") == 0 ? AT_REMOVEDIR : 0;

    answer->result =
        unlinkat(slot_get(word[0]), word[1], strcmp(word[2], "bad") == 0 ? 0x4000 : flags);
}

static void run_symlink(char *const *word, struct answer *answer)
{
    answer->result = symlink(path_of(word[0]), word[1]);
}

static void run_symlinkat(char *const *word, struct answer *answer)
{
    answer->result = symlinkat(word[0], slot_get(word[1]), word[2]);
}

static void run_readlink(char *const *word, struct answer *answer)
{
    char target[TEXT_MAX];

    answer->result = readlink(word[0], target, (size_t)number(word[1]));
    if (answer->result > 0 && answer->result <= 64)
        say_bytes(answer, target, (size_t)answer->result);
}

static void run_readlinkat(char *const *word, struct answer *answer)
{
    char target[TEXT_MAX];

    answer->result = readlinkat(slot_get(word[0]), word[1], target, (size_t)number(word[2]));
    if (answer->result > 0)
        say_bytes(answer, target, (size_t)answer->result);
}

static void run_link(char *const *word, struct answer *answer)
{
    answer->result = link(word[0], word[1]);
}

static void run_linkat(char *const *word, struct answer *answer)
{
    int flags = strcmp(word[4], "follow") == 0 ? AT_SYMLINK_FOLLOW : 0;

    answer->result = linkat(slot_get(word[0]), word[1], slot_get(word[2]), word[3],
                            strcmp(word[4], "bad") == 0 ? 0x4000 : flags);
}

static void run_rename(char *const *word, struct answer *answer)
{
    answer->result = rename(word[0], word[1]);
}

static void run_renameat(char *const *word, struct answer *answer)
{
    answer->result = renameat(slot_get(word[0]), word[1], slot_get(word[2]), word[3]);
}

/* ---- the current directory ------------------------------------------------------------------- */

static void run_chdir(char *const *word, struct answer *answer)
{
    answer->result = chdir(path_of(word[0]));
}

static void run_fchdir(char *const *word, struct answer *answer)
{
    answer->result = fchdir(slot_get(word[0]));
}

static void run_getcwd(char *const *word, struct answer *answer)
{
    char path[TEXT_MAX];
    size_t size = *word[0] == '\0' ? sizeof path : (size_t)number(word[0]);

    answer->result = getcwd(path, size) != NULL ? 0 : -1;
    if (answer->result == 0)
        say_path(answer, path);
}

static void run_getcwd_new(char *const *word, struct answer *answer)
{
    char *path = getcwd(NULL, (size_t)number(word[0]));

    answer->result = path != NULL ? 0 : -1;
    if (path != NULL)
        say_path(answer, path);
    free(path);
}

static void run_realpath(char *const *word, struct answer *answer)
{
    char *path = realpath(path_of(word[0]), NULL);

    answer->result = path != NULL ? 0 : -1;
    if (path != NULL)
        say_path(answer, path);
    free(path);
}

/* Makes a chain of directories: d inside d and so on, with a file in the last. */
static void run_deep(char *const *word, struct answer *answer)
{
    long depth = number(word[0]), i;
    int home = open(".", O_RDONLY);

    for (i = 0; i < depth && mkdir("d", 0755) == 0 && chdir("d") == 0; i++)
        ;
    say(answer, "%ld", i);
    answer->result = fchdir(home);
    close(home);
}

const struct command name_commands[] = {
    {"mkdir", 1, run_mkdir},
    {"mkdirat", 2, run_mkdirat},
    {"rmdir", 1, run_rmdir},
    {"unlink", 1, run_unlink},
    {"remove", 1, run_remove},
    {"unlinkat", 2, run_unlinkat},
    {"symlink", 2, run_symlink},
    {"symlinkat", 3, run_symlinkat},
    {"readlink", 2, run_readlink},
    {"readlinkat", 3, run_readlinkat},
    {"link", 2, run_link},
    {"linkat", 4, run_linkat},
    {"rename", 2, run_rename},
    {"renameat", 4, run_renameat},
    {"chdir", 1, run_chdir},
    {"fchdir", 1, run_fchdir},
    {"getcwd", 0, run_getcwd},
    {"getcwd0", 1, run_getcwd_new},
    {"realpath", 1, run_realpath},
    {"deep", 1, run_deep},
    {NULL, 0, NULL},
};
