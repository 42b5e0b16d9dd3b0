/* launch.c - how a child of init comes into its handles.
 *
 * fork gave the child a copy of all of init's handles, the devices of every server among them. What
 * the child may keep is parked at high numbers; then everything below is closed, known or not; then
 * the parked handles go to their places. So nothing that init may hold one day leaks by oversight.
 */
#include "launch.h"

#include <octavo/calls.h>

#include <assert.h>

enum { PARKED = HANDLE_FIXED / 2 }; /* init itself has fewer handles than that */

void launch_add(struct launch *launch, int handle, int target, uint32_t rights)
{
    assert(launch->count < LAUNCH_HANDLES_MAX);
    launch->handle[launch->count++] =
        (struct launch_handle){.handle = handle, .target = target, .rights = rights};
}

static void close_range(int first, int end)
{
    for (int handle = first; handle < end; handle++)
        (void)handle_close(handle); /* most numbers are free */
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
    close_range(0, PARKED);
    close_range(PARKED + (int)launch->count, HANDLE_SPACE);
    long result = move_parked(launch);
    if (result < 0)
        return result;
    result = thread_control(HANDLE_NONE, THREAD_SET_PRIORITY, (uint64_t)launch->priority);
    if (result < 0)
        return result;
    return thread_control(HANDLE_NONE, THREAD_SET_CEILING, (uint64_t)launch->priority);
}
