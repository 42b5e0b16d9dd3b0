/* test_ext2_crash.c - ext2: the power goes after any write; and threads that change one tree.
 *
 * After a crash the journal is replayed by our own mount, orphans are removed, and e2fsck finds
 * nothing. What had been synced is there. Each file's contents are bytes of its own colour, and the
 * free blocks of the disk at first another, so that a file with a block that was not yet written,
 * or that another has, is seen.
 */
#include <pthread.h>
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

enum { DISK_BYTES = 8 << 20, STEPS = 400, STATES = 60, THREADS = 4, NAMES = 6, TEXT = 60000 };
enum { UNWRITTEN = 0xee, INCOMPAT_OFFSET = 1024 + 96, INCOMPAT_RECOVER = 4 };

static struct memory_disk disk;

static uint8_t colour_of(const struct inode *inode)
{
    return (uint8_t)(1 + ext2_number(inode) % (UNWRITTEN - 1));
}

static void write_colour(struct ext2 *fs, struct inode *inode, uint64_t offset, size_t length)
{
    uint8_t bytes[TEXT];

    memset(bytes, colour_of(inode), length);
    (void)image_write_at(fs, inode, offset, bytes, length);
}

/* Some change in the directory, by names that are few. */
static void change_something(struct ext2 *fs, struct inode *directory, unsigned random)
{
    char name[16], other[16];
    struct inode *inode;
    struct ext2_name names[2];

    snprintf(name, sizeof name, "n%u", random / 16 % NAMES);
    snprintf(other, sizeof other, "n%u", random / 128 % NAMES);
    names[0] = image_name(name);
    names[1] = image_name(other);
    switch (random % 8) {
    case 0:
        (void)!ext2_unlink(fs, directory, names[0]);
        return;
    case 1:
        (void)!ext2_rename(fs, directory, names[0], directory, names[1]);
        return;
    case 2:
        if (ext2_create(fs, directory, names[0], S_IFDIR | 0755, &inode) == E_OK)
            ext2_put(fs, inode);
        return;
    case 3:
        (void)!ext2_remove_directory(fs, directory, names[0]);
        return;
    case 4:
        if (ext2_create(fs, directory, names[0], S_IFREG | 0644, &inode) == E_OK)
            ext2_put(fs, inode);
        return;
    default:
        break;
    }
    if (ext2_look_up(fs, directory, names[0], &inode) != E_OK)
        return;
    if (random % 8 == 5)
        (void)!ext2_truncate(fs, inode, random / 1024 % TEXT);
    else
        write_colour(fs, inode, random / 1024 % 300000, random / 4096 % TEXT);
    if (random % 3 == 0)
        (void)!ext2_link(fs, inode, directory, names[1]);
    ext2_put(fs, inode);
}

/* ---- crashes ------------------------------------------------------------------------------- */

/* The files of the root, whose names are few. */
static void check_colours(struct ext2 *fs)
{
    static uint8_t bytes[400000];
    char name[16];
    enum error error;

    for (unsigned i = 0; i < NAMES; i++) {
        snprintf(name, sizeof name, "n%u", i);
        struct inode *inode = image_find(fs, name, &error);

        if (inode == NULL)
            continue;
        if (S_ISREG(ext2_mode(inode))) {
            long length = image_read(fs, inode, 0, bytes, sizeof bytes);

            assert_true(length >= 0);
            for (long at = 0; at < length; at++)
                if (bytes[at] != 0 && bytes[at] != colour_of(inode))
                    fail_msg("%s: %#x at %ld", name, bytes[at], at);
        }
        ext2_put(fs, inode);
    }
}

/* What was on the disk before there was this file system. */
static void colour_free_blocks(void)
{
    static uint8_t bytes[TEXT];
    struct ext2 *fs = image_mount(&disk);
    struct inode *root, *inode;
    uint64_t at = 0;
    long length;

    memset(bytes, UNWRITTEN, sizeof bytes);
    assert_int_equal(ext2_root(fs, &root), E_OK);
    assert_int_equal(ext2_create(fs, root, image_name("all"), S_IFREG | 0600, &inode), E_OK);
    while ((length = image_write_at(fs, inode, at, bytes, sizeof bytes)) > 0)
        at += (uint64_t)length;
    ext2_put(fs, inode);
    assert_int_equal(ext2_sync(fs), E_OK);
    assert_int_equal(ext2_unlink(fs, root, image_name("all")), E_OK);
    ext2_put(fs, root);
    image_unmount(fs);
}

static void check_state(const struct disk_log *log, const uint8_t *before, size_t events)
{
    uint64_t synced = 0;
    enum error error;
    char name[24];

    memory_disk_init(&disk, DISK_BYTES);
    memcpy(disk.bytes, before, DISK_BYTES);
    for (size_t i = 0; i < events; i++) {
        const struct disk_event *event = &log->event[i];

        if (event->kind == DISK_WRITE)
            memcpy(disk.bytes + event->offset, log->bytes + event->at, event->length);
        else if (event->kind == DISK_MARK)
            synced = event->value;
    }
    if (synced > 0 && events < log->count)
        assert_true(disk.bytes[INCOMPAT_OFFSET] & INCOMPAT_RECOVER);
    struct ext2 *fs = image_mount(&disk);
    check_colours(fs);
    if (synced > 0) {
        snprintf(name, sizeof name, "synced%u", (unsigned)synced);
        struct inode *inode = image_find(fs, name, &error);
        char text[24];

        assert_non_null(inode);
        assert_int_equal(image_read(fs, inode, 0, text, sizeof text), strlen(name));
        assert_memory_equal(text, name, strlen(name));
        ext2_put(fs, inode);
    }
    image_unmount(fs);
    image_expect_clean(&disk);
    assert_int_equal(image_complaints(), 0);
    memory_disk_destroy(&disk);
}

static void sync_something(struct ext2 *fs, struct inode *root, struct disk_log *log,
                           unsigned number)
{
    struct inode *inode;
    char name[24];

    snprintf(name, sizeof name, "synced%u", number);
    assert_int_equal(ext2_create(fs, root, image_name(name), S_IFREG | 0644, &inode), E_OK);
    assert_int_equal(image_write_at(fs, inode, 0, name, strlen(name)), strlen(name));
    assert_int_equal(ext2_sync_inode(fs, inode, true), E_OK);
    disk_log_mark(log, number);
    ext2_put(fs, inode);
}

static void test_ext2_survives_crashes(void **state)
{
    static uint8_t before[DISK_BYTES];
    struct disk_log log = {0};
    struct inode *root;

    (void)state;
    image_make(&disk, DISK_BYTES, "-t ext3 -b 1024 -J size=1");
    colour_free_blocks();
    memcpy(before, disk.bytes, DISK_BYTES);
    disk.log = &log;
    image_seed(11);
    struct ext2 *fs = image_mount(&disk);
    assert_int_equal(ext2_root(fs, &root), E_OK);
    for (unsigned i = 1; i <= STEPS; i++) {
        change_something(fs, root, image_random(1u << 31));
        if (i % 20 == 0)
            sync_something(fs, root, &log, i);
        if (i % 33 == 0)
            assert_int_equal(ext2_tick(fs), E_OK);
    }
    ext2_put(fs, root);
    image_unmount(fs);
    memory_disk_destroy(&disk);
    for (unsigned i = 0; i < STATES; i++)
        check_state(&log, before, 1 + image_random((uint32_t)log.count - 4));
    check_state(&log, before, log.count);
    disk_log_free(&log);
}

/* ---- threads ------------------------------------------------------------------------------- */

struct worker {
    pthread_t thread;
    struct ext2 *fs;
    unsigned seed;
};

static void *work(void *argument)
{
    struct worker *worker = argument;
    struct ext2 *fs = worker->fs;
    uint64_t random = worker->seed;
    struct inode *root, *own;
    char name[16], bytes[5000];

    if (ext2_root(fs, &root) != E_OK)
        return NULL;
    snprintf(name, sizeof name, "d%u", worker->seed);
    if (ext2_create(fs, root, image_name(name), S_IFDIR | 0755, &own) != E_OK)
        return NULL;
    for (unsigned i = 0; i < 2000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        change_something(fs, random >> 40 & 1 ? root : own, (unsigned)(random >> 33));
        struct inode *inode;
        if (i % 7 == 0 && ext2_look_up(fs, root, image_name("n1"), &inode) == E_OK) {
            (void)image_read(fs, inode, 0, bytes, sizeof bytes);
            if (i % 5 == 0)
                (void)!ext2_sync_inode(fs, inode, false);
            ext2_put(fs, inode);
        }
        if (i % 100 == 0)
            (void)!ext2_tick(fs);
    }
    ext2_put(fs, own);
    ext2_put(fs, root);
    return worker;
}

static void test_ext2_serves_threads(void **state)
{
    struct worker workers[THREADS];
    void *result;

    (void)state;
    image_make(&disk, DISK_BYTES, "-t ext3 -b 1024 -J size=1");
    struct ext2 *fs = image_mount(&disk);
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.fs = fs, .seed = i + 1};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(workers[i].thread, &result), 0);
        assert_non_null(result);
    }
    image_unmount(fs);
    image_expect_clean(&disk);
    assert_int_equal(image_complaints(), 0);
    assert_int_equal(disk.allocated, 0);
    memory_disk_destroy(&disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ext2_survives_crashes),
        cmocka_unit_test(test_ext2_serves_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
