/* test_sh_lexer.c - the shell's lexer: which tokens a text has, and where words end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "user/bin/sh/lexer.h"

struct expected {
    enum token_kind kind;
    const char *text; /* of a word or number; NULL: not looked at */
};

/* Reads tokens up to the end of `text` and compares them. */
static void expect_tokens(const char *text, const struct expected *expected)
{
    struct lexer lexer = {text};
    struct token token;

    for (;; expected++) {
        lexer_read(&lexer, &token);
        assert_int_equal(token.kind, expected->kind);
        if (expected->text != NULL) {
            assert_int_equal(token.length, strlen(expected->text));
            assert_memory_equal(token.start, expected->text, token.length);
        }
        if (token.kind == TOKEN_END || token.kind == TOKEN_UNFINISHED)
            return;
    }
}

#define EXPECT(text, ...) expect_tokens((text), (const struct expected[]){__VA_ARGS__})

static void test_sh_lexer_splits_words_at_blanks(void **state)
{
    (void)state;
    EXPECT("", {TOKEN_END, NULL});
    EXPECT(" \t ", {TOKEN_END, NULL});
    EXPECT("  ls\t-l  /bin ", {TOKEN_WORD, "ls"}, {TOKEN_WORD, "-l"}, {TOKEN_WORD, "/bin"},
           {TOKEN_END, NULL});
}

static void test_sh_lexer_knows_each_operator(void **state)
{
    (void)state;
    EXPECT("&&&;||||\n()", {TOKEN_AND, NULL}, {TOKEN_BACKGROUND, NULL}, {TOKEN_SEMICOLON, NULL},
           {TOKEN_OR, NULL}, {TOKEN_OR, NULL}, {TOKEN_NEWLINE, NULL}, {TOKEN_OPEN, NULL},
           {TOKEN_CLOSE, NULL}, {TOKEN_END, NULL});
    EXPECT("|<>>><&>&<<", {TOKEN_PIPE, NULL}, {TOKEN_LESS, NULL}, {TOKEN_APPEND, NULL},
           {TOKEN_GREATER, NULL}, {TOKEN_LESS_COPY, NULL}, {TOKEN_GREATER_COPY, NULL},
           {TOKEN_HERE, NULL}, {TOKEN_END, NULL});
}

static void test_sh_lexer_ends_a_word_at_an_operator(void **state)
{
    (void)state;
    EXPECT("a;b&c|d", {TOKEN_WORD, "a"}, {TOKEN_SEMICOLON, NULL}, {TOKEN_WORD, "b"},
           {TOKEN_BACKGROUND, NULL}, {TOKEN_WORD, "c"}, {TOKEN_PIPE, NULL}, {TOKEN_WORD, "d"},
           {TOKEN_END, NULL});
}

static void test_sh_lexer_keeps_quotes_in_the_word(void **state)
{
    (void)state;
    EXPECT("'a b'\"c ; d\"e\\ f g", {TOKEN_WORD, "'a b'\"c ; d\"e\\ f"}, {TOKEN_WORD, "g"},
           {TOKEN_END, NULL});
    EXPECT("\"a\\\"b\" 'c\\' x", {TOKEN_WORD, "\"a\\\"b\""}, {TOKEN_WORD, "'c\\'"},
           {TOKEN_WORD, "x"}, {TOKEN_END, NULL});
    EXPECT("${a b}c \"${d\"e}\"", {TOKEN_WORD, "${a b}c"}, {TOKEN_WORD, "\"${d\"e}\""},
           {TOKEN_END, NULL});
    EXPECT("''", {TOKEN_WORD, "''"}, {TOKEN_END, NULL});
}

static void test_sh_lexer_sees_a_number_only_before_a_redirection(void **state)
{
    (void)state;
    EXPECT("2>x 2 >y a2>z 2a>z", {TOKEN_NUMBER, "2"}, {TOKEN_GREATER, NULL}, {TOKEN_WORD, "x"},
           {TOKEN_WORD, "2"}, {TOKEN_GREATER, NULL}, {TOKEN_WORD, "y"}, {TOKEN_WORD, "a2"},
           {TOKEN_GREATER, NULL}, {TOKEN_WORD, "z"}, {TOKEN_WORD, "2a"}, {TOKEN_GREATER, NULL},
           {TOKEN_WORD, "z"}, {TOKEN_END, NULL});
}

static void test_sh_lexer_skips_comments(void **state)
{
    (void)state;
    EXPECT("a # b 'c\nd#e", {TOKEN_WORD, "a"}, {TOKEN_NEWLINE, NULL}, {TOKEN_WORD, "d#e"},
           {TOKEN_END, NULL});
    EXPECT("# only", {TOKEN_END, NULL});
}

static void test_sh_lexer_joins_lines_at_a_backslash(void **state)
{
    (void)state;
    EXPECT("a \\\n b", {TOKEN_WORD, "a"}, {TOKEN_WORD, "b"}, {TOKEN_END, NULL});
    EXPECT("a\\\nb", {TOKEN_WORD, "a\\\nb"}, {TOKEN_END, NULL});
}

static void test_sh_lexer_says_that_a_text_is_unfinished(void **state)
{
    static const char *const texts[] = {
        "'",     "'a",   "\"",     "\"a\\\"", "\"\\",    "a\\",
        "a\\\n", "\\\n", "  \\\n", "${",      "\"${a\"", "\"$",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        EXPECT(texts[i], {TOKEN_UNFINISHED, NULL});
}

static void test_sh_lexer_stays_at_the_end(void **state)
{
    struct lexer lexer = {"a"};
    struct token token;

    (void)state;
    lexer_read(&lexer, &token);
    for (int i = 0; i < 3; i++) {
        lexer_read(&lexer, &token);
        assert_int_equal(token.kind, TOKEN_END);
    }
}

/* Whatever the bytes, each read moves on and stays inside the text (the sanitizer watches). */
static void test_sh_lexer_ends_on_any_bytes(void **state)
{
    static const char alphabet[] = "a1 \t\n'\"\\$`{}()<>&|;#=!";
    uint32_t random = 12345;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        char text[24];
        size_t length = 0;

        while (length < sizeof text - 1) {
            random = random * 1664525 + 1013904223;
            text[length++] = alphabet[(random >> 16) % (sizeof alphabet - 1)];
        }
        text[length] = '\0';
        struct lexer lexer = {text};
        struct token token;
        const char *before = text;
        for (lexer_read(&lexer, &token); token.kind != TOKEN_END && token.kind != TOKEN_UNFINISHED;
             lexer_read(&lexer, &token)) {
            assert_true(token.length > 0 && token.start >= before);
            assert_true(lexer.next == token.start + token.length);
            before = lexer.next;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sh_lexer_splits_words_at_blanks),
        cmocka_unit_test(test_sh_lexer_knows_each_operator),
        cmocka_unit_test(test_sh_lexer_ends_a_word_at_an_operator),
        cmocka_unit_test(test_sh_lexer_keeps_quotes_in_the_word),
        cmocka_unit_test(test_sh_lexer_sees_a_number_only_before_a_redirection),
        cmocka_unit_test(test_sh_lexer_skips_comments),
        cmocka_unit_test(test_sh_lexer_joins_lines_at_a_backslash),
        cmocka_unit_test(test_sh_lexer_says_that_a_text_is_unfinished),
        cmocka_unit_test(test_sh_lexer_stays_at_the_end),
        cmocka_unit_test(test_sh_lexer_ends_on_any_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
