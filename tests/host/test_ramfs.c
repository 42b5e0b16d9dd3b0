/* test_ramfs.c - the file system in memory, through the protocol: the same seeded operations go to
 * it and to the host's own file system and must give the same. */
#define _GNU_SOURCE /* nftw, chroot */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file_client.h"
#include "servers/ramfs/operations.h"
#include "servers/ramfs/space.h"
#include "untrusted.h"

enum { ROOT = FILE_SERVER_ROOT, OPEN_MAX_BOTH = 4, STEPS = 60000 };

#define LIMIT (8ull << 20)

static struct file_system fs = {.operations = &ramfs_operations, .threads = 1};
static uint64_t used_at_start;

static int begin_all(void **state)
{
    (void)state;
    if (ramfs_begin(LIMIT) != E_OK)
        return -1;
    client_begin(&fs);
    used_at_start = space_used();
    return 0;
}

static int check_clean(void **state)
{
    (void)state;
    return client_is_clean() && space_used() == used_at_start && bytes_mapped() == 0 ? 0 : -1;
}

/* ---- the same on both ---- */

/* What the host's error is called here. */
static long error_of(long result)
{
    static const struct {
        int host;
        enum error error;
    } table[] = {{ENOENT, E_NOENT},
                 {EEXIST, E_EXIST},
                 {ENOTDIR, E_NOTDIR},
                 {EISDIR, E_ISDIR},
                 {EINVAL, E_INVAL},
                 {ELOOP, E_LOOP},
                 {EBUSY, E_BUSY},
                 {ENOTEMPTY, E_NOTEMPTY},
                 {EPERM, E_PERM},
                 {EBADF, E_BADF},
                 {EXDEV, E_XDEV},
                 {EMLINK, E_MLINK},
                 {ENAMETOOLONG, E_NAMETOOLONG}};

    if (result >= 0)
        return result;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].host == errno)
            return -table[i].error;
    return -4000 - errno;
}

struct both {
    int host, ours; /* descriptor, channel */
};

static struct chance chance;
static struct both files[OPEN_MAX_BOTH];
static unsigned mismatches;
static char said[3 * FILE_PATH_MAX];

static void expect(long ours, long host)
{
    if (ours == host)
        return;
    if (mismatches++ < 20)
        fprintf(stderr, "%s: here %ld, on the host %ld\n", said, ours, host);
}

static void random_path(char *path)
{
    static const char *const names[] = {"a", "b", "c", "d", "a", "b", ".", "..", "l"};
    size_t count = 1 + chance_below(&chance, 3);

    strcpy(path, chance_below(&chance, 6) == 0 ? "/" : "");
    for (size_t i = 0; i < count; i++) {
        strcat(path, names[chance_below(&chance, sizeof names / sizeof names[0])]);
        if (i + 1 < count || chance_below(&chance, 8) == 0)
            strcat(path, chance_below(&chance, 10) == 0 ? "//" : "/");
    }
}

static void close_both(struct both *file)
{
    if (file->host < 0)
        return;
    close(file->host);
    client_close(file->ours);
    file->host = -1;
}

static void step_open(void)
{
    static const int more[] = {O_CREAT, O_EXCL, O_TRUNC, O_DIRECTORY, O_NOFOLLOW, O_APPEND};
    struct both *file = &files[chance_below(&chance, OPEN_MAX_BOTH)];
    int flags = (int)chance_below(&chance, 3);
    char path[64];
    long ours, host;

    close_both(file);
    random_path(path);
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
        flags |= chance_below(&chance, 3) == 0 ? more[i] : 0;
    /* O_EXCL alone is nobody's business. */
    flags &= (flags & O_CREAT) != 0 ? ~0 : ~O_EXCL;
    snprintf(said, sizeof said, "open %s %o", path, (unsigned)flags);
    host = error_of(open(path, flags, 0644));
    ours = client_open(ROOT, path, flags, 0644);
    expect(ours < 0 ? ours : 0, host < 0 ? host : 0);
    if (ours >= 0 && host >= 0)
        *file = (struct both){.host = (int)host, .ours = (int)ours};
}

static void step_names(void)
{
    char path[64];
    size_t kind = chance_below(&chance, 3);

    random_path(path);
    if (kind == 0) {
        snprintf(said, sizeof said, "mkdir %s", path);
        expect(client_path(ROOT, FILE_MAKE_DIRECTORY, 0755, 0, path, NULL),
               error_of(mkdir(path, 0755)));
    } else if (kind == 1) {
        snprintf(said, sizeof said, "rmdir %s", path);
        expect(client_path(ROOT, FILE_UNLINK, FILE_REMOVE_DIRECTORY, 0, path, NULL),
               error_of(rmdir(path)));
    } else {
        snprintf(said, sizeof said, "unlink %s", path);
        expect(client_path(ROOT, FILE_UNLINK, 0, 0, path, NULL), error_of(unlink(path)));
    }
}

static void step_symlink(void)
{
    char path[64], target[64];

    random_path(path);
    random_path(target);
    snprintf(said, sizeof said, "symlink %s -> %s", path, target);
    expect(client_path(ROOT, FILE_SYMLINK, 0, 0, path, target), error_of(symlink(target, path)));
}

static void step_read_link(void)
{
    char path[64], text[64];
    long ours, host;

    random_path(path);
    snprintf(said, sizeof said, "readlink %s", path);
    host = error_of(readlink(path, text, sizeof text));
    ours = client_path(ROOT, FILE_READ_LINK, 0, 0, path, NULL);
    expect(ours, host);
    if (ours > 0 && ours == host && memcmp(text, client_rest, (size_t)ours) != 0)
        expect(1, 0);
}

/* Is the directory that gets the new name there? Else which of several errors comes first is the
 * C library's to say. */
static bool has_parent(const char *path)
{
    char above[64] = "./";
    size_t end = strlen(path);
    struct stat status;

    while (end > 0 && path[end - 1] == '/')
        end--;
    while (end > 0 && path[end - 1] != '/')
        end--;
    if (end > 0)
        snprintf(above, sizeof above, "%.*s", (int)end, path);
    return stat(above, &status) == 0 && S_ISDIR(status.st_mode);
}

static void step_move(void)
{
    bool link_it = chance_below(&chance, 3) == 0;
    char old[64], new[64];

    random_path(old);
    random_path(new);
    if (!has_parent(new))
        return;
    snprintf(said, sizeof said, "%s %s %s", link_it ? "link" : "rename", old, new);
    expect(client_move(ROOT, link_it ? FILE_LINK : FILE_RENAME, old, new),
           error_of(link_it ? link(old, new) : rename(old, new)));
}

static void expect_status(const struct file_status *ours, const struct stat *host)
{
    expect(ours->mode, host->st_mode);
    if (S_ISDIR(host->st_mode))
        return;
    expect(ours->links, (long)host->st_nlink);
    expect((long)ours->size, host->st_size);
}

static void step_stat(void)
{
    bool follow = chance_below(&chance, 2) == 0;
    struct file_status ours;
    struct stat host;
    char path[64];
    long status, expected;

    random_path(path);
    snprintf(said, sizeof said, "%s %s", follow ? "stat" : "lstat", path);
    expected = error_of(follow ? stat(path, &host) : lstat(path, &host));
    status = client_path(ROOT, FILE_STAT_PATH, follow ? 0 : FILE_NO_FOLLOW, 0, path, NULL);
    expect(status, expected);
    memcpy(&ours, client_rest, sizeof ours);
    if (status == 0 && expected == 0)
        expect_status(&ours, &host);
}

static void step_contents(void)
{
    static char text[20000], got[20000];
    struct both *file = &files[chance_below(&chance, OPEN_MAX_BOTH)];
    size_t size = chance_below(&chance, 4) == 0 ? chance_below(&chance, sizeof text)
                                                : chance_below(&chance, 100);
    uint64_t offset = chance_below(&chance, 30000);
    long host, ours;

    if (file->host < 0)
        return;
    snprintf(said, sizeof said, "contents %zu at %lu", size, (unsigned long)offset);
    memset(text, 'a' + (int)chance_below(&chance, 26), size);
    switch (chance_below(&chance, 6)) {
    case 0:
        expect(client_transfer(file->ours, FILE_WRITE, FILE_AT_POSITION, text, size),
               error_of(write(file->host, text, size)));
        break;
    case 1:
        expect(client_transfer(file->ours, FILE_WRITE, offset, text, size),
               error_of(pwrite(file->host, text, size, (off_t)offset)));
        break;
    case 2:
        expect(client_words(file->ours, FILE_TRUNCATE, offset, 0),
               error_of(ftruncate(file->host, (off_t)offset)));
        break;
    case 3:
        expect(client_words(file->ours, FILE_SEEK, offset, SEEK_SET),
               error_of(lseek(file->host, (off_t)offset, SEEK_SET)));
        break;
    default:
        host = error_of(pread(file->host, text, size, (off_t)offset));
        ours = client_transfer(file->ours, FILE_READ, offset, got, size);
        expect(ours, host);
        if (ours > 0 && memcmp(text, got, (size_t)ours) != 0)
            expect(-1, 0);
    }
}

/* Each name that the host has is here, and no other. */
static void compare_directories(void)
{
    static char entries[65536];
    long directory = client_open(ROOT, "/", O_RDONLY, 0);
    long filled = client_transfer((int)directory, FILE_READ_DIRECTORY, 0, entries, sizeof entries);
    long ours = 0, host = 0;
    struct stat status;
    DIR *listed = opendir("/");

    for (long at = 0; at < filled; ours++) {
        const struct file_entry *entry = (const void *)(entries + at);

        snprintf(said, sizeof said, "entry %s", entry->name);
        expect(0, lstat(entry->name, &status));
        at += entry->length;
    }
    while (readdir(listed) != NULL)
        host++;
    closedir(listed);
    strcpy(said, "entries");
    expect(ours, host);
    client_close((int)directory);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    if (place->level == 0)
        return 0;
    snprintf(said, sizeof said, "remove %s", path);
    expect(
        client_path(ROOT, FILE_UNLINK, type == FTW_DP ? FILE_REMOVE_DIRECTORY : 0, 0, path, NULL),
        remove(path));
    return 0;
}

/* In a child, whose root is the scratch directory: `..` and absolute links stay inside. */
static int run_both(const char *scratch)
{
    static void (*const steps[])(void) = {step_open,     step_open,      step_names,   step_names,
                                          step_symlink,  step_move,      step_move,    step_stat,
                                          step_contents, step_read_link, step_contents};

    if (chmod(scratch, 01777) != 0 || chroot(scratch) != 0 || chdir("/") != 0)
        return 2;
    umask(0);
    for (int i = 0; i < OPEN_MAX_BOTH; i++)
        files[i].host = -1;
    for (int i = 0; i < STEPS && mismatches < 12; i++) {
        steps[chance_below(&chance, sizeof steps / sizeof steps[0])]();
        if (i % 100 == 0)
            compare_directories();
    }
    for (int i = 0; i < OPEN_MAX_BOTH; i++)
        close_both(&files[i]);
    nftw("/", remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return mismatches == 0 && check_clean(NULL) == 0 ? 0 : 1;
}

static void test_ramfs_does_what_the_host_does(void **state)
{
    char scratch[] = "/tmp/octavo-ramfs-XXXXXX";
    int status = -1;
    pid_t child;

    (void)state;
    chance = chance_seeded("test_ramfs");
    fflush(stdout);
    if (geteuid() != 0)
        skip(); /* chroot is root's */
    assert_non_null(mkdtemp(scratch));
    child = fork();
    if (child == 0)
        _exit(run_both(scratch));
    waitpid(child, &status, 0);
    rmdir(scratch);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_ramfs_does_what_the_host_does, check_clean),
    };

    return cmocka_run_group_tests(tests, begin_all, NULL);
}
