#pragma once
/* virtio_device.h - a virtio block device for tests of the driver: it stands in for the driver's
 * transport.c and dma.c. It works, and lies or dies as it is told. Physical addresses are
 * addresses.
 */
#include "servers/virtio_blk/disk.h"

/* cmocka.h wants these first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { SECTORS = 256, SECTOR = 512 };

struct virtio_device {
    uint64_t features;
    uint32_t config[16];
    uint32_t queue_size_max;
    bool refuses_reset, refuses_features;
    bool needs_reset;
    uint32_t interrupt;
    struct queue *queue;           /* as the driver set it up; the device uses the shared part */
    uint16_t seen;                 /* of the available ring */
    uint16_t held[QUEUE_SIZE_MAX]; /* heads that it has */
    unsigned holds, resets;
    uint8_t status;        /* to answer instead of OK */
    int32_t written_wrong; /* added to what it says it has written */
    uint8_t image[SECTORS * SECTOR];
    unsigned pieces; /* requests served */
};

extern struct virtio_device device;

/* Takes what the driver has made available. */
void device_take(void);

/* Serves one of those that it has, by its place in `held`; or a chain by its head. Asserts that it
 * is a request. */
void device_serve_one(unsigned which);
void device_serve(uint16_t head);

/* Puts an element into the used ring. */
void device_say(uint32_t id, uint32_t length);
