/* test_blklog.c - logs of QEMU's blklogwrites become the crash tests' own, if they make sense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/crash/blklog.h"

enum { SECTOR = 512, DISK = 100 * SECTOR, FLUSH = 1, DISCARD = 4, MARK = 8 };

static uint64_t text[SECTOR / 8 * 64];
static size_t sectors;

static uint64_t *add_sector(void) { return &text[sectors++ * (SECTOR / 8)]; }

static void begin(uint64_t entries)
{
    memset(text, 0, sizeof text);
    sectors = 0;
    memcpy(add_sector(), (uint64_t[]){0x6a736677736872, 1, entries, SECTOR}, 32);
}

static void add(uint64_t sector, uint64_t count, uint64_t flags)
{
    memcpy(add_sector(), (uint64_t[]){sector, count, flags, 0}, 32);
    for (uint64_t i = 0; i < count && (flags & DISCARD) == 0; i++)
        memset(add_sector(), (int)(sector + i), SECTOR);
}

static const char *read_log(struct disk_log *log)
{
    FILE *file = fmemopen(text, sectors * SECTOR, "r");

    assert_non_null(file);
    disk_log_clear(log);
    const char *complaint = blklog_read(file, DISK, log);
    fclose(file);
    return complaint;
}

static void test_blklog_has_each_write_and_flush_in_order(void **state)
{
    static const enum disk_event_kind expected[] = {DISK_WRITE, DISK_FLUSH, DISK_WRITE,
                                                    DISK_FLUSH, DISK_WRITE, DISK_MARK};
    struct disk_log log = {0};

    (void)state;
    begin(6);
    add(3, 2, 0);
    add(0, 0, FLUSH);
    add(98, 2, 0);
    add(7, 5, DISCARD);
    add(9, 1, FLUSH); /* flush first */
    add(77, 0, MARK);
    assert_null(read_log(&log));
    assert_int_equal(log.count, 6);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(log.event[i].kind, expected[i]);
    assert_int_equal(log.event[0].offset, 3 * SECTOR);
    assert_int_equal(log.event[0].length, 2 * SECTOR);
    assert_int_equal(log.bytes[log.event[0].at + SECTOR], 4);
    assert_int_equal(log.bytes[log.event[4].at], 9);
    assert_int_equal(log.event[5].value, 77);
    disk_log_free(&log);
}

static void test_blklog_refuses_what_makes_no_sense(void **state)
{
    struct disk_log log = {0};

    (void)state;
    begin(2);
    add(3, 1, 0);
    assert_non_null(strstr(read_log(&log), "fewer entries"));
    begin(1);
    add(99, 2, 0);
    assert_non_null(strstr(read_log(&log), "behind"));
    begin(1);
    add(UINT64_MAX, 1, 0);
    assert_non_null(strstr(read_log(&log), "behind"));
    begin(1);
    add(1, 3, 0);
    sectors--;
    assert_non_null(strstr(read_log(&log), "within"));
    begin(0);
    text[3] = 100;
    assert_non_null(strstr(read_log(&log), "impossible"));
    text[1] = 2;
    assert_non_null(strstr(read_log(&log), "version"));
    text[0] = 0;
    assert_non_null(strstr(read_log(&log), "no log"));
    disk_log_free(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blklog_has_each_write_and_flush_in_order),
        cmocka_unit_test(test_blklog_refuses_what_makes_no_sense),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
