/* devices.c - who gets which device.
 *
 * owner_of[i] is the server that device i went to, NOBODY at first.
 */
#include "devices.h"

#include <octavo/calls.h>

#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { NOBODY = -1 };

/* The first registers of a slot (virtio 1.2, section 4.2.2). */
enum { VIRTIO_MAGIC_VALUE = 0, VIRTIO_DEVICE_ID = 2, VIRTIO_REGISTERS = 3 };

#define VIRTIO_MAGIC 0x74726976u /* "virt" */

static const struct boot_info *boot;
static struct boot_device devices[BOOT_DEVICES_MAX]; /* as the boot information has them, named */
static int owner_of[BOOT_DEVICES_MAX];

/* Puts the kind of device in the slot behind the name; without a slot, or memory to look at it, the
 * name stays. */
static void name_virtio(struct boot_device *device)
{
    struct mapping mapping = {
        .length = device->offset + device->size, .flags = MAP_READ, .memory = device->memory};

    if (device->size < VIRTIO_REGISTERS * sizeof(uint32_t))
        return;
    long address = vm_map(HANDLE_SPACE, &mapping);
    if (address < 0)
        return;
    const volatile uint32_t *registers = (const volatile uint32_t *)(address + device->offset);
    if (registers[VIRTIO_MAGIC_VALUE] == VIRTIO_MAGIC)
        snprintf(device->compatible, sizeof device->compatible, "virtio,mmio:%u",
                 (unsigned)registers[VIRTIO_DEVICE_ID]);
    (void)vm_unmap(HANDLE_SPACE, (uint64_t)address, mapping.length);
}

void devices_init(const struct boot_info *info)
{
    boot = info;
    for (unsigned i = 0; i < info->devices; i++) {
        owner_of[i] = NOBODY;
        devices[i] = info->device[i];
        if (strcmp(devices[i].compatible, "virtio,mmio") == 0)
            name_virtio(&devices[i]);
    }
}

static enum error add_device(struct device_set *set, const struct boot_device *device)
{
    if (set->count == DEVICES_MAX)
        return E_NOSPC;
    set->device[set->count++] = *device;
    return E_OK;
}

static enum error add_initrd(struct device_set *set)
{
    struct boot_device initrd = {
        .name = "initrd",
        .compatible = "initrd",
        .size = boot->initrd_size,
        .offset = boot->initrd_offset,
        .memory = boot->initrd,
        .irq = HANDLE_NONE,
    };

    return add_device(set, &initrd);
}

enum error devices_take(struct device_set *set, const char *pattern, int owner)
{
    bool found = false;

    if (strcmp(pattern, "initrd") == 0)
        return add_initrd(set);
    for (unsigned i = 0; i < boot->devices; i++) {
        if (owner_of[i] != NOBODY || fnmatch(pattern, devices[i].compatible, 0) != 0)
            continue;
        enum error error = add_device(set, &devices[i]);
        if (error != E_OK)
            return error;
        owner_of[i] = owner;
        found = true;
    }
    return found ? E_OK : E_NODEV;
}
