#pragma once
/* virtio.h - what the virtio 1.2 specification fixes for a block device on the memory-mapped
 * transport: registers, bits, and the formats of what driver and device share. All little-endian,
 * as this machine is. */
#include <stdint.h>

/* Registers, bytes from the start (section 4.2.2; legacy: 4.2.4). */
enum virtio_register {
    VIRTIO_MAGIC_VALUE = 0x000,
    VIRTIO_VERSION = 0x004, /* 1: legacy, 2 */
    VIRTIO_DEVICE_ID = 0x008,
    VIRTIO_DEVICE_FEATURES = 0x010,
    VIRTIO_DEVICE_FEATURES_SELECT = 0x014,
    VIRTIO_DRIVER_FEATURES = 0x020,
    VIRTIO_DRIVER_FEATURES_SELECT = 0x024,
    VIRTIO_LEGACY_PAGE_SIZE = 0x028,
    VIRTIO_QUEUE_SELECT = 0x030,
    VIRTIO_QUEUE_SIZE_MAX = 0x034,
    VIRTIO_QUEUE_SIZE = 0x038,
    VIRTIO_LEGACY_QUEUE_ALIGN = 0x03c,
    VIRTIO_LEGACY_QUEUE_PAGE = 0x040,
    VIRTIO_QUEUE_READY = 0x044,
    VIRTIO_QUEUE_NOTIFY = 0x050,
    VIRTIO_INTERRUPT_STATUS = 0x060,
    VIRTIO_INTERRUPT_ACK = 0x064,
    VIRTIO_STATUS = 0x070,
    VIRTIO_QUEUE_DESCRIPTORS = 0x080, /* each of the three: low half, then high half */
    VIRTIO_QUEUE_AVAILABLE = 0x090,
    VIRTIO_QUEUE_USED = 0x0a0,
    VIRTIO_CONFIG_GENERATION = 0x0fc,
    VIRTIO_CONFIG = 0x100,
};

#define VIRTIO_MAGIC 0x74726976u

enum { VIRTIO_VERSION_LEGACY = 1, VIRTIO_VERSION_MODERN = 2, VIRTIO_ID_BLOCK = 2 };

/* Device status (section 2.1). */
enum {
    VIRTIO_STATUS_ACKNOWLEDGE = 1,
    VIRTIO_STATUS_DRIVER = 2,
    VIRTIO_STATUS_DRIVER_OK = 4,
    VIRTIO_STATUS_FEATURES_OK = 8,
    VIRTIO_STATUS_NEEDS_RESET = 64,
    VIRTIO_STATUS_FAILED = 128,
};

/* Interrupt status (section 4.2.2). */
enum { VIRTIO_INTERRUPT_USED = 1 << 0, VIRTIO_INTERRUPT_CONFIG = 1 << 1 };

/* Feature bits (sections 5.2.3 and 6). */
#define VIRTIO_BLK_F_SIZE_MAX  (1ull << 1)
#define VIRTIO_BLK_F_SEG_MAX   (1ull << 2)
#define VIRTIO_BLK_F_RO        (1ull << 5)
#define VIRTIO_BLK_F_BLK_SIZE  (1ull << 6)
#define VIRTIO_BLK_F_FLUSH     (1ull << 9)
#define VIRTIO_BLK_F_DISCARD   (1ull << 13)
#define VIRTIO_F_INDIRECT_DESC (1ull << 28)
#define VIRTIO_F_VERSION_1     (1ull << 32)

/* Configuration of a block device, bytes from VIRTIO_CONFIG (section 5.2.4). */
enum {
    VIRTIO_BLK_CAPACITY = 0, /* 64 bits; sectors */
    VIRTIO_BLK_SIZE_MAX = 8,
    VIRTIO_BLK_SEG_MAX = 12,
    VIRTIO_BLK_BLK_SIZE = 20,
    VIRTIO_BLK_MAX_DISCARD_SECTORS = 36,
};

/* Requests of a block device (section 5.2.6). */
enum {
    VIRTIO_BLK_T_IN = 0,
    VIRTIO_BLK_T_OUT = 1,
    VIRTIO_BLK_T_FLUSH = 4,
    VIRTIO_BLK_T_GET_ID = 8,
    VIRTIO_BLK_T_DISCARD = 11,
};

enum { VIRTIO_BLK_S_OK = 0, VIRTIO_BLK_S_IOERR = 1, VIRTIO_BLK_S_UNSUPP = 2 };
enum { VIRTIO_BLK_ID_BYTES = 20 };

struct virtio_blk_header {
    uint32_t type;
    uint32_t reserved;
    uint64_t sector;
};

struct virtio_blk_discard {
    uint64_t sector;
    uint32_t sectors;
    uint32_t flags;
};

/* The split virtqueue (section 2.7). */
enum { VIRTQ_DESC_NEXT = 1, VIRTQ_DESC_WRITE = 2, VIRTQ_DESC_INDIRECT = 4 };
enum { VIRTQ_USED_NO_NOTIFY = 1 };

struct virtq_descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t flags; /* VIRTQ_DESC_ */
    uint16_t next;
};

struct virtq_available {
    uint16_t flags;
    uint16_t index;
    uint16_t ring[];
};

struct virtq_used_element {
    uint32_t id;
    uint32_t length;
};

struct virtq_used {
    uint16_t flags;
    uint16_t index;
    struct virtq_used_element ring[];
};

_Static_assert(sizeof(struct virtq_descriptor) == 16 && sizeof(struct virtio_blk_header) == 16 &&
                   sizeof(struct virtio_blk_discard) == 16,
               "these are the device's formats");
