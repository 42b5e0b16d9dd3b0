#pragma once
/* start.h - what a server finds when init has started it.
 *
 * A server begins with the handles below and no others. Its port belongs to init too: when the
 * server dies, init starts it again with the same port, and its clients keep their channels; calls
 * that were sent meanwhile wait in the port. HANDLE_NAMES is a channel to init whose badge tells
 * init which server is speaking. Descriptors 0, 1 and 2 are that same channel: what a server writes
 * there (FILE_WRITE) goes to the kernel's log, so that it can complain before there is a console;
 * reading gives end of file.
 *
 * init never calls a server, so any server may call init at any time.
 */
#include <octavo/system.h>
#include <stdint.h>

enum {
    START_PORT = 3,   /* RECV */
    START_DEVICE = 4, /* the first of the devices' handles */
};

/* Device i of the server's line in /etc/servers, from 0, in the order of the line and then of the
 * device tree. Both handles cannot be duplicated: a device stays with its driver. */
#define START_MEMORY(i) (START_DEVICE + 2 * (i))     /* MAP, MANAGE */
#define START_IRQ(i)    (START_DEVICE + 2 * (i) + 1) /* MANAGE; a gap if it has no interrupt */

enum start_label {
    /* On HANDLE_NAMES. Buffer OUT: as many struct boot_device as fit, with the handles as this
     * server has them; the word `initrd` on the line is a device too, with that name and no
     * interrupt, `offset` and `size` being those of the archive. -> the number of devices. */
    START_GET_DEVICES = 0x180,
    /* On HANDLE_NAMES. w2: a memory object (MESSAGE_COPY) that a device of the server's writes to.
     * init keeps it too, so that its pages go to nobody else if the server dies, and the device
     * writes on. -> w0: a number. E_NOSPC: too many. */
    START_KEEP,
    /* w0: such a number, which init lets go; or START_KEPT: all that were kept for this server,
     * also when it ran before. It has reset its devices. E_NOENT. */
    START_DROP,
};

#define START_KEPT UINT64_MAX
