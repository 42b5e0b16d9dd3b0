/* fdt.c - the structure of a device tree: tokens, nodes, properties.
 *
 * Invariant: once fdt_open has succeeded, every token of the structure block up to FDT_END is
 * complete, begins and ends pair up, properties precede children, and every name ends inside its
 * block. The walkers below rely on that and never test a bound again.
 *
 * Lock: none, see fdt.h.
 */
#include "fdt.h"

#include <string.h>

/* Devicetree Specification v0.4 §5.2, as offsets of 32-bit fields. */
enum {
    HEADER_MAGIC = 0,
    HEADER_TOTAL_SIZE = 4,
    HEADER_STRUCTURE = 8,
    HEADER_STRINGS = 12,
    HEADER_RESERVED = 16,
    HEADER_VERSION = 20,
    HEADER_LAST_COMPATIBLE = 24,
    HEADER_STRINGS_SIZE = 32,
    HEADER_STRUCTURE_SIZE = 36,
    HEADER_SIZE = 40,
    VERSION = 17,
    RESERVATION_SIZE = 16,
};
#define MAGIC 0xd00dfeedu

/* §5.4.1 */
enum {
    TOKEN_SIZE = 4,
    TOKEN_BEGIN_NODE = 1, /* then the name, padded */
    TOKEN_END_NODE = 2,
    TOKEN_PROPERTY = 3, /* then length of the value, offset of the name, the value, padded */
    TOKEN_NOP = 4,
    TOKEN_END = 9,
    PROPERTY_HEADER = 12,
};

static uint64_t pad(uint64_t size) { return (size + 3) & ~(uint64_t)3; }

uint32_t fdt_cell(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

enum error fdt_refuse(struct fdt *fdt, const struct fdt_node *node, const char *complaint)
{
    fdt->complaint = complaint;
    fdt->complaint_node = node ? fdt_node_name(node) : NULL;
    return E_INVAL;
}

/* --- Opening ---------------------------------------------------------------------------------- */

static enum error header_check(struct fdt *fdt, size_t available)
{
    const uint8_t *blob = fdt->blob;
    if (!blob || available < HEADER_SIZE)
        return fdt_refuse(fdt, NULL, "no room for a device tree header");
    if (fdt_cell(blob + HEADER_MAGIC) != MAGIC)
        return fdt_refuse(fdt, NULL, "not a device tree: wrong magic number");
    if (fdt_cell(blob + HEADER_VERSION) < VERSION ||
        fdt_cell(blob + HEADER_LAST_COMPATIBLE) > VERSION)
        return fdt_refuse(fdt, NULL, "device tree of an unknown version");
    fdt->size = fdt_cell(blob + HEADER_TOTAL_SIZE);
    if (fdt->size < HEADER_SIZE || fdt->size > available)
        return fdt_refuse(fdt, NULL, "device tree larger than the memory it stands in");
    return E_OK;
}

static enum error blocks_locate(struct fdt *fdt)
{
    uint64_t structure = fdt_cell(fdt->blob + HEADER_STRUCTURE);
    uint64_t strings = fdt_cell(fdt->blob + HEADER_STRINGS);
    uint64_t reserved = fdt_cell(fdt->blob + HEADER_RESERVED);
    fdt->structure_size = fdt_cell(fdt->blob + HEADER_STRUCTURE_SIZE);
    fdt->strings_size = fdt_cell(fdt->blob + HEADER_STRINGS_SIZE);
    if (structure < HEADER_SIZE || strings < HEADER_SIZE || reserved < HEADER_SIZE)
        return fdt_refuse(fdt, NULL, "a block of the device tree overlaps its header");
    if (structure % 4 != 0 || reserved % 8 != 0)
        return fdt_refuse(fdt, NULL, "a block of the device tree is not aligned");
    if (structure + fdt->structure_size > fdt->size || strings + fdt->strings_size > fdt->size ||
        reserved > fdt->size)
        return fdt_refuse(fdt, NULL, "a block of the device tree ends outside it");
    fdt->structure = fdt->blob + structure;
    fdt->strings = (const char *)fdt->blob + strings;
    fdt->reserved = fdt->blob + reserved;
    return E_OK;
}

/* The reservation block ends with an entry of zeros (§5.3.1). */
static enum error reservations_check(struct fdt *fdt)
{
    static const uint8_t end[RESERVATION_SIZE];
    const uint8_t *entry = fdt->reserved;
    while (fdt->blob + fdt->size - entry >= RESERVATION_SIZE) {
        if (memcmp(entry, end, RESERVATION_SIZE) == 0)
            return E_OK;
        entry += RESERVATION_SIZE;
    }
    return fdt_refuse(fdt, NULL, "the memory reservation block has no end");
}

/* Each of the next two checks the item at *offset, of which the token is known to be complete, and
 * moves *offset behind it. */
static enum error node_begin_check(struct fdt *fdt, uint64_t *offset)
{
    const uint8_t *name = fdt->structure + *offset + TOKEN_SIZE;
    const uint8_t *end = memchr(name, '\0', (size_t)(fdt->structure_size - *offset - TOKEN_SIZE));
    if (!end)
        return fdt_refuse(fdt, NULL, "the name of a node does not end");
    *offset += TOKEN_SIZE + pad((uint64_t)(end - name) + 1);
    return E_OK;
}

static enum error property_check(struct fdt *fdt, uint64_t *offset)
{
    const uint8_t *property = fdt->structure + *offset;
    if (fdt->structure_size - *offset < PROPERTY_HEADER)
        return fdt_refuse(fdt, NULL, "a property is cut off");
    uint64_t length = fdt_cell(property + 4);
    uint64_t name = fdt_cell(property + 8);
    if (length > fdt->structure_size - *offset - PROPERTY_HEADER)
        return fdt_refuse(fdt, NULL, "the value of a property does not end");
    if (name >= fdt->strings_size ||
        !memchr(fdt->strings + name, '\0', (size_t)(fdt->strings_size - name)))
        return fdt_refuse(fdt, NULL, "the name of a property is outside the strings");
    *offset += PROPERTY_HEADER + pad(length);
    return E_OK;
}

/* Where the walk of structure_check stands. */
struct structure_state {
    uint64_t offset;
    unsigned depth;     /* nodes begun and not yet ended */
    bool root_seen;     /* there is one, not more */
    bool property_fits; /* the node has no child so far (§5.4.2) */
};

static enum error token_check(struct fdt *fdt, uint32_t token, struct structure_state *state)
{
    switch (token) {
    case TOKEN_BEGIN_NODE:
        if (state->depth == 0 && state->root_seen)
            return fdt_refuse(fdt, NULL, "more than one root");
        if (state->depth++ == FDT_DEPTH_MAX)
            return fdt_refuse(fdt, NULL, "nodes nested too deep");
        state->root_seen = state->property_fits = true;
        return node_begin_check(fdt, &state->offset);
    case TOKEN_END_NODE:
        if (state->depth-- == 0)
            return fdt_refuse(fdt, NULL, "a node ends that never began");
        state->property_fits = false;
        state->offset += TOKEN_SIZE;
        return E_OK;
    case TOKEN_PROPERTY:
        if (!state->property_fits)
            return fdt_refuse(fdt, NULL, "a property outside a node or behind its children");
        return property_check(fdt, &state->offset);
    case TOKEN_NOP:
        state->offset += TOKEN_SIZE;
        return E_OK;
    default:
        return fdt_refuse(fdt, NULL, "unknown token");
    }
}

static enum error structure_check(struct fdt *fdt)
{
    struct structure_state state = {0};
    /* Padding may carry the offset past the end, hence no subtraction here. */
    while (state.offset + TOKEN_SIZE <= fdt->structure_size) {
        uint32_t token = fdt_cell(fdt->structure + state.offset);
        if (token == TOKEN_END) {
            if (state.depth != 0 || !state.root_seen)
                return fdt_refuse(fdt, NULL, "the tree ends inside a node or without a root");
            return E_OK;
        }
        enum error error = token_check(fdt, token, &state);
        if (error != E_OK)
            return error;
    }
    return fdt_refuse(fdt, NULL, "the structure block has no end");
}

enum error fdt_open(struct fdt *fdt, const void *blob, size_t available)
{
    *fdt = (struct fdt){.blob = blob};
    enum error error = header_check(fdt, available);
    if (error == E_OK)
        error = blocks_locate(fdt);
    if (error == E_OK)
        error = reservations_check(fdt);
    if (error == E_OK)
        error = structure_check(fdt);
    return error;
}

/* --- Walking ---------------------------------------------------------------------------------- */

static uint32_t token_at(const struct fdt *fdt, uint32_t offset)
{
    return fdt_cell(fdt->structure + offset);
}

/* The offset behind the item at `offset`. */
static uint32_t item_end(const struct fdt *fdt, uint32_t offset)
{
    const uint8_t *item = fdt->structure + offset;
    switch (fdt_cell(item)) {
    case TOKEN_BEGIN_NODE:
        return offset + TOKEN_SIZE + (uint32_t)pad(strlen((const char *)item + TOKEN_SIZE) + 1);
    case TOKEN_PROPERTY:
        return offset + PROPERTY_HEADER + (uint32_t)pad(fdt_cell(item + 4));
    default:
        return offset + TOKEN_SIZE;
    }
}

struct fdt_node fdt_root(struct fdt *fdt)
{
    struct fdt_node root = {.fdt = fdt};
    while (token_at(fdt, root.chain[0]) == TOKEN_NOP)
        root.chain[0] += TOKEN_SIZE;
    return root;
}

const char *fdt_node_name(const struct fdt_node *node)
{
    return (const char *)node->fdt->structure + node->chain[node->depth] + TOKEN_SIZE;
}

bool fdt_node_next(struct fdt_node *node)
{
    const struct fdt *fdt = node->fdt;
    uint32_t depth = node->depth;
    uint32_t offset = item_end(fdt, node->chain[depth]);
    for (;; offset = item_end(fdt, offset)) {
        uint32_t token = token_at(fdt, offset);
        if (token == TOKEN_BEGIN_NODE)
            break;
        if (token == TOKEN_END_NODE && depth-- == 0)
            return false;
    }
    node->depth = depth + 1;
    node->chain[depth + 1] = offset;
    return true;
}

bool fdt_node_child(const struct fdt_node *parent, struct fdt_node *child)
{
    struct fdt_node next = *parent;
    if (!fdt_node_next(&next) || next.depth <= parent->depth)
        return false;
    *child = next;
    return true;
}

bool fdt_node_skip(struct fdt_node *node)
{
    struct fdt_node next = *node;
    do {
        if (!fdt_node_next(&next))
            return false;
    } while (next.depth > node->depth);
    *node = next;
    return true;
}

bool fdt_node_sibling(struct fdt_node *node)
{
    struct fdt_node next = *node;
    if (!fdt_node_skip(&next) || next.depth < node->depth)
        return false;
    *node = next;
    return true;
}

bool fdt_property_next(const struct fdt_node *node, uint32_t *cursor, struct fdt_property *property)
{
    const struct fdt *fdt = node->fdt;
    uint32_t offset = *cursor ? *cursor : item_end(fdt, node->chain[node->depth]);
    while (token_at(fdt, offset) == TOKEN_NOP)
        offset += TOKEN_SIZE;
    if (token_at(fdt, offset) != TOKEN_PROPERTY)
        return false;
    const uint8_t *item = fdt->structure + offset;
    property->length = fdt_cell(item + 4);
    property->name = fdt->strings + fdt_cell(item + 8);
    property->value = item + PROPERTY_HEADER;
    *cursor = item_end(fdt, offset);
    return true;
}
