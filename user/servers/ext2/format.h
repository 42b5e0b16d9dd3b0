#pragma once
/* format.h - what stands on the disk: the structures of ext2, ext3 and the rest of the family.
 *
 * Fields have the names that the descriptions of the format give them (kernel.org, "ext4 Data
 * Structures and Algorithms"; Dave Poirier, "The Second Extended File System"). All are
 * little-endian, as every machine that this is built for.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "structures are read as they stand");

enum {
    SUPER_OFFSET = 1024, /* of the superblock, bytes from the beginning of the disk */
    SUPER_MAGIC = 0xef53,
    BLOCK_SIZE_MIN = 1024,
    BLOCK_SIZE_MAX = 4096,
    SECTOR_SIZE = 512, /* what i_blocks counts in */

    ROOT_INODE = 2,
    RESIZE_INODE = 7,
    JOURNAL_INODE = 8,
    FIRST_INODE_OLD = 11, /* that files may have, before s_first_ino was there */

    REVISION_OLD = 0, /* s_rev_level: inodes of 128 bytes, no features */
    REVISION_DYNAMIC = 1,
    INODE_SIZE_OLD = 128,

    LINKS_MAX = 32000,
    NAME_MAX_BYTES = 255,
};

/* s_state */
enum { STATE_VALID = 1, STATE_ERROR = 2 };

enum {
    COMPAT_HAS_JOURNAL = 0x4,
    COMPAT_DIR_INDEX = 0x20,
    INCOMPAT_FILETYPE = 0x2,
    INCOMPAT_RECOVER = 0x4, /* the journal holds something */
    RO_COMPAT_SPARSE_SUPER = 0x1,
    RO_COMPAT_LARGE_FILE = 0x2,
};

struct super_block {
    uint32_t s_inodes_count;
    uint32_t s_blocks_count;
    uint32_t s_r_blocks_count;
    uint32_t s_free_blocks_count;
    uint32_t s_free_inodes_count;
    uint32_t s_first_data_block;
    uint32_t s_log_block_size;
    uint32_t s_log_cluster_size;
    uint32_t s_blocks_per_group;
    uint32_t s_clusters_per_group;
    uint32_t s_inodes_per_group;
    uint32_t s_mtime;
    uint32_t s_wtime;
    uint16_t s_mnt_count;
    uint16_t s_max_mnt_count;
    uint16_t s_magic;
    uint16_t s_state;
    uint16_t s_errors;
    uint16_t s_minor_rev_level;
    uint32_t s_lastcheck;
    uint32_t s_checkinterval;
    uint32_t s_creator_os;
    uint32_t s_rev_level;
    uint16_t s_def_resuid;
    uint16_t s_def_resgid;
    uint32_t s_first_ino;
    uint16_t s_inode_size;
    uint16_t s_block_group_nr;
    uint32_t s_feature_compat;
    uint32_t s_feature_incompat;
    uint32_t s_feature_ro_compat;
    uint8_t s_uuid[16];
    char s_volume_name[16];
    char s_last_mounted[64];
    uint32_t s_algorithm_usage_bitmap;
    uint8_t s_prealloc_blocks;
    uint8_t s_prealloc_dir_blocks;
    uint16_t s_reserved_gdt_blocks;
    uint8_t s_journal_uuid[16];
    uint32_t s_journal_inum;
    uint32_t s_journal_dev;
    uint32_t s_last_orphan;
    uint8_t unused[1024 - 236];
};
static_assert(sizeof(struct super_block) == 1024, "");
static_assert(offsetof(struct super_block, s_uuid) == 104, "");
static_assert(offsetof(struct super_block, s_last_orphan) == 232, "");

struct group_desc {
    uint32_t bg_block_bitmap;
    uint32_t bg_inode_bitmap;
    uint32_t bg_inode_table;
    uint16_t bg_free_blocks_count;
    uint16_t bg_free_inodes_count;
    uint16_t bg_used_dirs_count;
    uint16_t bg_flags;
    uint32_t unused[3];
};
static_assert(sizeof(struct group_desc) == 32, "");

/* i_block: twelve blocks of contents, then blocks of block numbers, one, two and three deep. */
enum {
    DIRECT_BLOCKS = 12,
    INDIRECT_LEVELS = 3,
    INODE_BLOCKS = DIRECT_BLOCKS + INDIRECT_LEVELS,
    FAST_LINK_MAX = INODE_BLOCKS * 4 - 1, /* bytes of a link's target that fit in i_block */
};

/* i_flags */
enum {
    INODE_INDEX = 0x1000, /* a directory with a hash tree */
    INODE_EXTENTS = 0x80000,
    INODE_INLINE_DATA = 0x10000000,
};

struct disk_inode {
    uint16_t i_mode;
    uint16_t i_uid;
    uint32_t i_size_lo;
    uint32_t i_atime;
    uint32_t i_ctime;
    uint32_t i_mtime;
    uint32_t i_dtime; /* when it was removed; until then the next orphan */
    uint16_t i_gid;
    uint16_t i_links_count;
    uint32_t i_blocks_lo;
    uint32_t i_flags;
    uint32_t i_version;
    uint32_t i_block[INODE_BLOCKS];
    uint32_t i_generation;
    uint32_t i_file_acl_lo;
    uint32_t i_size_high;
    uint32_t i_obso_faddr;
    uint16_t i_blocks_high;
    uint16_t i_file_acl_high;
    uint16_t i_uid_high;
    uint16_t i_gid_high;
    uint32_t reserved;
    /* of inodes larger than 128 bytes, as far as i_extra_isize says: */
    uint16_t i_extra_isize;
    uint16_t i_checksum_hi;
    uint32_t i_ctime_extra;
    uint32_t i_mtime_extra;
    uint32_t i_atime_extra;
    uint32_t i_crtime;
    uint32_t i_crtime_extra;
    uint32_t i_version_hi;
    uint32_t i_projid;
};
static_assert(offsetof(struct disk_inode, i_block) == 40, "");
static_assert(offsetof(struct disk_inode, i_extra_isize) == INODE_SIZE_OLD, "");
static_assert(sizeof(struct disk_inode) == 160, "");

struct dir_entry {
    uint32_t inode; /* 0: unused */
    uint16_t rec_len;
    uint8_t name_len;
    uint8_t file_type; /* without the feature: more of name_len, always 0 */
    char name[];
};
enum { DIR_ENTRY_HEAD = 8, DIR_ENTRY_MIN = 12, DIR_ENTRY_ALIGNMENT = 4 };
static_assert(sizeof(struct dir_entry) == DIR_ENTRY_HEAD, "");

/* A block of extended attributes: several inodes may share one. */
struct xattr_header {
    uint32_t h_magic;
    uint32_t h_refcount;
    uint32_t h_blocks;
};
#define XATTR_MAGIC 0xea020000u
