/* test_file_server.c - the library of file servers: paths, links, places, numbers, badges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "file_client.h"
#include "lib/file_server/walk.h"
#include "servers/ramfs/operations.h"
#include "servers/ramfs/space.h"

enum { ROOT = FILE_SERVER_ROOT, LIMIT = 1 << 20 };

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

/* Each test removes what it makes. */
static int check_clean(void **state)
{
    (void)state;
    fs.read_only = false;
    return client_is_clean() && space_used() == used_at_start && bytes_mapped() == 0 ? 0 : -1;
}

static void assert_text(const char *path, const char *expected)
{
    char text[64];
    long file = client_open(ROOT, path, O_RDONLY, 0);

    assert_true(file >= 0);
    assert_int_equal(client_transfer((int)file, FILE_READ, 0, text, sizeof text), strlen(expected));
    assert_memory_equal(text, expected, strlen(expected));
    client_close((int)file);
}

/* The tree that several tests walk. */
static const char *const directories[] = {"bin", "etc", "etc/deep", "etc/deep/er"};
static const struct {
    const char *path, *target;
} links[] = {{"etc/here", "deep/er"}, {"up", "../bin/./sh"},  {"absolute", "/etc/here"},
             {"slashed", "bin/"},     {"file-slashed", "f/"}, {"dangling", "nowhere"},
             {"loop", "loop"}};

static void build_usual(void)
{
    for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++)
        client_make_directory(directories[i]);
    client_make_file("bin/sh", "shell");
    client_make_file("f", "file");
    client_make_file("etc/deep/er/servers", "table");
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
        client_make_link(links[i].path, links[i].target);
}

static void remove_usual(void)
{
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
        assert_int_equal(client_unlink(links[i].path), 0);
    assert_int_equal(client_unlink("bin/sh"), 0);
    assert_int_equal(client_unlink("f"), 0);
    assert_int_equal(client_unlink("etc/deep/er/servers"), 0);
    for (size_t i = sizeof directories / sizeof directories[0]; i-- > 0;)
        assert_int_equal(client_remove(directories[i]), 0);
}

static void test_walk_finds_what_paths_name(void **state)
{
    (void)state;
    build_usual();
    assert_text("bin/sh", "shell");
    assert_text("//etc///deep/er/servers", "table");
    assert_text("../../bin/../etc/./deep/../deep/er/servers", "table");
    assert_text("up", "shell");
    assert_text("absolute/servers", "table");
    assert_text("etc/here/../er/servers", "table");
    assert_text("slashed/sh", "shell");
    assert_int_equal(client_stat("etc/here/", FILE_NO_FOLLOW), 0);
    assert_int_equal(client_stat("dangling", FILE_NO_FOLLOW), 0);
    assert_int_equal(client_stat("", 0), 0);
    assert_int_equal(client_stat("/", 0), 0);
    remove_usual();
}

static void test_walk_says_why_a_path_leads_nowhere(void **state)
{
    static const struct {
        const char *path;
        enum error error;
    } cases[] = {{"nothing", E_NOENT},       {"bin/nothing/x", E_NOENT}, {"f/x", E_NOTDIR},
                 {"f/.", E_NOTDIR},          {"f/..", E_NOTDIR},         {"f/", E_NOTDIR},
                 {"file-slashed", E_NOTDIR}, {"up/", E_NOTDIR},          {"dangling", E_NOENT},
                 {"loop", E_LOOP},           {"loop/x", E_LOOP}};

    (void)state;
    build_usual();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(client_stat(cases[i].path, 0), -cases[i].error);
    remove_usual();
}

static void test_walk_follows_just_so_many_links(void **state)
{
    char name[16], target[16];

    (void)state;
    client_make_file("l0", "end");
    for (int i = 1; i <= WALK_LINKS_MAX + 1; i++) {
        snprintf(name, sizeof name, "l%d", i);
        snprintf(target, sizeof target, "l%d", i - 1);
        client_make_link(name, target);
    }
    snprintf(name, sizeof name, "l%d", WALK_LINKS_MAX);
    assert_text(name, "end");
    snprintf(name, sizeof name, "l%d", WALK_LINKS_MAX + 1);
    assert_int_equal(client_stat(name, 0), -E_LOOP);
    for (int i = 0; i <= WALK_LINKS_MAX + 1; i++) {
        snprintf(name, sizeof name, "l%d", i);
        assert_int_equal(client_unlink(name), 0);
    }
}

/* A link whose target, again and again put before the rest, outgrows any buffer. */
static void test_walk_ends_where_links_outgrow_the_buffer(void **state)
{
    char target[FILE_PATH_MAX + 1];

    (void)state;
    client_make_directory("d");
    for (size_t i = 0; i < FILE_PATH_MAX; i += 2)
        memcpy(target + i, "./", 2);
    memcpy(target + FILE_PATH_MAX - 2, "l", 2);
    client_make_link("l", target);
    assert_int_equal(client_stat("l", 0), -E_LOOP);
    assert_int_equal(client_stat("l/l/l", 0), -E_LOOP);
    assert_int_equal(client_unlink("l"), 0);
    memcpy(target, "l/", 2);
    client_make_link("l", target);
    assert_int_equal(client_stat("l", 0), -E_NAMETOOLONG);
    assert_int_equal(client_unlink("l"), 0);
    assert_int_equal(client_remove("d"), 0);
}

static void test_paths_have_a_length(void **state)
{
    static char longest[FILE_PATH_MAX + 2];

    (void)state;
    memset(longest, '/', FILE_PATH_MAX + 1);
    assert_int_equal(client_stat(longest + 1, 0), 0);
    assert_int_equal(client_stat(longest, 0), -E_NAMETOOLONG);
    memset(longest, 'x', sizeof longest - 1);
    assert_int_equal(client_stat(longest + sizeof longest - 1 - FILE_NAME_MAX, 0), -E_NOENT);
    assert_int_equal(client_stat(longest + sizeof longest - 2 - FILE_NAME_MAX, 0), -E_NAMETOOLONG);
}

/* ---- places and numbers ---- */

static void assert_place(int directory, long expected, const char *path)
{
    char text[FILE_PATH_MAX];
    long length = client_transfer(directory, FILE_GET_PATH, 0, text, sizeof text);

    assert_int_equal(length, expected);
    if (length > 0)
        assert_memory_equal(text, path, strlen(path));
}

static void test_places_are_found_upwards(void **state)
{
    char little[4];
    long directory, file;

    (void)state;
    build_usual();
    directory = client_open(ROOT, "etc/here", O_RDONLY, 0);
    assert_place((int)directory, 12, "/etc/deep/er");
    assert_int_equal(client_move(ROOT, FILE_RENAME, "etc/deep", "bin/d"), 0);
    assert_place((int)directory, 9, "/bin/d/er");
    assert_int_equal(client_transfer((int)directory, FILE_GET_PATH, 0, little, sizeof little),
                     -E_RANGE);
    assert_int_equal(client_move(ROOT, FILE_RENAME, "bin/d", "etc/deep"), 0);
    file = client_open(ROOT, "f", O_RDONLY, 0);
    assert_place((int)file, -E_NOTDIR, "");
    client_close((int)file);
    client_close((int)directory);
    remove_usual();
    directory = client_open(ROOT, "/", O_RDONLY, 0);
    assert_place((int)directory, 1, "/");
    client_close((int)directory);
}

static void test_removed_directory_has_no_place(void **state)
{
    long directory;

    (void)state;
    client_make_directory("d");
    directory = client_open(ROOT, "d", O_RDONLY, 0);
    assert_int_equal(client_remove("d"), 0);
    assert_place((int)directory, -E_NOENT, "");
    assert_int_equal(
        client_path(handle_badge((int)directory), FILE_MAKE_DIRECTORY, 0755, 0, "x", NULL),
        -E_NOENT);
    assert_int_equal(client_path(handle_badge((int)directory), FILE_STAT_PATH, 0, 0, "..", NULL),
                     0);
    client_close((int)directory);
}

static void test_numbers_name_open_directories_only(void **state)
{
    long directory, file;
    uint64_t number;

    (void)state;
    client_make_directory("d");
    client_make_file("f", "text");
    directory = client_open(ROOT, "d", O_RDONLY, 0);
    file = client_open(ROOT, "f", O_RDONLY, 0);
    client_words((int)directory, FILE_IDENTIFY, 0, 0);
    number = client_reply.word[0];
    assert_int_equal(client_path(ROOT, FILE_LINK, number, 0, "f", "g"), 0);
    assert_int_equal(client_path(ROOT, FILE_LINK, number, 0, "f", "g"), -E_EXIST);
    assert_int_equal(client_path(ROOT, FILE_LINK, number, 0, "f", "a/b"), -E_INVAL);
    assert_int_equal(client_path(ROOT, FILE_LINK, number, 0, "f", "x/"), -E_NOENT);
    assert_int_equal(client_path(ROOT, FILE_LINK, number, 0, "d", "x"), -E_PERM);
    assert_int_equal(client_path(ROOT, FILE_LINK, 0, 0, "f", "h"), -E_XDEV);
    assert_int_equal(client_path(ROOT, FILE_LINK, 1, 0, "f", "h"), -E_XDEV);
    assert_int_equal(client_path(ROOT, FILE_LINK, number + 1000, 0, "f", "h"), -E_XDEV);
    assert_int_equal(client_path(ROOT, FILE_LINK, number ^ 1ull << 40, 0, "f", "h"), -E_XDEV);
    client_words((int)file, FILE_IDENTIFY, 0, 0);
    assert_int_equal(client_path(ROOT, FILE_LINK, client_reply.word[0], 0, "f", "h"), -E_NOTDIR);
    client_close((int)file);
    client_close((int)directory);
    assert_int_equal(client_path(ROOT, FILE_LINK, number, 0, "f", "h"), -E_XDEV);
    assert_int_equal(client_unlink("d/g"), 0);
    assert_int_equal(client_unlink("f"), 0);
    assert_int_equal(client_remove("d"), 0);
}

static void test_badges_of_others_name_nothing(void **state)
{
    long file;
    uint64_t badge;
    struct message m = {.label = FILE_SEEK};

    (void)state;
    client_make_file("f", "");
    file = client_open(ROOT, "f", O_RDONLY, 0);
    badge = handle_badge((int)file);
    assert_int_equal(client_call(badge, &m), 0);
    const uint64_t wrong[] = {badge ^ 1ull << 32,    badge + 1,
                              badge | UINT32_MAX,    FILE_SERVER_BADGE,
                              FILE_SERVER_BADGE | 1, UINT64_MAX};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        m = (struct message){.label = FILE_SEEK};
        assert_int_equal(client_call(wrong[i], &m), -E_BADF);
    }
    m = (struct message){.label = FILE_SEEK};
    assert_int_equal(client_call(5, &m), -E_NOSYS); /* a server's own, and it has none */
    client_close((int)file);
    m = (struct message){.label = FILE_SEEK};
    assert_int_equal(client_call(badge, &m), -E_BADF);
    assert_int_equal(client_unlink("f"), 0);
}

static void test_read_only_refuses_every_change(void **state)
{
    long file;
    uint64_t number;
    struct file_change change = {.fields = FILE_CHANGE_MODE};
    struct message m = {
        .label = FILE_CHANGE, .buffer = &change, .length = sizeof change | BUFFER_IN | BUFFER_OUT};

    (void)state;
    client_make_file("f", "text");
    file = client_open(ROOT, "f", O_RDWR, 0);
    fs.read_only = true;
    assert_int_equal(client_open(ROOT, "f", O_WRONLY, 0), -E_ROFS);
    assert_int_equal(client_open(ROOT, "f", O_RDONLY | O_TRUNC, 0), -E_ROFS);
    assert_int_equal(client_open(ROOT, "g", O_RDONLY | O_CREAT, 0), -E_ROFS);
    assert_int_equal(client_open(ROOT, "f", O_WRONLY | O_CREAT | O_EXCL, 0), -E_EXIST);
    assert_int_equal(client_path(ROOT, FILE_MAKE_DIRECTORY, 0, 0, "d", NULL), -E_ROFS);
    assert_int_equal(client_path(ROOT, FILE_MAKE_DIRECTORY, 0, 0, "f", NULL), -E_EXIST);
    assert_int_equal(client_path(ROOT, FILE_SYMLINK, 0, 0, "s", "t"), -E_ROFS);
    assert_int_equal(client_unlink("f"), -E_ROFS);
    assert_int_equal(client_remove("f"), -E_ROFS);
    assert_int_equal(client_move(ROOT, FILE_RENAME, "f", "g"), -E_ROFS);
    assert_int_equal(client_move(ROOT, FILE_LINK, "f", "g"), -E_ROFS);
    assert_int_equal(client_call(ROOT, &m), -E_ROFS);
    assert_int_equal(client_transfer((int)file, FILE_WRITE, 0, "x", 1), -E_ROFS);
    assert_int_equal(client_words((int)file, FILE_TRUNCATE, 0, 0), -E_ROFS);
    client_words((int)file, FILE_IDENTIFY, 0, 0);
    number = client_reply.word[0];
    assert_int_equal(client_path(ROOT, FILE_RENAME, number, 0, "f", "g"), -E_NOTDIR);
    fs.read_only = false;
    client_close((int)file);
    assert_text("f", "text");
    assert_int_equal(client_unlink("f"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_walk_finds_what_paths_name, check_clean),
        cmocka_unit_test_teardown(test_walk_says_why_a_path_leads_nowhere, check_clean),
        cmocka_unit_test_teardown(test_walk_follows_just_so_many_links, check_clean),
        cmocka_unit_test_teardown(test_walk_ends_where_links_outgrow_the_buffer, check_clean),
        cmocka_unit_test_teardown(test_paths_have_a_length, check_clean),
        cmocka_unit_test_teardown(test_places_are_found_upwards, check_clean),
        cmocka_unit_test_teardown(test_removed_directory_has_no_place, check_clean),
        cmocka_unit_test_teardown(test_numbers_name_open_directories_only, check_clean),
        cmocka_unit_test_teardown(test_badges_of_others_name_nothing, check_clean),
        cmocka_unit_test_teardown(test_read_only_refuses_every_change, check_clean),
    };

    return cmocka_run_group_tests(tests, begin_all, NULL);
}
