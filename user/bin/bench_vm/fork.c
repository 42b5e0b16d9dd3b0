/* fork.c - fork, what the child does, exit and wait, against the memory of the parent.
 *
 * fork_first: all pages of the parent have just been written to. fork: once more, and the parent
 * has written nothing since. fork_exec: the child runs /bin/true. fork_read: it reads all pages.
 * fork_touch_N: it writes to N pages of a hundred, evenly spread, so that it needs every page
 * table. All pages are of 4 KiB. A sample ends when the child's space is gone: the kernel takes a
 * large one apart piece by piece, each time that it looks who runs next, and may not have ended
 * when the parent's wait returns.
 */
#include "bench_vm.h"

#include <unistd.h>

static const uint64_t sizes[] = {1, 4, 16, 64, 256, 512, 1024}; /* MiB */

struct parent {
    long address;
    uint64_t pages;
};

/* Long enough to be a sleep, so that the kernel looks who runs next, and much shorter than a piece.
 */
enum { GLANCE_NS = 5000 };

static char program[] = "/bin/true";

/* `step`: the child writes to each step-th page; 0: to none; READ: it reads all; EXEC: it runs the
 * program instead. */
#define EXEC UINT64_MAX
#define READ (UINT64_MAX - 1)

static _Noreturn void child(const struct parent *parent, uint64_t step)
{
    char *const arguments[] = {program, NULL};

    if (step == EXEC)
        execve(program, arguments, environ);
    else if (step == READ)
        pages_read(parent->address, parent->pages);
    else if (step != 0)
        pages_touch(parent->address, parent->pages, step);
    process_exit(step == EXEC);
}

static uint64_t spaces_alive(void)
{
    struct system_objects objects = {0};

    system_info(HANDLE_SYSTEM, INFO_OBJECTS, &objects, sizeof objects);
    return objects.alive[OBJECT_SPACE];
}

/* -> the counter at the moment when there were no more spaces than that. */
static uint64_t wait_for_spaces(uint64_t spaces)
{
    uint64_t end = instructions();

    while (spaces_alive() > spaces) {
        clock_sleep(clock_get() + GLANCE_NS);
        end = instructions();
    }
    return end;
}

/* -> 0 after printing the row, or a negated error. */
static long sample(const struct parent *parent, const char *series, uint64_t step)
{
    int status = 0;
    uint64_t spaces = spaces_alive(), start = instructions();
    long pid = process_fork();

    if (pid == 0)
        child(parent, step);
    if (pid > 0)
        pid = process_wait((int)pid, 0, &status);
    uint64_t used = wait_for_spaces(spaces) - start;
    if (pid < 0 || status != 0)
        return pid < 0 ? pid : -E_CHILD;
    row_print(series, parent->pages / MEBIBYTE_PAGES, (double)used);
    return 0;
}

static long measure_size(uint64_t pages)
{
    struct parent parent = {.address = fresh_map(pages, MAP_SPARSE), .pages = pages};
    long result;

    if (parent.address < 0)
        return parent.address;
    pages_touch(parent.address, pages, 1);
    result = sample(&parent, "fork_first", 0);
    if (result == 0)
        result = sample(&parent, "fork", 0);
    if (result == 0)
        result = sample(&parent, "fork_exec", EXEC);
    if (result == 0)
        result = sample(&parent, "fork_read", READ);
    if (result == 0)
        result = sample(&parent, "fork_touch_1", 100);
    if (result == 0)
        result = sample(&parent, "fork_touch_10", 10);
    if (result == 0)
        result = sample(&parent, "fork_touch_100", 1);
    fresh_unmap(parent.address, pages);
    return result;
}

long fork_measure(uint64_t mebibytes)
{
    long result = measure_size(MEBIBYTE_PAGES); /* warms up; its rows are printed again */

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0] && result == 0; i++)
        if (sizes[i] <= mebibytes)
            result = measure_size(sizes[i] * MEBIBYTE_PAGES);
    return result;
}
