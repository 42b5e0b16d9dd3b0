/* test_fdt_structure.c - the structure of device trees made by hand: what is refused, how nodes and
 * properties are found.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fdt_made.h"

/* --- The blob --------------------------------------------------------------------------------- */

static void header_breaks(size_t field, uint32_t value, const char *complaint)
{
    struct block blob = block_copy(made, sizeof made);
    struct fdt fdt;
    word_write_big(blob.bytes + field, value);
    assert_int_equal(fdt_open(&fdt, blob.bytes, blob.size), E_INVAL);
    assert_non_null(strstr(fdt.complaint, complaint));
    assert_null(fdt.complaint_node);
    block_free(blob);
}

static void test_fdt_refuses_each_broken_header_field(void **state)
{
    (void)state;
    tree_begin();
    header_breaks(0, 0xedfe0dd0, "magic");
    header_breaks(4, 39, "larger");
    header_breaks(4, sizeof made + 1, "larger");
    header_breaks(8, 0, "overlaps its header");
    header_breaks(8, 58, "not aligned");
    header_breaks(8, 0xfffffffc, "ends outside");
    header_breaks(12, 36, "overlaps its header");
    header_breaks(12, 0xffffffff, "ends outside");
    header_breaks(16, 4, "overlaps its header");
    header_breaks(16, 44, "not aligned");
    header_breaks(16, 0xfffffff8, "ends outside");
    header_breaks(20, 16, "version");
    header_breaks(24, 18, "version");
    header_breaks(32, 0xffffffff, "ends outside");
    header_breaks(36, 0xffffffff, "ends outside");
    struct fdt fdt;
    assert_refused(&fdt, fdt_open(&fdt, NULL, 4096), NULL);
}

/* Opens a blob with these words as structure block, after 40 bytes of header and an empty
 * reservation block, and "a" as strings block. */
static void structure_gives(enum error expected, const char *complaint, size_t count,
                            const uint32_t *words)
{
    uint32_t size = (uint32_t)count * 4;
    const uint32_t header[14] = {0xd00dfeed, 56 + size + 2, 56, 56 + size, 40, 17, 16, 0, 2, size};
    struct block blob = {malloc(56 + size + 2), 56 + size + 2};
    assert_non_null(blob.bytes);
    for (size_t i = 0; i < 14; i++)
        word_write_big(blob.bytes + 4 * i, header[i]);
    for (size_t i = 0; i < count; i++)
        word_write_big(blob.bytes + 56 + 4 * i, words[i]);
    memcpy(blob.bytes + 56 + size, "a", 2);
    struct fdt fdt;
    assert_int_equal(fdt_open(&fdt, blob.bytes, blob.size), expected);
    if (complaint)
        assert_non_null(strstr(fdt.complaint, complaint));
    if (expected == E_OK) {
        struct fdt_node root = fdt_root(&fdt), node;
        assert_string_equal(fdt_node_name(&root), "");
        assert_int_equal(fdt_node_find(&fdt, "alias", &node), E_NOENT);
    }
    block_free(blob);
}

enum { BEGIN = 1, END_NODE = 2, PROPERTY = 3, NOP = 4, END = 9 };

static void test_fdt_refuses_each_broken_structure(void **state)
{
    (void)state;
    structure_gives(E_OK, NULL, CELLS(BEGIN, 0, END_NODE, END));
    structure_gives(E_OK, NULL, CELLS(NOP, BEGIN, 0, NOP, PROPERTY, 0, 0, NOP, END_NODE, NOP, END));
    structure_gives(E_INVAL, "without a root", CELLS(END));
    structure_gives(E_INVAL, "without a root", CELLS(BEGIN, 0, END));
    structure_gives(E_INVAL, "no end", CELLS(BEGIN, 0, END_NODE));
    structure_gives(E_INVAL, "never began", CELLS(END_NODE, END));
    structure_gives(E_INVAL, "more than one", CELLS(BEGIN, 0, END_NODE, BEGIN, 0, END_NODE, END));
    structure_gives(E_INVAL, "unknown token", CELLS(BEGIN, 0, 5, END_NODE, END));
    structure_gives(E_INVAL, "name of a node", CELLS(BEGIN, 0x61616161));
    structure_gives(E_INVAL, "name of a node", CELLS(BEGIN));
    structure_gives(E_INVAL, "outside a node", CELLS(PROPERTY, 0, 0, END));
    structure_gives(E_INVAL, "behind its children",
                    CELLS(BEGIN, 0, BEGIN, 0x61000000, END_NODE, PROPERTY, 0, 0, END_NODE, END));
    structure_gives(E_INVAL, "cut off", CELLS(BEGIN, 0, PROPERTY, 0));
    structure_gives(E_INVAL, "value of a property", CELLS(BEGIN, 0, PROPERTY, 1, 0));
    structure_gives(E_INVAL, "value of a property", CELLS(BEGIN, 0, PROPERTY, UINT32_MAX, 0, END));
    structure_gives(E_INVAL, "outside the strings", CELLS(BEGIN, 0, PROPERTY, 0, 2, END_NODE, END));
    structure_gives(E_OK, NULL, CELLS(BEGIN, 0, PROPERTY, 0, 1, END_NODE, END));
}

static void test_fdt_refuses_reservations_without_end(void **state)
{
    (void)state;
    tree_begin();
    assert_int_equal(fdt_pack(made), 0);
    struct block blob = block_copy(made, fdt_totalsize(made));
    struct fdt fdt;
    /* The block now starts in the last 8 bytes. */
    word_write_big(blob.bytes + 16, (uint32_t)(blob.size - 8) & ~7u);
    assert_refused(&fdt, fdt_open(&fdt, blob.bytes, blob.size), NULL);
    assert_non_null(strstr(fdt.complaint, "reservation"));
    block_free(blob);
}

static void test_fdt_bounds_the_depth(void **state)
{
    (void)state;
    uint32_t words[3 * FDT_DEPTH_MAX + 4] = {0};
    for (unsigned depth = FDT_DEPTH_MAX; depth <= FDT_DEPTH_MAX + 1; depth++) {
        for (unsigned i = 0; i < depth; i++) {
            words[2 * i] = BEGIN;
            words[2 * i + 1] = 0;
            words[2 * depth + i] = END_NODE;
        }
        words[3 * depth] = END;
        bool fits = depth == FDT_DEPTH_MAX;
        structure_gives(fits ? E_OK : E_INVAL, fits ? NULL : "too deep", 3 * depth + 1, words);
    }
}

/* --- Nodes and properties --------------------------------------------------------------------- */

static void test_fdt_finds_by_path_and_alias(void **state)
{
    (void)state;
    tree_begin();
    node_add("/", "soc");
    node_add("/soc", "serial@20");
    node_add("/soc", "serial@10");
    node_add("/soc", "odd@1@2");
    node_add("/", "aliases");
    text_set("/aliases", "serial0", TEXT("/soc/serial@20"));
    text_set("/aliases", "bus", TEXT("/soc"));
    text_set("/aliases", "loop", TEXT("loop"));
    text_set("/aliases", "relative", TEXT("soc"));
    struct fdt fdt = tree_open();
    struct fdt_node node;
    static const char *const same[] = {"/soc/serial@20", "serial0",           "serial0:115200n8",
                                       "bus/serial@20",  "//soc//serial@20/", "/soc/serial@20:x/y"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        node = found(&fdt, same[i]);
        assert_string_equal(fdt_node_name(&node), "serial@20");
    }
    node = found(&fdt, "/soc/serial");
    assert_string_equal(fdt_node_name(&node), "serial@10");
    node = found(&fdt, "/");
    assert_int_equal(node.depth, 0);
    static const char *const missing[] = {
        "/soc/serial@1", "/soc/seria", "/so",       "/soc/odd@1", "serial",
        "loop",          "relative",   "serial0/x", "",           "/soc/serial@20/x"};
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
        assert_int_equal(fdt_node_find(&fdt, missing[i], &node), E_NOENT);
}

static void test_fdt_path_needs_its_room(void **state)
{
    (void)state;
    tree_begin();
    node_add("/", "soc");
    node_add("/soc", "serial@20");
    struct fdt fdt = tree_open();
    struct fdt_node node = found(&fdt, "/soc/serial@20"), root = fdt_root(&fdt);
    char path[15];
    for (size_t size = 0; size < sizeof path; size++)
        assert_int_equal(fdt_node_path(&node, path, size), E_NAMETOOLONG);
    assert_int_equal(fdt_node_path(&node, path, sizeof path), E_OK);
    assert_string_equal(path, "/soc/serial@20");
    assert_int_equal(fdt_node_path(&root, path, 1), E_NAMETOOLONG);
    assert_int_equal(fdt_node_path(&root, path, 2), E_OK);
    assert_string_equal(path, "/");
}

static void test_fdt_walks_in_order(void **state)
{
    (void)state;
    tree_begin();
    node_add("/", "c");
    node_add("/", "a");
    node_add("/a", "b");
    node_add("/a/b", "bb");
    struct fdt fdt = tree_open();
    struct fdt_node node = fdt_root(&fdt), other;
    static const char *const order[] = {"a", "b", "bb", "c"};
    for (size_t i = 0; i < 4; i++) {
        assert_true(fdt_node_next(&node));
        assert_string_equal(fdt_node_name(&node), order[i]);
    }
    assert_false(fdt_node_next(&node));
    assert_string_equal(fdt_node_name(&node), "c");
    node = found(&fdt, "/a/b");
    assert_false(fdt_node_sibling(&node));
    assert_true(fdt_node_child(&node, &other));
    assert_false(fdt_node_child(&other, &node));
    assert_true(fdt_node_skip(&node));
    assert_string_equal(fdt_node_name(&node), "c");
    assert_false(fdt_node_skip(&node));
    node = found(&fdt, "/a");
    assert_true(fdt_node_sibling(&node));
    assert_string_equal(fdt_node_name(&node), "c");
}

static void test_fdt_properties_have_types(void **state)
{
    (void)state;
    tree_begin();
    cells_set("/", "one", CELLS(0xfedcba98));
    cells_set("/", "two", CELLS(1, 2));
    cells_set("/", "three", CELLS(1, 2, 3));
    text_set("/", "text", TEXT("hello"));
    text_set("/", "open", "hello", 5);
    text_set("/", "list", TEXT("a\0bc\0d"));
    text_set("/", "open-list", "a\0b", 3);
    text_set("/", "nothing", "", 0);
    struct fdt fdt = tree_open();
    struct fdt_node root = fdt_root(&fdt);
    uint32_t word = 7;
    uint64_t number = 7;
    const char *text = NULL;
    assert_int_equal(fdt_property_u32(&root, "one", &word), E_OK);
    assert_int_equal(word, 0xfedcba98);
    assert_refused(&fdt, fdt_property_u32(&root, "two", &word), "");
    assert_int_equal(fdt_property_u64(&root, "one", &number), E_OK);
    assert_int_equal(number, 0xfedcba98);
    assert_int_equal(fdt_property_u64(&root, "two", &number), E_OK);
    assert_int_equal(number, 0x100000002);
    assert_refused(&fdt, fdt_property_u64(&root, "three", &number), "");
    assert_refused(&fdt, fdt_property_u64(&root, "nothing", &number), "");
    assert_int_equal(fdt_property_u64(&root, "missing", &number), E_NOENT);
    assert_int_equal(number, 0x100000002);
    assert_int_equal(fdt_property_string(&root, "text", &text), E_OK);
    assert_string_equal(text, "hello");
    assert_refused(&fdt, fdt_property_string(&root, "open", &text), "");
    assert_refused(&fdt, fdt_property_string(&root, "nothing", &text), "");
    assert_int_equal(fdt_property_string(&root, "missing", &text), E_NOENT);
    assert_true(fdt_property_lists(&root, "list", "bc") && fdt_property_lists(&root, "list", "d"));
    assert_false(fdt_property_lists(&root, "list", "b") || fdt_property_lists(&root, "list", "c"));
    assert_true(fdt_property_lists(&root, "open-list", "a"));
    assert_false(fdt_property_lists(&root, "open-list", "b"));
    assert_false(fdt_property_lists(&root, "nothing", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fdt_refuses_each_broken_header_field),
        cmocka_unit_test(test_fdt_refuses_each_broken_structure),
        cmocka_unit_test(test_fdt_refuses_reservations_without_end),
        cmocka_unit_test(test_fdt_bounds_the_depth),
        cmocka_unit_test(test_fdt_finds_by_path_and_alias),
        cmocka_unit_test(test_fdt_path_needs_its_room),
        cmocka_unit_test(test_fdt_walks_in_order),
        cmocka_unit_test(test_fdt_properties_have_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
