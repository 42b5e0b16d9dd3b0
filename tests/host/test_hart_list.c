/* test_hart_list.c - sets of harts as text: what is read, what is refused, what is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <octavo/hart_list.h>

#include "untrusted.h"

#define UNTOUCHED UINT64_C(0x5a5a)

static void test_hart_list_reads_numbers_and_ranges(void **state)
{
    static const struct {
        const char *text;
        uint64_t harts;
    } lists[] = {
        {"0", 1},        {"3", 8},
        {"0,2-3", 0xd},  {"2-3,0", 0xd},
        {"1-1", 2},      {"0,0,0-0", 1},
        {"007", 1 << 7}, {"63", UINT64_C(1) << 63},
        {"4-7,1", 0xf2}, {"0-63", UINT64_MAX},
    };

    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        uint64_t harts = UNTOUCHED;

        assert_true(hart_list_read(lists[i].text, &harts));
        assert_int_equal(harts, lists[i].harts);
    }
}

static void test_hart_list_refuses_anything_else(void **state)
{
    static const char *const texts[] = {
        "",           ",",     "0,",  ",0",   "-",   "1-",   "-1",   "3-2",  "0,,1",
        "0 1",        " 0",    "0 ",  "all",  "0x1", "+1",   "64",   "0-64", "64-0",
        "4294967296", "1-2-3", "0;1", "1--2", "0,-", "0-,1", "1,2x", "0\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        uint64_t harts = UNTOUCHED;

        assert_false(hart_list_read(texts[i], &harts));
        assert_int_equal(harts, UNTOUCHED);
    }
}

static void test_hart_list_writes_the_shortest(void **state)
{
    static const struct {
        uint64_t harts;
        const char *text;
    } lists[] = {
        {0, ""},         {1, "0"},          {3, "0-1"},           {0xd, "0,2-3"},
        {0xff, "0-7"},   {0x55, "0,2,4,6"}, {UINT64_MAX, "0-63"}, {UINT64_C(1) << 63, "63"},
        {0xf2, "1,4-7"},
    };
    char text[HART_LIST_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        hart_list_format(text, lists[i].harts);
        assert_string_equal(text, lists[i].text);
    }
}

/* No list is longer than that of pairs with one hart missing between them. */
static void test_hart_list_longest_fits(void **state)
{
    uint64_t pairs = 0;
    char text[HART_LIST_MAX];

    (void)state;
    for (int hart = 0; hart < HART_LIST_HARTS; hart++)
        pairs |= (uint64_t)(hart % 3 != 2) << hart;
    hart_list_format(text, pairs);
    assert_int_equal(strncmp(text, "0-1,3-4,", 8), 0);
    assert_string_equal(text + strlen(text) - 9, ",60-61,63");
}

static void test_hart_list_reads_what_it_writes(void **state)
{
    struct chance chance = chance_seeded("test_hart_list");
    char text[HART_LIST_MAX];

    (void)state;
    for (int i = 0; i < 10000; i++) {
        uint64_t harts = chance_next(&chance), read = 0;

        hart_list_format(text, harts);
        assert_true(hart_list_read(text, &read));
        assert_int_equal(read, harts);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hart_list_reads_numbers_and_ranges),
        cmocka_unit_test(test_hart_list_refuses_anything_else),
        cmocka_unit_test(test_hart_list_writes_the_shortest),
        cmocka_unit_test(test_hart_list_longest_fits),
        cmocka_unit_test(test_hart_list_reads_what_it_writes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
