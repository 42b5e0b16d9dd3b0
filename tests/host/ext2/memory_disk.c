/* memory_disk.c - see memory_disk.h. */
#include "memory_disk.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE_BYTES = 4096 };

static void *at_least(void *memory, size_t *room, size_t count, size_t size)
{
    while (*room < count) {
        *room = *room ? *room * 2 : 64;
        memory = realloc(memory, *room * size);
        if (memory == NULL)
            abort();
    }
    return memory;
}

static struct disk_event *log_event(struct disk_log *log, enum disk_event_kind kind)
{
    log->event = at_least(log->event, &log->room, log->count + 1, sizeof *log->event);
    log->event[log->count] = (struct disk_event){.kind = kind};
    return &log->event[log->count++];
}

void disk_log_write(struct disk_log *log, uint64_t offset, size_t length, const void *bytes)
{
    struct disk_event *event = log_event(log, DISK_WRITE);

    event->offset = offset;
    event->length = length;
    event->at = log->used;
    log->bytes = at_least(log->bytes, &log->bytes_room, log->used + length, 1);
    memcpy(log->bytes + log->used, bytes, length);
    log->used += length;
}

void disk_log_flush(struct disk_log *log) { log_event(log, DISK_FLUSH); }

void disk_log_mark(struct disk_log *log, uint64_t value)
{
    log_event(log, DISK_MARK)->value = value;
}

void disk_log_clear(struct disk_log *log) { log->count = log->used = 0; }

void disk_log_free(struct disk_log *log)
{
    free(log->event);
    free(log->bytes);
    *log = (struct disk_log){0};
}

/* ---- the disk ------------------------------------------------------------------------------ */

static bool fails(uint64_t *countdown)
{
    if (*countdown > 1)
        (*countdown)--;
    else if (*countdown == 1)
        return true;
    return false;
}

static bool is_on(const struct memory_disk *disk, uint64_t offset, size_t length)
{
    return offset % DISK_SECTOR == 0 && length % DISK_SECTOR == 0 && length > 0 &&
           offset <= disk->disk.size && length <= disk->disk.size - offset;
}

static enum error disk_read(struct disk *generic, uint64_t offset, size_t length, void *memory)
{
    struct memory_disk *disk = (struct memory_disk *)generic;

    disk->reads++;
    if (!is_on(disk, offset, length))
        return E_RANGE;
    if (fails(&disk->fail_read))
        return E_IO;
    memcpy(memory, disk->bytes + offset, length);
    return E_OK;
}

static enum error disk_write(struct disk *generic, uint64_t offset, size_t length,
                             const void *memory)
{
    struct memory_disk *disk = (struct memory_disk *)generic;

    disk->writes++;
    if (disk->disk.read_only)
        return E_ROFS;
    if (!is_on(disk, offset, length))
        return E_RANGE;
    if (fails(&disk->fail_write))
        return E_IO;
    if (disk->log != NULL)
        disk_log_write(disk->log, offset, length, memory);
    memory_disk_put(disk, offset, length, memory);
    return E_OK;
}

static enum error disk_flush(struct disk *generic)
{
    struct memory_disk *disk = (struct memory_disk *)generic;

    disk->flushes++;
    if (fails(&disk->fail_flush))
        return E_IO;
    if (disk->log != NULL)
        disk_log_flush(disk->log);
    return E_OK;
}

static void *disk_allocate(struct disk *generic, size_t length)
{
    struct memory_disk *disk = (struct memory_disk *)generic;

    if (length == 0 || length % PAGE_BYTES != 0)
        abort();
    disk->allocated += length;
    return aligned_alloc(PAGE_BYTES, length);
}

static void disk_free(struct disk *generic, void *memory, size_t length)
{
    struct memory_disk *disk = (struct memory_disk *)generic;

    disk->allocated -= length;
    free(memory);
}

void memory_disk_init(struct memory_disk *disk, uint64_t size)
{
    *disk = (struct memory_disk){.disk = {.size = size,
                                          .read = disk_read,
                                          .write = disk_write,
                                          .flush = disk_flush,
                                          .allocate = disk_allocate,
                                          .free = disk_free},
                                 .bytes = calloc(1, size)};
    if (disk->bytes == NULL)
        abort();
}

void memory_disk_destroy(struct memory_disk *disk)
{
    free(disk->bytes);
    disk_log_free(&disk->replaced);
}

void memory_disk_put(struct memory_disk *disk, uint64_t offset, size_t length, const void *bytes)
{
    if (disk->keeps)
        disk_log_write(&disk->replaced, offset, length, disk->bytes + offset);
    memcpy(disk->bytes + offset, bytes, length);
}

size_t memory_disk_here(const struct memory_disk *disk) { return disk->replaced.count; }

void memory_disk_take_back(struct memory_disk *disk, size_t here)
{
    struct disk_log *replaced = &disk->replaced;

    while (replaced->count > here) {
        const struct disk_event *event = &replaced->event[--replaced->count];

        memcpy(disk->bytes + event->offset, replaced->bytes + event->at, event->length);
        replaced->used = event->at;
    }
}
