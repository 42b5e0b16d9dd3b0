/* describe.c - commands for what a file is: type, mode, owner, links, times. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include "commands.h"

/* A pause after which the clock by which files get their times has moved on. */
enum { TICK_NS = 12 * 1000 * 1000 };

/* The cases count from here: a clock without battery is at 1970 when it starts. */
enum { EPOCH_S = 1000 * 1000 * 1000, ERA_S = 1000 * 1000 };

static const char *type_of(mode_t mode)
{
    if (S_ISREG(mode))
        return "file";
    if (S_ISDIR(mode))
        return "directory";
    return S_ISLNK(mode) ? "link" : "other";
}

/* The sizes of directories are the file system's own affair. */
static void say_status(struct answer *answer, const struct stat *status)
{
    if (answer->result < 0)
        return;
    say(answer, "%s,%o,%ld", type_of(status->st_mode), (unsigned)status->st_mode & 07777,
        (long)status->st_nlink);
    if (!S_ISDIR(status->st_mode))
        say(answer, ",%ld", (long)status->st_size);
}

static void run_stat(char *const *word, struct answer *answer)
{
    struct stat status;

    answer->result = stat(word[0], &status);
    say_status(answer, &status);
}

static void run_lstat(char *const *word, struct answer *answer)
{
    struct stat status;

    answer->result = lstat(word[0], &status);
    say_status(answer, &status);
}

static void run_fstat(char *const *word, struct answer *answer)
{
    struct stat status;

    answer->result = fstat(slot_get(word[0]), &status);
    say_status(answer, &status);
}

static void run_fstatat(char *const *word, struct answer *answer)
{
    struct stat status;
    int flags = strcmp(word[2], "link") == 0 ? AT_SYMLINK_NOFOLLOW : 0;

    answer->result = fstatat(slot_get(word[0]), word[1], &status,
                             strcmp(word[2], "bad") == 0 ? 0x40000000 : flags);
    say_status(answer, &status);
}

/* Are the two paths one file? */
static void run_same(char *const *word, struct answer *answer)
{
    struct stat a, b;

    answer->result = lstat(word[0], &a) != 0 || lstat(word[1], &b) != 0 ? -1 : 0;
    if (answer->result == 0)
        answer->result = a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Does the file take less room than its length? */
static void run_sparse(char *const *word, struct answer *answer)
{
    struct stat status;

    answer->result = stat(word[0], &status);
    if (answer->result == 0)
        answer->result = status.st_blocks * 512 < status.st_size;
}

static void run_statvfs(char *const *word, struct answer *answer)
{
    struct statvfs status;

    answer->result = statvfs(word[0], &status);
    if (answer->result == 0)
        say(answer, "%lu", status.f_namemax);
}

static void run_fstatvfs(char *const *word, struct answer *answer)
{
    struct statvfs status;

    answer->result = fstatvfs(slot_get(word[0]), &status);
    if (answer->result == 0)
        say(answer, "%s", status.f_bfree <= status.f_blocks ? "less" : "more");
}

/* ---- access, mode and owner ------------------------------------------------------------------ */

static int access_of(const char *letters)
{
    return (strchr(letters, 'r') != NULL ? R_OK : 0) | (strchr(letters, 'w') != NULL ? W_OK : 0) |
           (strchr(letters, 'x') != NULL ? X_OK : 0) | (strchr(letters, '?') != NULL ? 0x40 : 0);
}

static void run_access(char *const *word, struct answer *answer)
{
    answer->result = access(word[0], access_of(word[1]));
}

static void run_faccessat(char *const *word, struct answer *answer)
{
    answer->result = faccessat(slot_get(word[0]), word[1], access_of(word[2]), 0);
}

static void run_chmod(char *const *word, struct answer *answer)
{
    answer->result = chmod(word[0], octal(word[1]));
}

static void run_fchmod(char *const *word, struct answer *answer)
{
    answer->result = fchmod(slot_get(word[0]), octal(word[1]));
}

static void run_fchmodat(char *const *word, struct answer *answer)
{
    answer->result = fchmodat(slot_get(word[0]), word[1], octal(word[2]), 0);
}

static void run_chown(char *const *word, struct answer *answer)
{
    answer->result = chown(word[0], (uid_t)number(word[1]), (gid_t)number(word[2]));
}

static void run_lchown(char *const *word, struct answer *answer)
{
    answer->result = lchown(word[0], (uid_t)number(word[1]), (gid_t)number(word[2]));
}

static void run_fchown(char *const *word, struct answer *answer)
{
    answer->result = fchown(slot_get(word[0]), (uid_t)number(word[1]), (gid_t)number(word[2]));
}

static void run_owner(char *const *word, struct answer *answer)
{
    struct stat status;

    answer->result = lstat(word[0], &status);
    if (answer->result == 0)
        say(answer, "%ld,%ld", (long)status.st_uid, (long)status.st_gid);
}

static void run_umask(char *const *word, struct answer *answer)
{
    answer->result = 0;
    say(answer, "%o", (unsigned)umask(octal(word[0])));
}

/* ---- times ----------------------------------------------------------------------------------- */

/* Negative numbers are before 1970. */
static time_t seconds_of(const char *word)
{
    long seconds = number(word);

    return seconds < 0 ? seconds : EPOCH_S + seconds;
}

static struct timespec time_of(const char *word)
{
    if (strcmp(word, "now") == 0)
        return (struct timespec){.tv_nsec = UTIME_NOW};
    if (strcmp(word, "omit") == 0)
        return (struct timespec){.tv_nsec = UTIME_OMIT};
    if (strcmp(word, "bad") == 0)
        return (struct timespec){.tv_nsec = 1000000000};
    return (struct timespec){.tv_sec = seconds_of(word), .tv_nsec = 500000000};
}

static void run_utimens(char *const *word, struct answer *answer)
{
    struct timespec times[2] = {time_of(word[2]), time_of(word[3])};
    int flags = strcmp(word[4], "link") == 0 ? AT_SYMLINK_NOFOLLOW : 0;

    answer->result = utimensat(slot_get(word[0]), word[1], times, flags);
}

static void run_futimens(char *const *word, struct answer *answer)
{
    struct timespec times[2] = {time_of(word[1]), time_of(word[2])};

    answer->result = futimens(slot_get(word[0]), times);
}

static void run_utime(char *const *word, struct answer *answer)
{
    struct utimbuf times = {.actime = seconds_of(word[1]), .modtime = seconds_of(word[2])};

    answer->result = utime(word[0], *word[1] == '\0' ? NULL : &times);
}

static void run_utimes(char *const *word, struct answer *answer)
{
    struct timeval times[2] = {{.tv_sec = seconds_of(word[1])}, {.tv_sec = seconds_of(word[2])}};

    times[0].tv_usec = number(word[3]);
    answer->result = utimes(word[0], *word[1] == '\0' ? NULL : times);
}

static void say_time(struct answer *answer, struct timespec time)
{
    long seconds = time.tv_sec < 0 ? (long)time.tv_sec : (long)time.tv_sec - EPOCH_S;

    if (time.tv_sec >= 0 && (seconds < 0 || seconds > ERA_S))
        say(answer, "recent,");
    else
        say(answer, "%ld.%ld,", seconds, time.tv_nsec / 100000000);
}

static void run_times(char *const *word, struct answer *answer)
{
    struct stat status;

    answer->result = lstat(word[0], &status);
    if (answer->result != 0)
        return;
    say_time(answer, status.st_atim);
    say_time(answer, status.st_mtim);
}

static struct stat marked;

static void pause_for_tick(void)
{
    struct timespec tick = {.tv_nsec = TICK_NS};

    nanosleep(&tick, NULL);
}

/* Remembers the times of a file, for `changed`. */
static void run_mark(char *const *word, struct answer *answer)
{
    answer->result = lstat(word[0], &marked);
    pause_for_tick();
}

static bool differs(struct timespec a, struct timespec b)
{
    return a.tv_sec != b.tv_sec || a.tv_nsec != b.tv_nsec;
}

/* Which times are others than at `mark`? Those of access are not looked at: hosts differ in when
 * they keep them. */
static void run_changed(char *const *word, struct answer *answer)
{
    struct stat status;

    answer->result = lstat(word[0], &status);
    if (answer->result != 0)
        return;
    say(answer, "%s%s", differs(status.st_mtim, marked.st_mtim) ? "m" : "-",
        differs(status.st_ctim, marked.st_ctim) ? "c" : "-");
}

const struct command status_commands[] = {
    {"stat", 1, run_stat},         {"lstat", 1, run_lstat},
    {"fstat", 1, run_fstat},       {"fstatat", 2, run_fstatat},
    {"same", 2, run_same},         {"sparse", 1, run_sparse},
    {"statvfs", 1, run_statvfs},   {"fstatvfs", 1, run_fstatvfs},
    {"access", 2, run_access},     {"faccessat", 3, run_faccessat},
    {"chmod", 2, run_chmod},       {"fchmod", 2, run_fchmod},
    {"fchmodat", 3, run_fchmodat}, {"chown", 3, run_chown},
    {"lchown", 3, run_lchown},     {"fchown", 3, run_fchown},
    {"owner", 1, run_owner},       {"umask", 1, run_umask},
    {"utimens", 4, run_utimens},   {"futimens", 3, run_futimens},
    {"utime", 1, run_utime},       {"utimes", 1, run_utimes},
    {"times", 1, run_times},       {"mark", 1, run_mark},
    {"changed", 1, run_changed},   {NULL, 0, NULL},
};
