/* test_sh_expand.c - the shell's expansion: fields are compared as text, each in brackets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "user/bin/sh/expand.h"
#include "user/bin/sh/text.h"

static struct shell shell;

static int set_up(void **state)
{
    static char *const parameters[] = {"one", "two words", ""};

    (void)state;
    shell = (struct shell){.name = "sh", .status = 7, .pid = 42};
    variables_set(&shell.variables, "HOME", "/home");
    variables_set(&shell.variables, "A", "a");
    variables_set(&shell.variables, "SPACED", " x  y ");
    variables_set(&shell.variables, "EMPTY", "");
    shell_set_parameters(&shell, 3, parameters);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    shell_set_parameters(&shell, 0, NULL);
    while (shell.variables.first != NULL)
        variables_unset(&shell.variables, shell.variables.first->name);
    free(shell.parameters);
    return 0;
}

static void expect_fields(const char *raw, const char *expected)
{
    struct arena arena = {0};
    struct text shown = {0};
    struct fields fields;
    const struct word word = {.raw = raw};

    assert_true(expand_words(&shell, &word, &arena, &fields));
    for (size_t i = 0; i < fields.count; i++) {
        text_append(&shown, "[");
        text_append(&shown, fields.items[i]);
        text_append(&shown, "]");
    }
    assert_null(fields.items[fields.count]);
    assert_string_equal(text_string(&shown), expected);
    text_free(&shown);
    arena_release(&arena);
}

static void expect_complaint(const char *raw)
{
    struct arena arena = {0};
    struct fields fields;
    const struct word word = {.raw = raw};

    assert_false(expand_words(&shell, &word, &arena, &fields));
    assert_null(expand_string(&shell, raw, &arena));
    arena_release(&arena);
}

static void test_sh_expand_removes_quotes(void **state)
{
    (void)state;
    expect_fields("'a b'\"c d\"e\\ f", "[a bc de f]");
    expect_fields("''", "[]");
    expect_fields("\"\"", "[]");
    expect_fields("\"a\\\"b\\$c\\d\"", "[a\"b$c\\d]");
    expect_fields("a\\\nb\"c\\\nd\"", "[abcd]");
}

static void test_sh_expand_replaces_variables(void **state)
{
    (void)state;
    expect_fields("$A${A}b$A-", "[aab"
                                "a-]");
    expect_fields("$NOPE", "");
    expect_fields("\"$NOPE\"", "[]");
    expect_fields("x$EMPTY", "[x]");
    expect_fields("'$A'\\$A", "[$A$A]");
    expect_fields("$ a$", "[$ a$]");
}

static void test_sh_expand_splits_what_is_not_quoted(void **state)
{
    (void)state;
    expect_fields("$SPACED", "[x][y]");
    expect_fields("a${SPACED}b", "[a][x][y][b]");
    expect_fields("\"$SPACED\"", "[ x  y ]");
}

static void test_sh_expand_knows_special_parameters(void **state)
{
    (void)state;
    expect_fields("$?.$$.$#.$!.$0.$1.${2}", "[7.42.3..sh.one.two][words]");
    expect_fields("$9", "");
    shell.last_background = 99;
    expect_fields("$!", "[99]");
}

static void test_sh_expand_gives_each_parameter_a_field(void **state)
{
    (void)state;
    expect_fields("\"$@\"", "[one][two words][]");
    expect_fields("x\"$@\"y", "[xone][two words][y]");
    expect_fields("$@", "[one][two][words]");
    expect_fields("\"$*\"", "[one two words ]");
    shell_set_parameters(&shell, 0, NULL);
    expect_fields("\"$@\"", "");
    expect_fields("\"$*\"", "[]");
}

static void test_sh_expand_puts_home_for_a_tilde(void **state)
{
    (void)state;
    expect_fields("~", "[/home]");
    expect_fields("~/x", "[/home/x]");
    expect_fields("a~", "[a~]");
    expect_fields("'~'", "[~]");
    expect_fields("~x", "[~x]");
}

static void test_sh_expand_string_does_not_split(void **state)
{
    struct arena arena = {0};

    (void)state;
    assert_string_equal(expand_string(&shell, "$SPACED", &arena), " x  y ");
    assert_string_equal(expand_string(&shell, "$@", &arena), "one two words ");
    assert_string_equal(expand_string(&shell, "", &arena), "");
    arena_release(&arena);
}

static void test_sh_expand_says_what_it_cannot(void **state)
{
    (void)state;
    expect_complaint("$(ls)");
    expect_complaint("\"$(ls)\"");
    expect_complaint("`ls`");
    expect_complaint("${A:-x}");
    expect_complaint("${}");
    expect_complaint("a${ }");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_sh_expand_removes_quotes),
        TEST(test_sh_expand_replaces_variables),
        TEST(test_sh_expand_splits_what_is_not_quoted),
        TEST(test_sh_expand_knows_special_parameters),
        TEST(test_sh_expand_gives_each_parameter_a_field),
        TEST(test_sh_expand_puts_home_for_a_tilde),
        TEST(test_sh_expand_string_does_not_split),
        TEST(test_sh_expand_says_what_it_cannot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
