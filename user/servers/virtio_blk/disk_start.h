#pragma once
/* disk_start.h - what the two halves of a disk, disk.c and disk_start.c, share. */
#include "disk.h"

/* In the disk's memory, one for each request that is with the device. */
struct disk_wire {
    struct virtio_blk_header header;
    struct virtio_blk_discard discard;
    uint8_t status;
    uint8_t unused[31]; /* neighbours in other lines of the cache */
};

_Static_assert(sizeof(struct disk_wire) == 64, "wires follow each other");

/* From a device that has been reset to one that takes requests; the queue is empty. E_NODEV;
 * E_NOMEM.
 */
enum error disk_bring_up(struct disk *disk) MUST_USE;

/* Reads how large the disk is now. */
void disk_read_capacity(struct disk *disk);

/* Says on the log what is wrong with the device; once for each disk. */
void disk_complain(struct disk *disk, const char *what);
