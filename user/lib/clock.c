/* clock.c - time. The calendar is the server `clock`, which is asked once in a program; without it
 * CLOCK_REALTIME counts from boot, as if that were the beginning of 1970. */
#include "posix.h"

#include <octavo/calls.h>
#include <octavo/names.h>
#include <proto/clock.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { NS_PER_SECOND = 1000000000, NS_PER_US = 1000 };

static struct timespec timespec_from_ns(uint64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / NS_PER_SECOND),
                             .tv_nsec = (long)(ns % NS_PER_SECOND)};
}

/* What 1970 is away from boot, in nanoseconds; UNKNOWN: not asked yet. Threads that ask at the same
 * time learn the same. */
#define UNKNOWN UINT64_MAX
static uint64_t start_ns = UNKNOWN;

static uint64_t ask_start(void)
{
    static const char name[] = "clock";
    struct message m = {.label = CLOCK_GET_START};
    long channel = name_lookup(name, sizeof(name) - 1, false);
    long result;

    if (channel < 0)
        return 0;
    result = message_call((int)channel, &m);
    handle_close((int)channel);
    return result < 0 ? 0 : m.word[0];
}

/* Nanoseconds since 1970. */
static uint64_t calendar(void)
{
    uint64_t start = __atomic_load_n(&start_ns, __ATOMIC_RELAXED);

    if (start == UNKNOWN) {
        start = ask_start();
        __atomic_store_n(&start_ns, start, __ATOMIC_RELAXED);
    }
    return start + clock_get();
}

static long set_calendar(const struct timespec *now)
{
    static const char name[] = "clock";
    struct message m = {.label = CLOCK_SET};
    long channel, result;

    if (now->tv_sec < 0 || now->tv_nsec < 0 || now->tv_nsec >= NS_PER_SECOND)
        return -E_INVAL;
    channel = name_lookup(name, sizeof(name) - 1, false);
    if (channel < 0)
        return channel;
    m.word[0] = (uint64_t)now->tv_sec * NS_PER_SECOND + (uint64_t)now->tv_nsec;
    result = message_call((int)channel, &m);
    handle_close((int)channel);
    __atomic_store_n(&start_ns, UNKNOWN, __ATOMIC_RELAXED);
    return result;
}

static long read_clock(clockid_t clock, struct timespec *now)
{
    struct process_info info;
    long found;

    switch (clock) {
    case CLOCK_REALTIME:
        *now = timespec_from_ns(calendar());
        return 0;
    case CLOCK_MONOTONIC:
        *now = timespec_from_ns(clock_get());
        return 0;
    case CLOCK_PROCESS_CPUTIME_ID:
        found = process_info(HANDLE_SELF, getpid(), &info);
        if (found < 0)
            return found;
        *now = timespec_from_ns(info.cpu_ns);
        return 0;
    default:
        return -E_INVAL;
    }
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    return (int)posix_result(read_clock(clock, now));
}

int clock_settime(clockid_t clock, const struct timespec *now)
{
    return (int)posix_result(clock == CLOCK_REALTIME ? set_calendar(now) : -E_INVAL);
}

int gettimeofday(struct timeval *now, void *zone)
{
    uint64_t ns = calendar();

    (void)zone;
    *now = (struct timeval){.tv_sec = (time_t)(ns / NS_PER_SECOND),
                            .tv_usec = (suseconds_t)(ns % NS_PER_SECOND / NS_PER_US)};
    return 0;
}

/* now + ns, or never when that does not fit. */
static uint64_t deadline_after(uint64_t seconds, uint64_t ns)
{
    uint64_t deadline;

    if (__builtin_mul_overflow(seconds, NS_PER_SECOND, &deadline) ||
        __builtin_add_overflow(deadline, ns, &deadline) ||
        __builtin_add_overflow(deadline, clock_get(), &deadline))
        return DEADLINE_NONE;
    return deadline;
}

int nanosleep(const struct timespec *duration, struct timespec *left)
{
    if (duration->tv_sec < 0 || duration->tv_nsec < 0 || duration->tv_nsec >= NS_PER_SECOND)
        return (int)posix_result(-E_INVAL);
    if (left != NULL)
        *left = (struct timespec){0};
    return (int)posix_result(
        clock_sleep(deadline_after((uint64_t)duration->tv_sec, (uint64_t)duration->tv_nsec)));
}

unsigned sleep(unsigned seconds)
{
    clock_sleep(deadline_after(seconds, 0));
    return 0;
}

int usleep(useconds_t microseconds)
{
    return (int)posix_result(clock_sleep(deadline_after(0, (uint64_t)microseconds * NS_PER_US)));
}
