/* process.c - rows fork, fork_64m, fork_64m_write, exec: the life of a child process.
 *
 * The small process is the benchmark itself: a static program with the C library, its stack of
 * 256 KiB and next to no heap. The large one has 64 MiB besides, of pages of 4 KiB, as those of
 * malloc are; each has been written to.
 */
#include <octavo/calls.h>
#include <unistd.h>

#include "bench.h"
#include "counter.h"

enum { FORKS = 20, EXECS = 10, LARGE_FORKS = 3, PAGE_BYTES = 4096 };
#define HEAP_BYTES (64ull << 20)

static char program[] = "/bin/true";
static volatile unsigned char *heap;

/* ---- children ---- */

static void child_exit(void) { process_exit(0); }

static void child_write(void)
{
    for (uint64_t at = 0; at < HEAP_BYTES; at += PAGE_BYTES)
        heap[at] = 2;
    process_exit(0);
}

static void child_exec(void)
{
    char *const arguments[] = {program, NULL};

    execve(program, arguments, environ);
    process_exit(1);
}

/* Fork, what the child does, and wait. */
static long sample(void (*child)(void))
{
    int status = 0;
    uint64_t start = counter_read();
    long pid = process_fork();

    if (pid == 0)
        child();
    if (pid > 0)
        pid = process_wait((int)pid, 0, &status);
    uint64_t used = counter_read() - start - counter_overhead();
    if (pid < 0)
        return pid;
    return status == 0 ? (long)used : -E_CHILD;
}

static long fork_sample(unsigned batch)
{
    (void)batch;
    return sample(child_exit);
}

static long write_sample(unsigned batch)
{
    (void)batch;
    return sample(child_write);
}

static long exec_sample(unsigned batch)
{
    (void)batch;
    return sample(child_exec);
}

/* ---- a large parent ---- */

static long heap_prepare(void)
{
    struct mapping mapping = {
        .length = HEAP_BYTES, .flags = MAP_READ | MAP_WRITE | MAP_SPARSE, .memory = HANDLE_NONE};
    long address = vm_map(HANDLE_SPACE, &mapping);

    if (address < 0)
        return address;
    heap = (volatile unsigned char *)address;
    for (uint64_t at = 0; at < HEAP_BYTES; at += PAGE_BYTES)
        heap[at] = 1;
    return 0;
}

static void heap_finish(void)
{
    if (heap != NULL)
        vm_unmap(HANDLE_SPACE, CALL_POINTER(heap), HEAP_BYTES);
    heap = NULL;
}

const struct row process_rows[] = {
    {"fork", "process", 1, FORKS, NULL, fork_sample, NULL},
    {"fork_64m", "process", 1, LARGE_FORKS, heap_prepare, fork_sample, heap_finish},
    {"fork_64m_write", "process", 1, LARGE_FORKS, heap_prepare, write_sample, heap_finish},
    {"exec", "process", 1, EXECS, NULL, exec_sample, NULL},
    {0},
};
