#pragma once
/* lock.h - the locks of the C library, whose type it leaves to the system (its <sys/lock.h>).
 *
 * A pointer to a lock may be NULL: then there is none and nothing is locked.
 */
#include <octavo/thread.h>
#include <stdint.h>

struct __lock {
    struct mutex mutex;
    uintptr_t
        owner; /* recursive use: thread pointer of the holder; only the holder writes its own */
    uint32_t depth; /* how often the owner holds it */
};
