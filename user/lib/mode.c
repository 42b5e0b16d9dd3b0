/* mode.c - the mask of modes: what new files and directories do not get.
 *
 * The mask is the process's own: fork copies it with the memory, and exec hands it on as
 * AUX_MODE_MASK, which is looked up when somebody first asks. It is one word, read and exchanged
 * whole.
 */
#include "posix.h"

#include <errno.h>
#include <octavo/program.h>
#include <stdatomic.h>
#include <sys/auxv.h>
#include <sys/stat.h>

enum {
    PERMISSIONS = S_IRWXU | S_IRWXG | S_IRWXO,
    INITIAL_MASK = S_IWGRP | S_IWOTH,
    NOT_LOOKED_UP = 1 << 16, /* no permission */
};

static _Atomic mode_t mask = NOT_LOOKED_UP;

/* init is given none. */
static mode_t inherited(void)
{
    int reason = errno;
    unsigned long given;

    errno = 0;
    given = getauxval(AUX_MODE_MASK);
    if (errno != 0)
        given = INITIAL_MASK;
    errno = reason;
    return (mode_t)given & PERMISSIONS;
}

mode_t mode_mask(void)
{
    mode_t now = atomic_load(&mask);

    return now == NOT_LOOKED_UP ? inherited() : now;
}

mode_t umask(mode_t new)
{
    mode_t old = atomic_exchange(&mask, new &PERMISSIONS);

    return old == NOT_LOOKED_UP ? inherited() : old;
}
