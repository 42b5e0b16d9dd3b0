/* test_file_server.c - the library of file servers: paths, links, mounts, badges, bad requests. */
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
#include "untrusted.h"

enum { ROOT = FILE_SERVER_ROOT, LIMIT = 1 << 20, OTHER_BADGE = 1234, PARENT_BADGE = 5678 };

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

static void make_file(const char *path, const char *text)
{
    long file = client_open(ROOT, path, O_WRONLY | O_CREAT | O_EXCL, 0644);

    assert_true(file >= 0);
    assert_int_equal(client_transfer((int)file, FILE_WRITE, FILE_AT_POSITION, (void *)text,
                                     strlen(text), BUFFER_IN),
                     strlen(text));
    client_close((int)file);
}

static void make_directory(const char *path)
{
    assert_int_equal(client_path(ROOT, FILE_MAKE_DIRECTORY, 0755, 0, path, NULL), 0);
}

static void make_link(const char *path, const char *target)
{
    assert_int_equal(client_path(ROOT, FILE_SYMLINK, 0, 0, path, target), 0);
}

static long unlink_path(const char *path)
{
    return client_path(ROOT, FILE_UNLINK, 0, 0, path, NULL);
}

static long remove_path(const char *path)
{
    return client_path(ROOT, FILE_UNLINK, FILE_REMOVE_DIRECTORY, 0, path, NULL);
}

static long stat_path(const char *path, uint64_t flags)
{
    return client_path(ROOT, FILE_STAT_PATH, flags, 0, path, NULL);
}

static void assert_text(const char *path, const char *expected)
{
    char text[64];
    long file = client_open(ROOT, path, O_RDONLY, 0);

    assert_true(file >= 0);
    assert_int_equal(client_transfer((int)file, FILE_READ, 0, text, sizeof text, BUFFER_OUT),
                     strlen(expected));
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
        make_directory(directories[i]);
    make_file("bin/sh", "shell");
    make_file("f", "file");
    make_file("etc/deep/er/servers", "table");
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
        make_link(links[i].path, links[i].target);
}

static void remove_usual(void)
{
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
        assert_int_equal(unlink_path(links[i].path), 0);
    assert_int_equal(unlink_path("bin/sh"), 0);
    assert_int_equal(unlink_path("f"), 0);
    assert_int_equal(unlink_path("etc/deep/er/servers"), 0);
    for (size_t i = sizeof directories / sizeof directories[0]; i-- > 0;)
        assert_int_equal(remove_path(directories[i]), 0);
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
    assert_int_equal(stat_path("etc/here/", FILE_NO_FOLLOW), 0);
    assert_int_equal(stat_path("dangling", FILE_NO_FOLLOW), 0);
    assert_int_equal(stat_path("", 0), 0);
    assert_int_equal(stat_path("/", 0), 0);
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
        assert_int_equal(stat_path(cases[i].path, 0), -cases[i].error);
    remove_usual();
}

static void test_walk_follows_just_so_many_links(void **state)
{
    char name[16], target[16];

    (void)state;
    make_file("l0", "end");
    for (int i = 1; i <= WALK_LINKS_MAX + 1; i++) {
        snprintf(name, sizeof name, "l%d", i);
        snprintf(target, sizeof target, "l%d", i - 1);
        make_link(name, target);
    }
    snprintf(name, sizeof name, "l%d", WALK_LINKS_MAX);
    assert_text(name, "end");
    snprintf(name, sizeof name, "l%d", WALK_LINKS_MAX + 1);
    assert_int_equal(stat_path(name, 0), -E_LOOP);
    for (int i = 0; i <= WALK_LINKS_MAX + 1; i++) {
        snprintf(name, sizeof name, "l%d", i);
        assert_int_equal(unlink_path(name), 0);
    }
}

/* A link whose target, again and again put before the rest, outgrows any buffer. */
static void test_walk_ends_where_links_outgrow_the_buffer(void **state)
{
    char target[FILE_PATH_MAX + 1];

    (void)state;
    make_directory("d");
    for (size_t i = 0; i < FILE_PATH_MAX; i += 2)
        memcpy(target + i, "./", 2);
    memcpy(target + FILE_PATH_MAX - 2, "l", 2);
    make_link("l", target);
    assert_int_equal(stat_path("l", 0), -E_LOOP);
    assert_int_equal(stat_path("l/l/l", 0), -E_LOOP);
    assert_int_equal(unlink_path("l"), 0);
    memcpy(target, "l/", 2);
    make_link("l", target);
    assert_int_equal(stat_path("l", 0), -E_NAMETOOLONG);
    assert_int_equal(unlink_path("l"), 0);
    assert_int_equal(remove_path("d"), 0);
}

static void test_paths_have_a_length(void **state)
{
    static char longest[FILE_PATH_MAX + 2];

    (void)state;
    memset(longest, '/', FILE_PATH_MAX + 1);
    assert_int_equal(stat_path(longest + 1, 0), 0);
    assert_int_equal(stat_path(longest, 0), -E_NAMETOOLONG);
    memset(longest, 'x', sizeof longest - 1);
    assert_int_equal(stat_path(longest + sizeof longest - 1 - FILE_NAME_MAX, 0), -E_NOENT);
    assert_int_equal(stat_path(longest + sizeof longest - 2 - FILE_NAME_MAX, 0), -E_NAMETOOLONG);
}

/* ---- mounts ---- */

static long mount_on(const char *path)
{
    int channel = (int)channel_create(0, OTHER_BADGE);
    struct message m = {.label = FILE_MOUNT | MESSAGE_COPY,
                        .word = {0, 0, (uint64_t)channel},
                        .buffer = (void *)path,
                        .length = strlen(path) | BUFFER_IN};
    long status = client_call(ROOT, &m);

    handle_close(channel);
    return status;
}

static long unmount(const char *path) { return client_path(ROOT, FILE_UNMOUNT, 0, 0, path, NULL); }

/* The last answer leads to a channel with the badge, with that rest. */
static void assert_goes_on(long status, uint64_t badge, const char *rest)
{
    int channel;

    assert_int_equal(status, FILE_GO_ON);
    assert_int_equal(client_reply.word[0], FILE_FROM_CHANNEL);
    assert_string_equal(client_rest, rest);
    assert_true(message_has_handle(&client_reply));
    channel = message_take_handle(&client_reply);
    assert_int_equal(handle_badge(channel), badge);
    handle_close(channel);
}

static void test_mounts_send_a_path_on(void **state)
{
    (void)state;
    make_directory("m");
    make_link("l", "m/x");
    assert_int_equal(mount_on("m"), 0);
    assert_goes_on(stat_path("m", 0), OTHER_BADGE, "");
    assert_goes_on(stat_path("m/", FILE_NO_FOLLOW), OTHER_BADGE, "");
    assert_goes_on(stat_path("m//a/b/", 0), OTHER_BADGE, "a/b/");
    assert_goes_on(stat_path("l/y", 0), OTHER_BADGE, "x/y");
    assert_goes_on(client_open(ROOT, "m/f", O_CREAT | O_WRONLY, 0644), OTHER_BADGE, "f");
    assert_goes_on(unlink_path("m/f"), OTHER_BADGE, "f");
    assert_int_equal(stat_path("l", FILE_NO_FOLLOW), 0);
    assert_int_equal(unmount("m"), 0);
    assert_int_equal(stat_path("m", 0), 0);
    assert_int_equal(unlink_path("l"), 0);
    assert_int_equal(remove_path("m"), 0);
}

static void test_mounts_protect_their_place(void **state)
{
    (void)state;
    make_directory("m");
    make_directory("n");
    make_file("f", "");
    assert_int_equal(mount_on("/"), -E_BUSY);
    assert_int_equal(mount_on("f"), -E_NOTDIR);
    assert_int_equal(mount_on("x"), -E_NOENT);
    assert_int_equal(unmount("m"), -E_INVAL);
    assert_int_equal(unmount("x"), -E_NOENT);
    assert_int_equal(mount_on("m"), 0);
    assert_int_equal(unlink_path("m"), -E_ISDIR);
    assert_int_equal(remove_path("m"), -E_BUSY);
    assert_int_equal(remove_path("m/"), -E_BUSY);
    assert_int_equal(client_move(ROOT, FILE_RENAME, "m", "k"), -E_BUSY);
    assert_int_equal(client_move(ROOT, FILE_RENAME, "n", "m"), -E_BUSY);
    assert_int_equal(client_move(ROOT, FILE_RENAME, "m", "m"), -E_BUSY);
    assert_int_equal(client_path(ROOT, FILE_MAKE_DIRECTORY, 0755, 0, "m", NULL), -E_EXIST);
    assert_int_equal(unmount("m/"), 0);
    assert_int_equal(remove_path("m"), 0);
    assert_int_equal(remove_path("n"), 0);
    assert_int_equal(unlink_path("f"), 0);
}

static long attach(const char *path, int parent)
{
    struct message m = {.label = FILE_ATTACH | (parent >= 0 ? MESSAGE_COPY : 0),
                        .word = {0, 0, (uint64_t)parent},
                        .buffer = (void *)path,
                        .length = strlen(path) | BUFFER_IN};

    return client_call(ROOT, &m);
}

static void test_mounted_server_knows_its_borders(void **state)
{
    char text[64];
    int parent = (int)channel_create(0, PARENT_BADGE);
    long directory;

    (void)state;
    make_directory("d");
    make_link("a", "/etc/x");
    assert_int_equal(attach("relative", parent), -E_INVAL);
    assert_int_equal(attach("/mnt/", parent), 0);
    assert_int_equal(attach("/mnt", parent), -E_BUSY);
    assert_goes_on(stat_path("..", 0), PARENT_BADGE, "");
    assert_goes_on(stat_path("d/../../e/f", 0), PARENT_BADGE, "e/f");
    assert_int_equal(stat_path("a/y", 0), FILE_GO_ON);
    assert_int_equal(client_reply.word[0], FILE_FROM_ROOT);
    assert_false(message_has_handle(&client_reply));
    assert_string_equal(client_rest, "/etc/x/y");
    assert_int_equal(stat_path("/q", 0), FILE_GO_ON);
    assert_string_equal(client_rest, "/q");

    directory = client_open(ROOT, "d", O_RDONLY, 0);
    assert_int_equal(
        client_transfer((int)directory, FILE_GET_PATH, 0, text, sizeof text, BUFFER_OUT), 6);
    assert_memory_equal(text, "/mnt/d", 6);
    assert_int_equal(attach("", HANDLE_NONE), -E_BUSY);
    client_close((int)directory);
    assert_int_equal(attach("", HANDLE_NONE), 0);
    assert_int_equal(attach("", HANDLE_NONE), -E_INVAL);
    assert_int_equal(stat_path("..", 0), 0);
    handle_close(parent);
    assert_int_equal(unlink_path("a"), 0);
    assert_int_equal(remove_path("d"), 0);
}

/* Who has no room for the rest of a path learns that, and no channel is lost. */
static void test_going_on_needs_a_buffer(void **state)
{
    char path[] = "m/abc";
    struct message m = {
        .label = FILE_OPEN, .buffer = path, .length = (sizeof path - 1) | BUFFER_IN};

    (void)state;
    make_directory("m");
    assert_int_equal(mount_on("m"), 0);
    assert_int_equal(client_call(ROOT, &m), -E_NAMETOOLONG);
    m = (struct message){.label = FILE_OPEN, .buffer = path, .length = 2 | BUFFER_IN};
    path[1] = '\0';
    assert_int_equal(client_call(ROOT, &m), FILE_GO_ON);
    handle_close(message_take_handle(&m));
    assert_int_equal(unmount("m"), 0);
    assert_int_equal(remove_path("m"), 0);
}

/* ---- places and numbers ---- */

static void assert_place(int directory, long expected, const char *path)
{
    char text[FILE_PATH_MAX];
    long length = client_transfer(directory, FILE_GET_PATH, 0, text, sizeof text, BUFFER_OUT);

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
    assert_int_equal(
        client_transfer((int)directory, FILE_GET_PATH, 0, little, sizeof little, BUFFER_OUT),
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
    make_directory("d");
    directory = client_open(ROOT, "d", O_RDONLY, 0);
    assert_int_equal(remove_path("d"), 0);
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
    make_directory("d");
    make_file("f", "text");
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
    assert_int_equal(unlink_path("d/g"), 0);
    assert_int_equal(unlink_path("f"), 0);
    assert_int_equal(remove_path("d"), 0);
}

static void test_badges_of_others_name_nothing(void **state)
{
    long file;
    uint64_t badge;
    struct message m = {.label = FILE_SEEK};

    (void)state;
    make_file("f", "");
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
    assert_int_equal(unlink_path("f"), 0);
}

static void test_read_only_refuses_every_change(void **state)
{
    long file;
    uint64_t number;
    struct file_change change = {.fields = FILE_CHANGE_MODE};
    struct message m = {
        .label = FILE_CHANGE, .buffer = &change, .length = sizeof change | BUFFER_IN | BUFFER_OUT};

    (void)state;
    make_file("f", "text");
    file = client_open(ROOT, "f", O_RDWR, 0);
    fs.read_only = true;
    assert_int_equal(client_open(ROOT, "f", O_WRONLY, 0), -E_ROFS);
    assert_int_equal(client_open(ROOT, "f", O_RDONLY | O_TRUNC, 0), -E_ROFS);
    assert_int_equal(client_open(ROOT, "g", O_RDONLY | O_CREAT, 0), -E_ROFS);
    assert_int_equal(client_open(ROOT, "f", O_WRONLY | O_CREAT | O_EXCL, 0), -E_EXIST);
    assert_int_equal(client_path(ROOT, FILE_MAKE_DIRECTORY, 0, 0, "d", NULL), -E_ROFS);
    assert_int_equal(client_path(ROOT, FILE_MAKE_DIRECTORY, 0, 0, "f", NULL), -E_EXIST);
    assert_int_equal(client_path(ROOT, FILE_SYMLINK, 0, 0, "s", "t"), -E_ROFS);
    assert_int_equal(unlink_path("f"), -E_ROFS);
    assert_int_equal(remove_path("f"), -E_ROFS);
    assert_int_equal(client_move(ROOT, FILE_RENAME, "f", "g"), -E_ROFS);
    assert_int_equal(client_move(ROOT, FILE_LINK, "f", "g"), -E_ROFS);
    assert_int_equal(client_call(ROOT, &m), -E_ROFS);
    assert_int_equal(client_transfer((int)file, FILE_WRITE, 0, "x", 1, BUFFER_IN), -E_ROFS);
    assert_int_equal(client_words((int)file, FILE_TRUNCATE, 0, 0), -E_ROFS);
    client_words((int)file, FILE_IDENTIFY, 0, 0);
    number = client_reply.word[0];
    assert_int_equal(client_path(ROOT, FILE_RENAME, number, 0, "f", "g"), -E_NOTDIR);
    fs.read_only = false;
    client_close((int)file);
    assert_text("f", "text");
    assert_int_equal(unlink_path("f"), 0);
}

/* ---- requests that make no sense ---- */

static void send_nonsense(struct chance *chance, uint64_t badge)
{
    static const uint64_t words[] = {0,         1,          2,          O_CREAT | O_RDWR,
                                     INT64_MAX, UINT64_MAX, 1ull << 63, 4096};
    static char bytes[3000];
    static const char alphabet[] = "ab./\0/m";
    size_t length = chance_below(chance, sizeof bytes);
    struct message m = {
        .label = chance_below(chance, 50) == 0 ? chance_next(chance) & MESSAGE_LABEL
                                               : FILE_OPEN + chance_below(chance, 26),
        .buffer = chance_below(chance, 20) == 0 ? NULL : bytes,
        .length = length | (uint64_t)chance_below(chance, 4) << 32,
    };
    int rider = HANDLE_NONE;

    for (size_t i = 0; i < length; i++)
        bytes[i] = alphabet[chance_below(chance, sizeof alphabet - 1)];
    for (int i = 0; i < 3; i++)
        m.word[i] = chance_below(chance, 4) == 0
                        ? chance_next(chance)
                        : words[chance_below(chance, sizeof words / sizeof words[0])];
    if (chance_below(chance, 6) == 0) {
        rider = (int)channel_create(0, OTHER_BADGE);
        m.label |= MESSAGE_COPY;
        m.word[2] = (uint64_t)rider;
    }
    long status = client_call(badge, &m);
    assert_true(status >= -4096);
    if (message_has_handle(&m)) {
        int channel = message_take_handle(&m);

        if ((handle_badge(channel) & FILE_SERVER_BADGE) != 0)
            client_close(channel);
        else
            handle_close(channel);
    }
    if (rider != HANDLE_NONE)
        handle_close(rider);
}

/* Removes everything below a directory. */
static void remove_all(const char *path)
{
    char entries[4096], below[2 * FILE_PATH_MAX + 4096];
    long directory, filled;

    while (true) {
        bool removed = false;

        directory = client_open(ROOT, path, O_RDONLY | O_DIRECTORY, 0);
        assert_true(directory >= 0);
        filled = client_transfer((int)directory, FILE_READ_DIRECTORY, 0, entries, sizeof entries,
                                 BUFFER_OUT);
        client_close((int)directory);
        for (long at = 0; at < filled;) {
            const struct file_entry *entry = (const void *)(entries + at);

            at += entry->length;
            if (strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0)
                continue;
            snprintf(below, sizeof below, "%s/%s", path, entry->name);
            unmount(below);
            if (unlink_path(below) != 0) {
                remove_all(below);
                assert_int_equal(remove_path(below), 0);
            }
            removed = true;
        }
        if (!removed)
            return;
    }
}

static void test_nonsense_is_answered_and_loses_nothing(void **state)
{
    struct chance chance = chance_seeded("test_file_server");
    long file, directory;

    (void)state;
    make_file("f", "text");
    make_directory("m");
    file = client_open(ROOT, "f", O_RDWR, 0);
    directory = client_open(ROOT, "m", O_RDONLY, 0);
    const uint64_t badges[] = {ROOT, handle_badge((int)file), handle_badge((int)directory)};
    for (int i = 0; i < 60000; i++)
        send_nonsense(&chance, badges[chance_below(&chance, 3)]);
    client_close((int)file);
    client_close((int)directory);
    remove_all("."); /* for an absolute path leaves a server that is mounted, as it may be now */
    (void)attach("", HANDLE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_walk_finds_what_paths_name, check_clean),
        cmocka_unit_test_teardown(test_walk_says_why_a_path_leads_nowhere, check_clean),
        cmocka_unit_test_teardown(test_walk_follows_just_so_many_links, check_clean),
        cmocka_unit_test_teardown(test_walk_ends_where_links_outgrow_the_buffer, check_clean),
        cmocka_unit_test_teardown(test_paths_have_a_length, check_clean),
        cmocka_unit_test_teardown(test_mounts_send_a_path_on, check_clean),
        cmocka_unit_test_teardown(test_mounts_protect_their_place, check_clean),
        cmocka_unit_test_teardown(test_mounted_server_knows_its_borders, check_clean),
        cmocka_unit_test_teardown(test_going_on_needs_a_buffer, check_clean),
        cmocka_unit_test_teardown(test_places_are_found_upwards, check_clean),
        cmocka_unit_test_teardown(test_removed_directory_has_no_place, check_clean),
        cmocka_unit_test_teardown(test_numbers_name_open_directories_only, check_clean),
        cmocka_unit_test_teardown(test_badges_of_others_name_nothing, check_clean),
        cmocka_unit_test_teardown(test_read_only_refuses_every_change, check_clean),
        cmocka_unit_test_teardown(test_nonsense_is_answered_and_loses_nothing, check_clean),
    };

    return cmocka_run_group_tests(tests, begin_all, NULL);
}
