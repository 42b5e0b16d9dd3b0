#pragma once
/* disk.h - one disk: requests to it, and what becomes of them.
 *
 * A request waits until the device has room, goes to it in one piece or, where it is more than the
 * device takes at once, in several one after the other, and ends in a call of its `done`. While it
 * is with the disk, it and the memory it names stay in place. When the device says what cannot be,
 * or asks for it, it is reset: what it had ends with E_IO, and what waited goes on.
 */
#include <octavo/error.h>
#include <octavo/system.h>

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "dma.h"
#include "queue.h"
#include "transport.h"

enum { DISK_BLOCK_MAX = 32768 };

struct disk_segment {
    uint64_t physical;
    uint64_t length; /* bytes, whole sectors */
};

struct disk_request {
    STAILQ_ENTRY(disk_request) link;

    /* Ends it: the disk does not know it any more. E_OK; E_IO; E_NODEV: the device is gone;
     * E_NOSYS: it cannot; E_CANCELED: nobody wants it. */
    void (*done)(struct disk_request *request, enum error error);
    /* Is there still somebody who wants it? Asked while it waits. NULL: there is. */
    bool (*is_wanted)(const struct disk_request *request);

    uint32_t type;    /* VIRTIO_BLK_T_ */
    uint64_t sector;  /* moves on with each piece */
    uint64_t sectors; /* VIRTIO_BLK_T_DISCARD: that are left */
    const struct disk_segment *segment;
    unsigned segments;

    /* The disk's own. */
    unsigned at;     /* segment that comes next */
    uint64_t offset; /* in it */
    uint64_t piece;  /* bytes, or sectors, that are under way */
    uint16_t wire;
};

struct disk_wire; /* what request and device tell each other */

struct disk {
    unsigned number;
    char name[8];
    struct transport transport;
    struct queue queue;
    int device, irq; /* handles */

    /* What the device says of itself. */
    uint64_t sectors;
    uint32_t block_size;  /* bytes; requests are whole blocks */
    uint32_t buffers_max; /* of one piece */
    uint32_t buffer_max;  /* bytes of one of them */
    uint32_t discard_max; /* sectors of one piece */
    bool read_only, has_flush, has_discard;
    char serial[24]; /* with a NUL */

    struct dma memory; /* of the queue and the wires */
    void *memory_address;
    uint16_t wires, wires_free;
    struct disk_wire *wire;
    uint64_t wire_address; /* physical */
    uint16_t free_wire[QUEUE_SIZE_MAX];

    STAILQ_HEAD(disk_requests, disk_request) waiting;
    unsigned waiting_count, weed_at;

    bool is_found; /* there is a device, and it has been stopped once */
    bool is_there; /* it takes requests */
    bool is_stuck; /* it could not be reset: it may write to what it was given, for ever */
    bool has_complained;
};

/* Looks for a block device behind the registers, and stops it. E_NODEV: there is none; E_IO: it
 * does not stop. */
enum error disk_find(struct disk *disk, const struct boot_device *device) MUST_USE;

/* Makes a found disk ready for requests. E_NODEV: it wants what this driver does not know; E_NOMEM.
 */
enum error disk_start(struct disk *disk) MUST_USE;

/* Takes a request over. */
void disk_submit(struct disk *disk, struct disk_request *request);

/* The device has interrupted. */
void disk_interrupt(struct disk *disk);

/* Requests that it takes at once. */
unsigned disk_depth(const struct disk *disk);
