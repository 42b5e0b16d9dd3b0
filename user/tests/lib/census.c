/* census.c - what is alive in the system, asked through the handle of init's process (census.h). */
#include "census.h"

#include <octavo/calls.h>
#include <octavo/handle.h>
#include <octavo/memory.h>
#include <octavo/process.h>
#include <octavo/system.h>

#include <string.h>
#include <unistd.h>

#include "tap.h"

static const char *const kind_names[CENSUS_OBJECT_KINDS] = {
    "processes", "threads", "spaces", "ports", "channels", "events", "memory objects", "irqs",
};

/* The pages that a process has to itself. What nobody has touched yet is nowhere. */
static uint64_t own_pages(int pid)
{
    struct vm_area area;
    uint64_t pages = 0;
    for (uint64_t at = 0; vm_query(HANDLE_SYSTEM, pid, at, &area) > 0;
         at = area.address + area.length)
        if (area.kind != VM_AREA_DEVICE)
            pages += area.resident - area.shared;
    return pages;
}

void census_take(struct census *census)
{
    struct system_memory memory = {0};
    struct system_objects objects = {0};
    struct process_info self = {0}, process;
    CHECK(system_info(HANDLE_SYSTEM, INFO_MEMORY, &memory, sizeof memory) > 0);
    CHECK(system_info(HANDLE_SYSTEM, INFO_OBJECTS, &objects, sizeof objects) > 0);
    CHECK(process_info(HANDLE_SELF, getpid(), &self) > 0);

    memset(census, 0, sizeof *census);
    census->free_frames = memory.free_pages;
    memcpy(census->objects, objects.alive, sizeof census->objects);
    census->areas = objects.areas;
    census->handles = self.handles;
    for (int pid = 0;; pid = process.pid + 1) {
        if (process_info(HANDLE_SYSTEM, pid, &process) < 0)
            break;
        census->own_pages += own_pages(process.pid);
    }
}

bool census_equal(const struct census *a, const struct census *b)
{
    return a->free_frames == b->free_frames && a->areas == b->areas && a->handles == b->handles &&
           memcmp(a->objects, b->objects, sizeof a->objects) == 0;
}

/* A hart that has stood still on the host may yet have threads to end, which it does before it runs
 * another one: this one. */
static void visit_harts(unsigned harts)
{
    long before = thread_control(HANDLE_NONE, THREAD_GET_AFFINITY, 0);
    for (unsigned hart = 0; hart < harts; hart++)
        CHECK(thread_control(HANDLE_NONE, THREAD_SET_AFFINITY, 1ull << hart) >= 0);
    CHECK(thread_control(HANDLE_NONE, THREAD_SET_AFFINITY, (uint64_t)before) >= 0);
}

/* The more harts there are, the longer nothing must change. */
void census_settle(void)
{
    struct system_machine machine = {.harts = 1};
    struct census last, now;
    CHECK(system_info(HANDLE_SYSTEM, INFO_MACHINE, &machine, sizeof machine) > 0);
    visit_harts(machine.harts);
    census_take(&last);
    for (unsigned tries = 0, same = 0; tries < 100 && same < machine.harts; tries++) {
        clock_sleep(clock_get() + 20000000);
        census_take(&now);
        same = census_equal(&last, &now) ? same + 1 : 0;
        last = now;
    }
}

static void print_count(const char *name, uint64_t before, uint64_t after)
{
    if (before != after)
        tap_comment("%s: %lu before, %lu after", name, (unsigned long)before, (unsigned long)after);
}

void census_print_difference(const struct census *before, const struct census *after)
{
    print_count("free frames", before->free_frames, after->free_frames);
    for (int kind = 0; kind < CENSUS_OBJECT_KINDS; kind++)
        print_count(kind_names[kind], before->objects[kind], after->objects[kind]);
    print_count("areas", before->areas, after->areas);
    print_count("handles of this process", before->handles, after->handles);
}
