/* directory_read.c - the records that readers of directories get, and targets of links.
 *
 * A position is where an entry stands in the directory. One that is in the middle of an entry,
 * since the directory has changed or somebody made it up, means the entry after that.
 */
#include <string.h>

#include "block_map.h"
#include "directory.h"

enum { RECORD_ALIGNMENT = 8 };

/* The record that is being filled. */
struct records {
    char *next;
    size_t left;
};

/* DT_ of dirent.h, by file_type. */
static const uint8_t types[] = {0, 8, 4, 2, 6, 1, 12, 10};

static bool is_sane_name(const struct dir_entry *entry)
{
    return memchr(entry->name, '/', entry->name_len) == NULL &&
           memchr(entry->name, '\0', entry->name_len) == NULL;
}

/* False: it does not fit. */
static bool add_record(struct records *records, const struct dir_entry *entry)
{
    size_t length = offsetof(struct file_entry, name) + entry->name_len + 1;
    struct file_entry record = {
        .inode = entry->inode,
        .type = entry->file_type < sizeof types ? types[entry->file_type] : 0,
    };

    length = (length + RECORD_ALIGNMENT - 1) & ~(size_t)(RECORD_ALIGNMENT - 1);
    if (length > records->left)
        return false;
    record.length = (uint16_t)length;
    memset(records->next, 0, length);
    memcpy(records->next, &record, offsetof(struct file_entry, name));
    memcpy(records->next + offsetof(struct file_entry, name), entry->name, entry->name_len);
    records->next += length;
    records->left -= length;
    return true;
}

/* The entries of a block from *position on. False: the records are full. */
static bool read_block(const struct ext2 *fs, const struct buffer *buffer, uint64_t *position,
                       struct records *records)
{
    uint64_t start = *position & ~(uint64_t)(fs->block_size - 1);
    uint32_t offset = 0;

    while (offset < fs->block_size && directory_entry_is_sound(fs, buffer->data, offset)) {
        const struct dir_entry *entry = (const void *)((const char *)buffer->data + offset);

        if (start + offset >= *position) {
            if (entry->inode != 0 && is_sane_name(entry) && !add_record(records, entry)) {
                *position = start + offset;
                return false;
            }
        }
        offset += entry->rec_len;
    }
    *position = start + fs->block_size;
    return true;
}

static long read_directory(struct ext2 *fs, struct inode *directory, uint64_t *position,
                           struct records *records)
{
    char *begin = records->next;

    while (directory->links > 0 && *position < directory->size) {
        struct buffer *buffer;
        enum error error =
            directory_block(fs, directory, (uint32_t)(*position >> fs->block_shift), &buffer);

        if (error != E_OK) {
            if (records->next > begin)
                break;
            /* What comes behind a block that cannot be read is there for who goes on. */
            *position = (*position | (fs->block_size - 1)) + 1;
            return -error;
        }
        bool more = read_block(fs, buffer, position, records);
        buffer_put(fs->store, buffer);
        if (!more)
            return records->next > begin ? records->next - begin : -E_INVAL;
    }
    return records->next - begin;
}

long ext2_read_directory(struct ext2 *fs, struct inode *directory, uint64_t *position,
                         void *records, size_t size)
{
    struct records all = {.next = records, .left = size};

    if (!inode_is(directory, S_IFDIR))
        return -E_NOTDIR;
    fs_lock_take(&fs->lock);
    long result = read_directory(fs, directory, position, &all);
    fs_lock_release(&fs->lock);
    return result;
}

/* ---- links ------------------------------------------------------------------------------- */

static long read_link(struct ext2 *fs, struct inode *inode, char *target, size_t size)
{
    size_t length = inode->size < size ? (size_t)inode->size : size;
    struct buffer *buffer;
    uint32_t block;

    if (link_is_fast(fs, inode)) {
        if (inode->size > FAST_LINK_MAX)
            return -fs_damage(fs, "inode %u: a link without its text", inode->number);
        memcpy(target, inode->block, length);
        return (long)length;
    }
    enum error error = block_map_find(fs, inode, 0, &block);
    if (error == E_OK && block == 0)
        error = fs_damage(fs, "inode %u: a link without its text", inode->number);
    if (error == E_OK)
        error = buffer_get(fs->store, block, &buffer);
    if (error != E_OK)
        return -error;
    memcpy(target, buffer->data, length);
    buffer_put(fs->store, buffer);
    return (long)length;
}

long ext2_read_link(struct ext2 *fs, struct inode *inode, char *target, size_t size)
{
    if (!inode_is(inode, S_IFLNK))
        return -E_INVAL;
    fs_lock_take(&fs->lock);
    long result = read_link(fs, inode, target, size);
    fs_lock_release(&fs->lock);
    return result;
}
