/* test_sh_parser.c - the shell's parser. A tree is compared as text: each command in brackets,
 * assignments marked `=`, redirections with descriptor and kind, `&` after a background list.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "user/bin/sh/parser.h"
#include "user/bin/sh/text.h"

static void command_show(const struct command *command, struct text *out)
{
    static const char *const kinds[] = {"<", ">", ">>", ">&"};

    text_append(out, "[");
    for (const struct word *word = command->assignments; word != NULL; word = word->next) {
        text_append(out, "=");
        text_append(out, word->raw);
        text_append(out, " ");
    }
    for (const struct word *word = command->words; word != NULL; word = word->next) {
        text_append(out, word->raw);
        text_append(out, " ");
    }
    for (const struct redirection *r = command->redirections; r != NULL; r = r->next) {
        char number[16];

        snprintf(number, sizeof number, "%d", r->descriptor);
        text_append(out, number);
        text_append(out, kinds[r->kind]);
        text_append(out, r->raw);
        text_append(out, " ");
    }
    text_append(out, "]");
}

static void and_or_show(const struct and_or *and_or, struct text *out)
{
    static const char *const connectors[] = {"", "&&", "||"};

    for (; and_or != NULL; and_or = and_or->next) {
        text_append(out, connectors[and_or->connector]);
        text_append(out, and_or->pipeline.negated ? "!" : "");
        for (const struct command *c = and_or->pipeline.commands; c != NULL; c = c->next) {
            command_show(c, out);
            text_append(out, c->next != NULL ? "|" : "");
        }
    }
}

static void expect_tree(const char *text, const char *expected)
{
    struct arena arena = {0};
    struct text shown = {0};
    struct list *list;
    const char *complaint;

    assert_int_equal(parse(text, &arena, &list, &complaint), PARSE_DONE);
    for (; list != NULL; list = list->next) {
        and_or_show(list->and_or, &shown);
        text_append(&shown, list->background ? "&" : ";");
    }
    assert_string_equal(text_string(&shown), expected);
    text_free(&shown);
    arena_release(&arena);
}

static void expect_unfinished(const char *text)
{
    struct arena arena = {0};
    struct list *list;
    const char *complaint;

    assert_int_equal(parse(text, &arena, &list, &complaint), PARSE_UNFINISHED);
    arena_release(&arena);
}

static void expect_wrong(const char *text, const char *expected)
{
    struct arena arena = {0};
    struct list *list;
    const char *complaint = NULL;

    assert_int_equal(parse(text, &arena, &list, &complaint), PARSE_WRONG);
    assert_non_null(strstr(complaint, expected));
    arena_release(&arena);
}

static void test_sh_parser_takes_a_text_without_commands(void **state)
{
    (void)state;
    expect_tree("", "");
    expect_tree("\n\n  # nothing\n", "");
}

static void test_sh_parser_builds_commands(void **state)
{
    (void)state;
    expect_tree("ls -l '/a b'\n", "[ls -l '/a b' ];");
    expect_tree("a; b\nc;\n", "[a ];[b ];[c ];");
}

static void test_sh_parser_tells_assignments_from_arguments(void **state)
{
    (void)state;
    expect_tree("A=1 B=\"x y\" cmd C=2", "[=A=1 =B=\"x y\" cmd C=2 ];");
    expect_tree("A=", "[=A= ];");
    expect_tree("1A=x =y a-b=c", "[1A=x =y a-b=c ];");
    expect_tree("'A'=x", "['A'=x ];");
}

static void test_sh_parser_connects_pipelines(void **state)
{
    (void)state;
    expect_tree("a && b || ! c | d &\ne", "[a ]&&[b ]||![c ]|[d ]&[e ];");
    expect_tree("! ! a", "[a ];");
    expect_tree("a &&\n\n b |\n c", "[a ]&&[b ]|[c ];");
}

static void test_sh_parser_keeps_redirections_in_order(void **state)
{
    (void)state;
    expect_tree("<in a >out b 2>>log 2>&1 3<&-", "[a b 0<in 1>out 2>>log 2>&1 3>&- ];");
    expect_tree("> only", "[1>only ];");
}

static void test_sh_parser_keeps_the_source_of_a_list(void **state)
{
    struct arena arena = {0};
    struct list *list;
    const char *complaint;

    (void)state;
    assert_int_equal(parse("  sleep 1  && b  & c", &arena, &list, &complaint), PARSE_DONE);
    assert_string_equal(list->source, "sleep 1  && b");
    assert_string_equal(list->next->source, "c");
    arena_release(&arena);
}

static void test_sh_parser_waits_for_more(void **state)
{
    static const char *const texts[] = {
        "a &&", "a &&\n",  "a ||",      "a |",     "a | \n", "!",
        "a > ", "echo 'x", "echo \\\n", "a; b 'c", "a 2>",   "a &&\n'",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        expect_unfinished(texts[i]);
}

static void test_sh_parser_names_what_is_wrong(void **state)
{
    (void)state;
    expect_wrong("; a", "`;'");
    expect_wrong("a ;; b", "`;'");
    expect_wrong("a && || b", "`||'");
    expect_wrong("& a", "`&'");
    expect_wrong("a > > b", "`>'");
    expect_wrong("a >\n", "`newline'");
    expect_wrong("(a)", "`('");
    expect_wrong("a b)", "`)'");
    expect_wrong("a | ; b", "`;'");
    expect_wrong("a << b", "here-documents");
    expect_wrong("a 10>b", "10");
}

static void test_sh_parser_refuses_compound_commands(void **state)
{
    (void)state;
    expect_wrong("if a", "`if'");
    expect_wrong("a; while b", "`while'");
    expect_wrong("{ a; }", "`{'");
    expect_tree("echo if then", "[echo if then ];");
    expect_tree("'if'", "['if' ];");
}

static void test_sh_parser_holds_nothing_of_the_text(void **state)
{
    char text[] = "word > file &";
    struct arena arena = {0};
    struct text shown = {0};
    struct list *list;
    const char *complaint;

    (void)state;
    assert_int_equal(parse(text, &arena, &list, &complaint), PARSE_DONE);
    memset(text, 'x', sizeof text);
    and_or_show(list->and_or, &shown);
    assert_string_equal(text_string(&shown), "[word 1>file ]");
    text_free(&shown);
    arena_release(&arena);
}

/* A line of thousands of operators costs no stack: the lists are flat. */
static void test_sh_parser_takes_long_lines(void **state)
{
    struct arena arena = {0};
    struct text text = {0};
    struct list *list;
    const char *complaint;
    int count = 0;

    (void)state;
    for (int i = 0; i < 100000; i++)
        text_append(&text, "a && ");
    text_append(&text, "a");
    assert_int_equal(parse(text_string(&text), &arena, &list, &complaint), PARSE_DONE);
    for (const struct and_or *and_or = list->and_or; and_or != NULL; and_or = and_or->next)
        count++;
    assert_int_equal(count, 100001);
    text_free(&text);
    arena_release(&arena);
}

/* Any bytes give one of the three results, and a tree or a complaint to go with it. */
static void test_sh_parser_takes_any_bytes(void **state)
{
    static const char *const pieces[] = {"a", "A=1", "'q'", "\"d\"", " ",  "\n", ";", "&", "&&",
                                         "|", "||",  "<",   ">",     ">>", ">&", "2", "!", "#",
                                         "(", ")",   "if",  "\\",    "$x", "'",  "\""};
    uint32_t random = 4711;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct arena arena = {0};
        struct text text = {0};
        struct list *list;
        const char *complaint = NULL;

        for (int i = 0; i < 12; i++) {
            random = random * 1664525 + 1013904223;
            text_append(&text, pieces[(random >> 16) % (sizeof pieces / sizeof pieces[0])]);
        }
        enum parse_result result = parse(text_string(&text), &arena, &list, &complaint);
        assert_int_equal(result == PARSE_WRONG, complaint != NULL);
        for (; result == PARSE_DONE && list != NULL; list = list->next) {
            assert_non_null(list->and_or->pipeline.commands);
            assert_true(strlen(list->source) > 0);
        }
        text_free(&text);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sh_parser_takes_a_text_without_commands),
        cmocka_unit_test(test_sh_parser_builds_commands),
        cmocka_unit_test(test_sh_parser_tells_assignments_from_arguments),
        cmocka_unit_test(test_sh_parser_connects_pipelines),
        cmocka_unit_test(test_sh_parser_keeps_redirections_in_order),
        cmocka_unit_test(test_sh_parser_keeps_the_source_of_a_list),
        cmocka_unit_test(test_sh_parser_waits_for_more),
        cmocka_unit_test(test_sh_parser_names_what_is_wrong),
        cmocka_unit_test(test_sh_parser_refuses_compound_commands),
        cmocka_unit_test(test_sh_parser_holds_nothing_of_the_text),
        cmocka_unit_test(test_sh_parser_takes_long_lines),
        cmocka_unit_test(test_sh_parser_takes_any_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
