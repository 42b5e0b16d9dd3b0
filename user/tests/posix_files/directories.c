/* directories.c - commands for reading directories. One is open at a time. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"

enum { NAMES_MAX = 1024, NAME_SIZE = 32 };

static DIR *directory;
static long remembered;
static char first_name[NAME_SIZE];

static void open_as(DIR *opened, struct answer *answer)
{
    int reason = errno;

    if (opened != NULL && directory != NULL)
        closedir(directory);
    if (opened != NULL)
        directory = opened;
    errno = reason;
    answer->result = opened != NULL ? 0 : -1;
}

static void run_opendir(char *const *word, struct answer *answer)
{
    open_as(opendir(word[0]), answer);
}

/* Of a copy of the slot's descriptor, for the directory closes it. */
static void run_fdopendir(char *const *word, struct answer *answer)
{
    int file = slot_get(word[0]), copy = file == NOT_OPEN ? file : dup(file);

    open_as(fdopendir(copy), answer);
    if (answer->result < 0 && copy != NOT_OPEN) {
        int reason = errno;

        close(copy);
        errno = reason;
    }
}

static bool is_dot(const char *name) { return strcmp(name, ".") == 0 || strcmp(name, "..") == 0; }

static int compare(const void *a, const void *b) { return strcmp(a, b); }

/* What readdir still gives, sorted and without the dots, which are counted. */
static void say_rest(DIR *from, struct answer *answer)
{
    static char names[NAMES_MAX][NAME_SIZE];
    const struct dirent *entry;
    size_t count = 0;
    long dots = 0;

    errno = 0;
    while ((entry = readdir(from)) != NULL && count < NAMES_MAX) {
        if (is_dot(entry->d_name))
            dots++;
        else
            snprintf(names[count++], NAME_SIZE, "%.31s", entry->d_name);
    }
    answer->result = errno == 0 ? dots + (long)count : -1;
    qsort(names, count, NAME_SIZE, compare);
    for (size_t i = 0; i < count && count <= 16; i++)
        say(answer, "%s%s", i > 0 ? "," : "", names[i]);
    for (size_t i = 1; i < count; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            say(answer, ",twice:%s", names[i]);
}

static void run_rest(char *const *word, struct answer *answer)
{
    (void)word;
    say_rest(directory, answer);
}

/* All of a directory by its path. */
static void run_list(char *const *word, struct answer *answer)
{
    DIR *opened = opendir(word[0]);

    answer->result = -1;
    if (opened == NULL)
        return;
    say_rest(opened, answer);
    closedir(opened);
}

/* Reads so many entries, whatever they are. */
static void run_next(char *const *word, struct answer *answer)
{
    answer->result = 0;
    for (long i = 0; i < number(word[0]) && readdir(directory) != NULL; i++)
        answer->result++;
}

static void run_rewind(char *const *word, struct answer *answer)
{
    (void)word;
    (void)answer;
    rewinddir(directory);
}

/* Remembers the position and which entry comes next. */
static void run_tell(char *const *word, struct answer *answer)
{
    const struct dirent *entry;

    (void)word;
    remembered = telldir(directory);
    entry = readdir(directory);
    answer->result = remembered >= 0 ? 0 : -1;
    snprintf(first_name, sizeof first_name, "%.31s", entry != NULL ? entry->d_name : "");
}

/* Goes back: does the same entry come next? */
static void run_back(char *const *word, struct answer *answer)
{
    const struct dirent *entry;

    (void)word;
    seekdir(directory, remembered);
    entry = readdir(directory);
    answer->result = strcmp(first_name, entry != NULL ? entry->d_name : "") == 0;
}

static void run_dirfd(char *const *word, struct answer *answer)
{
    (void)word;
    answer->result = fchdir(dirfd(directory));
}

static void run_closedir(char *const *word, struct answer *answer)
{
    (void)word;
    answer->result = closedir(directory);
    directory = NULL;
}

/* Removes what the open directory holds, entry by entry as they are read. */
static void run_remove_read(char *const *word, struct answer *answer)
{
    const struct dirent *entry;
    int failed = 0;

    (void)word;
    answer->result = 0;
    while ((entry = readdir(directory)) != NULL)
        if (!is_dot(entry->d_name)) {
            answer->result++;
            failed += unlinkat(dirfd(directory), entry->d_name, 0) != 0;
        }
    say(answer, "%d", failed);
}

/* Makes files 0, 1 and so on in a directory. */
static void run_crowd(char *const *word, struct answer *answer)
{
    char path[NAME_SIZE * 2];

    answer->result = 0;
    for (long i = 0; i < number(word[1]); i++) {
        int file;

        snprintf(path, sizeof path, "%s/%ld", word[0], i);
        file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
        if (file < 0 || close(file) != 0)
            answer->result = -1;
    }
}

static int is_short(const struct dirent *entry) { return strlen(entry->d_name) < 3; }

/* Those with short names, by alphasort. */
static void run_scan(char *const *word, struct answer *answer)
{
    struct dirent **list;

    answer->result = scandir(word[0], &list, is_short, alphasort);
    for (long i = 0; i < answer->result; i++) {
        say(answer, "%s%s", i > 0 ? "," : "", list[i]->d_name);
        free(list[i]);
    }
    if (answer->result >= 0)
        free((void *)list);
}

/* The types of the entries, by name. */
static void run_types(char *const *word, struct answer *answer)
{
    struct dirent **list;

    answer->result = scandir(word[0], &list, NULL, alphasort);
    for (long i = 0; i < answer->result; i++) {
        int type = list[i]->d_type;

        say(answer, "%s:%s,", list[i]->d_name,
            type == DT_REG   ? "file"
            : type == DT_DIR ? "directory"
            : type == DT_LNK ? "link"
                             : "other");
        free(list[i]);
    }
    if (answer->result >= 0)
        free((void *)list);
}

const struct command directory_commands[] = {
    {"opendir", 1, run_opendir},
    {"fdopendir", 1, run_fdopendir},
    {"rest", 0, run_rest},
    {"list", 1, run_list},
    {"next", 1, run_next},
    {"rewind", 0, run_rewind},
    {"tell", 0, run_tell},
    {"back", 0, run_back},
    {"dirfd", 0, run_dirfd},
    {"closedir", 0, run_closedir},
    {"removeread", 0, run_remove_read},
    {"crowd", 2, run_crowd},
    {"scan", 1, run_scan},
    {"types", 1, run_types},
    {NULL, 0, NULL},
};
