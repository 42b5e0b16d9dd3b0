/* ramfs.c - the file system in memory at /tmp, and paths that lead from one server to another. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <octavo/mount.h>
#include <octavo/names.h>
#include <proto/file.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/tap.h"

enum { BIG_BYTES = 3 * 1024 * 1024, PIECE = 10007, OPEN_FILES = 1000, MESSAGES = 4000 };

static const char here[] = "/tmp/ramfs-test";

#define CHECK_REFUSED(call, reason)   \
    do {                              \
        errno = 0;                    \
        CHECK_EQUAL((call), -1);      \
        CHECK_EQUAL(errno, (reason)); \
    } while (0)

static void enter(void)
{
    CHECK_EQUAL(mkdir(here, 0755), 0);
    CHECK_EQUAL(chdir(here), 0);
}

static void leave(void)
{
    CHECK_EQUAL(chdir("/"), 0);
    CHECK_EQUAL(rmdir(here), 0);
}

static void write_file(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

    CHECK_EQUAL(write(file, text, strlen(text)), strlen(text));
    CHECK_EQUAL(close(file), 0);
}

static void check_file(const char *path, const char *text)
{
    char found[64];
    int file = open(path, O_RDONLY);

    if (!CHECK(file >= 0))
        return;
    CHECK_EQUAL(read(file, found, sizeof found), strlen(text));
    CHECK(memcmp(found, text, strlen(text)) == 0);
    close(file);
}

static void contents_come_back(void)
{
    static unsigned char piece[PIECE], found[PIECE];
    int file;

    enter();
    file = open("big", O_RDWR | O_CREAT | O_EXCL, 0600);
    for (size_t at = 0; at < BIG_BYTES; at += PIECE) {
        memset(piece, (int)(at / PIECE), PIECE);
        if (!CHECK_EQUAL(write(file, piece, PIECE), PIECE))
            break;
    }
    CHECK_EQUAL(lseek(file, 0, SEEK_SET), 0);
    for (size_t at = 0; at < BIG_BYTES; at += PIECE) {
        memset(piece, (int)(at / PIECE), PIECE);
        if (!CHECK_EQUAL(read(file, found, PIECE), PIECE) ||
            !CHECK(memcmp(piece, found, PIECE) == 0))
            break;
    }
    CHECK_EQUAL(unlink("big"), 0);
    CHECK_EQUAL(pread(file, found, 1, PIECE), 1);
    CHECK_EQUAL(found[0], 1);
    close(file);
    leave();
}

static void paths_lead_from_server_to_server(void)
{
    char text[64];

    enter();
    write_file("f", "text");
    CHECK_EQUAL(symlink("/etc/../tmp/ramfs-test/f", "absolute"), 0);
    CHECK_EQUAL(symlink("../../etc", "out"), 0);
    check_file("absolute", "text");
    check_file("out/../tmp/ramfs-test/absolute", "text");
    check_file("/bin/../tmp/./ramfs-test/f", "text");
    CHECK_EQUAL(access("out/servers", R_OK), 0);
    CHECK(strcmp(getcwd(text, sizeof text), here) == 0);
    CHECK_EQUAL(chdir("out"), 0);
    CHECK(strcmp(getcwd(text, sizeof text), "/etc") == 0);
    CHECK_EQUAL(chdir("../tmp"), 0);
    CHECK(strcmp(getcwd(text, sizeof text), "/tmp") == 0);
    CHECK_EQUAL(chdir(here), 0);
    CHECK_REFUSED(rename("f", "/bin/f"), EXDEV);
    CHECK_REFUSED(link("f", "/f"), EXDEV);
    CHECK_REFUSED(rename("/bin/ls", "ls"), EXDEV);
    CHECK_REFUSED(rmdir("/tmp"), EROFS);
    CHECK_EQUAL(unlink("absolute"), 0);
    CHECK_EQUAL(unlink("out"), 0);
    CHECK_EQUAL(unlink("f"), 0);
    leave();
}

/* A way that leads round and round between servers ends. */
static void paths_without_end_are_refused(void)
{
    enter();
    CHECK_EQUAL(symlink("/tmp/ramfs-test/b", "a"), 0);
    CHECK_EQUAL(symlink("/tmp/ramfs-test/a", "b"), 0);
    CHECK_REFUSED(open("a", O_RDONLY), ELOOP);
    CHECK_REFUSED(open("b/x", O_RDONLY), ELOOP);
    CHECK_EQUAL(unlink("a"), 0);
    CHECK_EQUAL(unlink("b"), 0);
    leave();
}

static void mounts_are_kept_apart(void)
{
    struct mount_entry entry;
    struct statvfs status;

    CHECK(mount_find(0, &entry));
    CHECK(strcmp(entry.path, "/tmp") == 0 && strcmp(entry.type, "ramfs") == 0);
    CHECK(!mount_find(1, &entry));
    CHECK_EQUAL(mount_make("ram", "/bin", false), -E_BUSY);
    CHECK_EQUAL(mount_make("ram", "/tmp", false), -E_BUSY);
    CHECK_EQUAL(mount_make("root", "/tmp", false), -E_BUSY);
    CHECK_EQUAL(mount_make("nobody", "/bin", false), -E_NOENT);
    CHECK_EQUAL(mount_make("ram", "bin", false), -E_INVAL);
    CHECK_EQUAL(mount_remove("/bin"), -E_NOENT);
    enter();
    CHECK_EQUAL(mount_remove("/tmp"), -E_BUSY);
    leave();
    CHECK_EQUAL(statvfs("/tmp", &status), 0);
    CHECK(strcmp(status.f_basetype, "ramfs") == 0);
    CHECK_EQUAL(mount_remove("/tmp"), 0);
    CHECK_EQUAL(statvfs("/tmp", &status), 0);
    CHECK(strcmp(status.f_basetype, "initfs") == 0);
    CHECK_EQUAL(mount_make("ram", "/tmp", false), 0);
    CHECK(!mount_find(1, &entry));
}

static void many_files_are_open_at_once(void)
{
    static int files[OPEN_FILES];
    char name[16];

    enter();
    for (int i = 0; i < OPEN_FILES; i++) {
        snprintf(name, sizeof name, "n%d", i);
        files[i] = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
        if (!CHECK(files[i] >= 0))
            break;
        CHECK_EQUAL(unlink(name), 0);
    }
    for (int i = 0; i < OPEN_FILES; i++)
        CHECK_EQUAL(close(files[i]), 0);
    leave();
}

/* Fills the file system to its limit, or the machine's memory if that is less. */
static void no_space_is_an_error(void)
{
    static char piece[256 * 1024];
    struct statvfs before, after;
    ssize_t count;
    int file;

    enter();
    CHECK_EQUAL(statvfs(".", &before), 0);
    file = open("fill", O_WRONLY | O_CREAT, 0600);
    while ((count = write(file, piece, sizeof piece)) > 0)
        ;
    CHECK_EQUAL(count, -1);
    CHECK_EQUAL(errno, ENOSPC);
    CHECK_EQUAL(close(file), 0);
    CHECK_EQUAL(unlink("fill"), 0);
    CHECK_EQUAL(statvfs(".", &after), 0);
    CHECK_EQUAL(after.f_bfree, before.f_bfree);
    leave();
}

/* ---- messages that make no sense ---- */

/* What would mount something is every program's good right, and would disturb all others. */
static uint64_t random_label(void)
{
    uint64_t label = FILE_OPEN + tap_random_below(FILE_ATTACH - FILE_OPEN + 2);

    return label == FILE_MOUNT || label == FILE_ATTACH ? FILE_OPEN : label;
}

static void send_nonsense(int channel)
{
    static const uint64_t words[] = {0, 1, 2, O_RDWR | O_CREAT, INT64_MAX, UINT64_MAX, 1ull << 63};
    static const char alphabet[] = "/.ab\0/..";
    static char bytes[3000];
    struct message m = {.label = random_label(),
                        .buffer = tap_random_below(16) == 0 ? (void *)8 : bytes,
                        .length = tap_random_below(sizeof bytes) | tap_random_below(4) << 32};

    for (size_t i = 0; i < 300; i++)
        bytes[i] = alphabet[tap_random_below(sizeof alphabet - 1)];
    for (int i = 0; i < 3; i++)
        m.word[i] =
            tap_random_below(4) == 0 ? tap_random() : words[tap_random_below(TAP_COUNT(words))];
    if (tap_random_below(8) == 0) {
        m.label |= MESSAGE_COPY;
        m.word[2] = (uint64_t)channel;
    }
    message_call(channel, &m);
    if (message_has_handle(&m))
        handle_close(message_take_handle(&m));
}

/* Removes what is in the current directory. */
static void remove_all(void)
{
    DIR *directory = opendir(".");
    const struct dirent *entry;

    while ((entry = readdir(directory)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlink(entry->d_name) == 0)
            continue;
        CHECK_EQUAL(chdir(entry->d_name), 0);
        remove_all();
        CHECK_EQUAL(chdir(".."), 0);
        CHECK_EQUAL(rmdir(entry->d_name), 0);
    }
    closedir(directory);
}

static void nonsense_is_answered(void)
{
    int directory, file;
    char text[8];

    enter();
    write_file("f", "text");
    directory = open(".", O_RDONLY);
    file = open("f", O_RDWR);
    for (int i = 0; i < MESSAGES; i++)
        send_nonsense(tap_random_below(2) == 0 ? directory : file);
    close(file);
    close(directory);
    CHECK_EQUAL(chdir("/tmp"), 0); /* `..` may have made something there */
    remove_all();
    CHECK(getcwd(text, sizeof text) != NULL && strcmp(text, "/tmp") == 0);
    CHECK_EQUAL(chdir("/"), 0);
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"ramfs_contents_come_back", contents_come_back, 120},
        {"ramfs_paths_lead_from_server_to_server", paths_lead_from_server_to_server, 0},
        {"ramfs_paths_without_end_are_refused", paths_without_end_are_refused, 0},
        {"ramfs_mounts_are_kept_apart", mounts_are_kept_apart, 0},
        {"ramfs_many_files_are_open_at_once", many_files_are_open_at_once, 0},
        {"ramfs_no_space_is_an_error", no_space_is_an_error, 120},
        {"ramfs_nonsense_is_answered", nonsense_is_answered, 120},
    };

    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
