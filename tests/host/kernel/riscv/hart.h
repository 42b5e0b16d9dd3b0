#pragma once
/* hart.h - stands in for the kernel's on the host: this thread is the hart that the test says. */
#include <stddef.h>

struct lock;

struct hart {
    unsigned locks_held;
    const struct lock *lock[16];
};

extern _Thread_local struct hart *hart_current;

static inline struct hart *hart_self(void) { return hart_current; }
