/* directory_index.c - where in a directory each name stands: a hash table with open addresses.
 *
 * Slots have the hash and the position only; the name itself is compared where it stands.
 */
#include <stdlib.h>
#include <string.h>

#include "directory.h"

enum { FIRST_CAPACITY = 16, REMOVED = UINT32_MAX };

uint32_t name_hash(const struct ext2 *fs, struct ext2_name name)
{
    uint32_t hash = fs->hash_seed;

    for (size_t i = 0; i < name.length; i++)
        hash = (hash ^ (uint8_t)name.text[i]) * 0x01000193u; /* FNV-1a */
    return hash ^ hash >> 15;
}

static size_t size_of(uint32_t capacity)
{
    return sizeof(struct directory_index) + capacity * sizeof(struct name_slot);
}

static struct directory_index *create(struct ext2 *fs, uint32_t capacity)
{
    struct directory_index *index = calloc(1, size_of(capacity));

    if (index == NULL)
        return NULL;
    index->capacity = capacity;
    fs->index_bytes += size_of(capacity);
    return index;
}

static void destroy(struct ext2 *fs, struct directory_index *index)
{
    if (index == NULL)
        return;
    fs->index_bytes -= size_of(index->capacity);
    free(index);
}

void directory_forget_index(struct ext2 *fs, struct inode *directory)
{
    destroy(fs, directory->index);
    directory->index = NULL;
}

static void put_slot(struct directory_index *index, struct name_slot slot)
{
    uint32_t at = slot.hash & (index->capacity - 1);

    while (index->slot[at].place != 0)
        at = (at + 1) & (index->capacity - 1);
    index->slot[at] = slot;
    index->used++;
}

/* At least a quarter stays empty, so that each search ends soon. */
static enum error reserve(struct ext2 *fs, struct directory_index **index)
{
    struct directory_index *old = *index;

    if (old->used + 1 <= old->capacity / 4 * 3)
        return E_OK;
    bool is_large = old->names + 2 > old->capacity / 2;
    struct directory_index *grown = create(fs, is_large ? 2 * old->capacity : old->capacity);
    if (grown == NULL)
        return E_NOMEM;
    for (uint32_t i = 0; i < old->capacity; i++)
        if (old->slot[i].place != 0 && old->slot[i].place != REMOVED)
            put_slot(grown, old->slot[i]);
    grown->names = old->names;
    grown->room_from = old->room_from;
    grown->damaged = old->damaged;
    destroy(fs, old);
    *index = grown;
    return E_OK;
}

enum error index_reserve(struct ext2 *fs, struct inode *directory)
{
    return directory->index != NULL ? reserve(fs, &directory->index) : E_OK;
}

bool index_next(const struct directory_index *index, uint32_t hash, uint32_t *cursor,
                uint32_t *position)
{
    uint32_t mask = index->capacity - 1;
    uint32_t at = *cursor == UINT32_MAX ? hash & mask : (*cursor + 1) & mask;

    for (; index->slot[at].place != 0; at = (at + 1) & mask) {
        if (index->slot[at].hash != hash || index->slot[at].place == REMOVED)
            continue;
        *cursor = at;
        *position = (index->slot[at].place - 1) * DIR_ENTRY_ALIGNMENT;
        return true;
    }
    return false;
}

void index_add(struct ext2 *fs, struct inode *directory, struct ext2_name name, uint32_t position)
{
    struct directory_index *index = directory->index;

    if (index == NULL)
        return;
    put_slot(index, (struct name_slot){name_hash(fs, name), position / DIR_ENTRY_ALIGNMENT + 1});
    index->names += !name_is_dots(name);
}

void index_remove(struct ext2 *fs, struct inode *directory, struct ext2_name name,
                  uint32_t position)
{
    struct directory_index *index = directory->index;
    uint32_t hash = name_hash(fs, name), cursor = UINT32_MAX, found;

    while (index != NULL && index_next(index, hash, &cursor, &found)) {
        if (found != position)
            continue;
        index->slot[cursor].place = REMOVED;
        index->names -= !name_is_dots(name);
        return;
    }
}

static enum error read_block(struct ext2 *fs, const struct buffer *buffer, uint32_t block,
                             struct directory_index **index)
{
    uint32_t offset = 0;

    while (offset < fs->block_size) {
        const struct dir_entry *entry = (const void *)((const char *)buffer->data + offset);

        if (!directory_entry_is_sound(fs, buffer->data, offset)) {
            (*index)->damaged = true;
            return E_OK;
        }
        if (entry->inode != 0) {
            struct ext2_name name = {entry->name, entry->name_len};
            enum error error = reserve(fs, index);

            if (error != E_OK)
                return error;
            uint32_t position = (block << fs->block_shift) + offset;
            put_slot(*index,
                     (struct name_slot){name_hash(fs, name), position / DIR_ENTRY_ALIGNMENT + 1});
            (*index)->names += !name_is_dots(name);
        }
        offset += entry->rec_len;
    }
    return E_OK;
}

static enum error read_all(struct ext2 *fs, struct inode *directory, struct directory_index **index)
{
    uint32_t blocks = (uint32_t)(directory->size >> fs->block_shift);

    for (uint32_t i = 0; i < blocks; i++) {
        struct buffer *buffer;
        enum error error = directory_block(fs, directory, i, &buffer);

        if (error == E_NOMEM)
            return error;
        if (error != E_OK) {
            (*index)->damaged = true;
            continue;
        }
        bool was_damaged = (*index)->damaged;
        error = read_block(fs, buffer, i, index);
        buffer_put(fs->store, buffer);
        if (error != E_OK)
            return error;
        if ((*index)->damaged && !was_damaged)
            (void)fs_damage(fs, "directory %u: block %u makes no sense", directory->number, i);
    }
    return E_OK;
}

/* Indexes of directories that nobody uses go first when there are too many. */
static void trim(struct ext2 *fs)
{
    struct inode *inode;

    TAILQ_FOREACH(inode, &fs->unused, in_unused) {
        if (fs->index_bytes <= fs->index_bytes_max)
            return;
        directory_forget_index(fs, inode);
    }
}

enum error directory_index(struct ext2 *fs, struct inode *directory)
{
    while (directory->indexing)
        fs_lock_wait(&fs->lock);
    if (directory->index != NULL)
        return E_OK;
    trim(fs);
    struct directory_index *index = create(fs, FIRST_CAPACITY);
    if (index == NULL)
        return E_NOMEM;
    directory->indexing = true;
    enum error error = read_all(fs, directory, &index);
    directory->indexing = false;
    fs_lock_wake(&fs->lock);
    if (error != E_OK)
        destroy(fs, index);
    else
        directory->index = index;
    return error;
}
