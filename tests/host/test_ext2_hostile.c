/* test_ext2_hostile.c - ext2: images with bytes of their metadata replaced, and a disk that fails:
 * mounts are refused or calls fail, and nothing crashes, hangs or is lost in memory.
 *
 * What is walked and written is bounded here, so that a loop would be the file system's own; the
 * alarm then ends the test.
 */
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

#include "ext2/image.h"

enum {
    IMAGES = 1000,
    DISK_BYTES = 3 << 20,
    BLOCK = 1024,
    WALK_MAX = 500, /* inodes looked at */
    DEPTH_MAX = 8,
    IMAGE_SECONDS = 20,
    CACHE_BYTES = 600 * 1024,
};

static struct memory_disk original, disk;
static unsigned refused, walked;

static const char *const kinds[] = {
    "-t ext3 -b 1024 -J size=1 -N 128",
    "-t ext2 -b 1024 -I 128 -N 128",
    "-t ext2 -b 1024 -g 1024 -N 128",
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* Directories, files with indirect blocks, links, holes; contents are zero, so that what is not
 * zero on the disk is metadata. */
static void populate(struct ext2 *fs, struct inode *directory, unsigned depth)
{
    static const char zeros[30000];
    char name[100];
    struct inode *inode;

    for (unsigned i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "%u-%.*s", i, (int)image_random(60),
                 "a rather long name that fills the blocks of directories soon");
        uint32_t mode = i < 2 && depth < 2 ? S_IFDIR | 0755 : S_IFREG | 0644;
        assert_int_equal(ext2_create(fs, directory, image_name(name), mode, &inode), E_OK);
        if (S_ISDIR(mode)) {
            populate(fs, inode, depth + 1);
        } else {
            uint64_t offset = i == 4 ? 400000 : 0;
            assert_true(image_write_at(fs, inode, offset, zeros, image_random(30000)) >= 0);
            if (i == 4)
                assert_int_equal(ext2_link(fs, inode, directory, image_name("hard")), E_OK);
        }
        ext2_put(fs, inode);
    }
    assert_int_equal(ext2_symlink(fs, directory, image_name("fast"), "there", 5), E_OK);
    memset(name, 's', sizeof name);
    assert_int_equal(ext2_symlink(fs, directory, image_name("slow"), name, sizeof name), E_OK);
}

static void make_original(const char *options)
{
    struct inode *root;

    image_make(&original, DISK_BYTES, options);
    struct ext2 *fs = image_mount(&original);
    assert_int_equal(ext2_root(fs, &root), E_OK);
    populate(fs, root, 0);
    ext2_put(fs, root);
    image_unmount(fs);
    image_expect_clean(&original);
    memory_disk_init(&disk, DISK_BYTES);
}

/* ---- damage -------------------------------------------------------------------------------- */

/* A place that is not zero; or in the superblock and the descriptors. */
static uint32_t random_place(void)
{
    if (image_random(4) == 0)
        return 1024 + image_random(image_random(2) ? 256 : 1024 + 64);
    for (;;) {
        uint32_t place = image_random(DISK_BYTES);

        if (original.bytes[place] != 0 && original.bytes[place] != 0xff)
            return place;
    }
}

static void damage(void)
{
    static const uint32_t values[] = {0, 1, 2, 7, 8, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff};

    memcpy(disk.bytes, original.bytes, DISK_BYTES);
    for (unsigned i = 1 + image_random(12); i > 0; i--) {
        uint32_t place = random_place() & ~3u;
        uint32_t value;

        switch (image_random(4)) {
        case 0:
            value = values[image_random(sizeof values / sizeof values[0])];
            break;
        case 1:
            value = image_random(DISK_BYTES / BLOCK);
            break;
        case 2:
            memcpy(&value, &original.bytes[random_place() & ~3u], sizeof value);
            break;
        default:
            memcpy(&value, &original.bytes[place], sizeof value);
            value ^= 1u << image_random(32);
        }
        memcpy(&disk.bytes[place], &value, sizeof value);
    }
}

/* ---- all calls ----------------------------------------------------------------------------- */

static void try_contents(struct ext2 *fs, struct inode *inode)
{
    static char bytes[8192];
    struct file_status status;

    ext2_stat(fs, inode, &status);
    (void)image_read(fs, inode, 0, bytes, sizeof bytes);
    (void)image_read(fs, inode, status.size / 2, bytes, sizeof bytes);
    (void)image_read(fs, inode, status.size - 100, bytes, sizeof bytes);
    (void)ext2_read_link(fs, inode, bytes, sizeof bytes);
    switch (image_random(6)) {
    case 0:
        (void)image_write_at(fs, inode, image_random(500000), bytes, image_random(sizeof bytes));
        break;
    case 1:
        (void)image_write_at(fs, inode, status.size, bytes, 100);
        break;
    case 2:
        (void)!ext2_truncate(fs, inode, image_random(30000));
        break;
    default:
        break;
    }
}

static void try_names(struct ext2 *fs, struct inode *directory, struct ext2_name name)
{
    struct inode *made;

    switch (image_random(6)) {
    case 0:
        (void)!ext2_unlink(fs, directory, name);
        break;
    case 1:
        (void)!ext2_remove_directory(fs, directory, name);
        break;
    case 2:
        (void)!ext2_rename(fs, directory, name, directory, image_name("renamed"));
        break;
    case 3:
        if (ext2_create(fs, directory, image_name("new"), S_IFREG | 0600, &made) == E_OK) {
            (void)!ext2_link(fs, made, directory, image_name("newer"));
            ext2_put(fs, made);
        }
        break;
    case 4:
        if (ext2_create(fs, directory, image_name("newdir"), S_IFDIR | 0700, &made) == E_OK) {
            (void)!ext2_rename(fs, directory, name, made, image_name("below"));
            ext2_put(fs, made);
        }
        break;
    default:
        break;
    }
}

static void walk(struct ext2 *fs, struct inode *directory, unsigned depth, unsigned *left)
{
    char records[2048];
    uint64_t position = 0;
    long length;

    while (*left > 0 &&
           (length = ext2_read_directory(fs, directory, &position, records, sizeof records)) != 0) {
        (*left)--;
        for (long at = 0; at<length && * left> 0; (*left)--) {
            struct file_entry *entry = (void *)(records + at);
            struct ext2_name name = image_name(entry->name);
            struct inode *inode;

            at += entry->length;
            if (ext2_look_up(fs, directory, name, &inode) != E_OK)
                continue;
            try_contents(fs, inode);
            if (S_ISDIR(ext2_mode(inode)) && depth < DEPTH_MAX && name.text[0] != '.')
                walk(fs, inode, depth + 1, left);
            ext2_put(fs, inode);
            try_names(fs, directory, name);
        }
    }
}

static uint64_t now_ns(void) { return 1700000000000000000; }

static void try_image(void)
{
    struct ext2_options options = {.cache_bytes = CACHE_BYTES, .now_ns = now_ns};
    unsigned left = WALK_MAX;
    const char *complaint;
    struct inode *root;
    struct ext2 *fs;

    alarm(IMAGE_SECONDS);
    enum error error = ext2_mount(&disk.disk, &options, &fs, &complaint);
    if (error == E_OK) {
        walked++;
        if (ext2_root(fs, &root) == E_OK) {
            walk(fs, root, 0, &left);
            ext2_put(fs, root);
        }
        (void)!ext2_tick(fs);
        (void)!ext2_unmount(fs);
    } else {
        refused++;
        assert_true(error != E_INVAL || complaint != NULL);
    }
    assert_int_equal(disk.allocated, 0);
    alarm(0);
}

static void test_ext2_survives_malformed_images(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < KINDS; kind++) {
        image_seed(100 + kind);
        make_original(kinds[kind]);
        for (unsigned i = kind; i < IMAGES; i += KINDS) {
            image_seed(1000 + i);
            damage();
            try_image();
        }
        memory_disk_destroy(&original);
        memory_disk_destroy(&disk);
    }
    print_message("    %u refused, %u walked\n", refused, walked);
    assert_true(refused > IMAGES / 50 && walked > IMAGES / 3);
}

/* From some request on the disk only fails. */
static void test_ext2_survives_a_failing_disk(void **state)
{
    (void)state;
    image_seed(7);
    make_original(kinds[0]);
    for (unsigned i = 0; i < 150; i++) {
        image_seed(5000 + i);
        memcpy(disk.bytes, original.bytes, DISK_BYTES);
        disk.fail_read = image_random(3) == 0 ? 1 + image_random(120) : 0;
        disk.fail_write = image_random(2) == 0 ? 1 + image_random(60) : 0;
        disk.fail_flush = image_random(4) == 0 ? 1 + image_random(6) : 0;
        try_image();
    }
    memory_disk_destroy(&original);
    memory_disk_destroy(&disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ext2_survives_malformed_images),
        cmocka_unit_test(test_ext2_survives_a_failing_disk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
