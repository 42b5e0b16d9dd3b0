#pragma once
/* devices.h - who gets which device. Each device of the machine goes to one server, for good.
 *
 * The device tree calls every slot of a virtio bus `virtio,mmio`, whatever is plugged in there.
 * init asks the slot itself, once, and names the device `virtio,mmio:N`, N being its DeviceID
 * (virtio 1.2, section 5; 0: the slot is empty), so that the table can tell one kind from the
 * other.
 */
#include <octavo/error.h>
#include <octavo/system.h>

enum { DEVICES_MAX = 8 }; /* of one server */

/* What one server has been given. `memory` and `irq` are init's own handles. */
struct device_set {
    struct boot_device device[DEVICES_MAX];
    unsigned count;
};

/* Takes over what the kernel gave init, and asks the slots of virtio what is in them. */
void devices_init(const struct boot_info *info);

/* Gives the devices whose `compatible` string matches `pattern` (fnmatch) to the server `owner`,
 * which may ask again and gets nothing twice; the pattern "initrd" is the archive, which any number
 * of servers may have. E_NODEV: none is left that matches; E_NOSPC: the set is full. */
enum error devices_take(struct device_set *set, const char *pattern, int owner) MUST_USE;
