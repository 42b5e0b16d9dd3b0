#pragma once
/* power.h - how shutdown and reboot leave. */
#include <octavo/calls.h>
#include <octavo/mount.h>
#include <termios.h>
#include <unistd.h>

#include "utility.h"

/* Lets the terminal show what it has, then asks the kernel. Returns, with a status, only if the
 * kernel refuses. */
static inline int power_control(const char *name, unsigned operation, int status)
{
    struct termios modes;

    mount_rest_all();
    /* Output that a server has accepted may still be on its way: a change of mode waits for it. */
    if (tcgetattr(STDOUT_FILENO, &modes) == 0)
        tcsetattr(STDOUT_FILENO, TCSADRAIN, &modes);
    long result = system_control(HANDLE_SYSTEM, operation, (uint64_t)status, 0);
    return utility_fail(name, "the kernel refuses", result < 0 ? (int)-result : EIO);
}
