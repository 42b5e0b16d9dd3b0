/* transport.c - a virtio device behind memory-mapped registers. See transport.h. */
#include "transport.h"

#include <octavo/calls.h>

/* A device that is well answers a reset at once; in an emulator the disk below may have to finish
 * what it has begun. */
#define RESET_WAIT_NS 5000000000ull
#define RESET_LOOK_NS 1000000ull

enum { CONFIG_TRIES = 100 }; /* until two looks at the configuration agree */

static uint32_t get(const struct transport *transport, uint32_t offset)
{
    return *(volatile uint32_t *)(transport->registers + offset);
}

static void set(struct transport *transport, uint32_t offset, uint32_t value)
{
    *(volatile uint32_t *)(transport->registers + offset) = value;
}

/* What was written to memory is there before a register tells the device to look. */
static void order_memory(void) { __asm__ volatile("fence iorw, iorw" ::: "memory"); }

enum error transport_map(struct transport *transport, const struct boot_device *device)
{
    struct mapping mapping = {
        .length = device->offset + device->size,
        .flags = MAP_READ | MAP_WRITE,
        .memory = device->memory,
    };

    if (device->size <= VIRTIO_CONFIG + VIRTIO_BLK_MAX_DISCARD_SECTORS)
        return E_NODEV;
    long address = vm_map(HANDLE_SPACE, &mapping);
    if (address < 0)
        return (enum error) - address;
    transport->registers = (volatile uint8_t *)address + device->offset;
    transport->version = get(transport, VIRTIO_VERSION);
    if (get(transport, VIRTIO_MAGIC_VALUE) == VIRTIO_MAGIC &&
        get(transport, VIRTIO_DEVICE_ID) == VIRTIO_ID_BLOCK &&
        (transport->version == VIRTIO_VERSION_LEGACY ||
         transport->version == VIRTIO_VERSION_MODERN))
        return E_OK;
    (void)vm_unmap(HANDLE_SPACE, (uint64_t)address, mapping.length);
    return E_NODEV;
}

enum error transport_reset(struct transport *transport)
{
    uint64_t end = clock_get() + RESET_WAIT_NS;

    set(transport, VIRTIO_STATUS, 0);
    /* Section 4.2.3.1: it is done when the status reads 0. */
    while (get(transport, VIRTIO_STATUS) != 0) {
        if (clock_get() >= end)
            return E_IO;
        (void)clock_sleep(clock_get() + RESET_LOOK_NS);
    }
    order_memory();
    return E_OK;
}

static void add_status(struct transport *transport, uint32_t bit)
{
    set(transport, VIRTIO_STATUS, get(transport, VIRTIO_STATUS) | bit);
}

static uint64_t offered(struct transport *transport)
{
    uint64_t features;

    set(transport, VIRTIO_DEVICE_FEATURES_SELECT, 0);
    features = get(transport, VIRTIO_DEVICE_FEATURES);
    if (transport->version == VIRTIO_VERSION_LEGACY)
        return features; /* section 6.3: there are no others */
    set(transport, VIRTIO_DEVICE_FEATURES_SELECT, 1);
    return features | (uint64_t)get(transport, VIRTIO_DEVICE_FEATURES) << 32;
}

/* Section 3.1.1, steps 2 to 6; a legacy device knows no FEATURES_OK (section 3.1.2). */
enum error transport_negotiate(struct transport *transport, uint64_t wanted)
{
    bool is_modern = transport->version == VIRTIO_VERSION_MODERN;

    add_status(transport, VIRTIO_STATUS_ACKNOWLEDGE);
    add_status(transport, VIRTIO_STATUS_DRIVER);
    transport->features = offered(transport) & (wanted | (is_modern ? VIRTIO_F_VERSION_1 : 0));
    if (is_modern && (transport->features & VIRTIO_F_VERSION_1) == 0)
        return E_NODEV;
    set(transport, VIRTIO_DRIVER_FEATURES_SELECT, 0);
    set(transport, VIRTIO_DRIVER_FEATURES, (uint32_t)transport->features);
    if (!is_modern)
        return E_OK;
    set(transport, VIRTIO_DRIVER_FEATURES_SELECT, 1);
    set(transport, VIRTIO_DRIVER_FEATURES, (uint32_t)(transport->features >> 32));
    add_status(transport, VIRTIO_STATUS_FEATURES_OK);
    bool is_agreed = (get(transport, VIRTIO_STATUS) & VIRTIO_STATUS_FEATURES_OK) != 0;
    return is_agreed ? E_OK : E_NODEV;
}

uint32_t transport_queue_size_max(struct transport *transport)
{
    set(transport, VIRTIO_QUEUE_SELECT, 0);
    return get(transport, VIRTIO_QUEUE_SIZE_MAX);
}

static void set_address(struct transport *transport, uint32_t offset, uint64_t address)
{
    set(transport, offset, (uint32_t)address);
    set(transport, offset + 4, (uint32_t)(address >> 32));
}

/* Sections 4.2.3.2 and 4.2.4. */
void transport_set_queue(struct transport *transport, const struct queue *queue)
{
    if (transport->version == VIRTIO_VERSION_LEGACY)
        set(transport, VIRTIO_LEGACY_PAGE_SIZE, QUEUE_ALIGN);
    set(transport, VIRTIO_QUEUE_SELECT, 0);
    set(transport, VIRTIO_QUEUE_SIZE, queue->size);
    order_memory();
    if (transport->version == VIRTIO_VERSION_LEGACY) {
        set(transport, VIRTIO_LEGACY_QUEUE_ALIGN, QUEUE_ALIGN);
        set(transport, VIRTIO_LEGACY_QUEUE_PAGE,
            (uint32_t)(queue->descriptor_address / QUEUE_ALIGN));
        return;
    }
    set_address(transport, VIRTIO_QUEUE_DESCRIPTORS, queue->descriptor_address);
    set_address(transport, VIRTIO_QUEUE_AVAILABLE, queue->available_address);
    set_address(transport, VIRTIO_QUEUE_USED, queue->used_address);
    set(transport, VIRTIO_QUEUE_READY, 1);
}

void transport_start(struct transport *transport)
{
    add_status(transport, VIRTIO_STATUS_DRIVER_OK);
}

void transport_give_up(struct transport *transport) { add_status(transport, VIRTIO_STATUS_FAILED); }

void transport_notify(struct transport *transport)
{
    order_memory();
    set(transport, VIRTIO_QUEUE_NOTIFY, 0);
}

uint32_t transport_interrupt(struct transport *transport)
{
    uint32_t bits = get(transport, VIRTIO_INTERRUPT_STATUS);

    set(transport, VIRTIO_INTERRUPT_ACK, bits);
    order_memory(); /* what comes back is looked for after this, or comes with another interrupt */
    return bits;
}

void transport_listen(int irq)
{
    (void)irq_ack(irq); /* fails only for a handle that is no interrupt */
}

bool transport_needs_reset(struct transport *transport)
{
    return (get(transport, VIRTIO_STATUS) & VIRTIO_STATUS_NEEDS_RESET) != 0;
}

uint32_t transport_config32(struct transport *transport, uint32_t offset)
{
    return get(transport, VIRTIO_CONFIG + offset);
}

/* The halves belong together if the configuration did not change between them: by its generation
 * (section 4.2.2), which a legacy device has not; reading twice does for both. */
uint64_t transport_config64(struct transport *transport, uint32_t offset)
{
    uint64_t value = 0, last;
    int tries = 0;

    do {
        last = value;
        value = transport_config32(transport, offset);
        value |= (uint64_t)transport_config32(transport, offset + 4) << 32;
    } while ((tries == 0 || value != last) && ++tries < CONFIG_TRIES);
    return value;
}
