/* directory.c - entries in the blocks of a directory: find, make room, insert, remove. */
#include "directory.h"

#include <string.h>

#include "block_map.h"

/* file_type of the format, by the type of the mode in units of 010000. */
static const uint8_t file_types[16] = {
    [1] = 5, [2] = 3, [4] = 2, [6] = 4, [8] = 1, [10] = 7, [12] = 6};

static uint32_t entry_size(size_t length)
{
    return (DIR_ENTRY_HEAD + (uint32_t)length + DIR_ENTRY_ALIGNMENT - 1) &
           ~(uint32_t)(DIR_ENTRY_ALIGNMENT - 1);
}

bool name_is_dots(struct ext2_name name)
{
    return name.length <= 2 && name.length > 0 && name.text[0] == '.' &&
           name.text[name.length - 1] == '.';
}

bool directory_entry_is_sound(const struct ext2 *fs, const void *block, uint32_t offset)
{
    const struct dir_entry *entry = (const void *)((const char *)block + offset);

    if (offset > fs->block_size - DIR_ENTRY_MIN || entry->rec_len < DIR_ENTRY_MIN ||
        entry->rec_len % DIR_ENTRY_ALIGNMENT != 0 || entry->rec_len > fs->block_size - offset)
        return false;
    if (entry->inode == 0)
        return true;
    return entry->inode <= fs->inode_count && entry->name_len > 0 &&
           entry_size(entry->name_len) <= entry->rec_len;
}

enum error directory_block(struct ext2 *fs, struct inode *directory, uint32_t index,
                           struct buffer **buffer)
{
    uint32_t block;
    enum error error = block_map_find(fs, directory, index, &block);

    if (error != E_OK)
        return error;
    if (block == 0)
        return fs_damage(fs, "directory %u: block %u is missing", directory->number, index);
    return buffer_get(fs->store, block, buffer);
}

/* The entry at a position that the index knows. E_AGAIN: the directory changed meanwhile. */
static enum error look_at(struct ext2 *fs, struct inode *directory, uint32_t position,
                          struct place *place)
{
    uint32_t turn = directory->names_turn;
    enum error error = directory_block(fs, directory, position >> fs->block_shift, &place->buffer);

    if (error != E_OK)
        return error;
    place->offset = position & (fs->block_size - 1);
    place->position = position;
    if (turn != directory->names_turn)
        error = E_AGAIN;
    else if (!directory_entry_is_sound(fs, place->buffer->data, place->offset))
        error = E_IO;
    if (error != E_OK)
        place_put(fs, place);
    return error;
}

enum error directory_find(struct ext2 *fs, struct inode *directory, struct ext2_name name,
                          struct place *place)
{
    uint32_t hash = name_hash(fs, name), cursor = UINT32_MAX, position;
    enum error error = directory_index(fs, directory);

    while (error == E_OK && index_next(directory->index, hash, &cursor, &position)) {
        error = look_at(fs, directory, position, place);
        if (error == E_AGAIN) {
            cursor = UINT32_MAX;
            error = E_OK;
        } else if (error == E_OK) {
            if (name_is(place_entry(place), name))
                return E_OK;
            place_put(fs, place);
        }
    }
    if (error != E_OK)
        return error;
    return directory->index->damaged ? E_IO : E_NOENT;
}

enum error directory_check_empty(struct ext2 *fs, struct inode *directory)
{
    enum error error = directory_index(fs, directory);

    if (error != E_OK)
        return error;
    if (directory->index->names > 0)
        return E_NOTEMPTY;
    return directory->index->damaged ? E_IO : E_OK;
}

static bool has_room(const struct dir_entry *entry, uint32_t size)
{
    uint32_t used = entry->inode != 0 ? entry_size(entry->name_len) : 0;

    return entry->rec_len >= used + size;
}

static bool find_room(struct ext2 *fs, struct place *place, uint32_t size)
{
    for (place->offset = 0; place->offset < fs->block_size;
         place->offset += place_entry(place)->rec_len) {
        if (!directory_entry_is_sound(fs, place->buffer->data, place->offset))
            return false;
        if (has_room(place_entry(place), size))
            return true;
    }
    return false;
}

static enum error append_block(struct operation *op, struct inode *directory, struct place *place)
{
    struct ext2 *fs = op->fs;
    uint32_t index = (uint32_t)(directory->size >> fs->block_shift), block;
    struct block_run run = {.index = index, .count = 1};

    if (directory->size + fs->block_size > INT32_MAX)
        return E_NOSPC;
    enum error error = block_map_find(fs, directory, index, &block);
    if (error == E_OK && block != 0)
        return fs_damage(fs, "directory %u: blocks behind its end", directory->number);
    if (error == E_OK)
        error = block_map_allocate(op, directory, &run);
    if (error == E_OK)
        error = buffer_get_zeroed(fs->store, run.block, &place->buffer);
    if (error != E_OK)
        return error;
    change_buffer(&op->change, place->buffer);
    place->offset = 0;
    place_entry(place)->rec_len = (uint16_t)fs->block_size;
    directory->size += fs->block_size;
    inode_changed(fs, directory, true);
    return E_OK;
}

enum error directory_make_room(struct operation *op, struct inode *directory, size_t length,
                               struct place *place)
{
    struct ext2 *fs = op->fs;
    uint32_t blocks = (uint32_t)(directory->size >> fs->block_shift), i;
    enum error error = index_reserve(fs, directory);

    if (error != E_OK)
        return error;
    for (i = directory->index->room_from; i < blocks; i++) {
        error = directory_block(fs, directory, i, &place->buffer);
        if (error != E_OK)
            return error;
        if (find_room(fs, place, entry_size(length)))
            break;
        place_put(fs, place);
    }
    if (i == blocks) {
        error = append_block(op, directory, place);
        if (error != E_OK)
            return error;
    }
    directory->index->room_from = i;
    place->position = (i << fs->block_shift) + place->offset;
    return E_OK;
}

/* What every change of an entry does to the directory. */
static void touch(struct operation *op, struct inode *directory)
{
    directory->modified_ns = directory->changed_ns = inode_now(op->fs);
    directory->flags &= ~(uint32_t)INODE_INDEX;
    directory->names_turn++;
    inode_changed(op->fs, directory, true);
}

static void fill(const struct ext2 *fs, struct dir_entry *entry, const struct inode *inode)
{
    entry->inode = inode->number;
    entry->file_type = fs->has_file_types ? file_types[inode->mode >> 12] : 0;
}

void directory_insert(struct operation *op, struct inode *directory, const struct place *place,
                      struct ext2_name name, const struct inode *inode)
{
    uint32_t position = place->position;

    change_buffer(&op->change, place->buffer);
    struct dir_entry *entry = place_entry(place);
    if (entry->inode != 0) {
        uint32_t used = entry_size(entry->name_len);
        struct dir_entry *rest = (void *)((char *)entry + used);

        rest->rec_len = (uint16_t)(entry->rec_len - used);
        entry->rec_len = (uint16_t)used;
        entry = rest;
        position += used;
    }
    fill(op->fs, entry, inode);
    entry->name_len = (uint8_t)name.length;
    memcpy(entry->name, name.text, name.length);
    index_add(op->fs, directory, name, position);
    touch(op, directory);
}

void directory_remove(struct operation *op, struct inode *directory, const struct place *place)
{
    struct ext2 *fs = op->fs;

    change_buffer(&op->change, place->buffer);
    struct dir_entry *entry = place_entry(place), *before;
    index_remove(fs, directory, (struct ext2_name){entry->name, entry->name_len}, place->position);
    entry->inode = 0;
    /* The room goes to the entry before, unless there is none, or none that leads here. */
    for (uint32_t at = 0; at < place->offset; at += before->rec_len) {
        if (!directory_entry_is_sound(fs, place->buffer->data, at))
            break;
        before = (void *)((char *)place->buffer->data + at);
        if (at + before->rec_len == place->offset)
            before->rec_len = (uint16_t)(before->rec_len + entry->rec_len);
    }
    uint32_t block = place->position >> fs->block_shift;
    if (directory->index != NULL && block < directory->index->room_from)
        directory->index->room_from = block;
    touch(op, directory);
}

void directory_set(struct operation *op, struct inode *directory, const struct place *place,
                   const struct inode *inode)
{
    change_buffer(&op->change, place->buffer);
    fill(op->fs, place_entry(place), inode);
    touch(op, directory);
}

enum error directory_begin(struct operation *op, struct inode *directory, uint32_t block,
                           const struct inode *parent)
{
    struct ext2 *fs = op->fs;
    struct place place = {0};
    enum error error = buffer_get_zeroed(fs->store, block, &place.buffer);

    if (error != E_OK)
        return error;
    change_buffer(&op->change, place.buffer);
    struct dir_entry *entry = place_entry(&place);
    fill(fs, entry, directory);
    entry->rec_len = DIR_ENTRY_MIN;
    entry->name_len = 1;
    memcpy(entry->name, ".", 1);
    place.offset = DIR_ENTRY_MIN;
    entry = place_entry(&place);
    fill(fs, entry, parent);
    entry->rec_len = (uint16_t)(fs->block_size - DIR_ENTRY_MIN);
    entry->name_len = 2;
    memcpy(entry->name, "..", 2);
    buffer_put(fs->store, place.buffer);
    return E_OK;
}
