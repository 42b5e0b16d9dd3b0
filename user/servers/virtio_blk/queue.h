#pragma once
/* queue.h - a split virtqueue (virtio 1.2, section 2.7): chains of buffers to the device, and what
 * comes back. Pure but for its memory: it is tested on the host with a device that lies.
 *
 * The device is not trusted: what it says is taken only if it can be. The driver must have a
 * chain's buffers in place until the chain has come back, or the device has been reset.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "virtio.h"

enum {
    QUEUE_SIZE_MAX = 128,
    QUEUE_CHAIN_MAX = 68, /* buffers of one chain */
    QUEUE_ALIGN = 4096,   /* of the memory, and of the used ring in it */
};

struct queue_buffer {
    uint64_t address; /* physical */
    uint32_t length;  /* bytes */
    bool is_written;  /* by the device; these come behind the others */
};

struct queue {
    uint16_t size;      /* descriptors */
    uint16_t chain_max; /* buffers that one chain can have */
    bool is_indirect; /* each chain has a table of its own, and takes one descriptor of the ring */
    struct virtq_descriptor *descriptor;
    struct virtq_available *available;
    volatile struct virtq_used *used;
    struct virtq_descriptor (*table)[QUEUE_CHAIN_MAX]; /* is_indirect: of each head */
    uint64_t descriptor_address, available_address, used_address, table_address; /* physical */

    uint16_t free_first, free_count;   /* the free descriptors, linked through `next` */
    uint16_t used_seen;                /* of the used ring's index */
    uint16_t in_flight;                /* chains */
    void *owner[QUEUE_SIZE_MAX];       /* of the chain with that head; NULL: none */
    uint32_t writable[QUEUE_SIZE_MAX]; /* bytes of it that the device writes */
};

/* A chain that came back. */
struct queue_done {
    void *owner;
    uint32_t written; /* bytes, as the device says; no more than it could */
};

enum queue_news {
    QUEUE_EMPTY,
    QUEUE_DONE,
    QUEUE_IMPOSSIBLE, /* what the device says cannot be: it must be reset */
};

/* Bytes of memory for a queue of `size` descriptors, with tables or without. */
size_t queue_bytes(uint16_t size, bool is_indirect);

/* Makes an empty queue in memory at `physical`, aligned to QUEUE_ALIGN. size: a power of two, at
 * most QUEUE_SIZE_MAX. */
void queue_init(struct queue *queue, void *memory, uint64_t physical, uint16_t size,
                bool is_indirect);

/* Gives a chain of 1 to chain_max buffers to the device, for an owner that is not NULL. False: no
 * room now. */
bool queue_add(struct queue *queue, const struct queue_buffer *buffers, unsigned count,
               void *owner);

/* Does the device want to be told of new chains? */
bool queue_wants_notice(const struct queue *queue);

/* Takes the next chain that came back. */
enum queue_news queue_take(struct queue *queue, struct queue_done *done);

/* Takes back the chains that the device had when it was reset, one each time; then the queue is to
 * be made anew. -> the owner, or NULL when there are no more. */
void *queue_take_back(struct queue *queue);
