/* blklog.c - see blklog.h. */
#include "blklog.h"

#include <stdlib.h>

#define BLKLOG_MAGIC UINT64_C(0x6a736677736872)

enum { VERSION = 1, SECTOR_MAX = 64 * 1024, WRITE_MAX = 256 * 1024 * 1024 };
enum { FLAG_FLUSH = 1, FLAG_FUA = 2, FLAG_DISCARD = 4, FLAG_MARK = 8 };

/* The first sector; all numbers are little-endian. */
struct blklog_super {
    uint64_t magic, version, entries;
    uint32_t sector_size;
};

/* Each has a sector of its own, and then its data. */
struct blklog_entry {
    uint64_t sector, sectors, flags, data_bytes;
};

static const char *read_data(FILE *file, uint64_t offset, uint64_t length, struct disk_log *log)
{
    uint8_t *data = malloc(length);

    if (data == NULL)
        return "there is no memory for a write";
    const bool whole = fread(data, 1, length, file) == length;
    if (whole)
        disk_log_write(log, offset, length, data);
    free(data);
    return whole ? NULL : "the log ends within a write";
}

static const char *read_entry(FILE *file, uint32_t sector_size, uint64_t disk_size,
                              struct disk_log *log)
{
    static uint8_t sector[SECTOR_MAX];
    const struct blklog_entry *entry = (const struct blklog_entry *)sector;

    if (fread(sector, 1, sector_size, file) != sector_size)
        return "the log has fewer entries than it says";
    const uint64_t sectors = entry->sectors, limit = disk_size / sector_size;
    if (entry->flags & FLAG_MARK) {
        disk_log_mark(log, entry->sector);
        return fseek(file, (long)entry->data_bytes, SEEK_CUR) == 0 ? NULL : "a mark has no end";
    }
    if (entry->flags & FLAG_FLUSH)
        disk_log_flush(log);
    /* What is discarded may be there all the same. */
    if (sectors == 0 || entry->flags & FLAG_DISCARD)
        return NULL;
    if (entry->sector > limit || sectors > limit - entry->sector ||
        sectors > WRITE_MAX / sector_size)
        return "a write is behind the disk's end";
    return read_data(file, entry->sector * sector_size, sectors * sector_size, log);
}

const char *blklog_read(FILE *file, uint64_t disk_size, struct disk_log *log)
{
    struct blklog_super super;
    const char *complaint = NULL;

    if (fread(&super, 1, sizeof super, file) != sizeof super || super.magic != BLKLOG_MAGIC)
        return "this is no log of blklogwrites";
    if (super.version != VERSION)
        return "the log has another version";
    if (super.sector_size < DISK_SECTOR || super.sector_size > SECTOR_MAX ||
        super.sector_size % DISK_SECTOR != 0 || fseek(file, (long)super.sector_size, SEEK_SET) != 0)
        return "the log has sectors of an impossible size";
    for (uint64_t i = 0; i < super.entries && complaint == NULL; i++)
        complaint = read_entry(file, super.sector_size, disk_size, log);
    return complaint;
}
