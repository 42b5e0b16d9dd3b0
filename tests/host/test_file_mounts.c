/* test_file_mounts.c - the library of file servers: what is mounted where, and requests that make
 * no sense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>

#include "file_client.h"
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
    client_make_directory("m");
    client_make_link("l", "m/x");
    assert_int_equal(client_mount("m", OTHER_BADGE), 0);
    assert_goes_on(client_stat("m", 0), OTHER_BADGE, "");
    assert_goes_on(client_stat("m/", FILE_NO_FOLLOW), OTHER_BADGE, "");
    assert_goes_on(client_stat("m//a/b/", 0), OTHER_BADGE, "a/b/");
    assert_goes_on(client_stat("l/y", 0), OTHER_BADGE, "x/y");
    assert_goes_on(client_open(ROOT, "m/f", O_CREAT | O_WRONLY, 0644), OTHER_BADGE, "f");
    assert_goes_on(client_unlink("m/f"), OTHER_BADGE, "f");
    assert_int_equal(client_stat("l", FILE_NO_FOLLOW), 0);
    assert_int_equal(client_unmount("m"), 0);
    assert_int_equal(client_stat("m", 0), 0);
    assert_int_equal(client_unlink("l"), 0);
    assert_int_equal(client_remove("m"), 0);
}

static void test_mounts_protect_their_place(void **state)
{
    (void)state;
    client_make_directory("m");
    client_make_directory("n");
    client_make_file("f", "");
    assert_int_equal(client_mount("/", OTHER_BADGE), -E_BUSY);
    assert_int_equal(client_mount("f", OTHER_BADGE), -E_NOTDIR);
    assert_int_equal(client_mount("x", OTHER_BADGE), -E_NOENT);
    assert_int_equal(client_unmount("m"), -E_INVAL);
    assert_int_equal(client_unmount("x"), -E_NOENT);
    assert_int_equal(client_mount("m", OTHER_BADGE), 0);
    assert_int_equal(client_unlink("m"), -E_ISDIR);
    assert_int_equal(client_remove("m"), -E_BUSY);
    assert_int_equal(client_remove("m/"), -E_BUSY);
    assert_int_equal(client_move(ROOT, FILE_RENAME, "m", "k"), -E_BUSY);
    assert_int_equal(client_move(ROOT, FILE_RENAME, "n", "m"), -E_BUSY);
    assert_int_equal(client_move(ROOT, FILE_RENAME, "m", "m"), -E_BUSY);
    assert_int_equal(client_path(ROOT, FILE_MAKE_DIRECTORY, 0755, 0, "m", NULL), -E_EXIST);
    assert_int_equal(client_unmount("m/"), 0);
    assert_int_equal(client_remove("m"), 0);
    assert_int_equal(client_remove("n"), 0);
    assert_int_equal(client_unlink("f"), 0);
}

static void test_mounted_server_knows_its_borders(void **state)
{
    char text[64];
    int parent = (int)channel_create(0, PARENT_BADGE);
    long directory;

    (void)state;
    client_make_directory("d");
    client_make_link("a", "/etc/x");
    assert_int_equal(client_attach("relative", parent), -E_INVAL);
    assert_int_equal(client_attach("/mnt/", parent), 0);
    assert_int_equal(client_attach("/mnt", parent), -E_BUSY);
    assert_goes_on(client_stat("..", 0), PARENT_BADGE, "");
    assert_goes_on(client_stat("d/../../e/f", 0), PARENT_BADGE, "e/f");
    assert_int_equal(client_stat("a/y", 0), FILE_GO_ON);
    assert_int_equal(client_reply.word[0], FILE_FROM_ROOT);
    assert_false(message_has_handle(&client_reply));
    assert_string_equal(client_rest, "/etc/x/y");
    assert_int_equal(client_stat("/q", 0), FILE_GO_ON);
    assert_string_equal(client_rest, "/q");

    directory = client_open(ROOT, "d", O_RDONLY, 0);
    assert_int_equal(client_transfer((int)directory, FILE_GET_PATH, 0, text, sizeof text), 6);
    assert_memory_equal(text, "/mnt/d", 6);
    assert_int_equal(client_attach("", HANDLE_NONE), -E_BUSY);
    client_close((int)directory);
    assert_int_equal(client_attach("", HANDLE_NONE), 0);
    assert_int_equal(client_attach("", HANDLE_NONE), -E_INVAL);
    assert_int_equal(client_stat("..", 0), 0);
    handle_close(parent);
    assert_int_equal(client_unlink("a"), 0);
    assert_int_equal(client_remove("d"), 0);
}

/* Who has no room for the rest of a path learns that, and no channel is lost. */
static void test_going_on_needs_a_buffer(void **state)
{
    char path[] = "m/abc";
    struct message m = {
        .label = FILE_OPEN, .buffer = path, .length = (sizeof path - 1) | BUFFER_IN};

    (void)state;
    client_make_directory("m");
    assert_int_equal(client_mount("m", OTHER_BADGE), 0);
    assert_int_equal(client_call(ROOT, &m), -E_NAMETOOLONG);
    m = (struct message){.label = FILE_OPEN, .buffer = path, .length = 2 | BUFFER_IN};
    path[1] = '\0';
    assert_int_equal(client_call(ROOT, &m), FILE_GO_ON);
    handle_close(message_take_handle(&m));
    assert_int_equal(client_unmount("m"), 0);
    assert_int_equal(client_remove("m"), 0);
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
        filled = client_transfer((int)directory, FILE_READ_DIRECTORY, 0, entries, sizeof entries);
        client_close((int)directory);
        for (long at = 0; at < filled;) {
            const struct file_entry *entry = (const void *)(entries + at);

            at += entry->length;
            if (strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0)
                continue;
            snprintf(below, sizeof below, "%s/%s", path, entry->name);
            client_unmount(below);
            if (client_unlink(below) != 0) {
                remove_all(below);
                assert_int_equal(client_remove(below), 0);
            }
            removed = true;
        }
        if (!removed)
            return;
    }
}

static void test_nonsense_is_answered_and_loses_nothing(void **state)
{
    struct chance chance = chance_seeded("test_file_mounts");
    long file, directory;

    (void)state;
    client_make_file("f", "text");
    client_make_directory("m");
    file = client_open(ROOT, "f", O_RDWR, 0);
    directory = client_open(ROOT, "m", O_RDONLY, 0);
    const uint64_t badges[] = {ROOT, handle_badge((int)file), handle_badge((int)directory)};
    for (int i = 0; i < 60000; i++)
        send_nonsense(&chance, badges[chance_below(&chance, 3)]);
    client_close((int)file);
    client_close((int)directory);
    remove_all("."); /* for an absolute path leaves a server that is mounted, as it may be now */
    (void)client_attach("", HANDLE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_mounts_send_a_path_on, check_clean),
        cmocka_unit_test_teardown(test_mounts_protect_their_place, check_clean),
        cmocka_unit_test_teardown(test_mounted_server_knows_its_borders, check_clean),
        cmocka_unit_test_teardown(test_going_on_needs_a_buffer, check_clean),
        cmocka_unit_test_teardown(test_nonsense_is_answered_and_loses_nothing, check_clean),
    };

    return cmocka_run_group_tests(tests, begin_all, NULL);
}
