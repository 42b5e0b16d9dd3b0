/* memory.c - memory objects and mappings: sharing, copying, offsets, edges, refusals. */
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/tap.h"

enum { PAGES = 8 };

/* Where nothing else is: far from program, heap and stack. */
#define FREE_PLACE 0x2000000000ull

static long map(uint64_t address, uint64_t length, uint32_t flags, int memory, uint64_t offset)
{
    struct mapping mapping = {address, length, flags, memory, offset};
    return vm_map(HANDLE_SPACE, &mapping);
}

static long map_here(uint64_t address, uint64_t length)
{
    return map(address, length, MAP_WRITE | MAP_EXACT, HANDLE_NONE, 0);
}

static volatile uint8_t *at(uint64_t address) { return (volatile uint8_t *)(uintptr_t)address; }

static void store(void *address) { *at((uintptr_t)address) = 1; }

static void load(void *address) { (void)*at((uintptr_t)address); }

/* Does a child that runs `touch` on the address die by a fault? */
static bool faults(void (*touch)(void *), uint64_t address)
{
    int status = tap_wait(tap_fork(touch, (void *)(uintptr_t)address));
    return WIFSIGNALED(status) && WTERMSIG(status) == DEATH_FAULT;
}

static void test_object_is_seen_through_each_mapping(void)
{
    int memory = (int)memory_create(PAGES * PAGE, MEMORY_ANONYMOUS, HANDLE_NONE);
    uint64_t whole = (uint64_t)map(0, PAGES * PAGE, MAP_WRITE | MAP_SHARE, memory, 0);
    uint64_t part = (uint64_t)map(0, 2 * PAGE, MAP_READ | MAP_SHARE, memory, 3 * PAGE);
    for (uint64_t i = 0; i < PAGES; i++) {
        CHECK_EQUAL(*at(whole + i * PAGE), 0);
        *at(whole + i * PAGE + i) = (uint8_t)(i + 1);
    }
    CHECK_EQUAL(*at(part + 3), 4);
    CHECK_EQUAL(*at(part + PAGE + 4), 5);
    CHECK(faults(store, part));
    CHECK_EQUAL(vm_unmap(HANDLE_SPACE, whole, PAGES * PAGE), 0);
    CHECK(faults(load, whole));
    CHECK_EQUAL(*at(part + 3), 4);
    handle_close(memory); /* the mapping keeps the object */
    CHECK_EQUAL(*at(part + 3), 4);
    CHECK_EQUAL(vm_unmap(HANDLE_SPACE, part, 2 * PAGE), 0);
}

/* Without MAP_SHARE the first write to a page makes a copy of it, which nobody else sees. */
static void test_private_mapping_is_written_alone(void)
{
    int memory = (int)memory_create(PAGES * PAGE, MEMORY_ANONYMOUS, HANDLE_NONE);
    uint64_t shared = (uint64_t)map(0, PAGES * PAGE, MAP_WRITE | MAP_SHARE, memory, 0);
    uint64_t own = (uint64_t)map(0, 4 * PAGE, MAP_WRITE, memory, 2 * PAGE);
    for (uint64_t i = 0; i < PAGES; i++)
        *at(shared + i * PAGE) = (uint8_t)(i + 1);
    CHECK_EQUAL(*at(own), 3);
    *at(own) = 100;
    *at(own + PAGE + 1) = 101; /* nobody has read it before */
    CHECK(*at(own) == 100 && *at(own + PAGE) == 4 && *at(own + PAGE + 1) == 101);
    CHECK(*at(own + 2 * PAGE) == 5 && *at(own + 3 * PAGE) == 6);
    for (uint64_t i = 0; i < PAGES; i++)
        CHECK(*at(shared + i * PAGE) == i + 1 && *at(shared + i * PAGE + 1) == 0);
    *at(shared + 2 * PAGE) = *at(shared + 3 * PAGE) = 200;
    CHECK(*at(own) == 100 && *at(own + PAGE) == 4);
    CHECK_EQUAL(vm_unmap(HANDLE_SPACE, shared, PAGES * PAGE), 0);
    handle_close(memory);
    CHECK_EQUAL(*at(own + 2 * PAGE), 5);
    *at(own + 3 * PAGE) = 102;
    CHECK(*at(own) == 100 && *at(own + 2 * PAGE) == 5 && *at(own + 3 * PAGE) == 102);
    CHECK_EQUAL(vm_unmap(HANDLE_SPACE, own, 4 * PAGE), 0);
}

struct views {
    uint64_t shared, copied;
};

static void write_views(void *argument)
{
    struct views *views = argument;
    CHECK(*at(views->shared) == 1 && *at(views->copied) == 1);
    *at(views->shared) = 2;
    *at(views->copied) = 3;
    CHECK(*at(views->shared) == 2 && *at(views->copied) == 3);
}

static void test_fork_shares_what_it_is_told_to(void)
{
    int memory = (int)memory_create(PAGE, MEMORY_ANONYMOUS, HANDLE_NONE);
    struct views views = {(uint64_t)map(0, PAGE, MAP_WRITE | MAP_SHARE, memory, 0),
                          (uint64_t)map(0, PAGE, MAP_WRITE, memory, 0)};
    *at(views.shared) = 1;
    CHECK_EQUAL(*at(views.copied), 1);
    tap_join(tap_fork(write_views, &views));
    CHECK_EQUAL(*at(views.shared), 2);
    CHECK_EQUAL(*at(views.copied), 2);
    CHECK_EQUAL(vm_unmap(HANDLE_SPACE, views.shared, PAGE), 0);
    CHECK_EQUAL(vm_unmap(HANDLE_SPACE, views.copied, PAGE), 0);
    handle_close(memory);
}

static void test_object_refusals(void)
{
    struct memory_info info = {0};
    int memory = (int)memory_create(PAGE + 1, MEMORY_ANONYMOUS, HANDLE_NONE);
    CHECK_EQUAL(memory_info(memory, &info), 0);
    CHECK_EQUAL(info.size, 2 * PAGE);
    CHECK_EQUAL(info.kind, MEMORY_ANONYMOUS);
    CHECK_EQUAL(info.physical, 0);
    CHECK_EQUAL(memory_create(0, MEMORY_ANONYMOUS, HANDLE_NONE), -E_INVAL);
    CHECK_EQUAL(memory_create(UINT64_MAX, MEMORY_ANONYMOUS, HANDLE_NONE), -E_INVAL);
    CHECK_EQUAL(memory_create(PAGE, MEMORY_DEVICE, HANDLE_NONE), -E_INVAL);
    CHECK_EQUAL(memory_create(PAGE, 17, HANDLE_NONE), -E_INVAL);
    CHECK_EQUAL(memory_create(PAGE, MEMORY_DMA, HANDLE_NONE), -E_BADF);
    CHECK_EQUAL(memory_create(PAGE, MEMORY_DMA, memory), -E_INVAL);

    CHECK_EQUAL(map(0, PAGE, MAP_READ, memory, 2 * PAGE), -E_RANGE);
    CHECK_EQUAL(map(0, 3 * PAGE, MAP_READ, memory, 0), -E_RANGE);
    CHECK_EQUAL(map(0, PAGE, MAP_READ, memory, -(uint64_t)PAGE), -E_RANGE);
    CHECK_EQUAL(map(0, PAGE, MAP_READ, memory, 8), -E_INVAL);
    CHECK_EQUAL(map(0, PAGE, MAP_WRITE | MAP_EXECUTE, memory, 0), -E_ACCES);
    CHECK_EQUAL(map(0, PAGE, MAP_WRITE | MAP_EXECUTE, HANDLE_NONE, 0), -E_ACCES);
    int unmappable = (int)handle_dup(memory, DUP_LOWEST, RIGHT_DUP, 0);
    CHECK_EQUAL(map(0, PAGE, MAP_READ, unmappable, 0), -E_PERM);
    CHECK_EQUAL(map(0, PAGE, MAP_READ, HANDLE_SELF, 0), -E_BADF);
    handle_close(unmappable);
    handle_close(memory);
}

static void test_mapping_refusals(void)
{
    CHECK_EQUAL(map_here(FREE_PLACE + 1, PAGE), -E_INVAL);
    CHECK_EQUAL(map_here(FREE_PLACE, 0), -E_INVAL);
    CHECK_EQUAL(map_here(0, PAGE), -E_INVAL);
    CHECK_EQUAL(map_here(1ull << 63, PAGE), -E_INVAL);
    CHECK_EQUAL(map_here(-(uint64_t)PAGE, PAGE), -E_INVAL);
    CHECK_EQUAL(map_here(-(uint64_t)PAGE, 2 * PAGE), -E_INVAL);
    CHECK_EQUAL(map_here(FREE_PLACE, -(uint64_t)PAGE), -E_INVAL);
    CHECK_EQUAL(map_here(FREE_PLACE, UINT64_MAX), -E_INVAL);
    CHECK_EQUAL(map(FREE_PLACE, PAGE, 1 << 20, HANDLE_NONE, 0), -E_INVAL);
    CHECK_EQUAL(map(FREE_PLACE, PAGE, 0, HANDLE_NONE, 0), -E_INVAL);
    CHECK_EQUAL(map_here(FREE_PLACE, 1ull << 36), -E_NOMEM);
    CHECK(faults(load, FREE_PLACE));
}

/* Exactly there or not at all; as a hint, somewhere. */
static void test_exact_and_hinted_places(void)
{
    CHECK_EQUAL(map_here(FREE_PLACE + PAGE, 2 * PAGE), FREE_PLACE + PAGE);
    CHECK_EQUAL(map_here(FREE_PLACE, 2 * PAGE), -E_EXIST);
    CHECK_EQUAL(map_here(FREE_PLACE + 2 * PAGE, 2 * PAGE), -E_EXIST);
    CHECK_EQUAL(map_here(FREE_PLACE, 9 * PAGE), -E_EXIST);
    CHECK_EQUAL(map_here(FREE_PLACE, PAGE), FREE_PLACE);
    CHECK_EQUAL(map_here(FREE_PLACE + 3 * PAGE, PAGE - 7), FREE_PLACE + 3 * PAGE);
    uint64_t other = (uint64_t)map(FREE_PLACE, PAGE, MAP_WRITE, HANDLE_NONE, 0);
    CHECK(other != FREE_PLACE && other % PAGE == 0 && (int64_t)other > 0);
    *at(other) = *at(FREE_PLACE) = *at(FREE_PLACE + 4 * PAGE - 1) = 1;
    CHECK_EQUAL(vm_unmap(HANDLE_SPACE, other, PAGE), 0);
    CHECK_EQUAL(vm_unmap(HANDLE_SPACE, FREE_PLACE, 4 * PAGE), 0);
}

/* What is in the range goes, parts of mappings too, and nothing else. */
static void test_unmap_edges(void)
{
    for (uint64_t i = 0; i < 3; i++) {
        CHECK_EQUAL(map_here(FREE_PLACE + 4 * i * PAGE, 2 * PAGE), FREE_PLACE + 4 * i * PAGE);
        *at(FREE_PLACE + 4 * i * PAGE) = *at(FREE_PLACE + (4 * i + 1) * PAGE) = 1;
    }
    CHECK_EQUAL(vm_unmap(HANDLE_SPACE, FREE_PLACE + 1, PAGE), -E_INVAL);
    CHECK_EQUAL(vm_unmap(HANDLE_SPACE, FREE_PLACE, 0), -E_INVAL);
    CHECK_EQUAL(vm_unmap(HANDLE_SPACE, 1ull << 63, PAGE), -E_INVAL);
    CHECK_EQUAL(vm_unmap(HANDLE_SPACE, FREE_PLACE, -(uint64_t)PAGE), -E_INVAL);
    CHECK_EQUAL(vm_unmap(HANDLE_SPACE, FREE_PLACE + PAGE, 4 * PAGE - 7), 0);
    CHECK(faults(load, FREE_PLACE + PAGE));
    CHECK(faults(load, FREE_PLACE + 4 * PAGE));
    CHECK(*at(FREE_PLACE) == 1 && *at(FREE_PLACE + 5 * PAGE) == 1);
    CHECK_EQUAL(vm_unmap(HANDLE_SPACE, FREE_PLACE + PAGE, 3 * PAGE), 0); /* nothing is there */
    CHECK_EQUAL(*at(FREE_PLACE + 8 * PAGE), 1);
    CHECK_EQUAL(vm_unmap(HANDLE_SPACE, FREE_PLACE, 16 * PAGE), 0);
    for (uint64_t i = 0; i < 3; i++)
        CHECK(faults(load, FREE_PLACE + 4 * i * PAGE));
    CHECK(faults(load, FREE_PLACE + 5 * PAGE));
}

/* A hole in the middle of a mapping can be filled again, with zeroes. */
static void test_unmap_makes_holes(void)
{
    CHECK_EQUAL(map_here(FREE_PLACE, PAGES * PAGE), FREE_PLACE);
    for (uint64_t i = 0; i < PAGES; i++)
        *at(FREE_PLACE + i * PAGE) = (uint8_t)(i + 1);
    CHECK_EQUAL(vm_unmap(HANDLE_SPACE, FREE_PLACE + 3 * PAGE, 2 * PAGE), 0);
    CHECK_EQUAL(map_here(FREE_PLACE + 2 * PAGE, 3 * PAGE), -E_EXIST);
    CHECK_EQUAL(map_here(FREE_PLACE + 3 * PAGE, 2 * PAGE), FREE_PLACE + 3 * PAGE);
    for (uint64_t i = 0; i < PAGES; i++)
        CHECK_EQUAL(*at(FREE_PLACE + i * PAGE), i == 3 || i == 4 ? 0 : i + 1);
    CHECK_EQUAL(vm_unmap(HANDLE_SPACE, FREE_PLACE, PAGES * PAGE), 0);
}

/* Pages that come back from others hold nothing of theirs. */
static void test_fresh_pages_are_zero(void)
{
    uint64_t length = 1 << 20;
    for (int round = 0; round < 4; round++) {
        uint8_t *pages = map_pages(length, MAP_WRITE);
        for (uint64_t i = 0; i < length; i += 8)
            if (!CHECK_EQUAL(*(uint64_t *)(pages + i), 0))
                break;
        memset(pages, 0xee, length);
        unmap_pages(pages, length);
    }
}

/* A space of one's own making, with no thread in it. */
static void test_other_spaces(void)
{
    int space = (int)space_create();
    int memory = (int)memory_create(PAGE, MEMORY_ANONYMOUS, HANDLE_NONE);
    struct mapping mapping = {FREE_PLACE, PAGE, MAP_READ | MAP_EXACT, memory, 0};
    CHECK_EQUAL(vm_map(space, &mapping), FREE_PLACE);
    CHECK_EQUAL(vm_map(space, &mapping), -E_EXIST);
    CHECK(faults(load, FREE_PLACE));
    int limited = (int)handle_dup(space, DUP_LOWEST, RIGHT_MANAGE, 0);
    if (limited >= 0) {
        CHECK_EQUAL(vm_map(limited, &mapping), -E_PERM);
        CHECK_EQUAL(vm_unmap(limited, FREE_PLACE, PAGE), -E_PERM);
        handle_close(limited);
    }
    handle_close(memory);
    handle_close(space);
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"memory_is_seen_through_each_mapping", test_object_is_seen_through_each_mapping, 0},
        {"memory_private_mapping_is_written_alone", test_private_mapping_is_written_alone, 0},
        {"memory_fork_shares_what_it_is_told_to", test_fork_shares_what_it_is_told_to, 0},
        {"memory_object_refusals", test_object_refusals, 0},
        {"memory_mapping_refusals", test_mapping_refusals, 0},
        {"memory_exact_and_hinted_places", test_exact_and_hinted_places, 0},
        {"memory_unmap_edges", test_unmap_edges, 0},
        {"memory_unmap_makes_holes", test_unmap_makes_holes, 0},
        {"memory_fresh_pages_are_zero", test_fresh_pages_are_zero, 0},
        {"memory_other_spaces", test_other_spaces, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
