#pragma once
/* directory.h - the entries of directories.
 *
 * On the disk they are lists, block by block; a hash tree that somebody else made is treated as the
 * list that it is as well, and its flag cleared when we change it. In memory each directory that
 * is used gets an index of its names, so that finding one, or that there is none, costs the same in
 * a large directory as in a small one.
 */
#include "inode.h"

/* Where an entry stands: in a buffer, held; NULL: nowhere. */
struct place {
    struct buffer *buffer;
    uint32_t offset;   /* in the block */
    uint32_t position; /* in the directory */
};

static inline struct dir_entry *place_entry(const struct place *place)
{
    return (void *)((char *)place->buffer->data + place->offset);
}

static inline void place_put(struct ext2 *fs, struct place *place)
{
    if (place->buffer != NULL)
        buffer_put(fs->store, place->buffer);
    place->buffer = NULL;
}

/* On errors the place has no buffer. E_NOENT; E_IO, also if it may be in a block that makes no
 * sense. */
enum error directory_find(struct ext2 *fs, struct inode *directory, struct ext2_name name,
                          struct place *place) MUST_USE;

/* E_OK if there is none but `.` and `..`; E_NOTEMPTY; E_IO. */
enum error directory_check_empty(struct ext2 *fs, struct inode *directory) MUST_USE;

/* A place that directory_insert can use for a name of this length; the directory, added to the
 * operation and found in before, may grow. E_NOSPC; E_AGAIN. */
enum error directory_make_room(struct operation *op, struct inode *directory, size_t length,
                               struct place *place) MUST_USE;

/* These cannot fail. The place stays held. */
void directory_insert(struct operation *op, struct inode *directory, const struct place *place,
                      struct ext2_name name, const struct inode *inode);
void directory_remove(struct operation *op, struct inode *directory, const struct place *place);
void directory_set(struct operation *op, struct inode *directory, const struct place *place,
                   const struct inode *inode);

/* The first block of a new directory, which has been allocated: `.` and `..`. */
enum error directory_begin(struct operation *op, struct inode *directory, uint32_t block,
                           const struct inode *parent) MUST_USE;

/* The block `index` of the directory, held. E_IO: a hole. */
enum error directory_block(struct ext2 *fs, struct inode *directory, uint32_t index,
                           struct buffer **buffer) MUST_USE;

/* Is the entry at `offset` of a directory's block one, and inside it? */
bool directory_entry_is_sound(const struct ext2 *fs, const void *block, uint32_t offset);

static inline bool name_is(const struct dir_entry *entry, struct ext2_name name)
{
    return entry->name_len == name.length &&
           __builtin_memcmp(entry->name, name.text, name.length) == 0;
}

bool name_is_dots(struct ext2_name name);

/* ---- the index (directory_index.c) ------------------------------------------------------- */

struct directory_index {
    uint32_t capacity;  /* a power of two */
    uint32_t used;      /* slots that are not empty, those of removed names among them */
    uint32_t names;     /* without `.` and `..` */
    uint32_t room_from; /* blocks before this one have been found full */
    bool damaged;       /* there are blocks that make no sense */
    struct name_slot {
        uint32_t hash;
        uint32_t place; /* position in the directory / 4 + 1; 0: empty */
    } slot[];
};

/* Makes the index if there is none; it stays while the directory is held. */
enum error directory_index(struct ext2 *fs, struct inode *directory) MUST_USE;
void directory_forget_index(struct ext2 *fs, struct inode *directory);

uint32_t name_hash(const struct ext2 *fs, struct ext2_name name);

/* The next position of a name with this hash. *cursor begins as UINT32_MAX. */
bool index_next(const struct directory_index *index, uint32_t hash, uint32_t *cursor,
                uint32_t *position);
/* Room for one more name, made before anything is changed. */
enum error index_reserve(struct ext2 *fs, struct inode *directory) MUST_USE;
void index_add(struct ext2 *fs, struct inode *directory, struct ext2_name name, uint32_t position);
void index_remove(struct ext2 *fs, struct inode *directory, struct ext2_name name,
                  uint32_t position);
