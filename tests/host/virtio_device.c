/* virtio_device.c - see virtio_device.h. */
#include "virtio_device.h"

#include <stdlib.h>
#include <string.h>

struct virtio_device device;

enum error transport_map(struct transport *transport, const struct boot_device *ignored)
{
    (void)transport;
    (void)ignored;
    return E_OK;
}

enum error transport_reset(struct transport *transport)
{
    (void)transport;
    if (device.refuses_reset)
        return E_IO;
    device.queue = NULL;
    device.seen = 0;
    device.holds = 0;
    device.needs_reset = false;
    device.resets++;
    return E_OK;
}

enum error transport_negotiate(struct transport *transport, uint64_t wanted)
{
    transport->features = device.features & wanted;
    return device.refuses_features ? E_NODEV : E_OK;
}

uint32_t transport_queue_size_max(struct transport *transport)
{
    (void)transport;
    return device.queue_size_max;
}

void transport_set_queue(struct transport *transport, const struct queue *queue)
{
    (void)transport;
    device.queue = (struct queue *)(uintptr_t)queue;
}

void transport_start(struct transport *transport) { (void)transport; }
void transport_give_up(struct transport *transport) { (void)transport; }
void transport_notify(struct transport *transport) { (void)transport; }
void transport_listen(int irq) { (void)irq; }

uint32_t transport_interrupt(struct transport *transport)
{
    uint32_t bits = device.interrupt;

    (void)transport;
    device.interrupt = 0;
    return bits;
}

bool transport_needs_reset(struct transport *transport)
{
    (void)transport;
    return device.needs_reset;
}

uint32_t transport_config32(struct transport *transport, uint32_t offset)
{
    (void)transport;
    return device.config[offset / 4];
}

uint64_t transport_config64(struct transport *transport, uint32_t offset)
{
    return transport_config32(transport, offset) |
           (uint64_t)transport_config32(transport, offset + 4) << 32;
}

enum error dma_create(int ignored, uint64_t bytes, struct dma *dma)
{
    (void)ignored;
    dma->size = (bytes + 4095) / 4096 * 4096;
    dma->physical = (uintptr_t)aligned_alloc(4096, dma->size);
    return E_OK;
}

enum error dma_map(const struct dma *dma, void **address)
{
    *address = (void *)dma->physical;
    return E_OK;
}

void dma_destroy(const struct dma *dma) { free((void *)dma->physical); }

static void *pointer(uint64_t physical) { return (void *)(uintptr_t)physical; }

void device_take(void)
{
    while (device.queue != NULL && device.seen != device.queue->available->index)
        device.held[device.holds++] =
            device.queue->available->ring[device.seen++ % device.queue->size];
}

void device_say(uint32_t id, uint32_t length)
{
    volatile struct virtq_used *used = device.queue->used;

    used->ring[used->index % device.queue->size] = (struct virtq_used_element){id, length};
    used->index++;
}

/* Moves the data of one buffer. -> bytes that it wrote to memory. */
static uint32_t device_move(const struct virtio_blk_header *header, uint64_t *at,
                            const struct virtq_descriptor *buffer)
{
    if (header->type == VIRTIO_BLK_T_DISCARD) {
        const struct virtio_blk_discard *discard = pointer(buffer->address);

        assert_true(discard->sector + discard->sectors <= SECTORS);
        memset(device.image + discard->sector * SECTOR, 0xdd, discard->sectors * SECTOR);
        return 0;
    }
    assert_true(*at + buffer->length <= sizeof device.image);
    if (header->type == VIRTIO_BLK_T_IN)
        memcpy(pointer(buffer->address), device.image + *at, buffer->length);
    else
        memcpy(device.image + *at, pointer(buffer->address), buffer->length);
    *at += buffer->length;
    return header->type == VIRTIO_BLK_T_IN ? buffer->length : 0;
}

/* Does what the chain says, and checks that it is one. */
void device_serve(uint16_t head)
{
    const struct virtq_descriptor *table = device.queue->descriptor;
    const struct virtq_descriptor *buffer = &table[head];
    uint32_t written = 1, count = 1;

    if ((buffer->flags & VIRTQ_DESC_INDIRECT) != 0) {
        table = pointer(buffer->address);
        buffer = table;
    }
    assert_int_equal(buffer->length, sizeof(struct virtio_blk_header));
    const struct virtio_blk_header *header = pointer(buffer->address);
    uint64_t at = header->sector * SECTOR;
    for (buffer = &table[buffer->next]; (buffer->flags & VIRTQ_DESC_NEXT) != 0;
         buffer = &table[buffer->next], count++)
        written += device_move(header, &at, buffer);
    assert_true(count + 1 <= device.queue->size);
    assert_int_equal(buffer->length, 1);
    assert_true((buffer->flags & VIRTQ_DESC_WRITE) != 0);
    *(uint8_t *)pointer(buffer->address) = device.status;
    device.pieces++;
    device_say(head, written + (uint32_t)device.written_wrong);
}

/* Serves one of those that it has, by number. */
void device_serve_one(unsigned which)
{
    uint16_t head = device.held[which];

    device.held[which] = device.held[--device.holds];
    device_serve(head);
}
