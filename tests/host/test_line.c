/* test_line.c - the console's line discipline: what is typed, what is shown, what a reader gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/tty.h"
#include "servers/console/line.h"
#include "untrusted.h"

/* A screen that remembers the bytes that were shown. */
struct recorder {
    struct line_screen screen;
    size_t length;
    char shown[4 * LINE_SIZE];
};

static struct line line;
static struct recorder recorder;

static void record(const struct line_screen *screen, const char *text, size_t length)
{
    struct recorder *to = (struct recorder *)screen;

    assert_true(to->length + length < sizeof to->shown);
    memcpy(to->shown + to->length, text, length);
    to->length += length;
    to->shown[to->length] = '\0';
}

static int begin(void **state)
{
    (void)state;
    line_clear(&line);
    recorder = (struct recorder){.screen = {.show = record}};
    return 0;
}

static enum line_event type_bytes(const char *keys, size_t length, unsigned mode)
{
    enum line_event event = LINE_NOTHING;

    for (size_t i = 0; i < length; i++)
        event = line_input(&line, (uint8_t)keys[i], mode, &recorder.screen);
    return event;
}

static enum line_event type(const char *keys) { return type_bytes(keys, strlen(keys), TTY_COOKED); }

static void assert_line(const char *expected)
{
    const char *text;
    size_t length = line_peek(&line, &text);

    assert_int_equal(length, strlen(expected));
    assert_memory_equal(text, expected, length);
}

/* What the recorder's bytes look like on a screen of one row. */
static void draw(char *row, size_t size)
{
    size_t column = 0, width = 0;

    for (size_t i = 0; i < recorder.length; i++) {
        if (recorder.shown[i] == '\b') {
            assert_true(column > 0);
            column--;
        } else {
            assert_true(column + 1 < size);
            row[column++] = recorder.shown[i];
            width = column > width ? column : width;
        }
    }
    while (width > 0 && row[width - 1] == ' ')
        width--;
    row[width] = '\0';
}

static void assert_screen(const char *expected)
{
    char row[256];

    draw(row, sizeof row);
    assert_string_equal(row, expected);
}

static void test_line_completes_at_newline_and_echoes(void **state)
{
    (void)state;
    assert_int_equal(type("hello"), LINE_NOTHING);
    assert_false(line.complete);
    assert_int_equal(type("\n"), LINE_COMPLETE);
    assert_true(line.complete);
    assert_line("hello\n");
    assert_string_equal(recorder.shown, "hello\n");
}

static void test_line_takes_carriage_return_as_newline(void **state)
{
    (void)state;
    assert_int_equal(type("a\r"), LINE_COMPLETE);
    assert_line("a\n");
}

static void test_line_erases_with_both_keys(void **state)
{
    (void)state;
    type("abcd\x7f\b");
    assert_line("ab");
    assert_screen("ab");
    type("\b\b\b\bx");
    assert_line("x");
    assert_screen("x");
}

static void test_line_erases_what_a_control_character_showed(void **state)
{
    (void)state;
    type("a\x01");
    assert_screen("a^A");
    type("\x7f");
    assert_line("a");
    assert_screen("a");
    type("\t\x1b");
    assert_screen("a ^[");
    type("\x7f\x7f");
    assert_screen("a");
}

static void test_line_erases_whole_utf8_characters(void **state)
{
    (void)state;
    type("a\xc3\xa4\xe2\x82\xac");
    type("\x7f");
    assert_line("a\xc3\xa4");
    type("\x7f");
    assert_line("a");
    /* Continuation bytes without a beginning end at the start of the line. */
    type("\x7f\x80\x80\x7f\x7f");
    assert_line("");
}

static void test_line_erases_words(void **state)
{
    (void)state;
    type("one two  \x17");
    assert_line("one ");
    assert_screen("one");
    type("\x17");
    assert_line("");
    type("\x17");
    assert_line("");
    assert_screen("");
}

static void test_line_kills_to_its_start(void **state)
{
    (void)state;
    type("some words\x15new");
    assert_line("new");
    assert_screen("new");
}

static void test_line_reprints(void **state)
{
    (void)state;
    type("abc\x12");
    assert_string_equal(recorder.shown, "abc^R\nabc");
    assert_line("abc");
}

static void test_line_ends_file_on_empty_and_flushes_else(void **state)
{
    (void)state;
    assert_int_equal(type("\x04"), LINE_COMPLETE);
    assert_line("");
    line_drop(&line, 0);
    assert_false(line.complete);
    assert_int_equal(type("part\x04"), LINE_COMPLETE);
    assert_line("part");
    line_drop(&line, 4);
    assert_false(line.complete);
    assert_string_equal(recorder.shown, "part");
}

static void test_line_interrupt_empties_and_status_does_not(void **state)
{
    (void)state;
    type("abc");
    assert_int_equal(type("\x14"), LINE_STATUS);
    assert_line("abc");
    assert_int_equal(type("\x03"), LINE_INTERRUPT);
    assert_line("");
}

static void test_line_takes_signal_keys_as_data_without_signals(void **state)
{
    (void)state;
    assert_int_equal(type_bytes("\x03\x14", 2, TTY_CANONICAL), LINE_NOTHING);
    assert_line("\x03\x14");
}

static void test_line_shows_nothing_without_echo(void **state)
{
    (void)state;
    type_bytes("secret\x7f\x15\x12x\n", 11, TTY_CANONICAL | TTY_SIGNALS);
    assert_int_equal(recorder.length, 0);
    assert_line("x\n");
}

static void test_line_rings_when_full_and_still_completes(void **state)
{
    (void)state;
    for (int i = 0; i < LINE_SIZE + 10; i++)
        type("x");
    assert_int_equal(line.length, LINE_SIZE - 1);
    assert_int_equal(recorder.shown[recorder.length - 1], '\a');
    assert_int_equal(type("\n"), LINE_COMPLETE);
    assert_int_equal(line.length, LINE_SIZE);
    assert_int_equal(line.text[LINE_SIZE - 1], '\n');
}

static void test_line_is_read_in_parts(void **state)
{
    (void)state;
    type("abcdef\n");
    line_drop(&line, 3);
    assert_true(line.complete);
    assert_line("def\n");
    line_drop(&line, 4);
    assert_false(line.complete);
    assert_line("");
    assert_int_equal(type("x\n"), LINE_COMPLETE);
    assert_line("x\n");
}

/* A raw reader may take the start of a line that is still being edited: it cannot be erased. */
static void test_line_does_not_erase_what_was_read(void **state)
{
    (void)state;
    type("abcd");
    line_drop(&line, 2);
    type("\x7f\x7f\x7f\x7f");
    assert_line("");
    type("wx\x17y\x15z");
    assert_line("z");
}

/* Whatever is typed, the screen shows what the reader would get. */
static void test_line_screen_agrees_with_text(void **state)
{
    static const char keys[] = "ab \t\x7f\b\x17\x15\xc3\x01";
    struct chance chance = chance_seeded("test_line");

    (void)state;
    for (int round = 0; round < 2000; round++) {
        char expected[256], row[256];
        size_t width = 0;

        begin(NULL);
        for (int i = 0; i < 40; i++)
            type_bytes(&keys[chance_below(&chance, sizeof keys - 1)], 1, TTY_COOKED);
        for (size_t i = 0; i < line.length; i++) {
            char byte = line.text[i];

            if (byte == 1)
                expected[width++] = '^';
            expected[width++] = byte == 1 ? 'A' : byte == '\t' ? ' ' : byte;
        }
        while (width > 0 && expected[width - 1] == ' ')
            width--;
        expected[width] = '\0';
        draw(row, sizeof row);
        assert_string_equal(row, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_line_completes_at_newline_and_echoes, begin),
        cmocka_unit_test_setup(test_line_takes_carriage_return_as_newline, begin),
        cmocka_unit_test_setup(test_line_erases_with_both_keys, begin),
        cmocka_unit_test_setup(test_line_erases_what_a_control_character_showed, begin),
        cmocka_unit_test_setup(test_line_erases_whole_utf8_characters, begin),
        cmocka_unit_test_setup(test_line_erases_words, begin),
        cmocka_unit_test_setup(test_line_kills_to_its_start, begin),
        cmocka_unit_test_setup(test_line_reprints, begin),
        cmocka_unit_test_setup(test_line_ends_file_on_empty_and_flushes_else, begin),
        cmocka_unit_test_setup(test_line_interrupt_empties_and_status_does_not, begin),
        cmocka_unit_test_setup(test_line_takes_signal_keys_as_data_without_signals, begin),
        cmocka_unit_test_setup(test_line_shows_nothing_without_echo, begin),
        cmocka_unit_test_setup(test_line_rings_when_full_and_still_completes, begin),
        cmocka_unit_test_setup(test_line_is_read_in_parts, begin),
        cmocka_unit_test_setup(test_line_does_not_erase_what_was_read, begin),
        cmocka_unit_test_setup(test_line_screen_agrees_with_text, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
