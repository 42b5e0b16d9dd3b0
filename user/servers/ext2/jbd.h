#pragma once
/* jbd.h - the journal on the disk, as ext3 has it. All numbers are big-endian.
 *
 * Block 0 of the journal is its superblock; blocks `first` to `length` - 1 are a ring of
 * transactions, each with a number that is one more than the last one's:
 *
 *   revoke blocks      lists of blocks whose copies in this and older transactions do not count
 *   descriptor block   tags that say whither the copies of blocks go that follow it
 *   copies
 *   ...                more of these
 *   commit block       without it, nothing of the transaction counts
 *
 * Source: "Journal (jbd2)" in the documentation of Linux, filesystems/ext4/journal.rst.
 */
#include <stdint.h>
#include <string.h>

enum {
    JBD_MAGIC = 0xc03b3998, /* begins each block of the journal's own */
    JBD_COMPAT_CHECKSUM = 0x1,
    JBD_INCOMPAT_REVOKE = 0x1,
};

enum jbd_type {
    JBD_DESCRIPTOR = 1,
    JBD_COMMIT = 2,
    JBD_SUPERBLOCK_V1 = 3,
    JBD_SUPERBLOCK_V2 = 4,
    JBD_REVOKE = 5,
};

enum jbd_tag_flags {
    JBD_TAG_ESCAPED = 1,   /* the copy begins with 0 where the block has JBD_MAGIC */
    JBD_TAG_SAME_UUID = 2, /* else JBD_UUID_BYTES follow */
    JBD_TAG_LAST = 8,      /* of this descriptor block */
};

enum { JBD_UUID_BYTES = 16 };

struct be32 {
    uint32_t v; /* as on the disk */
};

static inline uint32_t be32_get(struct be32 number) { return __builtin_bswap32(number.v); }
static inline struct be32 be32_make(uint32_t number)
{
    return (struct be32){__builtin_bswap32(number)};
}

struct jbd_header {
    struct be32 magic, type, sequence;
};

struct jbd_superblock {
    struct jbd_header header;
    struct be32 block_size;
    struct be32 length;   /* blocks of the journal, this one among them */
    struct be32 first;    /* block of the ring */
    struct be32 sequence; /* of the transaction at `start` */
    struct be32 start;    /* 0: the journal is empty */
    struct be32 error;
    struct be32 compat, incompat, read_only_compat;
    uint8_t uuid[JBD_UUID_BYTES];
    uint8_t rest[1024 - 0x40];
};

struct jbd_tag {
    struct be32 block;
    struct be32 flags;
};

struct jbd_revoke {
    struct jbd_header header;
    struct be32 bytes; /* of this block that are used, these among them */
    struct be32 block[];
};

_Static_assert(sizeof(struct jbd_superblock) == 1024, "the size that the format gives it");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "be32 swaps");

static inline struct jbd_header jbd_header(enum jbd_type type, uint32_t sequence)
{
    return (struct jbd_header){be32_make(JBD_MAGIC), be32_make(type), be32_make(sequence)};
}

static inline uint32_t jbd_tags_per_block(uint32_t block_size)
{
    return (block_size - (uint32_t)sizeof(struct jbd_header) - JBD_UUID_BYTES) /
           (uint32_t)sizeof(struct jbd_tag);
}

static inline uint32_t jbd_revokes_per_block(uint32_t block_size)
{
    return (block_size - (uint32_t)sizeof(struct jbd_revoke)) / (uint32_t)sizeof(struct be32);
}
