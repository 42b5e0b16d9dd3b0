/* test_ramfs_space.c - the file system in memory: sparse files, the limit, listings while it
 * changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>

#include "file_client.h"
#include "servers/ramfs/operations.h"
#include "servers/ramfs/space.h"

enum { ROOT = FILE_SERVER_ROOT, MANY = 3000 };

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

static long make_file(const char *path)
{
    long file = client_open(ROOT, path, O_RDWR | O_CREAT | O_EXCL, 0644);

    return file;
}

static uint64_t blocks_of(int file)
{
    struct file_status status = {0};

    client_transfer(file, FILE_STAT, 0, &status, sizeof status);
    return status.blocks;
}

static void test_sparse_files_take_what_was_written(void **state)
{
    char byte = 0;
    long file = make_file("s");

    (void)state;
    for (uint64_t offset = 1; offset < 1ull << 62; offset *= 4)
        assert_int_equal(client_transfer((int)file, FILE_WRITE, offset, "x", 1), 1);
    assert_int_equal(client_transfer((int)file, FILE_WRITE, INT64_MAX - 1, "x", 1), 1);
    assert_int_equal(client_transfer((int)file, FILE_WRITE, INT64_MAX, "x", 1), -E_FBIG);
    assert_int_equal(blocks_of((int)file), (26 + 1) * 8);
    assert_int_equal(client_transfer((int)file, FILE_READ, 1ull << 60, &byte, 1), 1);
    assert_int_equal(byte, 'x');
    assert_int_equal(client_transfer((int)file, FILE_READ, 1ull << 59, &byte, 1), 1);
    assert_int_equal(byte, 0);
    assert_int_equal(client_words((int)file, FILE_TRUNCATE, 1 << 20, 0), 0);
    assert_int_equal(blocks_of((int)file), 5 * 8);
    assert_int_equal(client_words((int)file, FILE_TRUNCATE, 0, 0), 0);
    assert_int_equal(blocks_of((int)file), 0);
    client_close((int)file);
    assert_int_equal(client_path(ROOT, FILE_UNLINK, 0, 0, "s", NULL), 0);
}

static void test_unlinked_files_live_while_open(void **state)
{
    char text[4];
    long file = make_file("u");

    (void)state;
    assert_int_equal(client_transfer((int)file, FILE_WRITE, 0, "text", 4), 4);
    assert_int_equal(client_path(ROOT, FILE_UNLINK, 0, 0, "u", NULL), 0);
    assert_int_equal(client_transfer((int)file, FILE_READ, 0, text, 4), 4);
    assert_memory_equal(text, "text", 4);
    assert_int_equal(client_move(ROOT, FILE_LINK, "u", "v"), -E_NOENT);
    client_close((int)file);
}

/* Filled up with contents, then with names; all of the room is back afterwards. */
static void test_no_space_is_an_error_and_nothing_more(void **state)
{
    static char piece[100000];
    char name[32];
    long file = make_file("big"), written, total = 0;
    unsigned made = 0;

    (void)state;
    while ((written =
                client_transfer((int)file, FILE_WRITE, FILE_AT_POSITION, piece, sizeof piece)) > 0)
        total += written;
    assert_int_equal(written, -E_NOSPC);
    assert_true(total > (long)LIMIT * 9 / 10 && total < (long)LIMIT);
    do
        snprintf(name, sizeof name, "file-%u", made++);
    while (client_path(ROOT, FILE_MAKE_DIRECTORY, 0755, 0, name, NULL) == 0);
    assert_int_equal(client_path(ROOT, FILE_MAKE_DIRECTORY, 0755, 0, name, NULL), -E_NOSPC);
    assert_int_equal(client_path(ROOT, FILE_SYMLINK, 0, 0, name, "x"), -E_NOSPC);
    assert_int_equal(client_open(ROOT, name, O_CREAT | O_WRONLY, 0644), -E_NOSPC);
    assert_int_equal(client_move(ROOT, FILE_LINK, "big",
                                 "a-name-longer-than-what-is-left-over-"
                                 "from-the-directories-before-it"),
                     -E_NOSPC);
    while (made-- > 0) {
        snprintf(name, sizeof name, "file-%u", made);
        (void)client_path(ROOT, FILE_UNLINK, FILE_REMOVE_DIRECTORY, 0, name, NULL);
    }
    assert_int_equal(client_words((int)file, FILE_TRUNCATE, 0, 0), 0);
    refuse_mappings(1); /* nor has the system any */
    assert_int_equal(client_transfer((int)file, FILE_WRITE, 0, piece, 1), -E_NOSPC);
    refuse_mappings(0);
    client_close((int)file);
    assert_int_equal(client_path(ROOT, FILE_UNLINK, 0, 0, "big", NULL), 0);
}

/* A fault in the caller's buffer leaves no trace of a page's earlier contents. */
static void test_faults_show_nobody_elses_bytes(void **state)
{
    char text[64], zeros[64] = {0};
    long file = make_file("f");

    (void)state;
    assert_int_equal(client_transfer((int)file, FILE_WRITE, 0, NULL, 64), -E_FAULT);
    assert_int_equal(blocks_of((int)file), 0);
    assert_int_equal(client_words((int)file, FILE_TRUNCATE, 64, 0), 0);
    assert_int_equal(client_transfer((int)file, FILE_READ, 0, text, 64), 64);
    assert_memory_equal(text, zeros, 64);
    assert_int_equal(client_transfer((int)file, FILE_READ, 0, NULL, 64), -E_FAULT);
    client_close((int)file);
    assert_int_equal(client_path(ROOT, FILE_UNLINK, 0, 0, "f", NULL), 0);
}

/* Who reads a directory while others change it sees each name that stays, once. */
static void test_listing_survives_changes(void **state)
{
    static unsigned seen[MANY];
    char entries[300], name[32];
    long directory, filled;
    unsigned removed = 0, number;

    (void)state;
    memset(seen, 0, sizeof seen);
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "n%u", i);
        assert_int_equal(client_path(ROOT, FILE_MAKE_DIRECTORY, 0755, 0, name, NULL), 0);
    }
    directory = client_open(ROOT, "/", O_RDONLY, 0);
    while ((filled = client_transfer((int)directory, FILE_READ_DIRECTORY, 0, entries,
                                     sizeof entries)) > 0) {
        for (long at = 0; at < filled;) {
            const struct file_entry *entry = (const void *)(entries + at);

            if (sscanf(entry->name, "n%u", &number) == 1)
                seen[number]++;
            at += entry->length;
        }
        snprintf(name, sizeof name, "n%u", 2 * removed++);
        (void)client_path(ROOT, FILE_UNLINK, FILE_REMOVE_DIRECTORY, 0, name, NULL);
    }
    assert_int_equal(filled, 0);
    client_close((int)directory);
    for (unsigned i = 0; i < MANY; i++) {
        assert_true(seen[i] == 1 || (i % 2 == 0 && i / 2 < removed && seen[i] == 0));
        snprintf(name, sizeof name, "n%u", i);
        (void)client_path(ROOT, FILE_UNLINK, FILE_REMOVE_DIRECTORY, 0, name, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_sparse_files_take_what_was_written, check_clean),
        cmocka_unit_test_teardown(test_unlinked_files_live_while_open, check_clean),
        cmocka_unit_test_teardown(test_no_space_is_an_error_and_nothing_more, check_clean),
        cmocka_unit_test_teardown(test_faults_show_nobody_elses_bytes, check_clean),
        cmocka_unit_test_teardown(test_listing_survives_changes, check_clean),
    };

    return cmocka_run_group_tests(tests, begin_all, NULL);
}
