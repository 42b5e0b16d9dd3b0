#pragma once
/* transport.h - a virtio device behind memory-mapped registers (virtio 1.2, section 4.2), legacy
 * (version 1) or modern (version 2). */
#include <octavo/error.h>
#include <octavo/system.h>

#include <stdbool.h>
#include <stdint.h>

#include "queue.h"
#include "virtio.h"

struct transport {
    volatile uint8_t *registers;
    uint32_t version;
    uint64_t features; /* that both sides have agreed on */
};

/* Maps the registers. E_NODEV: there is no block device behind them. */
enum error transport_map(struct transport *transport, const struct boot_device *device) MUST_USE;

/* Stops the device: when this succeeds it reads and writes no memory any more, and interrupts no
 * more. E_IO: it does not answer; its memory must not be used again. */
enum error transport_reset(struct transport *transport) MUST_USE;

/* After a reset: agrees on those of `wanted` that the device offers. E_NODEV: it insists on others.
 */
enum error transport_negotiate(struct transport *transport, uint64_t wanted) MUST_USE;

/* The largest size of queue 0; 0: there is none. */
uint32_t transport_queue_size_max(struct transport *transport);

/* Hands queue 0 to the device. */
void transport_set_queue(struct transport *transport, const struct queue *queue);

/* From now on it works. */
void transport_start(struct transport *transport);

/* It is not to be used any more. */
void transport_give_up(struct transport *transport);

/* There are new chains in queue 0. */
void transport_notify(struct transport *transport);

/* Takes note of what the device interrupts for, so that it is quiet. -> VIRTIO_INTERRUPT_ bits. */
uint32_t transport_interrupt(struct transport *transport);

/* The device is quiet: its interrupt, a handle, may come again. */
void transport_listen(int irq);

bool transport_needs_reset(struct transport *transport);

/* A field of the device's configuration. */
uint32_t transport_config32(struct transport *transport, uint32_t offset);
uint64_t transport_config64(struct transport *transport, uint32_t offset);
