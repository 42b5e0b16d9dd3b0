/* processes.c - commands for what files have to do with processes: exec, mappings, and many at
 * once.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands.h"
#include "inherited.h"

enum { PAGE = 4096, FILES_MAX = 2000 };

/* ---- exec ------------------------------------------------------------------------------------ */

int tell_inherited(char *const *argument)
{
    mode_t mask = umask(0);

    if (strcmp(argument[0], "-mask") == 0)
        return (int)mask / 8 % 8 * 8 + (int)mask % 8;
    return fcntl((int)number(argument[1]), F_GETFD) >= 0;
}

/* -> the exit status of this program with other arguments, in a child. */
static int run_self(const char *what, int file)
{
    char text[16];
    int status;
    pid_t child;

    snprintf(text, sizeof text, "%d", file);
    fflush(stdout);
    child = fork();
    if (child == 0) {
        execl(own_path(), own_path(), what, text, (char *)NULL);
        _exit(99);
    }
    return child > 0 && waitpid(child, &status, 0) == child ? WEXITSTATUS(status) : -1;
}

/* Does exec keep the descriptor? */
static void run_kept(char *const *word, struct answer *answer)
{
    answer->result = run_self("-open", slot_get(word[0]));
}

/* The last two digits of the mask after exec. */
static void run_kept_mask(char *const *word, struct answer *answer)
{
    int status = run_self("-mask", 0);

    (void)word;
    answer->result = 0;
    say(answer, "%o", (unsigned)status);
}

/* ---- mappings -------------------------------------------------------------------------------- */

static char *mapped;
static size_t mapped_size;

/* SLOT SIZE shared|private r|w OFFSET. Where the server maps no files, nothing is compared. */
static void run_map(char *const *word, struct answer *answer)
{
    int protection = PROT_READ | (*word[3] == 'w' ? PROT_WRITE : 0);
    int flags = strcmp(word[2], "shared") == 0 ? MAP_SHARED : MAP_PRIVATE;
    void *address;

    mapped_size = (size_t)number(word[1]);
    address = mmap(NULL, mapped_size, protection, flags, slot_get(word[0]), number(word[4]));
    mapped = address != MAP_FAILED ? address : NULL;
    answer->result = mapped != NULL ? 0 : -1;
    if (mapped == NULL && errno == ENODEV)
        say(answer, "skipped");
}

/* Shows so many bytes from an offset of the mapping. */
static void run_peek(char *const *word, struct answer *answer)
{
    answer->result = 0;
    if (mapped != NULL)
        say_bytes(answer, mapped + number(word[0]), (size_t)number(word[1]));
}

static void run_poke(char *const *word, struct answer *answer)
{
    answer->result = 0;
    if (mapped != NULL)
        memcpy(mapped + number(word[0]), word[1], strlen(word[1]));
}

static void run_msync(char *const *word, struct answer *answer)
{
    int flags = strcmp(word[0], "bad") == 0 ? MS_SYNC | MS_ASYNC : MS_SYNC;

    answer->result = mapped != NULL ? msync(mapped, mapped_size, flags) : 0;
}

static void run_unmap(char *const *word, struct answer *answer)
{
    (void)word;
    answer->result = mapped != NULL ? munmap(mapped, mapped_size) : 0;
    mapped = NULL;
}

/* What cannot be mapped whatever the server does. */
static void run_map_wrong(char *const *word, struct answer *answer)
{
    int file = slot_get(word[0]);
    size_t size = strcmp(word[1], "length") == 0 ? 0 : PAGE;
    long offset = strcmp(word[1], "offset") == 0 ? 100 : 0;
    int flags = strcmp(word[1], "flags") == 0 ? MAP_SHARED & MAP_PRIVATE : MAP_PRIVATE;
    void *address = mmap(NULL, size, PROT_READ, flags, file, offset);

    answer->result = address != MAP_FAILED ? 0 : -1;
}

/* ---- many files ------------------------------------------------------------------------------ */

static bool holds(int file, int value)
{
    int found = -1;

    return pread(file, &found, sizeof found, 0) == sizeof found && found == value;
}

/* Opens so many files at once, each with its number in it. */
static void run_many(char *const *word, struct answer *answer)
{
    static int files[FILES_MAX];
    int wanted = (int)number(word[0]), opened = 0, right = 0;
    char name[16];

    while (opened < wanted) {
        snprintf(name, sizeof name, "%d", opened);
        files[opened] = open(name, O_RDWR | O_CREAT | O_EXCL, 0644);
        if (files[opened] < 0)
            break;
        if (write(files[opened], &opened, sizeof opened) != sizeof opened)
            break;
        opened++;
    }
    answer->result = opened;
    for (int i = 0; i < opened; i++)
        right += holds(files[i], i);
    for (int i = 0; i < opened; i++)
        close(files[i]);
    say(answer, "%d", right);
}

const struct command process_commands[] = {
    {"kept", 1, run_kept},   {"keptmask", 0, run_kept_mask}, {"map", 4, run_map},
    {"peek", 2, run_peek},   {"poke", 2, run_poke},          {"msync", 0, run_msync},
    {"unmap", 0, run_unmap}, {"mapwrong", 2, run_map_wrong}, {"many", 1, run_many},
    {NULL, 0, NULL},
};
