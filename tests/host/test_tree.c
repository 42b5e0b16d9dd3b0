/* test_tree.c - initfs: the tree of an archive, names in it, directory entries. */
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

/* Looks the names of a path up one after the other. */
static enum error resolve(const char *path, uint32_t *node)
{
    enum error error = E_OK;

    *node = TREE_ROOT;
    for (path += strspn(path, "/"); error == E_OK && *path != '\0'; path += strspn(path, "/")) {
        /* A copy that ends where its block does: reading beyond the name is an error. */
        size_t length = strcspn(path, "/");
        char *copy = malloc(length);

        assert_non_null(copy);
        memcpy(copy, path, length);
        error = tree_look_up(&tree, *node, copy, length, node);
        free(copy);
        path += length;
    }
    return error;
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

static void test_tree_knows_no_other_names(void **state)
{
    (void)state;
    build_usual();
    assert_error("nothing", E_NOENT);
    assert_error("bin/nothing/x", E_NOENT);
    assert_error("bin/s", E_NOENT);
    assert_error("bin/shx", E_NOENT);
    assert_error("bin/.", E_NOENT);
    assert_error("bin/sh/x", E_NOENT);
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
    assert_int_equal(tree.node[TREE_ROOT].parent, TREE_ROOT);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_tree_finds_files_and_implied_directories, begin, end),
        cmocka_unit_test_setup_teardown(test_tree_knows_no_other_names, begin, end),
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
