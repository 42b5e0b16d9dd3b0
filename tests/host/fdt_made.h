#pragma once
/* fdt_made.h - makes small device trees by hand, with libfdt as the writer, and opens them.
 *
 * Include <cmocka.h> and what it needs first.
 */
#include "fdt_reference.h"
#include "untrusted.h"

static uint8_t made[16384];

#define CELLS(...) \
    sizeof((uint32_t[]){__VA_ARGS__}) / 4, (const uint32_t[]) { __VA_ARGS__ }

static inline void tree_begin(void)
{
    assert_int_equal(fdt_create_empty_tree(made, sizeof made), 0);
}

static inline int place(const char *path)
{
    int offset = fdt_path_offset(made, path);
    assert_true(offset >= 0);
    return offset;
}

/* Adds a node; it becomes the first child. */
static inline void node_add(const char *parent, const char *name)
{
    assert_true(fdt_add_subnode(made, place(parent), name) >= 0);
}

static inline void cells_set(const char *path, const char *name, size_t count,
                             const uint32_t *cells)
{
    assert_int_equal(fdt_setprop(made, place(path), name, NULL, 0), 0);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(fdt_appendprop_u32(made, place(path), name, cells[i]), 0);
}

/* `text` may be a list: the final NUL of the literal is part of it. */
static inline void text_set(const char *path, const char *name, const char *text, size_t size)
{
    assert_int_equal(fdt_setprop(made, place(path), name, text, (int)size), 0);
}
#define TEXT(text) text, sizeof(text)

/* Opens the tree in a block of exactly its size, which stands until the next call. */
static inline struct fdt tree_open(void)
{
    static struct block blob;
    struct fdt fdt;
    if (blob.bytes)
        block_free(blob);
    assert_int_equal(fdt_pack(made), 0);
    blob = block_copy(made, fdt_totalsize(made));
    assert_int_equal(fdt_open(&fdt, blob.bytes, blob.size), E_OK);
    assert_int_equal(fdt_open_into(made, made, sizeof made), 0);
    return fdt;
}

static inline struct fdt_node found(struct fdt *fdt, const char *path)
{
    struct fdt_node node;
    assert_int_equal(fdt_node_find(fdt, path, &node), E_OK);
    return node;
}

/* A refusal must say what was wrong, and where. */
static inline void assert_refused(struct fdt *fdt, enum error error, const char *node)
{
    assert_int_equal(error, E_INVAL);
    assert_non_null(fdt->complaint);
    if (node)
        assert_string_equal(fdt->complaint_node, node);
}
