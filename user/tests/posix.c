/* posix.c - what the library promises under POSIX names: files, descriptors, directories, paths,
 * terminals, processes, time, memory, threads; and errno for each refusal.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <octavo/calls.h>
#include <octavo/thread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/tap.h"

enum { THREADS = 4, ROUNDS = 200, BLOCKS = 50, NO_FILE = 77, TOO_MUCH = 128 * 1024 };

/* A function that fails gives -1 and says why. */
#define CHECK_REFUSED(call, reason)   \
    do {                              \
        errno = 0;                    \
        CHECK_EQUAL((call), -1);      \
        CHECK_EQUAL(errno, (reason)); \
    } while (0)

static const char program[] = "/bin/ls", text_file[] = "/etc/servers";

static void open_names_its_errors(void)
{
    char long_path[2000];

    memset(long_path, 'a', sizeof long_path - 1);
    long_path[0] = '/';
    long_path[sizeof long_path - 1] = '\0';
    CHECK_REFUSED(open("/nofile", O_RDONLY), ENOENT);
    CHECK_REFUSED(open("", O_RDONLY), ENOENT);
    CHECK_REFUSED(open("/bin/ls/x", O_RDONLY), ENOTDIR);
    CHECK_REFUSED(open(program, O_RDONLY | O_DIRECTORY), ENOTDIR);
    CHECK_REFUSED(open(program, O_WRONLY), EROFS);
    CHECK_REFUSED(open("/dev/nothing", O_RDONLY), ENOENT);
    CHECK_REFUSED(open(long_path, O_RDONLY), ENAMETOOLONG);
}

static void read_moves_a_shared_offset(void)
{
    struct stat status;
    char bytes[4];
    int file = open(program, O_RDONLY);
    int same = dup(file);

    CHECK_EQUAL(read(file, bytes, 4), 4);
    CHECK(memcmp(bytes, "\177ELF", 4) == 0);
    CHECK_EQUAL(read(same, bytes, 1), 1);
    CHECK_EQUAL(lseek(file, 0, SEEK_CUR), 5);
    CHECK_EQUAL(pread(file, bytes, 3, 1), 3);
    CHECK(memcmp(bytes, "ELF", 3) == 0);
    CHECK_EQUAL(lseek(same, 0, SEEK_CUR), 5);
    CHECK_EQUAL(fstat(file, &status), 0);
    CHECK_EQUAL(lseek(file, 0, SEEK_END), status.st_size);
    CHECK_EQUAL(read(file, bytes, 4), 0);
    CHECK_REFUSED(lseek(file, -1, SEEK_SET), EINVAL);
    close(file);
    close(same);
}

static void stat_and_access_tell_what_a_file_is(void)
{
    struct stat status;

    CHECK_EQUAL(stat("/bin", &status), 0);
    CHECK(S_ISDIR(status.st_mode));
    CHECK_EQUAL(stat(program, &status), 0);
    CHECK(S_ISREG(status.st_mode) && status.st_size > 0);
    CHECK_EQUAL(fstat(STDOUT_FILENO, &status), 0);
    CHECK(S_ISCHR(status.st_mode));
    CHECK_EQUAL(access(program, X_OK), 0);
    CHECK_EQUAL(access(text_file, R_OK), 0);
    CHECK_REFUSED(access(text_file, X_OK), EACCES);
    CHECK_REFUSED(stat("/nofile", &status), ENOENT);
}

static void descriptors_are_handles_below_the_fixed_ones(void)
{
    int file = open(program, O_RDONLY);
    char byte;

    CHECK_REFUSED(read(NO_FILE, &byte, 1), EBADF);
    CHECK_REFUSED(read(HANDLE_SELF, &byte, 1), EBADF);
    CHECK_REFUSED(close(HANDLE_ROOT), EBADF);
    CHECK_REFUSED(close(-1), EBADF);
    CHECK_REFUSED(dup2(file, HANDLE_CWD), EBADF);
    CHECK_REFUSED(dup2(NO_FILE, NO_FILE), EBADF);
    CHECK_EQUAL(dup2(file, file), file);
    CHECK_EQUAL(fcntl(file, F_DUPFD, NO_FILE), NO_FILE);
    CHECK_EQUAL(fcntl(file, F_GETFD), 0);
    CHECK_EQUAL(fcntl(file, F_SETFD, FD_CLOEXEC), 0);
    CHECK_EQUAL(fcntl(file, F_GETFD), FD_CLOEXEC);
    CHECK_REFUSED(fcntl(file, F_GETLK), EINVAL);
    close(NO_FILE);
    close(file);
}

static int count_entries(DIR *directory)
{
    int count = 0;

    while (readdir(directory) != NULL)
        count++;
    return count;
}

static void directories_can_be_read_twice(void)
{
    DIR *directory = opendir("/bin");
    int count;

    if (!CHECK(directory != NULL))
        return;
    count = count_entries(directory);
    CHECK(count > 2);
    rewinddir(directory);
    CHECK_EQUAL(count_entries(directory), count);
    CHECK_EQUAL(closedir(directory), 0);
    errno = 0;
    CHECK(opendir(program) == NULL);
    CHECK_EQUAL(errno, ENOTDIR);
}

static void directory_changes_and_is_known(void)
{
    char text[64];
    int file;

    CHECK_EQUAL(chdir("/bin"), 0);
    CHECK(strcmp(getcwd(text, sizeof text), "/bin") == 0);
    file = open("ls", O_RDONLY);
    CHECK(file >= 0);
    close(file);
    CHECK_EQUAL(chdir("../etc/./"), 0);
    CHECK(strcmp(getcwd(text, sizeof text), "/etc") == 0);
    CHECK_EQUAL(chdir(".."), 0);
    CHECK(strcmp(getcwd(text, sizeof text), "/") == 0);
    CHECK_REFUSED(chdir(program), ENOTDIR);
    CHECK_REFUSED(chdir("/nowhere"), ENOENT);
    errno = 0;
    CHECK(getcwd(text, 1) == NULL);
    CHECK_EQUAL(errno, ERANGE);
}

static void streams_tell_the_end_from_a_failure(void)
{
    char line[256];
    FILE *file = fopen(text_file, "r");

    if (CHECK(file != NULL)) {
        while (fgets(line, sizeof line, file) != NULL)
            continue;
        CHECK(feof(file) && !ferror(file));
        CHECK_EQUAL(fclose(file), 0);
    }
    file = fopen("/bin", "r");
    if (CHECK(file != NULL)) {
        CHECK_EQUAL(fgetc(file), EOF);
        CHECK(ferror(file) && !feof(file));
        CHECK_EQUAL(fclose(file), 0);
    }
    CHECK(fopen(text_file, "w") == NULL);
    CHECK(fopen(text_file, "?") == NULL);
}

static void terminals_have_modes_and_a_size(void)
{
    struct termios before, raw, after;
    struct winsize size;
    int file = open(program, O_RDONLY);

    CHECK(isatty(STDOUT_FILENO));
    CHECK(!isatty(file));
    CHECK_REFUSED(tcgetattr(file, &before), ENOTTY);
    CHECK_EQUAL(tcgetattr(STDOUT_FILENO, &before), 0);
    raw = before;
    cfmakeraw(&raw);
    CHECK_EQUAL(tcsetattr(STDOUT_FILENO, TCSANOW, &raw), 0);
    CHECK_EQUAL(tcgetattr(STDOUT_FILENO, &after), 0);
    CHECK_EQUAL(after.c_lflag & (ICANON | ECHO | ISIG), 0);
    CHECK_EQUAL(tcsetattr(STDOUT_FILENO, TCSANOW, &before), 0);
    CHECK_EQUAL(ioctl(STDOUT_FILENO, TIOCGWINSZ, &size), 0);
    CHECK(size.ws_row > 0 && size.ws_col > 0);
    CHECK_REFUSED(lseek(STDOUT_FILENO, 0, SEEK_CUR), ESPIPE);
    close(file);
}

/* Found out only when the program's segments are there already. */
static void arguments_that_do_not_fit_are_refused(void)
{
    char *big = malloc(TOO_MUCH + 1);
    char *const arguments[] = {big, NULL};

    if (!CHECK(big != NULL))
        return;
    memset(big, 'x', TOO_MUCH);
    big[TOO_MUCH] = '\0';
    CHECK_REFUSED(execv(program, arguments), E2BIG);
    free(big);
}

static int status_of_child(void (*end)(void))
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        end();
        _exit(0);
    }
    CHECK_EQUAL(waitpid(pid, &status, 0), pid);
    return status;
}

static void raise_term(void) { raise(SIGTERM); }

static void signals_show_in_the_status(void)
{
    int status = status_of_child(abort);

    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    status = status_of_child(raise_term);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    CHECK_EQUAL(kill(getpid(), 0), 0);
    CHECK_REFUSED(kill(getpid(), NSIG), EINVAL);
    CHECK_REFUSED(kill(INT32_MAX, SIGTERM), ESRCH);
    CHECK_REFUSED(waitpid(-1, &status, 0), ECHILD);
    CHECK_REFUSED(waitpid(-1, &status, WUNTRACED), EINVAL);
}

static void time_passes_in_sleep(void)
{
    struct timespec before, after, wrong = {.tv_nsec = 1000000000};

    CHECK_EQUAL(clock_gettime(CLOCK_MONOTONIC, &before), 0);
    CHECK_EQUAL(usleep(20000), 0);
    CHECK_EQUAL(clock_gettime(CLOCK_MONOTONIC, &after), 0);
    CHECK((after.tv_sec - before.tv_sec) * 1000000 + (after.tv_nsec - before.tv_nsec) / 1000 >=
          20000);
    CHECK_REFUSED(nanosleep(&wrong, NULL), EINVAL);
    CHECK_REFUSED(clock_gettime((clockid_t)99, &after), EINVAL);
}

static void memory_that_is_not_there_is_refused(void)
{
    void *start = sbrk(0);

    errno = 0;
    CHECK(malloc((size_t)1 << 40) == NULL);
    CHECK_EQUAL(errno, ENOMEM);
    errno = 0;
    CHECK(sbrk(-((ptrdiff_t)1 << 40)) == (void *)-1);
    CHECK_EQUAL(errno, ENOMEM);
    CHECK(sbrk(0) == start);
}

static _Thread_local long own = 42;

static bool use_heap(long seed)
{
    char *block[BLOCKS];

    for (int i = 0; i < BLOCKS; i++) {
        block[i] = malloc((size_t)(16 + seed * i * 7 % 300));
        if (block[i] == NULL)
            return false;
        memset(block[i], (int)seed, 16);
    }
    for (int i = 0; i < BLOCKS; i++) {
        if (block[i][15] != (char)seed)
            return false;
        free(block[i]);
    }
    return true;
}

static void *work(void *argument)
{
    long seed = (long)argument;
    bool right = own == 42;

    own = seed;
    errno = (int)seed;
    for (int round = 0; round < ROUNDS && right; round++) {
        right = use_heap(seed);
        thread_yield();
    }
    return (void *)(right && own == seed && errno == (int)seed ? seed : 0);
}

static void threads_share_the_heap_but_not_errno(void)
{
    struct thread thread[THREADS];

    errno = 0;
    for (long i = 0; i < THREADS; i++)
        CHECK_EQUAL(thread_start(&thread[i], work, (void *)(i + 1)), 0);
    for (long i = 0; i < THREADS; i++)
        CHECK_EQUAL((long)thread_join(&thread[i]), i + 1);
    CHECK_EQUAL(errno, 0);
    CHECK_EQUAL(own, 42);
}

static struct mutex mutex;
static int counter;

static void *add(void *argument)
{
    for (int i = 0; i < ROUNDS; i++) {
        int seen;

        mutex_lock(&mutex);
        seen = counter;
        thread_yield();
        counter = seen + 1;
        mutex_unlock(&mutex);
    }
    return argument;
}

static void mutex_lets_one_thread_in(void)
{
    struct thread thread[THREADS];

    counter = 0;
    for (int i = 0; i < THREADS; i++)
        CHECK_EQUAL(thread_start(&thread[i], add, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        thread_join(&thread[i]);
    CHECK_EQUAL(counter, THREADS * ROUNDS);
}

static const struct tap_test tests[] = {
    {"posix_open_names_its_errors", open_names_its_errors, 0},
    {"posix_read_moves_a_shared_offset", read_moves_a_shared_offset, 0},
    {"posix_stat_and_access_tell_what_a_file_is", stat_and_access_tell_what_a_file_is, 0},
    {"posix_descriptors_are_handles_below_the_fixed_ones",
     descriptors_are_handles_below_the_fixed_ones, 0},
    {"posix_directories_can_be_read_twice", directories_can_be_read_twice, 0},
    {"posix_directory_changes_and_is_known", directory_changes_and_is_known, 0},
    {"posix_streams_tell_the_end_from_a_failure", streams_tell_the_end_from_a_failure, 0},
    {"posix_terminals_have_modes_and_a_size", terminals_have_modes_and_a_size, 0},
    {"posix_arguments_that_do_not_fit_are_refused", arguments_that_do_not_fit_are_refused, 0},
    {"posix_signals_show_in_the_status", signals_show_in_the_status, 0},
    {"posix_time_passes_in_sleep", time_passes_in_sleep, 0},
    {"posix_memory_that_is_not_there_is_refused", memory_that_is_not_there_is_refused, 0},
    {"posix_threads_share_the_heap_but_not_errno", threads_share_the_heap_but_not_errno, 0},
    {"posix_mutex_lets_one_thread_in", mutex_lets_one_thread_in, 0},
};

int main(int argc, char **argv) { return tap_main(argc, argv, tests, TAP_COUNT(tests)); }
