/* hostile_memory.c - programs that take all there is: memory, processes, objects. They are told
 * E_NOMEM, or die of memory that was promised and is not there; when they end all of it comes back.
 *
 * `hostile_memory --bomb` forks without end, for a test that types Ctrl-C.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/tap.h"

enum {
    PROCESSES_MAX = 3000, /* on a large machine this is enough */
    CHUNK = 1 << 20,
    BOMB_MS = 1500,
    GENERATIONS = 4,
    OBJECTS_MAX = HANDLE_LIMIT, /* mappings have no other limit, and DEBUG=1 checks all at each */
};

static void sleep_for_ever(void)
{
    for (;;)
        clock_sleep(DEADLINE_NONE);
}

static int gate_port, gate;

/* Waits until the port of the gate goes, whoever else has died by then. */
static void wait_at_gate(void)
{
    struct message m = {0};
    message_call(gate, &m);
    process_exit(0);
}

/* Forks until it cannot, or until it finds no memory to go on itself; the tree is killed. */
static void fork_until_refused(void *unused)
{
    (void)unused;
    long result = 0;
    int count = 0;
    for (; count < PROCESSES_MAX && (result = process_fork()) > 0; count++)
        continue;
    if (result == 0 && count < PROCESSES_MAX)
        wait_at_gate(); /* a child */
    if (!tap_warming_up())
        tap_comment("%d processes, then %ld", count, result);
    CHECK(count == PROCESSES_MAX || result == -E_NOMEM || result == -E_AGAIN);
    process_kill(HANDLE_SELF, 0, DEATH_KILLED | KILL_TREE);
}

static void test_fork_until_refused(void)
{
    gate_port = (int)port_create();
    gate = (int)channel_create(gate_port, 0);
    int death = WTERMSIG(run_hog(fork_until_refused, NULL));
    CHECK(death == DEATH_KILLED || death == DEATH_MEMORY);
    handle_close(gate_port);
    handle_close(gate);
}

/* Whose parent has died of the lack of memory is no longer in the tree that is killed, and ends by
 * itself. So that this reaches the youngest, there is a last generation. */
static void bomb(void)
{
    long parent = process_parent(), self = process_id();
    int generation = 0;
    while (process_parent() == parent) {
        long result = generation < GENERATIONS ? process_fork() : -E_AGAIN;
        if (result < 0)
            thread_yield();
        if (result != 0)
            continue;
        parent = self;
        self = process_id();
        generation++;
    }
    process_exit(1);
}

/* All of them fork, all the time; the kill of the tree races with all of them. */
static void test_fork_bomb(void)
{
    int pid = fork();
    if (pid == 0)
        bomb();
    own_pages();
    sleep_ms(tap_warming_up() ? BOMB_MS / 5 : BOMB_MS);
    process_kill(HANDLE_SELF, pid, DEATH_KILLED | KILL_TREE);
    int death = WTERMSIG(tap_wait(pid));
    CHECK(death == DEATH_KILLED || death == DEATH_MEMORY);
}

static uint64_t free_pages(void)
{
    struct system_memory memory = {0};
    CHECK(system_info(HANDLE_SYSTEM, INFO_MEMORY, &memory, sizeof memory) > 0);
    return memory.free_pages;
}

/* Maps ever smaller pieces, with their pages, until not one page is left. */
static long map_all(void)
{
    long result = 0;
    for (uint64_t length = CHUNK; length >= PAGE; length /= 2)
        do {
            struct mapping mapping = {0, length, MAP_WRITE | MAP_POPULATE, HANDLE_NONE, 0};
            result = vm_map(HANDLE_SPACE, &mapping);
        } while (result > 0);
    return result;
}

/* With no memory left every call says so, and takes nothing. */
static void use_all_then_call(void *unused)
{
    static char stack[PAGE];
    (void)unused;
    own_pages();
    CHECK_EQUAL(map_all(), -E_NOMEM);
    uint64_t left = free_pages();
    if (!CHECK(left < 64))
        tap_comment("%lu pages left", (unsigned long)left);
    for (int round = 0; round < 20; round++) {
        CHECK_EQUAL(process_fork(), -E_NOMEM);
        CHECK_EQUAL(memory_create(PAGE * 64, MEMORY_ANONYMOUS, HANDLE_NONE), -E_NOMEM);
        long results[] = {port_create(), event_create(), space_create(),
                          thread_create((uintptr_t)sleep_for_ever, (uintptr_t)stack + PAGE, 0, 0)};
        for (size_t i = 0; i < TAP_COUNT(results); i++)
            CHECK(results[i] >= 0 || results[i] == -E_NOMEM);
    }
    int file = open("/etc/servers", O_RDONLY); /* the servers live */
    CHECK(file >= 0 || errno == ENOMEM);
}

static void test_no_page_left(void) { CHECK_EQUAL(run_hog(use_all_then_call, NULL), 0); }

static size_t *grown;

/* What malloc promises is not all there: who touches the first page too many dies of it. */
static void grow_heap(void *unused)
{
    (void)unused;
    for (char *piece; (piece = malloc(CHUNK)) != NULL; *grown += CHUNK)
        memset(piece, 0xaa, CHUNK);
}

static void test_heap_until_killed(void)
{
    grown = map_shared(PAGE);
    int status = run_hog(grow_heap, NULL);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == DEATH_MEMORY);
    CHECK(*grown > 4 * CHUNK);
    unmap_pages(grown, PAGE);
}

static void make_objects(void *make)
{
    long (*create)(void) = (long (*)(void))(uintptr_t)make;
    long result = 0;
    int count = 0;
    for (; count < OBJECTS_MAX && result >= 0; count++)
        result = create();
    CHECK(count == OBJECTS_MAX || result == -E_MFILE || result == -E_NOMEM);
}

static long create_memory(void) { return memory_create(PAGE, MEMORY_ANONYMOUS, HANDLE_NONE); }

static long create_thread(void)
{
    static char stack[64];
    return thread_create((uintptr_t)sleep_for_ever, (uintptr_t)stack, 0, 0);
}

static long create_mapping(void)
{
    struct mapping mapping = {0, PAGE, MAP_READ, HANDLE_NONE, 0};
    return vm_map(HANDLE_SPACE, &mapping);
}

/* As many objects of each kind as there are handles, or memory. */
static void test_objects_until_refused(void)
{
    static long (*const makers[])(void) = {port_create,   event_create,  space_create,
                                           create_memory, create_thread, create_mapping};
    for (size_t i = 0; i < TAP_COUNT(makers); i++) {
        int status = tap_wait(tap_fork(make_objects, (void *)(uintptr_t)makers[i]));
        CHECK_EQUAL(status, 0);
    }
}

/* A program that does not fit beside a hog is refused, and fits when the hog is gone. */
static void hold_all(void *unused)
{
    (void)unused;
    own_pages();
    map_all();
    sleep_for_ever();
}

static void test_others_go_on_after_a_hog(void)
{
    int hog = tap_fork(hold_all, NULL);
    own_pages();
    thread_reaches(hog, 0, THREAD_SLEEP);
    int pid = fork();
    if (pid == 0)
        _exit(0);
    CHECK(pid == -1 && errno == ENOMEM);
    if (pid > 0)
        tap_wait(pid);
    tap_kill(hog);
    pid = fork();
    if (pid == 0)
        execl("/bin/true", "true", (char *)NULL);
    tap_join(pid);
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"hostile_memory_fork_until_refused", test_fork_until_refused, 120},
        {"hostile_memory_fork_bomb", test_fork_bomb, 120},
        {"hostile_memory_no_page_left", test_no_page_left, 120},
        {"hostile_memory_heap_until_killed", test_heap_until_killed, 120},
        {"hostile_memory_objects_until_refused", test_objects_until_refused, 120},
        {"hostile_memory_others_go_on_after_a_hog", test_others_go_on_after_a_hog, 120},
    };
    if (argc == 2 && strcmp(argv[1], "--bomb") == 0)
        bomb();
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
