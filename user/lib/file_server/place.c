/* place.c - FILE_GET_PATH: where a directory is, found upwards from it.
 *
 * In each directory above, the entry with the inode number of the one below is looked for. The text
 * grows from the end of a buffer to its beginning.
 */
#include "request.h"

#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include "mounts.h"

enum { ENTRIES_SIZE = 2048 };

struct place {
    const struct file_request *request;
    char text[FILE_PATH_MAX];
    char *begin;
};

static enum error prepend(struct place *place, const char *text, size_t length)
{
    if (length > (size_t)(place->begin - place->text))
        return E_RANGE;
    place->begin -= length;
    memcpy(place->begin, text, length);
    return E_OK;
}

static uint64_t inode_of(const struct place *place, struct file_node *node)
{
    struct file_status status = {0};

    place->request->fs->operations->stat(place->request->fs, node, &status);
    return status.inode;
}

static bool is_dots(const char *name) { return strcmp(name, ".") == 0 || strcmp(name, "..") == 0; }

/* Prepends the name that `inode` has in the directory. E_NOENT: none. */
static enum error prepend_name(struct place *place, struct file_node *directory, uint64_t inode)
{
    char records[ENTRIES_SIZE] __attribute__((aligned(8)));
    struct file_system *fs = place->request->fs;
    uint64_t position = 0;
    long filled;

    while ((filled = fs->operations->read_directory(fs, directory, &position, records,
                                                    sizeof records)) > 0) {
        const struct file_entry *entry;

        for (long at = 0; at < filled; at += entry->length) {
            entry = (const void *)(records + at);
            if (entry->inode == inode && !is_dots(entry->name)) {
                enum error error = prepend(place, entry->name, strlen(entry->name));

                return error == E_OK ? prepend(place, "/", 1) : error;
            }
        }
    }
    return filled < 0 ? (enum error) - filled : E_NOENT;
}

/* One directory up: its name is prepended, and *node becomes the one above. */
static enum error ascend(struct place *place, struct file_node **node)
{
    struct file_system *fs = place->request->fs;
    struct file_node *above;
    enum error error = fs->operations->look_up(fs, *node, (struct file_name){"..", 2}, &above);

    if (error != E_OK)
        return error;
    error = prepend_name(place, above, inode_of(place, *node));
    fs->operations->put(fs, *node);
    *node = above;
    return error;
}

static enum error find_place(struct place *place)
{
    struct file_system *fs = place->request->fs;
    struct file_node *node = place->request->file->node;
    char prefix[FILE_PATH_MAX];
    enum error error = E_OK;
    size_t length;

    fs->operations->hold(fs, node);
    while (error == E_OK && node != files_root())
        error = ascend(place, &node);
    fs->operations->put(fs, node);
    if (error != E_OK)
        return error;
    length = mounts_prefix(prefix);
    error = prepend(place, prefix, length);
    if (error == E_OK && place->begin == place->text + sizeof place->text)
        error = prepend(place, "/", 1);
    return error;
}

long request_get_path(const struct file_request *request)
{
    struct place place = {.request = request};
    enum error error;
    size_t length;

    if ((request_mode(request, request->file->node) & S_IFMT) != S_IFDIR)
        return -E_NOTDIR;
    place.begin = place.text + sizeof place.text;
    error = find_place(&place);
    if (error != E_OK)
        return -(long)error;
    length = (size_t)(place.text + sizeof place.text - place.begin);
    if (length > message_buffer(request->message, BUFFER_OUT))
        return -E_RANGE;
    return message_write(request->message, place.begin, length);
}
