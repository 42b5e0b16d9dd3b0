/* main.c - ext2: serves the file system of a disk.
 *
 *     ext2 NAME DISK [ro]
 *
 * mounts what is on DISK, a name of a block driver, and registers its root as NAME. Without such a
 * disk, or with one that holds nothing that can be mounted, it says so and ends: that is no
 * failure, and trying again would not help.
 */
#include <octavo/calls.h>
#include <octavo/thread.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "serve.h"
#include "session.h"

enum {
    THREADS = 8,         /* callers that can wait for the disk at the same time */
    CACHE_SHARE = 4,     /* the cache may have this part of all memory, */
    CACHE_MIN = 1 << 20, /* but within these bounds */
    CACHE_MAX = 64 << 20,
    PAGE = 4096,
};
#define TICK_NS 5000000000ull /* what is not yet on the disk then is written */

static uint64_t now_ns(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static size_t cache_size(void)
{
    struct system_memory memory = {0};
    size_t size = CACHE_MIN;

    if (system_info(HANDLE_SYSTEM, INFO_MEMORY, &memory, sizeof memory) > 0)
        size = memory.managed_pages * PAGE / CACHE_SHARE;
    return size < CACHE_MIN ? CACHE_MIN : size > CACHE_MAX ? CACHE_MAX : size;
}

static void complain(const char *text) { fprintf(stderr, "ext2: %s\n", text); }

/* Complains once of each new error: the file system tells its users itself. */
static _Noreturn void tick_for_ever(struct ext2 *fs)
{
    for (enum error last = E_OK, error;; last = error) {
        clock_sleep(clock_get() + TICK_NS);
        error = ext2_tick(fs);
        if (error != E_OK && error != last)
            fprintf(stderr, "ext2: writing back: %s\n", strerror((int)error));
    }
}

static void *tick(void *fs) { tick_for_ever(fs); }

/* -> the file system; NULL after saying why there is none. */
static struct ext2 *mount(const char *name, bool read_only)
{
    struct ext2_options options = {.read_only = read_only,
                                   .cache_bytes = cache_size(),
                                   .now_ns = now_ns,
                                   .complain = complain};
    const char *complaint = NULL;
    struct ext2 *fs = NULL;
    struct disk *disk;
    enum error error = session_open(name, read_only, &disk);

    if (error == E_NOENT)
        return NULL; /* as most machines have one disk, or none */
    if (error == E_OK)
        error = ext2_mount(disk, &options, &fs, &complaint);
    if (complaint != NULL || error != E_OK)
        fprintf(stderr, "ext2: %s: %s\n", name,
                complaint != NULL ? complaint : strerror((int)error));
    return error == E_OK ? fs : NULL;
}

int main(int argc, char **argv)
{
    static struct thread ticker;
    bool read_only = argc == 4 && strcmp(argv[3], "ro") == 0;

    if (argc != 3 && !read_only) {
        fputs("usage: ext2 NAME DISK [ro]\n", stderr);
        return 2;
    }
    struct ext2 *ext2 = mount(argv[2], read_only);
    if (ext2 == NULL)
        return 0;
    struct file_system_status status;
    ext2_status(ext2, &status);
    struct file_system fs = {.operations = &serve_operations,
                             .context = ext2,
                             .read_only = status.read_only != 0,
                             .threads = THREADS};
    long result = thread_start(&ticker, tick, ext2);
    if (result == 0)
        result = file_server_run(&fs, argv[1]);
    fprintf(stderr, "ext2: cannot serve: %s\n", strerror((int)-result));
    return 1;
}
