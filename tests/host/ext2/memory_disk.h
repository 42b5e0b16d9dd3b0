#pragma once
/* memory_disk.h - a disk in memory for tests: it can fail, keep a log of what was written and
 * flushed in which order, and take back writes.
 */
#include <servers/ext2/disk.h>

enum { DISK_SECTOR = 512 };

enum disk_event_kind {
    DISK_WRITE,
    DISK_FLUSH,
    DISK_MARK, /* not of the disk: something that whoever uses it says */
};

struct disk_event {
    enum disk_event_kind kind;
    uint64_t offset, length; /* of a write */
    size_t at;               /* of its bytes in the log */
    uint64_t value;          /* of a mark */
};

struct disk_log {
    struct disk_event *event;
    size_t count, room;
    uint8_t *bytes;
    size_t used, bytes_room;
};

void disk_log_write(struct disk_log *log, uint64_t offset, size_t length, const void *bytes);
void disk_log_flush(struct disk_log *log);
void disk_log_mark(struct disk_log *log, uint64_t value);
void disk_log_clear(struct disk_log *log); /* forgets all events, keeps the memory */
void disk_log_free(struct disk_log *log);

struct memory_disk {
    struct disk disk; /* first */
    uint8_t *bytes;
    struct disk_log *log; /* what is written and flushed from now on; NULL: nobody asks */
    /* What writes have replaced since `keeps` was set, the last at the end. */
    bool keeps;
    struct disk_log replaced;
    uint64_t reads, writes, flushes;
    /* The so many-th from now fails with E_IO, and all after it; 0: none. */
    uint64_t fail_read, fail_write, fail_flush;
    size_t allocated; /* bytes that were given out and not taken back */
};

void memory_disk_init(struct memory_disk *disk, uint64_t size);
void memory_disk_destroy(struct memory_disk *disk);

/* Writes as the machine's owner does: no log, no errors. */
void memory_disk_put(struct memory_disk *disk, uint64_t offset, size_t length, const void *bytes);

/* Where memory_disk_take_back goes back to. */
size_t memory_disk_here(const struct memory_disk *disk);
void memory_disk_take_back(struct memory_disk *disk, size_t here);
