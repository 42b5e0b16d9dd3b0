/* compare.c - see compare.h. */
#include "compare.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "image.h"

enum { BYTES_MAX = 70000 };

static void compare_contents(struct ext2 *fs, struct inode *inode, const char *full, uint64_t size)
{
    static char ours[BYTES_MAX], theirs[BYTES_MAX];
    int file = open(full, O_RDONLY);

    assert_true(file >= 0);
    for (uint64_t at = 0; at < size;) {
        long got = image_read(fs, inode, at, ours, sizeof ours);

        assert_true(got > 0);
        assert_int_equal(pread(file, theirs, (size_t)got, (off_t)at), got);
        assert_memory_equal(ours, theirs, (size_t)got);
        at += (uint64_t)got;
    }
    close(file);
}

static void compare_one(struct ext2 *fs, struct inode *inode, const char *full)
{
    struct file_status status;
    struct stat expected;
    char ours[400], theirs[400];

    ext2_stat(fs, inode, &status);
    assert_int_equal(lstat(full, &expected), 0);
    assert_int_equal(status.mode & S_IFMT, expected.st_mode & S_IFMT);
    if (S_ISDIR(status.mode))
        return;
    assert_int_equal(status.links, expected.st_nlink);
    assert_int_equal(status.size, expected.st_size);
    if (S_ISREG(status.mode)) {
        compare_contents(fs, inode, full, status.size);
    } else {
        long length = ext2_read_link(fs, inode, ours, sizeof ours);
        assert_int_equal(length, readlink(full, theirs, sizeof theirs));
        assert_memory_equal(ours, theirs, (size_t)length);
    }
}

static unsigned count_ours(struct ext2 *fs, struct inode *directory)
{
    char records[600];
    uint64_t position = 0;
    unsigned count = 0;
    long length;

    while ((length = ext2_read_directory(fs, directory, &position, records, sizeof records)) > 0)
        for (long at = 0; at < length; count++)
            at += ((struct file_entry *)(void *)(records + at))->length;
    assert_int_equal(length, 0);
    return count;
}

/* Every name of the host's is ours, and there are as many. */
static void compare_trees(struct ext2 *fs, struct inode *directory, const char *full)
{
    DIR *folder = opendir(full);
    struct dirent *entry;
    unsigned count = 0;

    assert_non_null(folder);
    for (; (entry = readdir(folder)) != NULL; count++) {
        char below[1024];
        struct inode *inode;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            strcmp(entry->d_name, "lost+found") == 0)
            continue;
        snprintf(below, sizeof below, "%s/%s", full, entry->d_name);
        assert_int_equal(ext2_look_up(fs, directory, image_name(entry->d_name), &inode), E_OK);
        compare_one(fs, inode, below);
        if (S_ISDIR(ext2_mode(inode)))
            compare_trees(fs, inode, below);
        ext2_put(fs, inode);
    }
    closedir(folder);
    assert_int_equal(count, count_ours(fs, directory));
}

void compare_with_host(struct ext2 *fs, const char *host)
{
    struct inode *root;

    assert_int_equal(ext2_root(fs, &root), E_OK);
    compare_trees(fs, root, host);
    ext2_put(fs, root);
}

/* ---- trees --------------------------------------------------------------------------------- */

/* Names that a shell would not like, all lengths to the longest. */
static void random_name(char *name, unsigned number)
{
    static const char letters[] = "abcXYZ019 .-_'\"\\$*?\n\t\x80\xc3\xbc\xff";
    unsigned length = image_random(5) == 0 ? image_random(245) : image_random(20);

    for (unsigned i = 0; i < length; i++)
        name[i] = letters[image_random(sizeof letters - 1)];
    snprintf(name + length, 12, "%u", number);
}

static void make_file(const char *path)
{
    static char bytes[BYTES_MAX];
    int file = open(path, O_CREAT | O_EXCL | O_WRONLY, 0644);

    assert_true(file >= 0);
    for (unsigned parts = image_random(4); parts > 0; parts--) {
        size_t length = 1 + image_random(image_random(3) == 0 ? BYTES_MAX : 4000);
        off_t offset = image_random(3) == 0 ? image_random(6000000) : image_random(10000);

        image_fill_random(bytes, length);
        assert_int_equal(pwrite(file, bytes, length, offset), length);
    }
    if (image_random(10) == 0)
        assert_int_equal(ftruncate(file, image_random(5000000)), 0);
    close(file);
}

static unsigned make_level(const char *folder, unsigned depth)
{
    char path[4096], name[260], target[300], last[4096] = "";
    unsigned files = 0, wanted = 4 + image_random(12);

    for (unsigned i = 0; i < wanted; i++) {
        random_name(name, i);
        if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path)
            return files;
        unsigned kind = image_random(10);
        if (kind < 3 && depth < 9) {
            assert_int_equal(mkdir(path, 0755), 0);
            if (depth < 3 || i == 0)
                files += make_level(path, depth + 1);
        } else if (kind == 3) {
            memset(target, 'a' + (int)image_random(26), sizeof target);
            target[1 + image_random(sizeof target - 2)] = '\0';
            target[sizeof target - 1] = '\0';
            assert_int_equal(symlink(target, path), 0);
        } else if (kind == 4 && last[0] != '\0') {
            assert_int_equal(link(last, path), 0);
        } else {
            make_file(path);
            strcpy(last, path);
        }
        files++;
    }
    return files;
}

unsigned make_random_tree(const char *folder)
{
    enum { AT_LEAST = 500 };
    char path[100];
    unsigned files = 0;

    for (unsigned i = 0; files < AT_LEAST; i++) {
        snprintf(path, sizeof path, "%s/tree%u", folder, i);
        assert_int_equal(mkdir(path, 0755), 0);
        files += make_level(path, 0);
    }
    return files;
}
