/* launch.c - how a child of init comes into its handles.
 *
 * fork gave the child a copy of all of init's handles, the devices of every server among them. What
 * the child may keep is parked at high numbers; then everything below is closed, known or not; then
 * the parked handles go to their places. So nothing that init may hold one day leaks by oversight.
 */
#include "launch.h"

#include <octavo/calls.h>

#include <assert.h>

enum {
    PARKED = HANDLE_FIXED / 2, /* init itself has fewer handles than that */
    KERNEL_HANDLES = 2,        /* HANDLE_SELF and HANDLE_SPACE */
};

void launch_add(struct launch *launch, int handle, int target, uint32_t rights)
{
    assert(launch->count < LAUNCH_HANDLES_MAX);
    launch->handle[launch->count++] =
        (struct launch_handle){.handle = handle, .target = target, .rights = rights};
}

/* How many handles the process holds. */
static uint32_t count_handles(void)
{
    struct process_info info;

    return process_info(HANDLE_SELF, 0, &info) < 0 ? HANDLE_LIMIT : info.handles;
}

/* Closes all handles but the parked ones and those that the kernel keeps: it knows how many there
 * are, so the search ends with the last. */
static void close_others(unsigned parked)
{
    uint32_t left = count_handles() - parked - KERNEL_HANDLES;

    for (int handle = 0; handle < HANDLE_SPACE && left > 0; handle++) {
        if (handle == PARKED)
            handle += (int)parked;
        if (handle_close(handle) == 0)
            left--;
    }
}

static long move_parked(const struct launch *launch)
{
    for (unsigned i = 0; i < launch->count; i++) {
        const struct launch_handle *given = &launch->handle[i];
        long result = handle_dup(PARKED + (int)i, given->target, given->rights, 0);

        if (result < 0)
            return result;
        (void)handle_close(PARKED + (int)i);
    }
    return 0;
}

long launch_apply(const struct launch *launch)
{
    for (unsigned i = 0; i < launch->count; i++) {
        long result = handle_dup(launch->handle[i].handle, PARKED + (int)i, RIGHTS_ALL, 0);

        if (result < 0)
            return result;
    }
    close_others(launch->count);
    long result = move_parked(launch);
    if (result < 0)
        return result;
    result = thread_control(HANDLE_NONE, THREAD_SET_PRIORITY, (uint64_t)launch->priority);
    if (result < 0)
        return result;
    return thread_control(HANDLE_NONE, THREAD_SET_CEILING, (uint64_t)launch->priority);
}
