/* contents.c - what is in a file: read, written, cut and lengthened, page by page. */
#include "ramfs.h"

#include <string.h>

#include "space.h"

static const char zeros[SPACE_PAGE];

/* How much of `length` bytes from `offset` on lies in the offset's page. */
static size_t in_page(uint64_t offset, size_t length)
{
    size_t rest = SPACE_PAGE - offset % SPACE_PAGE;

    return length < rest ? length : rest;
}

long ramfs_read(struct file_system *fs, struct file_node *node, uint64_t offset,
                struct file_transfer *to)
{
    size_t length, moved = 0;
    enum error error = E_OK;

    (void)fs;
    if (node->accessed_ns <= node->modified_ns || node->accessed_ns <= node->changed_ns)
        node->accessed_ns = node_now_ns();
    if (offset >= node->size)
        return 0;
    length = node->size - offset < to->length ? node->size - offset : to->length;
    while (moved < length && error == E_OK) {
        size_t piece = in_page(offset + moved, length - moved);
        const char *page = pages_find(&node->pages, (offset + moved) / SPACE_PAGE);

        error = file_transfer_out(to, page != NULL ? page + (offset + moved) % SPACE_PAGE : zeros,
                                  piece);
        if (error == E_OK)
            moved += piece;
    }
    return moved > 0 || error == E_OK ? (long)moved : -(long)error;
}

/* Into a page that the file does not have yet: it gets it only if all went well. */
static enum error write_new_page(struct file_node *node, uint64_t offset, size_t length,
                                 struct file_transfer *from)
{
    char *page = space_take_page();
    size_t start = offset % SPACE_PAGE;
    enum error error;

    if (page == NULL)
        return E_NOSPC;
    memset(page, 0, start);
    memset(page + start + length, 0, SPACE_PAGE - start - length);
    error = file_transfer_in(from, page + start, length);
    if (error == E_OK)
        error = pages_add(&node->pages, offset / SPACE_PAGE, page);
    if (error != E_OK)
        space_give_page(page);
    return error;
}

static enum error write_page(struct file_node *node, uint64_t offset, size_t length,
                             struct file_transfer *from)
{
    char *page = pages_find(&node->pages, offset / SPACE_PAGE);

    if (page == NULL)
        return write_new_page(node, offset, length, from);
    return file_transfer_in(from, page + offset % SPACE_PAGE, length);
}

long ramfs_write(struct file_system *fs, struct file_node *node, uint64_t *offset, bool append,
                 struct file_transfer *from)
{
    uint64_t at = append ? node->size : *offset;
    size_t length = from->length, moved = 0;
    enum error error = E_OK;

    (void)fs;
    *offset = at;
    if (length > INT64_MAX - at)
        length = INT64_MAX - at;
    if (length == 0)
        return -E_FBIG;
    while (moved < length && error == E_OK) {
        size_t piece = in_page(at + moved, length - moved);

        error = write_page(node, at + moved, piece, from);
        if (error == E_OK)
            moved += piece;
    }
    if (moved == 0)
        return -(long)error;
    if (at + moved > node->size)
        node->size = at + moved;
    node_modified(node);
    return (long)moved;
}

/* What lies behind the end in the last page is zero, so that it is when the file grows again. */
static void clear_rest(struct file_node *node, uint64_t size)
{
    char *page = pages_find(&node->pages, size / SPACE_PAGE);

    if (page != NULL)
        memset(page + size % SPACE_PAGE, 0, SPACE_PAGE - size % SPACE_PAGE);
}

enum error ramfs_truncate(struct file_system *fs, struct file_node *node, uint64_t size)
{
    (void)fs;
    if (size < node->size) {
        pages_cut(&node->pages, size / SPACE_PAGE + (size % SPACE_PAGE != 0));
        if (size % SPACE_PAGE != 0)
            clear_rest(node, size);
    }
    node->size = size;
    node_modified(node);
    return E_OK;
}
