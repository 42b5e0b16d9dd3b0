/* main.c - the file calls of POSIX, case by case: one line for each, with the result of every call.
 *
 * usage: posix_files DIRECTORY [CASE...]
 *
 * The same source runs on the host; who compares the lines knows whether Octavo does what Linux
 * does (tests/system/test_files.py). Each case begins in an empty directory inside DIRECTORY, which
 * is made if it is not there, with the mask 022 and without open files.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cases.h"
#include "commands.h"
#include "inherited.h"

static const struct test_case *const tables[] = {
    open_cases,   content_cases,   name_cases, rename_cases,  link_cases,
    status_cases, directory_cases, at_cases,   process_cases, NULL,
};

static char scratch[TEXT_MAX];
static const char *program;

const char *scratch_path(void) { return scratch; }

const char *own_path(void) { return program; }

/* Removes all that a directory holds. The names are taken before anything is removed. */
static void empty_directory(const char *path)
{
    struct dirent **list;
    int count;

    chmod(path, 0755);
    count = chdir(path) == 0 ? scandir(".", &list, NULL, NULL) : -1;
    for (int i = 0; i < count; i++) {
        const char *name = list[i]->d_name;

        if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && unlink(name) != 0 &&
            errno == EISDIR) {
            empty_directory(name);
            rmdir(name);
        }
        free(list[i]);
    }
    if (count >= 0)
        free((void *)list);
    if (chdir("..") != 0)
        exit(2);
}

static void fail(const char *what)
{
    perror(what);
    exit(2);
}

static void run_case(const struct test_case *test)
{
    umask(022);
    if (chdir(scratch) != 0 || mkdir("case", 0755) != 0 || chdir("case") != 0)
        fail("case");
    printf("%s:", test->name);
    script_run(test->script);
    printf("\n");
    fflush(stdout);
    slots_close();
    if (chdir(scratch) != 0)
        fail(scratch);
    empty_directory("case");
    if (rmdir("case") != 0)
        fail("the case's directory");
}

static bool is_wanted(const char *name, char *const *wanted)
{
    if (*wanted == NULL)
        return true;
    for (; *wanted != NULL; wanted++)
        if (strcmp(*wanted, name) == 0)
            return true;
    return false;
}

int main(int argc, char **argv)
{
    bool made;

    if (argc >= 2 && argv[1][0] == '-')
        return tell_inherited(argv + 1);
    if (argc < 2) {
        fprintf(stderr, "usage: posix_files DIRECTORY [CASE...]\n");
        return 2;
    }
    program = realpath(argv[0], NULL);
    made = mkdir(argv[1], 0755) == 0;
    if (program == NULL || realpath(argv[1], scratch) == NULL)
        fail(argv[1]);
    for (int i = 0; tables[i] != NULL; i++)
        for (const struct test_case *test = tables[i]; test->name != NULL; test++)
            if (is_wanted(test->name, argv + 2))
                run_case(test);
    if (made && (chdir("/") != 0 || rmdir(scratch) != 0))
        fail(scratch);
    return 0;
}
