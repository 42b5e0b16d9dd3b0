/* test_tree.c - initfs: the tree of an archive, path resolution, directory entries, open files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/file.h"
#include "servers/initfs/directory.h"
#include "servers/initfs/files.h"
#include "servers/initfs/tree.h"
#include "untrusted.h"

enum { FILE_MODE = 0100644, DIRECTORY_MODE = 0040755, LINK_MODE = 0120777 };

/* An archive under construction. */
struct archive {
    size_t size;
    char bytes[1 << 20];
};

static struct archive archive;
static struct tree tree;

static void add_bytes(const void *bytes, size_t size)
{
    assert_true(archive.size + size + 4 < sizeof archive.bytes);
    memcpy(archive.bytes + archive.size, bytes, size);
    archive.size += size;
    while (archive.size % 4 != 0)
        archive.bytes[archive.size++] = '\0';
}

static void add(const char *name, unsigned mode, const char *data)
{
    char head[128 + FILE_PATH_MAX * 2];
    size_t size = strlen(data);
    int length = snprintf(
        head, sizeof head, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%s", 0u, mode,
        0u, 0u, 1u, 7u, (unsigned)size, 0u, 0u, 0u, 0u, (unsigned)strlen(name) + 1, 0u, name);

    add_bytes(head, (size_t)length + 1);
    add_bytes(data, size);
}

static int begin(void **state)
{
    (void)state;
    archive.size = 0;
    return 0;
}

static void build(void)
{
    add("TRAILER!!!", 0, "");
    assert_int_equal(
        tree_build(&tree, &(struct cpio){.bytes = archive.bytes, .size = archive.size}), E_OK);
}

static int end(void **state)
{
    (void)state;
    tree_destroy(&tree);
    return 0;
}

static enum error resolve_from(uint32_t start, const char *path, uint32_t *node)
{
    /* A copy that ends where its block does: reading beyond the path is an error. */
    size_t length = strlen(path);
    char *copy = calloc(1, length > 0 ? length : 1);

    assert_non_null(copy);
    memcpy(copy, path, length);
    enum error error = tree_resolve(&tree, start, copy, length, node);
    free(copy);
    return error;
}

static enum error resolve(const char *path, uint32_t *node)
{
    return resolve_from(TREE_ROOT, path, node);
}

static uint32_t node_at(const char *path)
{
    uint32_t node = UINT32_MAX;

    assert_int_equal(resolve(path, &node), E_OK);
    return node;
}

static void assert_error(const char *path, enum error expected)
{
    uint32_t node;

    assert_int_equal(resolve(path, &node), expected);
}

static void assert_data(const char *path, const char *expected)
{
    const struct tree_node *node = &tree.node[node_at(path)];

    assert_int_equal(node->size, strlen(expected));
    assert_memory_equal(node->data, expected, node->size);
}

static void build_usual(void)
{
    add("bin", DIRECTORY_MODE, "");
    add("bin/sh", FILE_MODE, "shell");
    add("bin/cat", FILE_MODE, "cat");
    add("bin-x", FILE_MODE, "beside");
    add("etc/deep/er/servers", FILE_MODE, "table");
    add("etc/here", LINK_MODE, "deep/er");
    add("up", LINK_MODE, "../bin/./sh");
    add("absolute", LINK_MODE, "/etc/here/servers");
    add("slashed", LINK_MODE, "bin/");
    add("file-slashed", LINK_MODE, "bin/sh/");
    add("dangling", LINK_MODE, "nowhere");
    add("empty", LINK_MODE, "");
    add("loop", LINK_MODE, "loop");
    build();
}

static void test_tree_finds_files_and_implied_directories(void **state)
{
    (void)state;
    build_usual();
    assert_data("bin/sh", "shell");
    assert_data("/bin/cat", "cat");
    assert_data("bin-x", "beside");
    assert_data("//etc///deep/er/servers", "table");
    assert_true(tree_is_directory(&tree.node[node_at("etc/deep/er")]));
    assert_true(tree.node[node_at("etc/deep")].implied);
    assert_false(tree.node[node_at("bin")].implied);
    assert_null(tree.complaint);
}

static void test_tree_knows_dot_and_dot_dot(void **state)
{
    (void)state;
    build_usual();
    assert_int_equal(node_at("."), TREE_ROOT);
    assert_int_equal(node_at(""), TREE_ROOT);
    assert_int_equal(node_at("/"), TREE_ROOT);
    assert_int_equal(node_at(".."), TREE_ROOT);
    assert_int_equal(node_at("../../bin/../etc/./deep/.."), node_at("etc"));
    assert_error("bin/sh/.", E_NOTDIR);
    assert_error("bin/sh/..", E_NOTDIR);
}

static void test_tree_starts_where_it_is_told(void **state)
{
    uint32_t node;

    (void)state;
    build_usual();
    assert_int_equal(resolve_from(node_at("etc/deep"), "er/servers", &node), E_OK);
    assert_int_equal(node, node_at("etc/deep/er/servers"));
    assert_int_equal(resolve_from(node_at("etc/deep"), "/bin/sh", &node), E_OK);
    assert_int_equal(node, node_at("bin/sh"));
    assert_int_equal(resolve_from(node_at("bin/sh"), "", &node), E_OK);
    assert_int_equal(node, node_at("bin/sh"));
    assert_int_equal(resolve_from(node_at("bin/sh"), "x", &node), E_NOTDIR);
}

static void test_tree_slash_at_the_end_asks_for_a_directory(void **state)
{
    (void)state;
    build_usual();
    assert_int_equal(node_at("bin/"), node_at("bin"));
    assert_int_equal(node_at("slashed"), node_at("bin"));
    assert_error("bin/sh/", E_NOTDIR);
    assert_error("file-slashed", E_NOTDIR);
    assert_error("up/", E_NOTDIR);
    assert_int_equal(node_at("etc/here/"), node_at("etc/deep/er"));
}

static void test_tree_follows_links(void **state)
{
    (void)state;
    build_usual();
    assert_data("up", "shell");
    assert_data("absolute", "table");
    assert_data("etc/here/../er/servers", "table");
    assert_error("dangling", E_NOENT);
    assert_error("empty", E_NOENT);
    assert_error("loop", E_LOOP);
    assert_error("loop/x", E_LOOP);
}

static void test_tree_follows_just_so_many_links(void **state)
{
    char name[16], target[16];

    (void)state;
    add("l0", FILE_MODE, "end");
    for (int i = 1; i <= TREE_LINKS_MAX + 1; i++) {
        snprintf(name, sizeof name, "l%d", i);
        snprintf(target, sizeof target, "l%d", i - 1);
        add(name, LINK_MODE, target);
    }
    build();
    snprintf(name, sizeof name, "l%d", TREE_LINKS_MAX);
    assert_data(name, "end");
    snprintf(name, sizeof name, "l%d", TREE_LINKS_MAX + 1);
    assert_error(name, E_LOOP);
}

static void test_tree_refuses_bad_paths(void **state)
{
    char longest[FILE_PATH_MAX + 2];
    uint32_t node;

    (void)state;
    build_usual();
    assert_error("nothing", E_NOENT);
    assert_error("bin/nothing/x", E_NOENT);
    assert_error("bin/s", E_NOENT);
    assert_error("bin/shx", E_NOENT);
    assert_error("bin/sh/x", E_NOTDIR);
    assert_int_equal(tree_resolve(&tree, TREE_ROOT, "bin\0", 4, &node), E_INVAL);
    memset(longest, '/', sizeof longest);
    assert_int_equal(tree_resolve(&tree, TREE_ROOT, longest, FILE_PATH_MAX, &node), E_OK);
    assert_int_equal(tree_resolve(&tree, TREE_ROOT, longest, FILE_PATH_MAX + 1, &node),
                     E_NAMETOOLONG);
    memset(longest, 'x', sizeof longest);
    assert_int_equal(tree_resolve(&tree, TREE_ROOT, longest, FILE_NAME_MAX, &node), E_NOENT);
    assert_int_equal(tree_resolve(&tree, TREE_ROOT, longest, FILE_NAME_MAX + 1, &node),
                     E_NAMETOOLONG);
}

static void test_tree_keeps_the_later_of_two_entries(void **state)
{
    (void)state;
    add("a", FILE_MODE, "old");
    add("a", FILE_MODE, "new");
    add("d/x", FILE_MODE, "inside");
    add("d", FILE_MODE, "a file with files in it cannot be");
    add("e/x", FILE_MODE, "inside");
    add("e", DIRECTORY_MODE & ~0777u, "");
    build();
    assert_data("a", "new");
    assert_data("d/x", "inside");
    assert_true(tree_is_directory(&tree.node[node_at("d")]));
    assert_int_equal(tree.node[node_at("e")].mode, DIRECTORY_MODE & ~0777u);
    assert_int_equal(tree.node[TREE_ROOT].child_count, 3);
}

static void test_tree_leaves_out_impossible_names(void **state)
{
    (void)state;
    add("a/../b", FILE_MODE, "");
    add("c//d", FILE_MODE, "");
    add("e/.", FILE_MODE, "");
    add("good//", DIRECTORY_MODE, "");
    build();
    assert_non_null(tree.complaint);
    assert_int_equal(tree.node[TREE_ROOT].child_count, 1);
    assert_error("a", E_NOENT);
    node_at("good");
}

static void test_tree_keeps_what_stands_before_damage(void **state)
{
    (void)state;
    add("good", FILE_MODE, "text");
    add_bytes("no archive goes on like this, but it is long enough to hold a whole header of one, "
              "or so one should think",
              100);
    assert_int_equal(
        tree_build(&tree, &(struct cpio){.bytes = archive.bytes, .size = archive.size}), E_OK);
    assert_non_null(tree.complaint);
    assert_data("good", "text");
}

static void test_tree_of_an_empty_archive_is_a_root(void **state)
{
    (void)state;
    build();
    assert_int_equal(tree.count, 1);
    assert_int_equal(node_at(".."), TREE_ROOT);
    assert_error("x", E_NOENT);
}

/* Each node's path, written out, leads to it; names that are not there are not found. */
static void test_tree_resolves_every_path_of_a_random_archive(void **state)
{
    static const char letters[] = "ab-./"; /* '-' sorts before '/', which has to be minded */
    struct chance chance = chance_seeded("test_tree");

    (void)state;
    for (int round = 0; round < 200; round++) {
        archive.size = 0;
        for (int i = 0; i < 60; i++) {
            char name[12];
            size_t length = 1 + chance_below(&chance, sizeof name - 1);

            for (size_t k = 0; k < length; k++)
                name[k] = letters[chance_below(&chance, sizeof letters - 1)];
            name[length - 1] = '\0';
            add(name, chance_below(&chance, 4) == 0 ? DIRECTORY_MODE : FILE_MODE, name);
        }
        build();
        for (uint32_t i = 0; i < tree.count; i++) {
            const struct tree_node *node = &tree.node[i];
            char path[32];

            snprintf(path, sizeof path, "/%.*s", (int)node->path_length, node->path);
            assert_int_equal(node_at(path), i);
            assert_true(i == TREE_ROOT || node->parent < i);
            assert_true(tree_is_directory(&tree.node[node->parent]));
            strcat(path, "z");
            assert_error(path, E_NOENT);
        }
        tree_destroy(&tree);
    }
}

/* ---- directory entries ---- */

static void test_directory_lists_all_entries_whatever_the_buffer(void **state)
{
    (void)state;
    build_usual();
    for (size_t size = 24; size < 400; size += 8) {
        static const char *const expected[] = {
            ".",     "..",  "absolute",     "bin",  "bin-x",   "dangling",
            "empty", "etc", "file-slashed", "loop", "slashed", "up"};
        char buffer[400];
        uint64_t position = 0;
        unsigned seen = 0;
        long filled;

        while ((filled = directory_fill(&tree, TREE_ROOT, &position, buffer, size)) > 0) {
            for (long at = 0; at < filled;) {
                const struct file_entry *entry = (const struct file_entry *)(buffer + at);

                assert_int_equal(entry->length % 8, 0);
                assert_true(seen < sizeof expected / sizeof expected[0]);
                assert_string_equal(entry->name, expected[seen]);
                assert_int_equal(entry->inode,
                                 seen < 2 ? 1
                                          : directory_inode(tree.node[0].first_child + seen - 2));
                seen++;
                at += entry->length;
            }
        }
        assert_int_equal(filled, 0);
        assert_int_equal(seen, sizeof expected / sizeof expected[0]);
    }
}

static void test_directory_tells_types_and_parent(void **state)
{
    char buffer[256];
    const struct file_entry *entry = (const struct file_entry *)buffer;
    uint64_t position = 1;

    (void)state;
    build_usual();
    assert_true(directory_fill(&tree, node_at("etc/deep"), &position, buffer, 24) > 0);
    assert_string_equal(entry->name, "..");
    assert_int_equal(entry->inode, directory_inode(node_at("etc")));
    assert_int_equal(entry->type, DIRECTORY_MODE >> 12);
    position = 2;
    assert_true(directory_fill(&tree, node_at("bin"), &position, buffer, 24) > 0);
    assert_string_equal(entry->name, "cat");
    assert_int_equal(entry->type, FILE_MODE >> 12);
}

static void test_directory_refuses_a_buffer_without_room(void **state)
{
    char buffer[16];
    uint64_t position = 0;

    (void)state;
    build_usual();
    assert_int_equal(directory_fill(&tree, TREE_ROOT, &position, buffer, 15), -E_INVAL);
    assert_int_equal(directory_fill(&tree, TREE_ROOT, &position, buffer, 0), -E_INVAL);
    assert_int_equal(position, 0);
    position = UINT64_MAX;
    assert_int_equal(directory_fill(&tree, TREE_ROOT, &position, buffer, 16), 0);
}

/* ---- open files ---- */

static void test_files_keep_their_records_apart_and_reuse_them(void **state)
{
    enum { FILES = 1000 };
    static uint64_t badge[FILES];

    (void)state;
    files_init(7);
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < FILES; i++) {
            assert_int_equal(files_open(i, &badge[i]), E_OK);
            files_find(badge[i])->position = i * 10;
        }
        for (uint32_t i = 0; i < FILES; i++) {
            assert_int_equal(files_find(badge[i])->node, i);
            assert_int_equal(files_find(badge[i])->position, i * 10);
        }
        for (uint32_t i = 0; i < FILES; i++) {
            files_close(badge[i]);
            assert_null(files_find(badge[i]));
            files_close(badge[i]); /* a badge that names nothing is passed over */
        }
        assert_true((uint32_t)badge[FILES - 1] < 2 * FILES); /* the table did not grow again */
    }
}

static void test_files_of_another_start_are_unknown(void **state)
{
    uint64_t badge;

    (void)state;
    files_init(1);
    assert_int_equal(files_open(5, &badge), E_OK);
    assert_null(files_find(badge ^ (uint64_t)3 << 32));
    assert_null(files_find((uint64_t)1 << 32));
    assert_null(files_find((uint64_t)1 << 32 | UINT32_MAX));
    assert_null(files_find((uint32_t)badge));
    files_close(badge);
}

static void test_files_root_is_always_open(void **state)
{
    (void)state;
    files_init(0);
    files_close(FILES_ROOT_BADGE);
    assert_non_null(files_find(FILES_ROOT_BADGE));
    assert_int_equal(files_find(FILES_ROOT_BADGE)->node, TREE_ROOT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_tree_finds_files_and_implied_directories, begin, end),
        cmocka_unit_test_setup_teardown(test_tree_knows_dot_and_dot_dot, begin, end),
        cmocka_unit_test_setup_teardown(test_tree_starts_where_it_is_told, begin, end),
        cmocka_unit_test_setup_teardown(test_tree_slash_at_the_end_asks_for_a_directory, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_tree_follows_links, begin, end),
        cmocka_unit_test_setup_teardown(test_tree_follows_just_so_many_links, begin, end),
        cmocka_unit_test_setup_teardown(test_tree_refuses_bad_paths, begin, end),
        cmocka_unit_test_setup_teardown(test_tree_keeps_the_later_of_two_entries, begin, end),
        cmocka_unit_test_setup_teardown(test_tree_leaves_out_impossible_names, begin, end),
        cmocka_unit_test_setup_teardown(test_tree_keeps_what_stands_before_damage, begin, end),
        cmocka_unit_test_setup_teardown(test_tree_of_an_empty_archive_is_a_root, begin, end),
        cmocka_unit_test_setup_teardown(test_tree_resolves_every_path_of_a_random_archive, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_directory_lists_all_entries_whatever_the_buffer, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_directory_tells_types_and_parent, begin, end),
        cmocka_unit_test_setup_teardown(test_directory_refuses_a_buffer_without_room, begin, end),
        cmocka_unit_test(test_files_keep_their_records_apart_and_reuse_them),
        cmocka_unit_test(test_files_of_another_start_are_unknown),
        cmocka_unit_test(test_files_root_is_always_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
