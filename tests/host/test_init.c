/* test_init.c - init: lines of /etc/servers, and when a server that died is started again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <octavo/process.h>
#include <octavo/syscall.h>

#include "servers/init/child.h"
#include "servers/init/table.h"
#include "untrusted.h"

/* ---- the table ---- */

static char text[1024];
static struct table_line line;
static const char *complaint;

static enum error parse(const char *source)
{
    complaint = NULL;
    snprintf(text, sizeof text, "%s", source);
    return table_parse_line(text, &line, &complaint);
}

static void assert_refused(const char *source)
{
    assert_int_equal(parse(source), E_INVAL);
    assert_non_null(complaint);
}

static void test_table_reads_every_field(void **state)
{
    (void)state;
    assert_int_equal(parse(" disk\t/servers/disk  a+b  virtio,mmio+system 20 failure -v x # why"),
                     E_OK);
    assert_string_equal(line.name, "disk");
    assert_string_equal(line.path, "/servers/disk");
    assert_int_equal(line.names.count, 2);
    assert_string_equal(line.names.item[0], "a");
    assert_string_equal(line.names.item[1], "b");
    assert_int_equal(line.devices.count, 2);
    assert_string_equal(line.devices.item[0], "virtio,mmio");
    assert_string_equal(line.devices.item[1], "system");
    assert_int_equal(line.priority, 20);
    assert_int_equal(line.restart, RESTART_ON_FAILURE);
    assert_string_equal(line.argument[0], "/servers/disk");
    assert_string_equal(line.argument[1], "-v");
    assert_string_equal(line.argument[2], "x");
    assert_null(line.argument[3]);
}

static void test_table_passes_blank_and_comment_lines_over(void **state)
{
    (void)state;
    assert_int_equal(parse(""), E_NOENT);
    assert_int_equal(parse(" \t \r"), E_NOENT);
    assert_int_equal(parse("# a /b - - 1 always"), E_NOENT);
}

static void test_table_reads_empty_lists(void **state)
{
    (void)state;
    assert_int_equal(parse("a /b - - 0 always"), E_OK);
    assert_int_equal(line.names.count, 0);
    assert_int_equal(line.devices.count, 0);
    assert_null(line.argument[1]);
    assert_int_equal(parse("a /b - - 31 never\r"), E_OK);
    assert_int_equal(line.restart, RESTART_NEVER);
}

static void test_table_refuses_bad_lines(void **state)
{
    (void)state;
    assert_refused("a");
    assert_refused("a /b - - 1");
    assert_refused("a /b - - 1 # always");
    assert_refused("a b - - 1 always");
    assert_refused("a /b + - 1 always");
    assert_refused("a /b x+ - 1 always");
    assert_refused("a /b - +x 1 always");
    assert_refused("a /b - 1+2+3+4+5+6+7+8+9 1 always");
    assert_refused("a /b nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn - 1 always");
    assert_refused("a /b - - -1 always");
    assert_refused("a /b - - 32 always");
    assert_refused("a /b - - 1x always");
    assert_refused("a /b - - x always");
    assert_refused("a /b - - 1 sometimes");
    assert_refused("a /b - - 1 always 1 2 3 4 5 6 7 8 9");
}

static void test_table_fills_lists_to_the_brim(void **state)
{
    (void)state;
    assert_int_equal(parse("a /b nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn 1+2+3+4+5+6+7+8 1 always "
                           "1 2 3 4 5 6 7 8"),
                     E_OK);
    assert_int_equal(line.devices.count, TABLE_LIST_MAX);
    assert_string_equal(line.argument[TABLE_ARGUMENTS_MAX], "8");
    assert_null(line.argument[TABLE_ARGUMENTS_MAX + 1]);
}

static void test_table_survives_any_line(void **state)
{
    static const char bytes[] = "a/+-#19 \t always never\xff";
    struct chance chance = chance_seeded("test_init");

    (void)state;
    for (int round = 0; round < 50000; round++) {
        char source[64];
        size_t length = chance_below(&chance, sizeof source);

        for (size_t i = 0; i < length; i++)
            source[i] = bytes[chance_below(&chance, sizeof bytes - 1)];
        source[length] = '\0';
        struct block copy = block_copy(source, strlen(source) + 1);
        enum error error = table_parse_line((char *)copy.bytes, &line, &complaint);

        if (error == E_OK)
            assert_true(line.path[0] == '/' && line.priority >= 0 && line.priority < PRIORITIES);
        block_free(copy);
    }
}

/* ---- restarts ---- */

static void test_child_that_lived_starts_again_at_once(void **state)
{
    struct child child = {0};

    (void)state;
    assert_true(child_is_due(&child, 0));
    child_started(&child, 5, 100);
    assert_false(child_is_due(&child, UINT64_MAX - 1));
    assert_true(child_died(&child, 100 + CHILD_QUICK_NS));
    assert_true(child_is_due(&child, 100 + CHILD_QUICK_NS));
}

static void test_child_waits_longer_each_time_and_is_given_up(void **state)
{
    struct child child = {0};
    uint64_t now = 1000, delay = CHILD_DELAY_NS;

    (void)state;
    for (int deaths = 1; deaths < CHILD_QUICK_MAX; deaths++) {
        child_started(&child, 5, now);
        assert_true(child_died(&child, ++now));
        assert_false(child_is_due(&child, now + delay - 1));
        assert_true(child_is_due(&child, now + delay));
        now += delay;
        delay *= 2;
    }
    child_started(&child, 5, now);
    assert_false(child_died(&child, now));
    assert_int_equal(child.start_next_ns, DEADLINE_NONE);
    assert_false(child_is_due(&child, now + (1ull << 60)));
}

static void test_child_is_forgiven_after_a_while(void **state)
{
    struct child child = {0};

    (void)state;
    for (int deaths = 0; deaths < 3 * CHILD_QUICK_MAX; deaths++) {
        uint64_t life = deaths % (CHILD_QUICK_MAX - 1) == 0 ? CHILD_QUICK_NS : 1;

        child_started(&child, 5, 100);
        assert_true(child_died(&child, 100 + life));
    }
}

static void test_child_end_is_described(void **state)
{
    char cause[CHILD_CAUSE_MAX];

    (void)state;
    child_describe_end(STATUS_EXITED(3), cause);
    assert_string_equal(cause, "exited with status 3");
    child_describe_end(STATUS_KILLED(11), cause);
    assert_string_equal(cause, "was killed by signal 11");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_reads_every_field),
        cmocka_unit_test(test_table_passes_blank_and_comment_lines_over),
        cmocka_unit_test(test_table_reads_empty_lists),
        cmocka_unit_test(test_table_refuses_bad_lines),
        cmocka_unit_test(test_table_fills_lists_to_the_brim),
        cmocka_unit_test(test_table_survives_any_line),
        cmocka_unit_test(test_child_that_lived_starts_again_at_once),
        cmocka_unit_test(test_child_waits_longer_each_time_and_is_given_up),
        cmocka_unit_test(test_child_is_forgiven_after_a_while),
        cmocka_unit_test(test_child_end_is_described),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
