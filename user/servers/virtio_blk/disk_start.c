/* disk_start.c - brings a disk's device up (virtio 1.2, section 3.1.1): at the start, and again
 * after it had to be reset. */
#include "disk_start.h"

#include <octavo/handle.h>

#include "proto/block.h"

enum { WITHOUT_DATA = 2 /* header and status, which each piece has besides */ };

static const uint64_t wanted = VIRTIO_BLK_F_SIZE_MAX | VIRTIO_BLK_F_SEG_MAX | VIRTIO_BLK_F_RO |
                               VIRTIO_BLK_F_BLK_SIZE | VIRTIO_BLK_F_FLUSH | VIRTIO_BLK_F_DISCARD |
                               VIRTIO_F_INDIRECT_DESC;

static bool has(const struct disk *disk, uint64_t feature)
{
    return (disk->transport.features & feature) != 0;
}

void disk_read_capacity(struct disk *disk)
{
    const uint64_t sectors_max = INT64_MAX / BLOCK_SECTOR; /* its size is a file's */
    uint64_t sectors = transport_config64(&disk->transport, VIRTIO_BLK_CAPACITY);

    disk->sectors = sectors < sectors_max ? sectors : sectors_max;
}

static uint32_t round_down(uint32_t value, uint32_t unit) { return value - value % unit; }

static bool is_power_of_two(uint32_t value) { return value != 0 && (value & (value - 1)) == 0; }

/* Limits that make no sense are not kept to: the device will say what it cannot do. */
static void read_limits(struct disk *disk)
{
    struct transport *transport = &disk->transport;
    uint32_t value;

    disk_read_capacity(disk);
    disk->block_size = BLOCK_SECTOR;
    value = has(disk, VIRTIO_BLK_F_BLK_SIZE) ? transport_config32(transport, VIRTIO_BLK_BLK_SIZE)
                                             : BLOCK_SECTOR;
    if (is_power_of_two(value) && value > BLOCK_SECTOR && value <= DISK_BLOCK_MAX)
        disk->block_size = value;
    disk->buffer_max = round_down(UINT32_MAX, DISK_BLOCK_MAX);
    value = has(disk, VIRTIO_BLK_F_SIZE_MAX) ? transport_config32(transport, VIRTIO_BLK_SIZE_MAX)
                                             : disk->buffer_max;
    if (value >= disk->block_size)
        disk->buffer_max = round_down(value, disk->block_size);
    /* Without the feature one buffer is all that is sure to be taken. */
    value = has(disk, VIRTIO_BLK_F_SEG_MAX) ? transport_config32(transport, VIRTIO_BLK_SEG_MAX) : 1;
    disk->buffers_max = disk->queue.chain_max - WITHOUT_DATA;
    if (value > 0 && value < disk->buffers_max)
        disk->buffers_max = value;
    disk->read_only = has(disk, VIRTIO_BLK_F_RO);
    disk->has_flush = has(disk, VIRTIO_BLK_F_FLUSH);
    value = has(disk, VIRTIO_BLK_F_DISCARD)
                ? transport_config32(transport, VIRTIO_BLK_MAX_DISCARD_SECTORS)
                : 0;
    disk->discard_max = round_down(value, disk->block_size / BLOCK_SECTOR);
    disk->has_discard = disk->discard_max > 0;
}

/* -> a size for the queue that device and driver can have, or 0. */
static uint16_t choose_size(struct disk *disk)
{
    uint32_t max = transport_queue_size_max(&disk->transport);
    uint16_t size = QUEUE_SIZE_MAX;

    while (size > max)
        size /= 2;
    return size > WITHOUT_DATA ? size : 0;
}

/* The memory that the disk has, or had before, is enough for every queue. */
static enum error make_memory(struct disk *disk)
{
    enum error error;
    uint64_t bytes = queue_bytes(QUEUE_SIZE_MAX, true) + QUEUE_SIZE_MAX * sizeof(struct disk_wire);

    if (disk->memory_address != NULL)
        return E_OK;
    error = dma_create(disk->device, bytes, &disk->memory);
    if (error != E_OK)
        return error;
    error = dma_map(&disk->memory, &disk->memory_address);
    if (error != E_OK)
        dma_destroy(&disk->memory);
    return error;
}

/* The wires come first: the memory begins with a page, and they fill whole ones. */
static void lay_out(struct disk *disk, uint16_t size)
{
    const uint64_t wire_bytes = QUEUE_SIZE_MAX * sizeof(struct disk_wire);
    _Static_assert(QUEUE_SIZE_MAX * sizeof(struct disk_wire) % QUEUE_ALIGN == 0, "whole pages");

    disk->wire = disk->memory_address;
    disk->wire_address = disk->memory.physical;
    disk->wires = disk->wires_free = size;
    for (uint16_t i = 0; i < size; i++)
        disk->free_wire[i] = i;
    queue_init(&disk->queue, (char *)disk->memory_address + wire_bytes,
               disk->memory.physical + wire_bytes, size, has(disk, VIRTIO_F_INDIRECT_DESC));
}

enum error disk_bring_up(struct disk *disk)
{
    struct transport *transport = &disk->transport;
    enum error error = transport_negotiate(transport, wanted);
    uint16_t size = error == E_OK ? choose_size(disk) : 0;

    if (error == E_OK && size == 0)
        error = E_NODEV;
    if (error == E_OK)
        error = make_memory(disk);
    if (error != E_OK) {
        transport_give_up(transport);
        return error;
    }
    lay_out(disk, size);
    read_limits(disk);
    transport_set_queue(transport, &disk->queue);
    transport_start(transport);
    return E_OK;
}

enum error disk_find(struct disk *disk, const struct boot_device *device)
{
    enum error error;

    if (device->irq == HANDLE_NONE)
        return E_NODEV;
    disk->device = device->memory;
    disk->irq = device->irq;
    error = transport_map(&disk->transport, device);
    if (error == E_OK)
        error = transport_reset(&disk->transport);
    disk->is_found = error == E_OK;
    disk->is_stuck = error == E_IO;
    return error;
}

enum error disk_start(struct disk *disk)
{
    STAILQ_INIT(&disk->waiting);
    enum error error = disk_bring_up(disk);
    disk->is_there = error == E_OK;
    return error;
}
