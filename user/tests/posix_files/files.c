/* files.c - commands for open files: opening, reading, writing, offsets, descriptors. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "commands.h"

enum { READ_MAX = 1 << 20, SHOWN_MAX = 64, PATTERN_PERIOD = 251 };

static const struct {
    char letter;
    int flag;
} flag_letters[] = {
    {'w', O_WRONLY},  {'+', O_RDWR},   {'c', O_CREAT},     {'x', O_EXCL},
    {'t', O_TRUNC},   {'a', O_APPEND}, {'d', O_DIRECTORY}, {'n', O_NOFOLLOW},
    {'e', O_CLOEXEC}, {'s', O_SYNC},   {'k', O_NONBLOCK},
};

enum { FLAG_LETTERS = sizeof flag_letters / sizeof flag_letters[0] };

static int flags_of(const char *letters)
{
    int flags = O_RDONLY;

    for (int i = 0; i < FLAG_LETTERS; i++)
        if (strchr(letters, flag_letters[i].letter) != NULL)
            flags |= flag_letters[i].flag;
    return flags;
}

static void run_open(char *const *word, struct answer *answer)
{
    answer->result = slot_set(word[0], open(word[1], flags_of(word[2]), octal(word[3])));
}

static void run_openat(char *const *word, struct answer *answer)
{
    int file = openat(slot_get(word[1]), word[2], flags_of(word[3]), octal(word[4]));

    answer->result = slot_set(word[0], file);
}

static void run_creat(char *const *word, struct answer *answer)
{
    answer->result = slot_set(word[0], creat(word[1], octal(word[2])));
}

/* A file with this text, or empty; no result is printed but an error's. */
static void run_make(char *const *word, struct answer *answer)
{
    int file = open(word[0], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    size_t length = strlen(word[1]);

    answer->result = file < 0 || write(file, word[1], length) != (ssize_t)length ? -1 : 0;
    if (file >= 0)
        close(file);
}

static void run_close(char *const *word, struct answer *answer)
{
    answer->result = close(slot_get(word[0]));
}

/* ---- contents -------------------------------------------------------------------------------- */

static void say_read(struct answer *answer, const char *bytes)
{
    if (answer->result > SHOWN_MAX)
        say(answer, "%ld-bytes", answer->result);
    else if (answer->result > 0)
        say_bytes(answer, bytes, (size_t)answer->result);
}

static void run_read(char *const *word, struct answer *answer)
{
    static char bytes[READ_MAX];

    answer->result = read(slot_get(word[0]), bytes, (size_t)number(word[1]));
    say_read(answer, bytes);
}

static void run_pread(char *const *word, struct answer *answer)
{
    static char bytes[READ_MAX];

    answer->result = pread(slot_get(word[0]), bytes, (size_t)number(word[1]), number(word[2]));
    say_read(answer, bytes);
}

static void run_write(char *const *word, struct answer *answer)
{
    answer->result = write(slot_get(word[0]), word[1], strlen(word[1]));
}

static void run_pwrite(char *const *word, struct answer *answer)
{
    answer->result = pwrite(slot_get(word[0]), word[1], strlen(word[1]), number(word[2]));
}

/* Two places of 3 and 5 bytes. */
static void run_readv(char *const *word, struct answer *answer)
{
    char bytes[8];
    struct iovec places[2] = {{bytes, 3}, {bytes + 3, 5}};

    answer->result = *word[1] == '\0' ? readv(slot_get(word[0]), places, 2)
                                      : preadv(slot_get(word[0]), places, 2, number(word[1]));
    say_read(answer, bytes);
}

/* A count of places that is not right, or 0. */
static void run_readv_count(char *const *word, struct answer *answer)
{
    struct iovec place = {0};

    answer->result = readv(slot_get(word[0]), &place, (int)number(word[1]));
}

static void run_writev(char *const *word, struct answer *answer)
{
    struct iovec places[2] = {{word[1], strlen(word[1])}, {word[2], strlen(word[2])}};

    answer->result = *word[3] == '\0' ? writev(slot_get(word[0]), places, 2)
                                      : pwritev(slot_get(word[0]), places, 2, number(word[3]));
}

static char pattern(long place) { return (char)('A' + place % PATTERN_PERIOD); }

/* Writes a pattern that tells each place, at the position. */
static void run_fill(char *const *word, struct answer *answer)
{
    static char bytes[READ_MAX];
    int file = slot_get(word[0]);
    long start = lseek(file, 0, SEEK_CUR), count = number(word[1]);

    for (long i = 0; i < count && start >= 0; i++)
        bytes[i] = pattern(start + i);
    answer->result = write(file, bytes, (size_t)count);
}

static char kind_of(char byte, long place)
{
    if (byte == pattern(place))
        return 'p';
    return byte == 0 ? 'z' : '?';
}

/* Says how many bytes of the pattern, of zeroes and of else follow each other. */
static void run_runs(char *const *word, struct answer *answer)
{
    static char bytes[READ_MAX];
    long from = 0;

    answer->result = pread(slot_get(word[0]), bytes, sizeof bytes, 0);
    for (long i = 1; i <= answer->result; i++)
        if (i == answer->result || kind_of(bytes[i], i) != kind_of(bytes[from], from)) {
            say(answer, "%c%ld", kind_of(bytes[from], from), i - from);
            from = i;
        }
}

/* What a whole file holds. */
static void run_cat(char *const *word, struct answer *answer)
{
    char bytes[SHOWN_MAX];
    int file = open(word[0], O_RDONLY);

    answer->result = file < 0 ? -1 : read(file, bytes, sizeof bytes);
    say_read(answer, bytes);
    if (file >= 0)
        close(file);
}

static void run_seek(char *const *word, struct answer *answer)
{
    int whence = strcmp(word[2], "set") == 0   ? SEEK_SET
                 : strcmp(word[2], "cur") == 0 ? SEEK_CUR
                 : strcmp(word[2], "end") == 0 ? SEEK_END
                                               : 99;

    answer->result = lseek(slot_get(word[0]), number(word[1]), whence);
}

static void run_ftruncate(char *const *word, struct answer *answer)
{
    answer->result = ftruncate(slot_get(word[0]), number(word[1]));
}

static void run_truncate(char *const *word, struct answer *answer)
{
    answer->result = truncate(word[0], number(word[1]));
}

static void run_fsync(char *const *word, struct answer *answer)
{
    answer->result = fsync(slot_get(word[0]));
}

static void run_fdatasync(char *const *word, struct answer *answer)
{
    answer->result = fdatasync(slot_get(word[0]));
}

static void run_sync(char *const *word, struct answer *answer)
{
    (void)word;
    (void)answer;
    sync();
}

/* ---- descriptors ----------------------------------------------------------------------------- */

static void run_dup(char *const *word, struct answer *answer)
{
    answer->result = slot_set(word[0], dup(slot_get(word[1])));
}

/* To the number that a slot has; to itself too. */
static void run_dup2(char *const *word, struct answer *answer)
{
    int target = slot_get(word[1]), result = dup2(slot_get(word[0]), target);

    answer->result = result == target && result >= 0 ? 0 : -1;
}

static void run_dup3(char *const *word, struct answer *answer)
{
    int target = slot_get(word[1]);
    int result = dup3(slot_get(word[0]), target, flags_of(word[2]));

    answer->result = result == target && result >= 0 ? 0 : -1;
}

/* F_DUPFD to a number not below the one given; says whether it is that one. */
static void run_dupfd(char *const *word, struct answer *answer)
{
    int minimum = (int)number(word[2]);
    int file = fcntl(slot_get(word[1]), *word[3] == 'e' ? F_DUPFD_CLOEXEC : F_DUPFD, minimum);

    if (file >= 0)
        say(answer, "%s", file == minimum ? "exact" : "above");
    answer->result = slot_set(word[0], file);
}

/* Is the slot's number the lowest that can be free, below those of the other slots? */
static void run_below(char *const *word, struct answer *answer)
{
    answer->result = slot_get(word[0]) < slot_get(word[1]);
}

static void run_getfd(char *const *word, struct answer *answer)
{
    answer->result = fcntl(slot_get(word[0]), F_GETFD);
}

static void run_setfd(char *const *word, struct answer *answer)
{
    answer->result = fcntl(slot_get(word[0]), F_SETFD, (int)number(word[1]));
}

/* Of the flags those that tell something: not O_LARGEFILE. */
static void run_getfl(char *const *word, struct answer *answer)
{
    int flags = fcntl(slot_get(word[0]), F_GETFL);

    answer->result = flags < 0 ? -1 : 0;
    if (flags >= 0)
        say(answer, "%s%s%s",
            (flags & O_ACCMODE) == O_RDONLY   ? "r"
            : (flags & O_ACCMODE) == O_WRONLY ? "w"
                                              : "+",
            (flags & O_APPEND) != 0 ? "a" : "", (flags & O_NONBLOCK) != 0 ? "k" : "");
}

static void run_setfl(char *const *word, struct answer *answer)
{
    answer->result = fcntl(slot_get(word[0]), F_SETFL, flags_of(word[1]));
}

static void run_fcntl(char *const *word, struct answer *answer)
{
    answer->result = fcntl(slot_get(word[0]), (int)number(word[1]), 0);
}

static void run_isatty(char *const *word, struct answer *answer)
{
    answer->result = isatty(slot_get(word[0])) != 0 ? 1 : -1;
}

/* ---- temporary files ------------------------------------------------------------------------- */

static void run_mkstemp(char *const *word, struct answer *answer)
{
    char name[SHOWN_MAX];

    snprintf(name, sizeof name, "%s", word[1]);
    answer->result = slot_set(word[0], mkstemp(name));
    if (answer->result == 0)
        say(answer, "%s", strncmp(name, word[1], strlen(name) - 6) == 0 ? "named" : name);
}

static void run_tmpfile(char *const *word, struct answer *answer)
{
    FILE *file = tmpfile();
    char text[SHOWN_MAX];
    size_t length = strlen(word[0]);

    answer->result = file != NULL && fputs(word[0], file) >= 0 && fseek(file, 0, SEEK_SET) == 0 &&
                             fread(text, 1, sizeof text, file) == length
                         ? 0
                         : -1;
    if (answer->result == 0)
        say_bytes(answer, text, length);
    if (file != NULL)
        fclose(file);
}

const struct command file_commands[] = {
    {"open", 3, run_open},
    {"openat", 4, run_openat},
    {"creat", 3, run_creat},
    {"make", 1, run_make},
    {"close", 1, run_close},
    {"read", 2, run_read},
    {"pread", 3, run_pread},
    {"write", 2, run_write},
    {"pwrite", 3, run_pwrite},
    {"readv", 1, run_readv},
    {"readvn", 2, run_readv_count},
    {"writev", 3, run_writev},
    {"fill", 2, run_fill},
    {"runs", 1, run_runs},
    {"cat", 1, run_cat},
    {"seek", 3, run_seek},
    {"ftruncate", 2, run_ftruncate},
    {"truncate", 2, run_truncate},
    {"fsync", 1, run_fsync},
    {"fdatasync", 1, run_fdatasync},
    {"sync", 0, run_sync},
    {"dup", 2, run_dup},
    {"dup2", 2, run_dup2},
    {"dup3", 2, run_dup3},
    {"dupfd", 3, run_dupfd},
    {"below", 2, run_below},
    {"getfd", 1, run_getfd},
    {"setfd", 2, run_setfd},
    {"getfl", 1, run_getfl},
    {"setfl", 1, run_setfl},
    {"fcntl", 2, run_fcntl},
    {"isatty", 1, run_isatty},
    {"mkstemp", 2, run_mkstemp},
    {"tmpfile", 1, run_tmpfile},
    {NULL, 0, NULL},
};
