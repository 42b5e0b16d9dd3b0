/* initrd.c - reads the cpio archive with the initial programs; see octavo/cpio.h.
 *
 * Invariant: a cursor is at most the size of the archive, and sizes read from it are 32 bits wide,
 * so that sums fit in size_t and cannot wrap.
 *
 * Lock: none; no state.
 */
#include <octavo/cpio.h>

#include <stdbool.h>
#include <string.h>

_Static_assert(sizeof(size_t) == 8, "sums of two 32-bit sizes must not wrap");

/* The header: the magic number, then 13 fields of eight hexadecimal digits. */
enum {
    MAGIC_SIZE = 6,
    FIELD_SIZE = 8,
    FIELD_INODE = 0,
    FIELD_MODE = 1,
    FIELD_NLINK = 4,
    FIELD_MTIME = 5,
    FIELD_SIZE_OF_DATA = 6,
    FIELD_DEVICE_MAJOR = 7,
    FIELD_DEVICE_MINOR = 8,
    FIELD_SIZE_OF_NAME = 11,
    FIELDS = 13,
    HEADER_SIZE = MAGIC_SIZE + FIELDS * FIELD_SIZE,
};

static enum error refuse(struct cpio_entry *entry, const char *complaint)
{
    entry->complaint = complaint;
    return E_INVAL;
}

static size_t pad(size_t offset) { return (offset + 3) & ~(size_t)3; }

/* The value of a digit, or -1. */
static int hex_digit(char digit)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *found = memchr(digits, digit, sizeof digits - 1);
    return found ? (int)(found - digits) % 16 : -1;
}

static bool fields_read(const char *header, uint32_t field[FIELDS])
{
    for (int i = 0; i < FIELDS; i++) {
        field[i] = 0;
        for (int j = 0; j < FIELD_SIZE; j++) {
            int digit = hex_digit(header[MAGIC_SIZE + i * FIELD_SIZE + j]);
            if (digit < 0)
                return false;
            field[i] = field[i] << 4 | (uint32_t)digit;
        }
    }
    return true;
}

/* The path without leading "/" and "./"; the root directory becomes "". */
static const char *path_strip(const char *path)
{
    for (;;) {
        if (path[0] == '/')
            path++;
        else if (path[0] == '.' && (path[1] == '/' || path[1] == '\0'))
            path++;
        else
            return path;
    }
}

enum error cpio_next(const struct cpio *archive, size_t *cursor, struct cpio_entry *entry)
{
    uint32_t field[FIELDS];
    if (*cursor > archive->size || archive->size - *cursor < HEADER_SIZE)
        return refuse(entry, "the archive is cut off: no room for a header");
    const char *header = (const char *)archive->bytes + *cursor;
    if (memcmp(header, "070701", MAGIC_SIZE) != 0)
        return refuse(entry, "no cpio header of the newc format");
    if (!fields_read(header, field))
        return refuse(entry, "a header with a character that is no digit");

    size_t name_size = field[FIELD_SIZE_OF_NAME]; /* with the final NUL */
    size_t name = *cursor + HEADER_SIZE;
    if (name_size > archive->size - name)
        return refuse(entry, "a name runs past the end of the archive");
    const char *end = memchr(header + HEADER_SIZE, '\0', name_size);
    if (end != header + HEADER_SIZE + name_size - 1)
        return refuse(entry, "a name does not end where its size says");
    if (strcmp(header + HEADER_SIZE, "TRAILER!!!") == 0)
        return E_NOENT;

    size_t data = pad(name + name_size);
    size_t size = field[FIELD_SIZE_OF_DATA];
    if (data > archive->size || size > archive->size - data)
        return refuse(entry, "the contents run past the end of the archive");
    *entry = (struct cpio_entry){
        .name = path_strip(header + HEADER_SIZE),
        .mode = field[FIELD_MODE],
        .inode = field[FIELD_INODE],
        .nlink = field[FIELD_NLINK],
        .device_major = field[FIELD_DEVICE_MAJOR],
        .device_minor = field[FIELD_DEVICE_MINOR],
        .mtime = field[FIELD_MTIME],
        .data = (const char *)archive->bytes + data,
        .size = size,
    };
    size_t next = pad(data + size);
    *cursor = next < archive->size ? next : archive->size;
    return E_OK;
}

static bool is_same_file(const struct cpio_entry *one, const struct cpio_entry *other)
{
    return one->inode == other->inode && one->device_major == other->device_major &&
           one->device_minor == other->device_minor;
}

enum error cpio_resolve_link(const struct cpio *archive, struct cpio_entry *entry)
{
    if (entry->size != 0 || entry->nlink < 2 || (entry->mode & CPIO_TYPE_MASK) != CPIO_REGULAR)
        return E_OK;
    struct cpio_entry other;
    enum error error;
    for (size_t cursor = 0; (error = cpio_next(archive, &cursor, &other)) == E_OK;) {
        if (other.size != 0 && is_same_file(entry, &other)) {
            entry->data = other.data;
            entry->size = other.size;
            return E_OK;
        }
    }
    return error == E_NOENT ? E_OK : refuse(entry, other.complaint); /* E_NOENT: an empty file */
}

enum error cpio_find(const struct cpio *archive, const char *path, struct cpio_entry *entry)
{
    const char *wanted = path_strip(path);
    enum error error;
    for (size_t cursor = 0; (error = cpio_next(archive, &cursor, entry)) == E_OK;) {
        if (strcmp(entry->name, wanted) == 0)
            return cpio_resolve_link(archive, entry);
    }
    return error;
}
