/* test_ext2_files.c - ext2: a full disk, sparse files to triple indirect, large directories,
 * orphans; after each, e2fsck finds nothing.
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
    "-t ext3 -b 1024", "-t ext3 -b 2048 -I 128",       "-t ext3 -b 4096",
    "-t ext2 -b 1024", "-t ext2 -b 4096 -O ^filetype",
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static struct memory_disk disk;

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

/* ---- room ---------------------------------------------------------------------------------- */

static uint64_t blocks_free(struct ext2 *fs)
{
    struct file_system_status status;

    ext2_status(fs, &status);
    return status.blocks_free;
}

/* Fills the disk; all that was written must be there, and all the room must come back. */
static void test_ext2_is_full_cleanly(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < KINDS; kind++) {
        static char chunk[100000], back[sizeof chunk];
        long written, size = 0;

        image_make(&disk, 8 * MIB, kinds[kind]);
        struct ext2 *fs = image_mount(&disk);
        struct inode *root = root_of(fs), *file = create(fs, root, "large", FILE_MODE), *none;
        uint64_t before = blocks_free(fs);
        image_seed(kind);
        image_fill_random(chunk, sizeof chunk);
        while ((written = image_write_at(fs, file, (uint64_t)size, chunk, sizeof chunk)) > 0)
            size += written;
        assert_int_equal(written, -E_NOSPC);
        assert_true(blocks_free(fs) < 4);
        enum error error = ext2_create(fs, root, image_name("d"), DIRECTORY_MODE, &none);
        assert_true(error == E_NOSPC || error == E_OK);
        if (error == E_OK)
            ext2_put(fs, none);
        for (long at = 0; at < size; at += (long)sizeof chunk) {
            long length = image_read(fs, file, (uint64_t)at, back, sizeof back);
            assert_true(length > 0);
            assert_memory_equal(chunk, back, (size_t)length);
        }
        /* The room comes back while others use it, though no commit was asked for. */
        assert_int_equal(ext2_truncate(fs, file, 0), E_OK);
        assert_int_equal(image_write_at(fs, file, 0, chunk, sizeof chunk), sizeof chunk);
        assert_int_equal(ext2_truncate(fs, file, 0), E_OK);
        if (error == E_OK)
            assert_int_equal(ext2_remove_directory(fs, root, image_name("d")), E_OK);
        assert_int_equal(blocks_free(fs), before);
        ext2_put(fs, file);
        end(fs, root);
        memory_disk_destroy(&disk);
    }
}

static enum error fail_copy(void *context, uint64_t at, void *memory, size_t length)
{
    if (at + length > *(uint64_t *)context)
        return E_FAULT;
    memset(memory, 'x', length);
    return E_OK;
}

/* A caller whose memory is bad gets what came before that written, and nothing of others'. */
static void test_ext2_survives_a_bad_transfer(void **state)
{
    uint64_t good = 12288, offset = 0;
    static char back[40000];

    (void)state;
    image_make(&disk, 8 * MIB, kinds[0]);
    struct ext2 *fs = image_mount(&disk);
    struct inode *root = root_of(fs), *file = create(fs, root, "f", FILE_MODE);
    struct ext2_transfer from = {fail_copy, &good, 30000};
    assert_int_equal(ext2_write(fs, file, &offset, false, &from), 12288);
    good = 0;
    assert_int_equal(ext2_write(fs, file, &offset, true, &from), -E_FAULT);
    assert_int_equal(offset, 12288);
    assert_int_equal(ext2_truncate(fs, file, 30000), E_OK);
    assert_int_equal(image_read(fs, file, 0, back, sizeof back), 30000);
    for (unsigned i = 0; i < 30000; i++)
        assert_int_equal(back[i], i < 12288 ? 'x' : 0);
    ext2_put(fs, file);
    end(fs, root);
    memory_disk_destroy(&disk);
}

/* ---- far ends ------------------------------------------------------------------------------ */

/* A few bytes in each level of the map; what is between reads as zero and takes no room. */
static void test_ext2_is_sparse(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 3; kind++) {
        uint64_t pointers = 256u << kind, block = 1024u << kind;
        uint64_t at[] = {3, 12 + 5, 12 + pointers + 7 * pointers + 3,
                         12 + pointers + pointers * pointers + 2 * pointers * pointers + 9};
        char back[16];

        image_make(&disk, 16 * MIB, kinds[kind]);
        struct ext2 *fs = image_mount(&disk);
        struct inode *root = root_of(fs), *file = create(fs, root, "sparse", FILE_MODE);
        uint64_t before = blocks_free(fs);
        for (unsigned i = 0; i < 4; i++)
            assert_int_equal(image_write_at(fs, file, at[i] * block + 100, "marks", 5), 5);
        assert_int_equal(before - blocks_free(fs), 4 + 1 + 2 + 3);
        for (unsigned i = 0; i < 4; i++) {
            assert_true(image_read(fs, file, at[i] * block + 98, back, 7) == 7);
            assert_memory_equal(back, "\0\0marks", 7);
        }
        assert_int_equal(image_write_at(fs, file, UINT64_MAX - 10, "x", 1), -E_FBIG);
        assert_int_equal(ext2_truncate(fs, file, at[2] * block), E_OK);
        /* Two blocks with marks, and the indirect ones that have entries before the end. */
        assert_int_equal(before - blocks_free(fs), 2 + 1 + 2);
        assert_int_equal(ext2_sync(fs), E_OK);
        assert_int_equal(ext2_truncate(fs, file, at[3] * block), E_OK);
        ext2_put(fs, file);
        end(fs, root);
        fs = image_mount(&disk);
        root = root_of(fs);
        assert_int_equal(ext2_unlink(fs, root, image_name("sparse")), E_OK);
        assert_int_equal(blocks_free(fs), before);
        end(fs, root);
        memory_disk_destroy(&disk);
    }
}

enum { ENTRIES = 10000 };

static void name_entry(char *name, unsigned number)
{
    snprintf(name, 64, "%.*sentry-%u", (int)(number % 23), "a long name begins so: ", number);
}

static unsigned count_entries(struct ext2 *fs, struct inode *directory)
{
    char records[1000];
    uint64_t position = 0;
    unsigned count = 0;
    long length;

    while ((length = ext2_read_directory(fs, directory, &position, records, sizeof records)) > 0)
        for (long at = 0; at < length; count++)
            at += ((struct file_entry *)(void *)(records + at))->length;
    assert_int_equal(length, 0);
    return count;
}

static void test_ext2_has_large_directories(void **state)
{
    char name[64];

    (void)state;
    image_make(&disk, 24 * MIB, "-t ext3 -b 1024 -N 12000");
    struct ext2 *fs = image_mount(&disk);
    struct inode *root = root_of(fs), *inode;
    struct inode *directory = create(fs, root, "d", DIRECTORY_MODE);
    for (unsigned i = 0; i < ENTRIES; i++) {
        name_entry(name, i);
        ext2_put(fs, create(fs, directory, name, FILE_MODE));
        assert_int_equal(ext2_create(fs, directory, image_name(name), FILE_MODE, &inode), E_EXIST);
    }
    assert_int_equal(count_entries(fs, directory), ENTRIES + 2);
    for (unsigned i = 0; i < ENTRIES; i += 2) {
        name_entry(name, i);
        assert_int_equal(ext2_unlink(fs, directory, image_name(name)), E_OK);
    }
    ext2_put(fs, directory);
    end(fs, root);
    fs = image_mount(&disk);
    root = root_of(fs);
    assert_int_equal(ext2_remove_directory(fs, root, image_name("d")), E_NOTEMPTY);
    assert_int_equal(ext2_look_up(fs, root, image_name("d"), &directory), E_OK);
    assert_int_equal(count_entries(fs, directory), ENTRIES / 2 + 2);
    for (unsigned i = 0; i < ENTRIES; i++) {
        name_entry(name, i);
        enum error error = ext2_unlink(fs, directory, image_name(name));
        assert_int_equal(error, i % 2 == 0 ? E_NOENT : E_OK);
    }
    assert_int_equal(ext2_remove_directory(fs, root, image_name("d")), E_OK);
    assert_int_equal(ext2_create(fs, directory, image_name("x"), FILE_MODE, &inode), E_NOENT);
    ext2_put(fs, directory);
    end(fs, root);
    memory_disk_destroy(&disk);
}

/* ---- orphans ------------------------------------------------------------------------------- */

/* The power goes while files are open that have no name any more: the next mount removes them. */
static void test_ext2_removes_orphans(void **state)
{
    static char text[300000];
    struct memory_disk crashed;
    char name[8];

    (void)state;
    image_make(&disk, 16 * MIB, kinds[0]);
    struct ext2 *fs = image_mount(&disk);
    struct inode *root = root_of(fs), *file[3];
    uint64_t before = blocks_free(fs);
    for (unsigned i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "f%u", i);
        file[i] = create(fs, root, name, FILE_MODE);
        assert_int_equal(image_write_at(fs, file[i], 0, text, sizeof text), sizeof text);
        assert_int_equal(ext2_unlink(fs, root, image_name(name)), E_OK);
    }
    ext2_put(fs, file[1]);
    assert_int_equal(ext2_sync(fs), E_OK);
    memory_disk_init(&crashed, disk.disk.size);
    memcpy(crashed.bytes, disk.bytes, disk.disk.size);
    assert_int_equal(image_read(fs, file[0], 0, text, sizeof text), sizeof text);
    ext2_put(fs, file[0]);
    ext2_put(fs, file[2]);
    end(fs, root);
    memory_disk_destroy(&disk);

    disk = crashed;
    fs = image_mount(&disk);
    assert_int_equal(blocks_free(fs), before);
    end(fs, root_of(fs));
    memory_disk_destroy(&disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ext2_keeps_a_file),
        cmocka_unit_test(test_ext2_is_full_cleanly),
        cmocka_unit_test(test_ext2_survives_a_bad_transfer),
        cmocka_unit_test(test_ext2_is_sparse),
        cmocka_unit_test(test_ext2_has_large_directories),
        cmocka_unit_test(test_ext2_removes_orphans),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
