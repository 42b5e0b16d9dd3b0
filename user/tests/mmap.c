/* mmap.c - <sys/mman.h> and sbrk: every refusal with its errno, what replaces, splits and protects
 * what, what fork inherits, and that memory comes when it is touched and goes when it is given up.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/tap.h"

enum { PAGES = 8, LENGTH = PAGES * PAGE, PRIVATE = MAP_PRIVATE | MAP_ANONYMOUS };
enum { READ_WRITE = PROT_READ | PROT_WRITE, READ_EXECUTE = PROT_READ | PROT_EXEC };

/* Outside the user half under every paging mode: the first address, and the last page. */
#define BEYOND    ((void *)(1ull << 56))
#define LAST_PAGE ((void *)-(uint64_t)PAGE)

/* Where nothing else is: far from program, heap and stack. */
#define FREE_PLACE ((uint8_t *)0x3000000000ull)

#define CHECK_REFUSED(call, reason)    \
    do {                               \
        errno = 0;                     \
        CHECK_EQUAL((long)(call), -1); \
        CHECK_EQUAL(errno, (reason));  \
    } while (0)

static uint8_t *map(void *address, size_t length, int protection, int flags)
{
    return mmap(address, length, protection, flags, -1, 0);
}

/* Pages of the process's own, the n-th beginning with n + 1. */
static uint8_t *map_numbered(void)
{
    uint8_t *pages = map(NULL, LENGTH, READ_WRITE, PRIVATE);

    if (!CHECK(pages != MAP_FAILED))
        return NULL;
    for (int i = 0; i < PAGES; i++) {
        CHECK_EQUAL(pages[i * PAGE], 0);
        pages[i * PAGE] = (uint8_t)(i + 1);
    }
    return pages;
}

static bool is_numbered(const uint8_t *pages, int from, int to)
{
    for (int i = from; i < to; i++)
        if (!CHECK_EQUAL(pages[i * PAGE], i + 1))
            return false;
    return true;
}

/* ---- deaths ---------------------------------------------------------------------------------- */

static void load(void *address) { (void)*(volatile uint8_t *)address; }

static void store(void *address) { *(volatile uint8_t *)address = 1; }

static void execute(void *address) { ((void (*)(void))(uintptr_t)address)(); }

/* Does a child that does this to the address die by a fault? */
static bool faults(void (*touch)(void *), uint8_t *address)
{
    int status = tap_wait(tap_fork(touch, address));

    return WIFSIGNALED(status) && WTERMSIG(status) == DEATH_FAULT;
}

static bool lives(void (*touch)(void *), uint8_t *address)
{
    return tap_wait(tap_fork(touch, address)) == 0;
}

/* ---- mmap ------------------------------------------------------------------------------------ */

static void test_mmap_refusals(void)
{
    int file = open("/bin/ls", O_RDONLY);

    CHECK_REFUSED(map(NULL, 0, READ_WRITE, PRIVATE), EINVAL);
    CHECK_REFUSED(map(NULL, PAGE, READ_WRITE, MAP_ANONYMOUS), EINVAL);
    CHECK_REFUSED(map(NULL, PAGE, READ_WRITE, PRIVATE | MAP_SHARED), EINVAL);
    CHECK_REFUSED(map(NULL, PAGE, READ_WRITE, PRIVATE | 1 << 30), EINVAL);
    CHECK_REFUSED(map(NULL, PAGE, 1 << 5, PRIVATE), EINVAL);
    CHECK_REFUSED(mmap(NULL, PAGE, PROT_READ, PRIVATE, -1, 7), EINVAL);
    CHECK_REFUSED(map(NULL, PAGE, READ_WRITE | PROT_EXEC, PRIVATE), EACCES);
    CHECK_REFUSED(map(NULL, PAGE, PROT_WRITE | PROT_EXEC, PRIVATE), EACCES);
    CHECK_REFUSED(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, file, 0), ENODEV);
    CHECK_REFUSED(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, -1, 0), EBADF);
    CHECK_REFUSED(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, HANDLE_SELF, 0), EBADF);
    close(file);
}

static void test_mmap_refuses_ranges(void)
{
    const int fixed = PRIVATE | MAP_FIXED;
    uint8_t *pages = map_numbered();

    CHECK_REFUSED(map(pages + 1, PAGE, READ_WRITE, fixed), EINVAL);
    CHECK_REFUSED(map(pages, 0, READ_WRITE, fixed), EINVAL);
    CHECK_REFUSED(map(pages, PAGE, READ_WRITE | PROT_EXEC, fixed), EACCES);
    CHECK_REFUSED(map(NULL, PAGE, READ_WRITE, fixed), ENOMEM);
    CHECK_REFUSED(map(BEYOND, PAGE, READ_WRITE, fixed), ENOMEM);
    CHECK_REFUSED(map((uint8_t *)BEYOND - PAGE, 2 * PAGE, READ_WRITE, fixed), ENOMEM);
    CHECK_REFUSED(map(LAST_PAGE, PAGE, READ_WRITE, fixed), ENOMEM);
    CHECK_REFUSED(map(LAST_PAGE, 2 * PAGE, READ_WRITE, fixed), ENOMEM);
    CHECK_REFUSED(map(pages, SIZE_MAX, READ_WRITE, fixed), ENOMEM);
    CHECK_REFUSED(map(pages, -(size_t)PAGE, READ_WRITE, fixed), ENOMEM);
    CHECK_REFUSED(map(NULL, SIZE_MAX, READ_WRITE, PRIVATE), ENOMEM);
    CHECK_REFUSED(map(NULL, 1ull << 60, PROT_NONE, PRIVATE), ENOMEM);
    is_numbered(pages, 0, PAGES);
    CHECK_EQUAL(munmap(pages, LENGTH), 0);
}

/* A wish is granted if it can be; what is there stays. */
static void test_mmap_hints(void)
{
    uint8_t *granted = map(FREE_PLACE + 3, PAGE + 1, READ_WRITE, PRIVATE);
    uint8_t *other = map(FREE_PLACE, LENGTH, READ_WRITE, PRIVATE);
    uint8_t *beyond = map(LAST_PAGE, LENGTH, READ_WRITE, PRIVATE);

    CHECK(granted == FREE_PLACE);
    CHECK(other != MAP_FAILED && (other >= granted + 2 * PAGE || other + LENGTH <= granted));
    CHECK(beyond != MAP_FAILED);
    granted[2 * PAGE - 1] = 1; /* the length is rounded up */
    CHECK(other[0] == 0 && other[LENGTH - 1] == 0 && beyond[LENGTH - 1] == 0);
    CHECK_EQUAL(munmap(granted, 2 * PAGE), 0);
    CHECK_EQUAL(munmap(other, LENGTH), 0);
    CHECK_EQUAL(munmap(beyond, LENGTH), 0);
}

static void test_mmap_fixed_replaces_what_is_there(void)
{
    uint8_t *pages = map_numbered();
    uint8_t *middle = map(pages + 2 * PAGE, 3 * PAGE, PROT_READ, PRIVATE | MAP_FIXED);

    CHECK(middle == pages + 2 * PAGE);
    is_numbered(pages, 0, 2);
    is_numbered(pages, 5, PAGES);
    for (int i = 2; i < 5; i++)
        CHECK_EQUAL(pages[i * PAGE], 0);
    CHECK(faults(store, middle));
    CHECK(lives(store, middle - PAGE) && lives(store, middle + 3 * PAGE));
    /* Over the end, into what is free. */
    CHECK(map(pages + LENGTH - PAGE, 2 * PAGE, READ_WRITE, PRIVATE | MAP_FIXED) ==
          pages + LENGTH - PAGE);
    CHECK_EQUAL(pages[LENGTH - PAGE], 0);
    pages[LENGTH] = 1;
    is_numbered(pages, 5, PAGES - 1);
    CHECK_EQUAL(munmap(pages, LENGTH + PAGE), 0);
}

/* ---- munmap ---------------------------------------------------------------------------------- */

static void test_munmap_refusals(void)
{
    uint8_t *pages = map_numbered();

    CHECK_REFUSED(munmap(pages, 0), EINVAL);
    CHECK_REFUSED(munmap(pages + 1, PAGE), EINVAL);
    CHECK_REFUSED(munmap(BEYOND, PAGE), EINVAL);
    CHECK_REFUSED(munmap(LAST_PAGE, 2 * PAGE), EINVAL);
    CHECK_REFUSED(munmap(pages, SIZE_MAX), EINVAL);
    CHECK_REFUSED(munmap(pages, -(size_t)PAGE), EINVAL);
    is_numbered(pages, 0, PAGES);
    CHECK_EQUAL(munmap(pages, LENGTH - 1), 0); /* the length is rounded up */
    CHECK(faults(load, pages + LENGTH - PAGE));
    CHECK_EQUAL(munmap(pages, LENGTH), 0); /* nothing but a hole */
}

static void test_munmap_in_the_middle(void)
{
    uint8_t *pages = map_numbered();

    CHECK_EQUAL(munmap(pages + 3 * PAGE, 2 * PAGE), 0);
    is_numbered(pages, 0, 3);
    is_numbered(pages, 5, PAGES);
    CHECK(lives(store, pages + 3 * PAGE - 1) && lives(store, pages + 5 * PAGE));
    CHECK(faults(load, pages + 3 * PAGE) && faults(load, pages + 5 * PAGE - 1));
    /* One page from each edge of both parts, and then all of it, holes too. */
    CHECK_EQUAL(munmap(pages + 2 * PAGE, 4 * PAGE), 0);
    is_numbered(pages, 0, 2);
    is_numbered(pages, 6, PAGES);
    CHECK(faults(load, pages + 2 * PAGE) && faults(load, pages + 5 * PAGE));
    CHECK_EQUAL(munmap(pages, LENGTH), 0);
    CHECK(faults(load, pages) && faults(load, pages + LENGTH - PAGE));
}

/* ---- mprotect -------------------------------------------------------------------------------- */

static void test_mprotect_refusals(void)
{
    uint8_t *pages = map_numbered();

    CHECK_REFUSED(mprotect(pages + 1, PAGE, PROT_READ), EINVAL);
    CHECK_REFUSED(mprotect(pages, PAGE, 1 << 5), EINVAL);
    CHECK_REFUSED(mprotect(pages, PAGE, READ_WRITE | PROT_EXEC), EACCES);
    CHECK_REFUSED(mprotect(BEYOND, PAGE, PROT_READ), ENOMEM);
    CHECK_REFUSED(mprotect(pages, SIZE_MAX, PROT_READ), ENOMEM);
    CHECK_REFUSED(mprotect(LAST_PAGE, 2 * PAGE, PROT_READ), ENOMEM);
    CHECK_EQUAL(mprotect(pages, 0, PROT_NONE), 0);
    /* A hole anywhere, and nothing changes. */
    CHECK_EQUAL(munmap(pages + 3 * PAGE, PAGE), 0);
    CHECK_REFUSED(mprotect(pages, LENGTH, PROT_READ), ENOMEM);
    CHECK_REFUSED(mprotect(pages + 3 * PAGE, PAGE, PROT_READ), ENOMEM);
    CHECK(lives(store, pages) && lives(store, pages + 4 * PAGE));
    CHECK_EQUAL(munmap(pages, LENGTH), 0);
}

static void test_mprotect_then_write_kills(void)
{
    uint8_t *pages = map_numbered();

    CHECK_EQUAL(mprotect(pages + 2 * PAGE, 3 * PAGE - 1, PROT_READ), 0);
    is_numbered(pages, 0, PAGES);
    CHECK(faults(store, pages + 2 * PAGE) && faults(store, pages + 5 * PAGE - 1));
    CHECK(lives(store, pages + 2 * PAGE - 1) && lives(store, pages + 5 * PAGE));
    CHECK_EQUAL(mprotect(pages, LENGTH, READ_WRITE), 0);
    is_numbered(pages, 0, PAGES);
    CHECK(lives(store, pages + 2 * PAGE));
    CHECK_EQUAL(mprotect(pages, LENGTH, READ_EXECUTE), 0);
    is_numbered(pages, 0, PAGES);
    CHECK(faults(store, pages));
    CHECK_EQUAL(munmap(pages, LENGTH), 0);
}

static void test_mprotect_none(void)
{
    uint8_t *pages = map_numbered();
    uint8_t *none = map(NULL, LENGTH, PROT_NONE, PRIVATE);

    CHECK(none != MAP_FAILED && faults(load, none) && faults(store, none) && faults(execute, none));
    CHECK_EQUAL(mprotect(none + PAGE, PAGE, READ_WRITE), 0);
    none[PAGE] = 7;
    CHECK(faults(load, none) && faults(load, none + 2 * PAGE));
    CHECK_EQUAL(mprotect(pages + PAGE, PAGE, PROT_NONE), 0);
    CHECK(faults(load, pages + PAGE) && faults(store, pages + PAGE));
    is_numbered(pages, 0, 1);
    is_numbered(pages, 2, PAGES);
    CHECK_EQUAL(mprotect(pages + PAGE, PAGE, PROT_READ), 0);
    is_numbered(pages, 0, PAGES); /* no access, but still there */
    CHECK_EQUAL(munmap(pages, LENGTH), 0);
    CHECK_EQUAL(munmap(none, LENGTH), 0);
}

/* addi a0, zero, 42; ret (The RISC-V Instruction Set Manual, volume I, chapter "RV32I"). */
static const uint32_t answer[] = {0x02a00513, 0x00008067};

static void test_mprotect_makes_code(void)
{
    uint8_t *page = map(NULL, PAGE, READ_WRITE, PRIVATE | MAP_STACK);

    memcpy(page, answer, sizeof answer);
    CHECK(faults(execute, page));
    CHECK_EQUAL(mprotect(page, PAGE, READ_EXECUTE), 0);
    __asm__ volatile("fence.i" ::: "memory");
    CHECK_EQUAL(((int (*)(void))(uintptr_t)page)(), 42);
    CHECK_EQUAL(munmap(page, PAGE), 0);
}

/* ---- fork ------------------------------------------------------------------------------------ */

struct views {
    uint8_t *shared, *private;
};

static void grandchild(void *argument)
{
    struct views *views = argument;

    CHECK(views->shared[0] == 2 && views->private[0] == 3);
    views->shared[PAGE] = 4; /* a page that nobody touched before the forks */
    views->private[PAGE] = 5;
}

static void child(void *argument)
{
    struct views *views = argument;

    CHECK(views->shared[0] == 1 && views->private[0] == 1);
    views->shared[0] = 2;
    views->private[0] = 3;
    tap_join(tap_fork(grandchild, views));
    CHECK(views->shared[PAGE] == 4 && views->private[PAGE] == 0);
    CHECK_EQUAL(mprotect(views->shared, LENGTH, PROT_NONE), 0);
    CHECK_EQUAL(munmap(views->private, LENGTH), 0);
}

static void test_fork_inherits(void)
{
    struct views views = {map(NULL, LENGTH, READ_WRITE, MAP_SHARED | MAP_ANONYMOUS),
                          map(NULL, LENGTH, READ_WRITE, PRIVATE)};

    views.shared[0] = views.private[0] = 1;
    tap_join(tap_fork(child, &views));
    CHECK(views.shared[0] == 2 && views.shared[PAGE] == 4);
    CHECK(views.private[0] == 1 && views.private[PAGE] == 0);
    views.shared[2 * PAGE] = 1;
    CHECK_EQUAL(munmap(views.shared, LENGTH), 0);
    CHECK_EQUAL(munmap(views.private, LENGTH), 0);
}

static void test_shared_memory_is_split(void)
{
    uint8_t *pages = map(NULL, LENGTH, READ_WRITE, MAP_SHARED | MAP_ANONYMOUS);

    for (int i = 0; i < PAGES; i++)
        pages[i * PAGE] = (uint8_t)(i + 1);
    CHECK_EQUAL(munmap(pages + 2 * PAGE, PAGE), 0);
    CHECK_EQUAL(mprotect(pages + 5 * PAGE, 2 * PAGE, PROT_READ), 0);
    is_numbered(pages, 0, 2);
    is_numbered(pages, 3, PAGES);
    CHECK(faults(load, pages + 2 * PAGE));
    CHECK(faults(store, pages + 5 * PAGE) && faults(store, pages + 7 * PAGE - 1));
    CHECK(lives(store, pages + 4 * PAGE) && lives(store, pages + 7 * PAGE));
    CHECK(pages[4 * PAGE] == 1 && pages[7 * PAGE] == 1); /* the children wrote here too */
    CHECK_EQUAL(munmap(pages, LENGTH), 0);
}

/* ---- memory comes when it is touched, and goes ----------------------------------------------- */

enum { MEBIBYTE = 1 << 20, PART = 64 * MEBIBYTE, PARTS = 16, LARGE = 8 * MEBIBYTE };

static void check_large(void *argument)
{
    uint8_t *memory = argument;

    for (size_t i = 0; i < LARGE; i += PAGE) {
        bool is_gone = i >= LARGE / 2 && i < LARGE / 2 + 3 * PAGE;
        if (!is_gone && !CHECK_EQUAL(memory[i], (uint8_t)(i / PAGE * 3 + 1)))
            break;
    }
}

static void write_large(void *argument)
{
    uint8_t *memory = argument;

    check_large(memory);
    for (size_t i = 0; i < LARGE / 2 - MEBIBYTE; i += 5 * PAGE)
        memory[i] = 0xee;
}

/* Memory that may come in pages of 2 MiB: taking some out of the middle leaves the rest alone. */
static void test_larger_pages_split(void)
{
    uint8_t *memory = map(NULL, LARGE, READ_WRITE, PRIVATE);
    struct vm_area area = {0};

    for (size_t i = 0; i < LARGE; i += PAGE)
        memory[i] = (uint8_t)(i / PAGE * 3 + 1);
    CHECK(vm_query(HANDLE_SELF, 0, CALL_POINTER(memory), &area) > 0);
    CHECK_EQUAL(area.resident, LARGE / PAGE);
    CHECK(area.large > 0);
    CHECK_EQUAL(munmap(memory + LARGE / 2, 3 * PAGE), 0);
    CHECK_EQUAL(mprotect(memory + LARGE / 2 - MEBIBYTE, PAGE, PROT_READ), 0);
    tap_join(tap_fork(write_large, memory));
    check_large(memory);
    CHECK(faults(load, memory + LARGE / 2) && faults(load, memory + LARGE / 2 + 3 * PAGE - 1));
    CHECK(faults(store, memory + LARGE / 2 - MEBIBYTE));
    CHECK(lives(store, memory + LARGE / 2 - 1) && lives(store, memory + LARGE / 2 + 3 * PAGE));
    CHECK_EQUAL(munmap(memory, LARGE), 0);
}

static uint64_t free_pages(void)
{
    struct system_memory memory = {0};

    CHECK(system_info(HANDLE_SYSTEM, INFO_MEMORY, &memory, sizeof memory) > 0);
    return memory.free_pages;
}

/* 1 GiB, a byte of each mebibyte touched: more than this machine has, if it has 128 MiB. Each page
 * needs a table of its own for its two mebibytes at most. */
static void test_sparse_memory(void)
{
    const uint64_t touched = (uint64_t)PARTS * PART / MEBIBYTE;
    uint64_t before = free_pages();

    for (int i = 0; i < PARTS; i++)
        CHECK(map(FREE_PLACE + i * (uint64_t)PART, PART, READ_WRITE,
                  PRIVATE | MAP_NORESERVE | MAP_FIXED) == FREE_PLACE + i * (uint64_t)PART);
    for (uint64_t i = 0; i < touched; i++)
        FREE_PLACE[i * (MEBIBYTE + 8)] = (uint8_t)(i * 7 + 1);
    uint64_t used = before - free_pages();
    CHECK(used >= touched && used <= 2 * touched + PAGES);
    for (uint64_t i = 0; i < touched; i++)
        if (!CHECK_EQUAL(FREE_PLACE[i * (MEBIBYTE + 8)], (uint8_t)(i * 7 + 1)))
            break;
    CHECK_EQUAL(munmap(FREE_PLACE, (uint64_t)PARTS * PART), 0);
}

static void test_sbrk_gives_back(void)
{
    const ptrdiff_t size = 3 * MEBIBYTE + 100;
    uint8_t *start = sbrk(0);
    uint64_t before = free_pages();

    CHECK(sbrk(size) == start && sbrk(0) == start + size);
    memset(start, 0xaa, (size_t)size);
    CHECK(before - free_pages() >= size / PAGE);
    CHECK(sbrk(-size) == start + size && sbrk(0) == start);
    CHECK(before - free_pages() <= PAGES); /* the page that top is in, and tables */
    CHECK(faults(store, start + PAGE));
    CHECK(sbrk(size) == start);
    CHECK_EQUAL(start[size - 1], 0);
    CHECK(sbrk(-size) == start + size);
    CHECK_REFUSED(sbrk(PTRDIFF_MIN), ENOMEM);
    CHECK_REFUSED(sbrk(PTRDIFF_MAX), ENOMEM);
    CHECK(sbrk(0) == start);
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"mmap_refusals", test_mmap_refusals, 0},
        {"mmap_refuses_ranges", test_mmap_refuses_ranges, 0},
        {"mmap_hints", test_mmap_hints, 0},
        {"mmap_fixed_replaces_what_is_there", test_mmap_fixed_replaces_what_is_there, 0},
        {"mmap_munmap_refusals", test_munmap_refusals, 0},
        {"mmap_munmap_in_the_middle", test_munmap_in_the_middle, 0},
        {"mmap_mprotect_refusals", test_mprotect_refusals, 0},
        {"mmap_mprotect_then_write_kills", test_mprotect_then_write_kills, 0},
        {"mmap_mprotect_none", test_mprotect_none, 0},
        {"mmap_mprotect_makes_code", test_mprotect_makes_code, 0},
        {"mmap_fork_inherits", test_fork_inherits, 0},
        {"mmap_shared_memory_is_split", test_shared_memory_is_split, 0},
        {"mmap_larger_pages_split", test_larger_pages_split, 0},
        {"mmap_sparse_memory", test_sparse_memory, 0},
        {"mmap_sbrk_gives_back", test_sbrk_gives_back, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
