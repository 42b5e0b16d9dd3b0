#pragma once
/* launch.h - how a child of init comes into its handles: it loses all that init has, and gets what
 * it was meant to have. */
#include <stdint.h>

enum { LAUNCH_HANDLES_MAX = 32 };

struct launch_handle {
    int handle; /* init's number */
    int target; /* the child's */
    uint32_t rights;
};

struct launch {
    struct launch_handle handle[LAUNCH_HANDLES_MAX];
    unsigned count;
    int priority; /* of the child, and its ceiling */
};

/* Adds to the list. The caller sees to it that there is room. */
void launch_add(struct launch *launch, int handle, int target, uint32_t rights);

/* In the child, after fork. 0 or a negated error, after which the child can only exit. */
long launch_apply(const struct launch *launch);
