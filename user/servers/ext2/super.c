/* super.c - checks the superblock, all of whose numbers may be lies. */
#include "super.h"

#include <stdio.h>
#include <string.h>

#include "block_map.h"

struct feature {
    uint32_t bit;
    const char *name;
};

static const struct feature incompatible[] = {
    {0x1, "compression"},  {0x8, "journal_dev"},
    {0x10, "meta_bg"},     {0x40, "extents"},
    {0x80, "64bit"},       {0x100, "mmp"},
    {0x200, "flex_bg"},    {0x400, "ea_inode"},
    {0x1000, "dirdata"},   {0x2000, "metadata_csum_seed"},
    {0x4000, "large_dir"}, {0x8000, "inline_data"},
    {0x10000, "encrypt"},  {0x20000, "casefold"},
};

static const struct feature read_only_features[] = {
    {0x4, "btree_dir"},    {0x8, "huge_file"},  {0x10, "uninit_bg"}, {0x20, "dir_nlink"},
    {0x40, "extra_isize"}, {0x100, "quota"},    {0x200, "bigalloc"}, {0x400, "metadata_csum"},
    {0x1000, "read-only"}, {0x2000, "project"}, {0x8000, "verity"},  {0x10000, "orphan_file"},
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* What we need not know to read: none of these is needed to find a file. */
static void complain(struct ext2 *fs, const char *what, const struct feature *features,
                     size_t count, uint32_t bits)
{
    const char *name = "unknown";

    for (size_t i = 0; i < count; i++)
        if (features[i].bit & bits) {
            name = features[i].name;
            break;
        }
    snprintf(fs->complaint, sizeof fs->complaint, "%s: feature %s (0x%x)", what, name, bits);
}

static enum error refuse(struct ext2 *fs, const char *why)
{
    snprintf(fs->complaint, sizeof fs->complaint, "%s", why);
    return E_INVAL;
}

static enum error check_features(struct ext2 *fs, bool *read_only)
{
    const struct super_block *super = fs->super;
    uint32_t unknown =
        super->s_feature_incompat & ~(uint32_t)(INCOMPAT_FILETYPE | INCOMPAT_RECOVER);

    if (super->s_rev_level == REVISION_OLD)
        return E_OK;
    if (unknown != 0) {
        complain(fs, "not supported", incompatible, COUNT(incompatible), unknown);
        return E_INVAL;
    }
    fs->has_file_types = super->s_feature_incompat & INCOMPAT_FILETYPE;
    fs->has_journal = super->s_feature_compat & COMPAT_HAS_JOURNAL;
    fs->has_large_files = super->s_feature_ro_compat & RO_COMPAT_LARGE_FILE;
    unknown =
        super->s_feature_ro_compat & ~(uint32_t)(RO_COMPAT_SPARSE_SUPER | RO_COMPAT_LARGE_FILE);
    if (unknown != 0) {
        complain(fs, "read-only", read_only_features, COUNT(read_only_features), unknown);
        *read_only = true;
    }
    if (fs->has_journal && super->s_journal_inum == 0)
        return refuse(fs, "its journal is on another disk");
    return E_OK;
}

static bool is_power_of_two(uint32_t number) { return number != 0 && (number & (number - 1)) == 0; }

static enum error take_inodes(struct ext2 *fs)
{
    const struct super_block *super = fs->super;
    bool old = super->s_rev_level == REVISION_OLD;

    fs->inode_size = old ? INODE_SIZE_OLD : super->s_inode_size;
    fs->first_inode = old ? FIRST_INODE_OLD : super->s_first_ino;
    fs->inodes_per_group = super->s_inodes_per_group;
    fs->inode_count = super->s_inodes_count;
    if (fs->inode_size < INODE_SIZE_OLD || !is_power_of_two(fs->inode_size) ||
        fs->inode_size > fs->block_size)
        return refuse(fs, "impossible size of inodes");
    if (fs->inodes_per_group == 0 || fs->inodes_per_group > 8 * fs->block_size ||
        fs->inodes_per_group % (fs->block_size / fs->inode_size) != 0 ||
        fs->inode_count != (uint64_t)fs->inodes_per_group * fs->group_count)
        return refuse(fs, "impossible number of inodes");
    if (fs->first_inode < FIRST_INODE_OLD || fs->first_inode > fs->inodes_per_group)
        return refuse(fs, "impossible first inode");
    fs->table_blocks = fs->inodes_per_group / (fs->block_size / fs->inode_size);
    return E_OK;
}

static enum error take_blocks(struct ext2 *fs)
{
    const struct super_block *super = fs->super;

    fs->block_count = super->s_blocks_count;
    fs->first_data_block = super->s_first_data_block;
    fs->blocks_per_group = super->s_blocks_per_group;
    if (fs->first_data_block != (fs->block_size == BLOCK_SIZE_MIN))
        return refuse(fs, "impossible first block");
    if (fs->block_count <= fs->first_data_block ||
        (uint64_t)fs->block_count << fs->block_shift > fs->disk->size)
        return refuse(fs, "it says that it is larger than the disk");
    if (fs->blocks_per_group < 256 || fs->blocks_per_group > 8 * fs->block_size ||
        fs->blocks_per_group % 8 != 0)
        return refuse(fs, "impossible size of groups");
    fs->group_count =
        (fs->block_count - fs->first_data_block + fs->blocks_per_group - 1) / fs->blocks_per_group;
    uint32_t in_block = fs->block_size / sizeof(struct group_desc);
    fs->descriptor_blocks = (fs->group_count + in_block - 1) / in_block;
    if (super->s_reserved_gdt_blocks > fs->block_size / 4 ||
        1 + fs->descriptor_blocks + super->s_reserved_gdt_blocks >= fs->blocks_per_group)
        return refuse(fs, "descriptors do not fit into a group");
    return E_OK;
}

/* By the map of blocks, and by i_blocks, which counts sectors in 32 bits. */
static uint64_t size_limit(const struct ext2 *fs)
{
    uint64_t by_map = block_map_limit(fs->pointers) << fs->block_shift;
    uint64_t by_count = ((uint64_t)UINT32_MAX - (UINT32_MAX >> 8)) * SECTOR_SIZE;
    uint64_t limit = by_map < by_count ? by_map : by_count;

    return fs->super->s_rev_level == REVISION_OLD ? INT32_MAX : limit;
}

enum error super_check(struct ext2 *fs, bool *read_only)
{
    const struct super_block *super = fs->super;

    if (super->s_magic != SUPER_MAGIC)
        return refuse(fs, "no ext2 file system");
    if (super->s_rev_level > REVISION_DYNAMIC)
        return refuse(fs, "a revision of the format that is not supported");
    enum error error = check_features(fs, read_only);
    if (error != E_OK)
        return error;
    if (super->s_log_block_size > 2)
        return refuse(fs, "blocks of a size that is not supported");
    fs->block_size = (uint32_t)BLOCK_SIZE_MIN << super->s_log_block_size;
    fs->block_shift = 10 + super->s_log_block_size;
    fs->pointers = fs->block_size / sizeof(uint32_t);
    error = take_blocks(fs);
    if (error == E_OK)
        error = take_inodes(fs);
    fs->size_max = size_limit(fs);
    return error;
}

enum error super_write(struct ext2 *fs)
{
    void *memory = fs->disk->allocate(fs->disk, BLOCK_SIZE_MAX);

    if (memory == NULL)
        return E_NOMEM;
    memcpy(memory, fs->super, sizeof *fs->super);
    enum error error = fs->disk->write(fs->disk, SUPER_OFFSET, sizeof *fs->super, memory);
    if (error == E_OK)
        error = fs->disk->flush(fs->disk);
    fs->disk->free(fs->disk, memory, BLOCK_SIZE_MAX);
    return error;
}
