/* devices.c - who gets which device.
 *
 * owner[i] is the server that device i of the boot information went to, NOBODY at first.
 */
#include "devices.h"

#include <octavo/handle.h>

#include <fnmatch.h>
#include <stdbool.h>
#include <string.h>

enum { NOBODY = -1 };

static const struct boot_info *boot;
static int owner_of[BOOT_DEVICES_MAX];

void devices_init(const struct boot_info *info)
{
    boot = info;
    for (unsigned i = 0; i < BOOT_DEVICES_MAX; i++)
        owner_of[i] = NOBODY;
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
        if (owner_of[i] != NOBODY || fnmatch(pattern, boot->device[i].compatible, 0) != 0)
            continue;
        enum error error = add_device(set, &boot->device[i]);
        if (error != E_OK)
            return error;
        owner_of[i] = owner;
        found = true;
    }
    return found ? E_OK : E_NODEV;
}
