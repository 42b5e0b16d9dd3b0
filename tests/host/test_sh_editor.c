/* test_sh_editor.c - the shell's line editor. Keys go in as a terminal sends them; a terminal of
 * one row, written here, takes the output, and what it shows is compared.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "user/bin/sh/editor.h"

enum { SCREEN_COLUMNS = 20 };

static struct editor editor;
static struct history history;
static struct key_decoder decoder;
static char screen[SCREEN_COLUMNS + 1];
static size_t column;

/* Carries out the control sequences that the editor uses: CR, EL, CUF. Asserts that the row never
 * overflows, because terminals differ in what they do then. */
static void screen_write(const char *bytes)
{
    while (*bytes != '\0') {
        if (*bytes == '\r') {
            column = 0;
            bytes++;
        } else if (*bytes == '\n') {
            memset(screen, ' ', SCREEN_COLUMNS);
            bytes++;
        } else if (strncmp(bytes, "\x1b[K", 3) == 0) {
            memset(screen + column, ' ', SCREEN_COLUMNS - column);
            bytes += 3;
        } else if (*bytes == '\x1b') {
            char *end;

            column += strtoul(bytes + 2, &end, 10);
            assert_int_equal(*end, 'C');
            bytes = end + 1;
        } else if (*bytes == '\a') {
            bytes++;
        } else {
            assert_true(column < SCREEN_COLUMNS - 1);
            screen[column++] = *bytes++;
        }
    }
}

static enum edit_result type(const char *bytes)
{
    enum edit_result result = EDIT_MORE;

    for (; *bytes != '\0' && result == EDIT_MORE; bytes++) {
        result = editor_press(&editor, key_decode(&decoder, (unsigned char)*bytes));
        screen_write(text_string(&editor.output));
        text_clear(&editor.output);
    }
    return result;
}

static void begin(void)
{
    memset(screen, ' ', SCREEN_COLUMNS);
    column = 0;
    editor_start(&editor, "$ ", SCREEN_COLUMNS);
    screen_write(text_string(&editor.output));
    text_clear(&editor.output);
}

static int set_up(void **state)
{
    (void)state;
    editor = (struct editor){.history = &history};
    begin();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    editor_free(&editor);
    history_free(&history);
    return 0;
}

/* The row, without the blanks at its end, and the cursor's column. */
static void expect_screen(const char *row, size_t at)
{
    size_t length = SCREEN_COLUMNS;

    while (length > 0 && screen[length - 1] == ' ')
        length--;
    assert_int_equal(length, strlen(row));
    assert_memory_equal(screen, row, length);
    assert_int_equal(column, at);
}

static void test_sh_editor_takes_a_line(void **state)
{
    (void)state;
    assert_int_equal(type("echo hi"), EDIT_MORE);
    expect_screen("$ echo hi", 9);
    assert_int_equal(type("\r"), EDIT_LINE);
    assert_string_equal(text_string(&editor.line), "echo hi");
    begin();
    assert_int_equal(type("x\n"), EDIT_LINE);
}

static void test_sh_editor_moves_and_changes(void **state)
{
    (void)state;
    type("abcd\x1b[D\x1b[DX");
    expect_screen("$ abXcd", 5);
    type("\x01Y\x05Z");
    expect_screen("$ YabXcdZ", 9);
    type("\x1b[H\x1b[3~\x1bOF\x7f");
    expect_screen("$ abXcd", 7);
    type("\x1b[1~\x1b[C\x04");
    expect_screen("$ aXcd", 3);
    type("\x1b[4~\x1b[D\x0b");
    expect_screen("$ aXc", 5);
    type(" two  three \x17");
    expect_screen("$ aXc two", 11);
    type("\x15");
    expect_screen("$", 2);
}

static void test_sh_editor_stays_inside_the_line(void **state)
{
    (void)state;
    type("\x7f\x1b[D\x1b[C\x1b[3~\x17\x15\x0b\x01\x05");
    expect_screen("$", 2);
    type("a\x1b[C\x1b[C\x1b[3~");
    expect_screen("$ a", 3);
}

static void test_sh_editor_scrolls_a_wide_line(void **state)
{
    (void)state;
    for (int i = 0; i < 40; i++)
        type("0123456789");
    assert_int_equal(editor.line.length, 400);
    type("\x01");
    expect_screen("$ 01234567890123456", 2);
    for (int i = 0; i < 400; i++) {
        type("\x1b[C");
        assert_int_equal(editor.cursor, i + 1);
        assert_true(column >= 2 && column < SCREEN_COLUMNS);
    }
    type("X");
    assert_int_equal(screen[column - 1], 'X');
}

static void test_sh_editor_keeps_characters_whole(void **state)
{
    (void)state;
    type("a\xc3\xa9z\x1b[D\x1b[D");
    assert_int_equal(editor.cursor, 1);
    type("\x04");
    assert_string_equal(text_string(&editor.line), "az");
    type("\xe2\x82\xac\x7f");
    assert_string_equal(text_string(&editor.line), "az");
}

static void test_sh_editor_limits_the_line(void **state)
{
    (void)state;
    for (int i = 0; i < LINE_LIMIT + 10; i++)
        type("x");
    assert_int_equal(editor.line.length, LINE_LIMIT);
    assert_int_equal(type("\r"), EDIT_LINE);
}

static void test_sh_editor_ends_and_cancels(void **state)
{
    (void)state;
    assert_int_equal(type("abc\x03"), EDIT_CANCEL);
    begin();
    assert_int_equal(type("a\x7f\x04"), EDIT_END);
}

static void test_sh_editor_recalls_history(void **state)
{
    (void)state;
    history_add(&history, "first");
    history_add(&history, "second");
    history_add(&history, "second");
    history_add(&history, "  ");
    assert_int_equal(history.count, 2);
    begin();
    type("draft\x1b[A");
    expect_screen("$ second", 8);
    type("\x1b[A");
    expect_screen("$ first", 7);
    type("\x1b[A");
    expect_screen("$ first", 7);
    type("\x1b[B\x1b[B");
    expect_screen("$ draft", 7);
    type("\x1b[B");
    expect_screen("$ draft", 7);
}

static void test_sh_editor_forgets_the_oldest_line(void **state)
{
    char line[] = "a000";

    (void)state;
    for (int i = 0; i < HISTORY_LIMIT + 5; i++) {
        line[1] = (char)('0' + i / 100);
        line[2] = (char)('0' + i / 10 % 10);
        line[3] = (char)('0' + i % 10);
        history_add(&history, line);
    }
    assert_int_equal(history.count, HISTORY_LIMIT);
    assert_string_equal(history.lines[0], "a005");
}

static void names_offer(void *context, const char *prefix, bool is_command,
                        struct completion *completion)
{
    const char *const *names = context;

    (void)is_command;
    for (; *names != NULL; names++)
        if (strncmp(*names, prefix, strlen(prefix)) == 0)
            completion_add(completion, *names);
}

static void test_sh_editor_completes_words(void **state)
{
    static const char *names[] = {"free", "dir/", "sleep", "slow", NULL};

    (void)state;
    editor.complete = names_offer;
    editor.complete_context = names;
    type("f\t");
    assert_string_equal(text_string(&editor.line), "free ");
    type("d\t");
    assert_string_equal(text_string(&editor.line), "free dir/");
    type(" s\t");
    assert_string_equal(text_string(&editor.line), "free dir/ sl");
    type("\t");
    assert_string_equal(text_string(&editor.line), "free dir/ sl");
    type("o\tx");
    assert_string_equal(text_string(&editor.line), "free dir/ slow x");
    type("zzz\t");
    assert_string_equal(text_string(&editor.line), "free dir/ slow xzzz");
}

static void test_sh_completion_finds_the_word(void **state)
{
    static const struct {
        const char *line;
        size_t start;
        bool is_command;
    } cases[] = {
        {"", 0, true},      {"l", 0, true},    {"ls a", 3, false},
        {"ls ", 3, false},  {"a;l", 2, true},  {"a && l", 5, true},
        {"a >x", 3, false}, {"A=x", 2, false}, {"a b/c", 2, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct completion_word word = completion_find_word(cases[i].line, strlen(cases[i].line));

        assert_int_equal(word.start, cases[i].start);
        assert_int_equal(word.is_command, cases[i].is_command);
    }
}

static void test_sh_editor_takes_any_keys(void **state)
{
    static const char *names[] = {"free", "dir/", "sleep", "slow", NULL};
    static const char keys[] =
        "ab \t\x01\x02\x04\x05\x06\x08\x0b\x0c\x0e\x10\x12\x15\x17\x7f\x1b[ABCD3~";
    uint32_t random = 99;

    (void)state;
    history_add(&history, "a line that is wider than the screen is");
    editor.complete = names_offer;
    editor.complete_context = names;
    begin();
    for (int i = 0; i < 200000; i++) {
        random = random * 1664525 + 1013904223;
        int key = key_decode(&decoder, (unsigned char)keys[(random >> 16) % (sizeof keys - 1)]);
        editor_press(&editor, key);
        text_clear(&editor.output);
        assert_true(editor.left <= editor.cursor && editor.cursor <= editor.line.length);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_sh_editor_takes_a_line),
        TEST(test_sh_editor_moves_and_changes),
        TEST(test_sh_editor_stays_inside_the_line),
        TEST(test_sh_editor_scrolls_a_wide_line),
        TEST(test_sh_editor_keeps_characters_whole),
        TEST(test_sh_editor_limits_the_line),
        TEST(test_sh_editor_ends_and_cancels),
        TEST(test_sh_editor_recalls_history),
        TEST(test_sh_editor_forgets_the_oldest_line),
        TEST(test_sh_editor_completes_words),
        TEST(test_sh_completion_finds_the_word),
        TEST(test_sh_editor_takes_any_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
