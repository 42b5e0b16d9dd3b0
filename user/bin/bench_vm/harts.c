/* harts.c - first touches a second, of workers with a hart each: threads that share one space
 * (harts_one_space), and processes (harts_own_spaces).
 *
 * A worker maps, touches and unmaps again and again. This is time by the guest's clock, so it says
 * something without -icount only, and only in comparison.
 */
#include "bench_vm.h"

#include <octavo/thread.h>

enum { WORKERS_MAX = 8, CACHE_LINE = 64, WORK_PAGES = 512, NS_PER_MS = 1000000 };

/* What the workers share, in memory that fork shares too. */
struct count {
    volatile uint64_t faults;
    uint8_t rest[CACHE_LINE - sizeof(uint64_t)]; /* a line for each worker */
};

static struct count *counts;
static volatile uint64_t *stop; /* not 0: the workers end */

static void *work(void *number)
{
    uint64_t worker = (uint64_t)number;

    thread_control(HANDLE_NONE, THREAD_SET_AFFINITY, 1ull << worker);
    while (*stop == 0) {
        long address = fresh_map(WORK_PAGES, MAP_SPARSE);

        if (address < 0)
            break;
        pages_touch(address, WORK_PAGES, 1);
        fresh_unmap(address, WORK_PAGES);
        counts[worker].faults += WORK_PAGES;
    }
    return NULL;
}

static uint64_t sum(unsigned workers)
{
    uint64_t faults = 0;

    for (unsigned i = 0; i < workers; i++)
        faults += counts[i].faults;
    return faults;
}

/* Counts while the workers work; a tenth of the time goes before. -> faults a second. */
static double watch(unsigned workers, uint64_t ns)
{
    clock_sleep(clock_get() + ns / 10);
    uint64_t before = sum(workers), begun = clock_get();
    clock_sleep(begun + ns);
    uint64_t faults = sum(workers) - before, took = clock_get() - begun;
    return (double)faults * 1e9 / (double)took;
}

static long measure_threads(unsigned workers, uint64_t ns)
{
    struct thread threads[WORKERS_MAX];
    unsigned started = 0;
    long result = 0;

    *stop = 0;
    while (started < workers && result == 0) {
        result = thread_start(&threads[started], work, (void *)(uintptr_t)started);
        started += result == 0;
    }
    if (result == 0)
        row_print("harts_one_space", workers, watch(workers, ns));
    *stop = 1;
    for (unsigned i = 0; i < started; i++)
        thread_join(&threads[i]);
    return result;
}

static long measure_processes(unsigned workers, uint64_t ns)
{
    unsigned started = 0;
    long pid = 0;

    *stop = 0;
    while (started < workers && pid >= 0) {
        pid = process_fork();
        if (pid == 0) {
            work((void *)(uintptr_t)started);
            process_exit(0);
        }
        started += pid > 0;
    }
    if (pid > 0)
        row_print("harts_own_spaces", workers, watch(workers, ns));
    *stop = 1;
    for (unsigned i = 0; i < started; i++)
        process_wait(-1, 0, NULL);
    return pid < 0 ? pid : 0;
}

long harts_measure(uint64_t ms)
{
    struct system_hart harts[WORKERS_MAX];
    long size = system_info(HANDLE_SYSTEM, INFO_HARTS, harts, sizeof harts);
    long page = fresh_map(1, MAP_SHARE), result = 0;

    if (size < 0 || page < 0)
        return size < 0 ? size : page;
    counts = (struct count *)page;
    stop = &counts[WORKERS_MAX].faults;
    for (unsigned workers = 1; workers <= (size_t)size / sizeof harts[0] && result == 0;
         workers *= 2) {
        result = measure_threads(workers, ms * NS_PER_MS);
        if (result == 0)
            result = measure_processes(workers, ms * NS_PER_MS);
    }
    return result;
}
