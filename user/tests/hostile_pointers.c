/* hostile_pointers.c - every pointer argument of every system call gets every kind of bad pointer.
 *
 * The table names the calls; each is made with good arguments but for the pointer. Nothing may
 * happen but an error, and nothing may change in memory.
 */
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/tap.h"

enum direction {
    KERNEL_READS,
    KERNEL_WRITES,
};

/* What the calls of the table need; numbers below stand for these in its arguments. */
enum stand_in {
    POINTER = 1000000,
    SPACE,
    MEMORY,
    TOKEN,
};

static const struct pointer_argument {
    const char *name;
    uint64_t number;
    enum direction direction;
    uint64_t arguments[6];
} table[] = {
    {"process_exec name", SYS_PROCESS_EXEC, KERNEL_READS, {SPACE, 0x10000, 0x20000, POINTER, 16}},
    {"process_info",
     SYS_PROCESS_INFO,
     KERNEL_WRITES,
     {HANDLE_SELF, INFO_PROCESS, 0, 0, POINTER, sizeof(struct process_info)}},
    {"thread info",
     SYS_PROCESS_INFO,
     KERNEL_WRITES,
     {HANDLE_SELF, INFO_THREAD, 0, 0, POINTER, sizeof(struct thread_info)}},
    {"futex_wait", SYS_FUTEX_WAIT, KERNEL_READS, {POINTER, 0, 0}},
    {"futex_wake", SYS_FUTEX_WAKE, KERNEL_READS, {POINTER, 1}},
    {"ipc_read", SYS_IPC_READ, KERNEL_WRITES, {TOKEN, 0, POINTER, 16}},
    {"ipc_write", SYS_IPC_WRITE, KERNEL_READS, {TOKEN, 0, POINTER, 16}},
    {"memory_info", SYS_MEMORY_INFO, KERNEL_WRITES, {MEMORY, POINTER}},
    {"space_print", SYS_SPACE_PRINT, KERNEL_WRITES, {HANDLE_SELF, 0, POINTER, 64}},
    {"memory counters",
     SYS_SYSTEM_INFO,
     KERNEL_WRITES,
     {HANDLE_SYSTEM, INFO_MEMORY, POINTER, sizeof(struct system_memory)}},
    {"object counters",
     SYS_SYSTEM_INFO,
     KERNEL_WRITES,
     {HANDLE_SYSTEM, INFO_OBJECTS, POINTER, sizeof(struct system_objects)}},
    {"machine",
     SYS_SYSTEM_INFO,
     KERNEL_WRITES,
     {HANDLE_SYSTEM, INFO_MACHINE, POINTER, sizeof(struct system_machine)}},
    {"log write", SYS_SYSTEM_CONTROL, KERNEL_READS, {HANDLE_SYSTEM, SYSTEM_LOG_WRITE, POINTER, 16}},
    {"log read", SYS_SYSTEM_CONTROL, KERNEL_WRITES, {HANDLE_SYSTEM, SYSTEM_LOG_READ, POINTER, 64}},
};

static const char constant[PAGE * 2] __attribute__((aligned(4096))) = {1, 2, 3};
static int space, memory, port, channel;
static uint64_t token;

static void call_with_buffer(void *unused)
{
    char buffer[64] = {0};
    (void)unused;
    struct message m = {.buffer = buffer, .length = sizeof buffer | BUFFER_IN | BUFFER_OUT};
    message_call(channel, &m);
}

static int set_up(void)
{
    struct message m = {0};
    port = (int)port_create();
    channel = (int)channel_create(port, 0);
    space = (int)space_create();
    memory = (int)memory_create(PAGE, MEMORY_ANONYMOUS, HANDLE_NONE);
    int caller = tap_fork(call_with_buffer, NULL);
    CHECK_EQUAL(message_recv(port, &m), 0);
    token = m.token;
    return caller;
}

static void clean_up(int caller)
{
    tap_kill(caller);
    handle_close(port);
    handle_close(channel);
    handle_close(space);
    handle_close(memory);
}

static uint64_t resolve(uint64_t argument, uint64_t pointer)
{
    switch (argument) {
    case POINTER:
        return pointer;
    case SPACE:
        return (uint64_t)space;
    case MEMORY:
        return (uint64_t)memory;
    case TOKEN:
        return token;
    default:
        return argument;
    }
}

static void try_pointer(const struct pointer_argument *entry, uint64_t pointer)
{
    uint64_t a[6];
    for (int i = 0; i < 6; i++)
        a[i] = resolve(entry->arguments[i], pointer);
    long result = system_call(entry->number, a[0], a[1], a[2], a[3], a[4], a[5]).value;
    bool unaligned_futex = result == -E_INVAL && pointer % 4 != 0;
    if (!CHECK(result == -E_FAULT || unaligned_futex))
        tap_comment("%s of %#lx gave %ld", entry->name, (unsigned long)pointer, result);
}

static void test_never_valid(void)
{
    static const uint64_t pointers[] = {
        0,
        1,
        8,
        PAGE - 4,
        1ull << 38,       /* the first address above the user half, Sv39 */
        (1ull << 38) - 4, /* across that edge */
        1ull << 47,       /* Sv48 */
        (1ull << 47) - 4,
        1ull << 56, /* Sv57 */
        (1ull << 56) - 4,
        0x123456789abcdef0, /* in no half at all */
        1ull << 63,
        0xff00000000000000, /* the kernel's, from its first address */
        0xffff800000000000,
        0xffffffc000000000, /* all of memory, as the kernel sees it */
        0xffffffc080200000,
        0xffffffff80000000, /* its image */
        0xffffffff80200000,
        0xffffffff80200001,
        UINT64_MAX - 15, /* across the end of everything */
        UINT64_MAX - 7,
        UINT64_MAX - 3,
        UINT64_MAX,
    };
    int caller = set_up();
    for (size_t e = 0; e < TAP_COUNT(table); e++)
        for (size_t i = 0; i < TAP_COUNT(pointers); i++)
            try_pointer(&table[e], pointers[i]);
    clean_up(caller);
}

/* Two pages, the second of which is taken away: unmapped, and across the edge to it. */
static void test_unmapped_and_across_the_edge(void)
{
    int caller = set_up();
    uint8_t *good = map_pages(PAGE, MAP_WRITE);
    struct mapping next = {(uintptr_t)good + PAGE, PAGE, MAP_READ | MAP_EXACT, HANDLE_NONE, 0};
    if (vm_map(HANDLE_SPACE, &next) == (long)next.address)
        CHECK_EQUAL(vm_unmap(HANDLE_SPACE, next.address, PAGE), 0);
    memset(good, 0x5a, PAGE);
    for (size_t e = 0; e < TAP_COUNT(table); e++) {
        bool one_word = table[e].number == SYS_FUTEX_WAIT || table[e].number == SYS_FUTEX_WAKE;
        try_pointer(&table[e], next.address);
        try_pointer(&table[e], next.address + 2000);
        for (uint64_t before = 1; before < (one_word ? 4 : 13); before++)
            try_pointer(&table[e], next.address - before);
    }
    unmap_pages(good, PAGE);
    clean_up(caller);
}

/* Memory that the program itself may only read. */
static void test_read_only(void)
{
    int caller = set_up();
    uint8_t *page = map_pages(PAGE, MAP_READ);
    for (size_t e = 0; e < TAP_COUNT(table); e++) {
        if (table[e].direction == KERNEL_READS)
            continue;
        try_pointer(&table[e], (uintptr_t)page);
        try_pointer(&table[e], (uintptr_t)constant);
        try_pointer(&table[e], (uintptr_t)constant + PAGE - 8);
        try_pointer(&table[e], (uintptr_t)test_read_only & ~7ull);
    }
    CHECK(constant[0] == 1 && constant[1] == 2 && constant[2] == 3 && constant[3] == 0);
    for (int i = 0; i < PAGE; i++)
        CHECK_EQUAL(page[i], 0);
    unmap_pages(page, PAGE);
    clean_up(caller);
}

/* A good pointer with a length that wraps or reaches into what is not there. */
static void test_lengths(void)
{
    static const uint64_t lengths[] = {UINT64_MAX, 1ull << 63, 1ull << 40, INT64_MAX, 1ull << 32};
    static char buffer[256];
    int caller = set_up();
    for (size_t i = 0; i < TAP_COUNT(lengths); i++) {
        CHECK(ipc_read(token, 0, buffer, lengths[i]) < 0);
        CHECK(ipc_write(token, 0, buffer, lengths[i]) < 0);
        CHECK(system_control(HANDLE_SYSTEM, SYSTEM_LOG_WRITE, (uintptr_t)buffer, lengths[i]) < 0);
        struct message m = {.label = 1, .buffer = buffer, .length = BUFFER_LENGTH | BUFFER_IN};
        CHECK(message_call(HANDLE_ROOT, &m) < 0);
    }
    clean_up(caller);
}

/* The word that a thread clears at its end, and where it starts: the process may die, no other. */
static void exit_to(void *address) { thread_exit(address); }

struct start {
    uint64_t entry, sp;
};

static void start_at(void *argument)
{
    struct start *start = argument;
    thread_create(start->entry, start->sp, 0, 0);
    sleep_ms(20);
}

static void test_thread_ends_and_starts(void)
{
    static const uint64_t places[] = {1,
                                      4,
                                      1ull << 38,
                                      1ull << 63,
                                      0xffffffff80200000,
                                      UINT64_MAX - 3,
                                      (uint64_t)(uintptr_t)constant};
    for (size_t i = 0; i < TAP_COUNT(places); i++) {
        tap_wait(tap_fork(exit_to, (void *)places[i]));
        struct start entry = {places[i], 0x20000};
        struct start stack = {(uintptr_t)exit_to, places[i]};
        tap_wait(tap_fork(start_at, &entry));
        tap_wait(tap_fork(start_at, &stack));
    }
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"hostile_pointers_never_valid", test_never_valid, 0},
        {"hostile_pointers_unmapped_and_across_the_edge", test_unmapped_and_across_the_edge, 0},
        {"hostile_pointers_read_only", test_read_only, 0},
        {"hostile_pointers_lengths", test_lengths, 0},
        {"hostile_pointers_thread_ends_and_starts", test_thread_ends_and_starts, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
