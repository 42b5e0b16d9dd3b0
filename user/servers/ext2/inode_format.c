/* inode_format.c - an inode as it stands on the disk, and whether it can be believed.
 *
 * Large inodes have nanoseconds and two more bits of seconds beside each time. What we do not know
 * of an inode (attributes behind it, versions) stays as it was.
 */
#include "inode.h"

#include <string.h>

#define SECOND_NS 1000000000ll
#define FIELD_END(field) \
    (offsetof(struct disk_inode, field) + sizeof(((struct disk_inode *)NULL)->field))

enum { EXTRA_EPOCH_BITS = 2, EXTRA_SIZE = sizeof(struct disk_inode) - INODE_SIZE_OLD };

uint64_t inode_block(const struct ext2 *fs, uint32_t number)
{
    const struct group *group = &fs->groups[(number - 1) / fs->inodes_per_group];
    uint32_t place = (number - 1) % fs->inodes_per_group;

    return group->inode_table + (uint64_t)place * fs->inode_size / fs->block_size;
}

uint32_t inode_offset(const struct ext2 *fs, uint32_t number)
{
    uint64_t place = (number - 1) % fs->inodes_per_group;

    return (uint32_t)(place * fs->inode_size % fs->block_size);
}

/* Does the inode have the field that ends there? */
static bool has_field(const struct ext2 *fs, const struct disk_inode *disk, size_t end)
{
    return fs->inode_size > INODE_SIZE_OLD && end <= fs->inode_size &&
           end <= (size_t)INODE_SIZE_OLD + disk->i_extra_isize;
}

static int64_t decode_time(uint32_t seconds, uint32_t extra)
{
    int64_t all = (int64_t)(int32_t)seconds + ((int64_t)(extra & 3) << 32);
    int64_t nanoseconds = extra >> EXTRA_EPOCH_BITS;

    if (nanoseconds >= SECOND_NS)
        nanoseconds = 0;
    if (all >= INT64_MAX / SECOND_NS)
        return INT64_MAX;
    return all * SECOND_NS + nanoseconds;
}

/* -> seconds as they stand in the old field; *extra what does not fit there. */
static uint32_t encode_time(int64_t time_ns, bool has_extra, uint32_t *extra)
{
    int64_t seconds = time_ns / SECOND_NS;
    int64_t nanoseconds = time_ns % SECOND_NS;

    if (nanoseconds < 0) {
        nanoseconds += SECOND_NS;
        seconds--;
    }
    if (!has_extra && seconds > INT32_MAX)
        seconds = INT32_MAX;
    if (seconds < INT32_MIN)
        seconds = INT32_MIN;
    int64_t epoch = (seconds - (int32_t)seconds) >> 32;
    *extra = (uint32_t)nanoseconds << EXTRA_EPOCH_BITS | (uint32_t)(epoch & 3);
    return (uint32_t)seconds;
}

static void decode_times(struct ext2 *fs, struct inode *inode, const struct disk_inode *disk)
{
    bool changed = has_field(fs, disk, FIELD_END(i_ctime_extra));
    bool modified = has_field(fs, disk, FIELD_END(i_mtime_extra));
    bool accessed = has_field(fs, disk, FIELD_END(i_atime_extra));

    inode->changed_ns = decode_time(disk->i_ctime, changed ? disk->i_ctime_extra : 0);
    inode->modified_ns = decode_time(disk->i_mtime, modified ? disk->i_mtime_extra : 0);
    inode->accessed_ns = decode_time(disk->i_atime, accessed ? disk->i_atime_extra : 0);
}

static void encode_times(struct ext2 *fs, const struct inode *inode, struct disk_inode *disk)
{
    bool changed = has_field(fs, disk, FIELD_END(i_ctime_extra));
    bool modified = has_field(fs, disk, FIELD_END(i_mtime_extra));
    bool accessed = has_field(fs, disk, FIELD_END(i_atime_extra));
    uint32_t extra;

    disk->i_ctime = encode_time(inode->changed_ns, changed, &extra);
    if (changed)
        disk->i_ctime_extra = extra;
    disk->i_mtime = encode_time(inode->modified_ns, modified, &extra);
    if (modified)
        disk->i_mtime_extra = extra;
    disk->i_atime = encode_time(inode->accessed_ns, accessed, &extra);
    if (accessed)
        disk->i_atime_extra = extra;
}

/* The first state of an inode that is new. */
static void encode_fresh(struct ext2 *fs, struct inode *inode, struct disk_inode *disk)
{
    uint32_t extra;

    memset(disk, 0, fs->inode_size);
    if (fs->inode_size >= sizeof *disk) {
        disk->i_extra_isize = EXTRA_SIZE;
        disk->i_crtime = encode_time(inode->changed_ns, true, &extra);
        disk->i_crtime_extra = extra;
    }
    inode->fresh = false;
}

void inode_encode(struct ext2 *fs, struct inode *inode, void *block)
{
    struct disk_inode *disk = (void *)((char *)block + inode_offset(fs, inode->number));

    if (inode->fresh)
        encode_fresh(fs, inode, disk);
    disk->i_mode = inode->mode;
    disk->i_uid = (uint16_t)inode->user;
    disk->i_uid_high = (uint16_t)(inode->user >> 16);
    disk->i_gid = (uint16_t)inode->group;
    disk->i_gid_high = (uint16_t)(inode->group >> 16);
    disk->i_links_count = inode->links;
    disk->i_size_lo = (uint32_t)inode->size;
    if (inode_is(inode, S_IFREG))
        disk->i_size_high = (uint32_t)(inode->size >> 32);
    disk->i_blocks_lo = inode->sectors;
    disk->i_flags = inode->flags;
    disk->i_generation = inode->generation;
    disk->i_file_acl_lo = inode->xattr_block;
    disk->i_dtime = inode->orphan ? inode->next_orphan : inode->removed;
    memcpy(disk->i_block, inode->block, sizeof disk->i_block);
    encode_times(fs, inode, disk);
    inode->changed = false;
}

static bool type_is_known(const struct inode *inode)
{
    switch (inode->mode & S_IFMT) {
    case S_IFREG:
    case S_IFDIR:
    case S_IFLNK:
    case S_IFCHR:
    case S_IFBLK:
    case S_IFIFO:
    case S_IFSOCK:
        return true;
    default:
        return false;
    }
}

/* NULL, or what cannot be. */
static const char *find_nonsense(const struct ext2 *fs, const struct inode *inode,
                                 const struct disk_inode *disk)
{
    if (!type_is_known(inode))
        return "of no known type";
    if (inode->flags & (INODE_EXTENTS | INODE_INLINE_DATA))
        return "with extents or inline data";
    if (disk->i_blocks_high != 0 || disk->i_file_acl_high != 0)
        return "with numbers of 48 bits";
    if (inode->size > fs->size_max)
        return "of impossible size";
    if (inode_is(inode, S_IFDIR) && (inode->size % fs->block_size != 0 || inode->size > INT32_MAX ||
                                     inode->size >> fs->block_shift > fs->block_count))
        return "a directory of impossible size";
    if (inode_is(inode, S_IFLNK) && inode->size >= fs->block_size)
        return "a link of impossible length";
    if (fs->inode_size > INODE_SIZE_OLD && disk->i_extra_isize > fs->inode_size - INODE_SIZE_OLD)
        return "with more fields than fit";
    return NULL;
}

enum error inode_decode(struct ext2 *fs, struct inode *inode, const void *block)
{
    const struct disk_inode *disk =
        (const void *)((const char *)block + inode_offset(fs, inode->number));

    inode->mode = disk->i_mode;
    inode->links = disk->i_links_count;
    inode->user = disk->i_uid | (uint32_t)disk->i_uid_high << 16;
    inode->group = disk->i_gid | (uint32_t)disk->i_gid_high << 16;
    inode->flags = disk->i_flags;
    inode->generation = disk->i_generation;
    inode->size = disk->i_size_lo;
    if (inode_is(inode, S_IFREG))
        inode->size |= (uint64_t)disk->i_size_high << 32;
    inode->sectors = disk->i_blocks_lo;
    inode->xattr_block = disk->i_file_acl_lo;
    inode->removed = disk->i_dtime;
    memcpy(inode->block, disk->i_block, sizeof inode->block);
    const char *nonsense = find_nonsense(fs, inode, disk);
    if (nonsense != NULL)
        return fs_damage(fs, "inode %u: %s", inode->number, nonsense);
    decode_times(fs, inode, disk);
    return E_OK;
}
