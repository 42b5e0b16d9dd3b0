/* test_ext2_model.c - ext2: random operations, done to the host's own file system too, which is the
 * model: the same results, the same errors, in the end the same trees; and e2fsck finds nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ext2/compare.h"
#include "ext2/image.h"

enum { TREE_FILES = 400 };
enum { STEPS = 3000, OPEN_MAX_FILES = 6, PATH_MAX_BYTES = 200, BYTES_MAX = 70000, MIB = 1 << 20 };

/* A file that is open in both. */
struct open_pair {
    struct inode *inode;
    int file;
};

static struct memory_disk disk;
static struct ext2 *fs;
static char host[64]; /* the folder that is the model */
static struct open_pair open_pairs[OPEN_MAX_FILES];

static int host_errno(int error)
{
    switch (error) {
    case ENOTEMPTY:
        return E_NOTEMPTY;
    case ENAMETOOLONG:
        return E_NAMETOOLONG;
    case ELOOP:
        return E_LOOP;
    default:
        return error;
    }
}

/* A path of up to four names, few enough that they meet. */
static void random_path(char *path)
{
    unsigned depth = 1 + image_random(4);

    path[0] = '\0';
    for (unsigned i = 0; i < depth; i++) {
        char name[80];
        unsigned number = image_random(7);
        int width = number == 6 ? 60 : 1;

        snprintf(name, sizeof name, "%s%0*u", i > 0 ? "/" : "", width, number);
        strcat(path, name);
    }
}

static void host_path(char *full, const char *path)
{
    snprintf(full, PATH_MAX_BYTES + 64, "%s/%s", host, path);
}

/* As image_find, but that a link in the middle leads nowhere, as all of ours do. */
static struct inode *resolve(const char *path, enum error *error)
{
    struct inode *inode = image_find(fs, path, error);
    char upper[PATH_MAX_BYTES + 1];

    if (inode != NULL || *error != E_NOTDIR)
        return inode;
    snprintf(upper, sizeof upper, "%s", path);
    for (char *slash = strrchr(upper, '/'); slash != NULL; slash = strrchr(upper, '/')) {
        enum error ignored;

        *slash = '\0';
        inode = image_find(fs, upper, &ignored);
        if (inode == NULL)
            continue;
        if (S_ISLNK(ext2_mode(inode)))
            *error = E_NOENT;
        ext2_put(fs, inode);
        break;
    }
    return NULL;
}

/* The directory of a path, held, and the last name. NULL: *error says why. */
static struct inode *find_parent(const char *path, struct ext2_name *name, enum error *error)
{
    char parent[PATH_MAX_BYTES + 1];
    const char *slash = strrchr(path, '/');

    snprintf(parent, sizeof parent, "%.*s", slash != NULL ? (int)(slash - path) : 0, path);
    *name = image_name(slash != NULL ? slash + 1 : path);
    struct inode *inode = resolve(parent, error);
    if (inode != NULL && !S_ISDIR(ext2_mode(inode))) {
        *error = S_ISLNK(ext2_mode(inode)) ? E_NOENT : E_NOTDIR;
        ext2_put(fs, inode);
        return NULL;
    }
    return inode;
}

/* ---- the operations: each gives our error, and sets errno by the host's ------------------- */

typedef enum error operation(const char *path, const char *other, int *host_result);

static enum error make(const char *path, uint32_t mode)
{
    struct ext2_name name;
    enum error error;
    struct inode *parent = find_parent(path, &name, &error), *made;

    if (parent == NULL)
        return error;
    error = ext2_create(fs, parent, name, mode, &made);
    if (error == E_OK)
        ext2_put(fs, made);
    ext2_put(fs, parent);
    return error;
}

static enum error do_create(const char *path, const char *other, int *host_result)
{
    char full[PATH_MAX_BYTES + 64];

    (void)other;
    host_path(full, path);
    *host_result = open(full, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW, 0644);
    if (*host_result >= 0)
        *host_result = close(*host_result);
    return make(path, S_IFREG | 0644);
}

static enum error do_mkdir(const char *path, const char *other, int *host_result)
{
    char full[PATH_MAX_BYTES + 64];

    (void)other;
    host_path(full, path);
    *host_result = mkdir(full, 0755);
    return make(path, S_IFDIR | 0755);
}

static enum error take_away(const char *path, bool directory)
{
    struct ext2_name name;
    enum error error;
    struct inode *parent = find_parent(path, &name, &error);

    if (parent == NULL)
        return error;
    error = directory ? ext2_remove_directory(fs, parent, name) : ext2_unlink(fs, parent, name);
    ext2_put(fs, parent);
    return error;
}

static enum error do_unlink(const char *path, const char *other, int *host_result)
{
    char full[PATH_MAX_BYTES + 64];

    (void)other;
    host_path(full, path);
    *host_result = unlink(full);
    return take_away(path, false);
}

static enum error do_rmdir(const char *path, const char *other, int *host_result)
{
    char full[PATH_MAX_BYTES + 64];

    (void)other;
    host_path(full, path);
    *host_result = rmdir(full);
    return take_away(path, true);
}

static enum error do_rename(const char *path, const char *other, int *host_result)
{
    char full[PATH_MAX_BYTES + 64], full_other[PATH_MAX_BYTES + 64];
    struct ext2_name old, new;
    enum error error;

    host_path(full, path);
    host_path(full_other, other);
    *host_result = rename(full, full_other);
    struct inode *from = find_parent(path, &old, &error);
    if (from == NULL)
        return error;
    struct inode *to = find_parent(other, &new, &error);
    if (to != NULL) {
        error = ext2_rename(fs, from, old, to, new);
        ext2_put(fs, to);
    }
    ext2_put(fs, from);
    return error;
}

static enum error do_link(const char *path, const char *other, int *host_result)
{
    char full[PATH_MAX_BYTES + 64], full_other[PATH_MAX_BYTES + 64];
    struct ext2_name name;
    enum error error;

    host_path(full, path);
    host_path(full_other, other);
    *host_result = link(full, full_other);
    struct inode *inode = resolve(path, &error);
    if (inode == NULL)
        return error;
    struct inode *to = find_parent(other, &name, &error);
    if (to != NULL) {
        error = ext2_link(fs, inode, to, name);
        ext2_put(fs, to);
    }
    ext2_put(fs, inode);
    return error;
}

static enum error do_symlink(const char *path, const char *other, int *host_result)
{
    char full[PATH_MAX_BYTES + 64], target[300];
    struct ext2_name name;
    enum error error;

    (void)other;
    for (unsigned i = 0; i < sizeof target; i++)
        target[i] = i % 100 == 99 ? '/' : 't';
    target[1 + image_random(sizeof target - 1)] = '\0';
    target[sizeof target - 1] = '\0';
    host_path(full, path);
    *host_result = symlink(target, full);
    struct inode *parent = find_parent(path, &name, &error);
    if (parent == NULL)
        return error;
    error = ext2_symlink(fs, parent, name, target, strlen(target));
    ext2_put(fs, parent);
    return error;
}

/* ---- contents ------------------------------------------------------------------------------ */

static void open_file(const char *path, struct open_pair *pair)
{
    char full[PATH_MAX_BYTES + 64];
    enum error error;

    host_path(full, path);
    int file = open(full, O_RDWR | O_NOFOLLOW);
    struct inode *inode = resolve(path, &error);
    bool regular = inode != NULL && S_ISREG(ext2_mode(inode));
    assert_int_equal(file >= 0, regular);
    if (regular && pair->inode != NULL) {
        ext2_put(fs, pair->inode);
        close(pair->file);
    }
    if (regular)
        *pair = (struct open_pair){inode, file};
    else if (inode != NULL)
        ext2_put(fs, inode);
}

static void write_both(struct open_pair *pair)
{
    static char bytes[BYTES_MAX];
    uint64_t offset = image_random(8) == 0 ? image_random(4 * MIB) : image_random(200000);
    size_t length = 1 + image_random(image_random(4) == 0 ? BYTES_MAX : 5000);

    image_fill_random(bytes, length);
    assert_int_equal(image_write_at(fs, pair->inode, offset, bytes, length), length);
    assert_int_equal(pwrite(pair->file, bytes, length, (off_t)offset), length);
}

static void read_both(struct open_pair *pair)
{
    static char ours[BYTES_MAX], theirs[BYTES_MAX];
    uint64_t offset = image_random(250000);
    size_t length = 1 + image_random(BYTES_MAX);
    long got = image_read(fs, pair->inode, offset, ours, length);

    assert_int_equal(got, pread(pair->file, theirs, length, (off_t)offset));
    assert_memory_equal(ours, theirs, (size_t)got);
}

static void work_on_file(struct open_pair *pair)
{
    uint64_t size = image_random(250000);

    if (pair->inode == NULL)
        return;
    switch (image_random(8)) {
    case 0:
        assert_int_equal(ext2_truncate(fs, pair->inode, size), E_OK);
        assert_int_equal(ftruncate(pair->file, (off_t)size), 0);
        break;
    case 1:
        assert_int_equal(ext2_sync_inode(fs, pair->inode, image_random(2)), E_OK);
        break;
    case 2:
    case 3:
    case 4:
        read_both(pair);
        break;
    default:
        write_both(pair);
    }
}

static void close_files(void)
{
    for (unsigned i = 0; i < OPEN_MAX_FILES; i++) {
        if (open_pairs[i].inode == NULL)
            continue;
        ext2_put(fs, open_pairs[i].inode);
        close(open_pairs[i].file);
        open_pairs[i].inode = NULL;
    }
}

static void step(void)
{
    static operation *const operations[] = {do_create, do_create, do_create,  do_mkdir,
                                            do_mkdir,  do_unlink, do_rmdir,   do_rename,
                                            do_rename, do_link,   do_symlink, do_unlink};
    char path[PATH_MAX_BYTES * 2], other[PATH_MAX_BYTES * 2];
    int host_result = 0;

    random_path(path);
    random_path(other);
    if (image_random(4) == 0) {
        open_file(path, &open_pairs[image_random(OPEN_MAX_FILES)]);
        return;
    }
    if (image_random(3) == 0) {
        work_on_file(&open_pairs[image_random(OPEN_MAX_FILES)]);
        return;
    }
    unsigned number = image_random(sizeof operations / sizeof operations[0]);
    enum error error = operations[number](path, other, &host_result);
    int expected = host_result < 0 ? host_errno(errno) : 0;
    if ((int)error != expected)
        print_error("operation %u, %s, %s: %d, not %d\n", number, path, other, error, expected);
    assert_int_equal(error, expected);
}

static void remount(void)
{
    close_files();
    image_unmount(fs);
    image_expect_clean(&disk);
    assert_int_equal(image_complaints(), 0);
    assert_int_equal(disk.allocated, 0);
    fs = image_mount(&disk);
    compare_with_host(fs, host);
}

static void run(const char *options, uint64_t seed)
{
    char command[128];

    strcpy(host, "/tmp/octavo-model-XXXXXX");
    assert_non_null(mkdtemp(host));
    snprintf(command, sizeof command, "mkdir -m 700 %s/lost+found", host);
    assert_int_equal(system(command), 0);
    memset(open_pairs, 0, sizeof open_pairs);
    image_seed(seed);
    image_make(&disk, 48 * MIB, options);
    fs = image_mount(&disk);
    for (unsigned i = 1; i <= STEPS; i++) {
        step();
        if (i % 50 == 0)
            assert_int_equal(ext2_tick(fs), E_OK);
        if (i % (STEPS / 3) == 0)
            remount();
    }
    image_unmount(fs);
    memory_disk_destroy(&disk);
    snprintf(command, sizeof command, "rm -rf %s", host);
    assert_int_equal(system(command), 0);
}

static void test_ext2_is_as_the_host_with_blocks_of_1_kib(void **state)
{
    (void)state;
    run("-t ext3 -b 1024", 1);
}

static void test_ext2_is_as_the_host_with_blocks_of_2_kib(void **state)
{
    (void)state;
    run("-t ext3 -b 2048 -I 128", 2);
}

static void test_ext2_is_as_the_host_with_blocks_of_4_kib(void **state)
{
    (void)state;
    run("-t ext3 -b 4096", 3);
}

static void test_ext2_is_as_the_host_without_a_journal(void **state)
{
    (void)state;
    run("-t ext2 -b 1024 -g 1024 -I 128", 4);
}

/* What mke2fs -d has written is read back as it was. */
static void test_ext2_reads_what_mke2fs_writes(void **state)
{
    static const char *const kinds[] = {"-t ext3 -b 1024", "-t ext3 -b 2048 -I 128",
                                        "-t ext2 -b 4096"};
    char options[128], command[128];

    (void)state;
    for (unsigned kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
        strcpy(host, "/tmp/octavo-tree-XXXXXX");
        assert_non_null(mkdtemp(host));
        image_seed(50 + kind);
        assert_true(make_random_tree(host) > TREE_FILES);
        snprintf(options, sizeof options, "%s -d %s", kinds[kind], host);
        image_make(&disk, 48 * MIB, options);
        snprintf(command, sizeof command, "mkdir %s/lost+found", host);
        assert_int_equal(system(command), 0);
        fs = image_mount(&disk);
        compare_with_host(fs, host);
        image_unmount(fs);
        image_expect_clean(&disk);
        assert_int_equal(image_complaints(), 0);
        memory_disk_destroy(&disk);
        snprintf(command, sizeof command, "rm -rf %s", host);
        assert_int_equal(system(command), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ext2_reads_what_mke2fs_writes),
        cmocka_unit_test(test_ext2_is_as_the_host_with_blocks_of_1_kib),
        cmocka_unit_test(test_ext2_is_as_the_host_with_blocks_of_2_kib),
        cmocka_unit_test(test_ext2_is_as_the_host_with_blocks_of_4_kib),
        cmocka_unit_test(test_ext2_is_as_the_host_without_a_journal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
