/* smp_kill.c - processes and threads are killed at random moments, whatever they do then: by
 * others, by themselves, by each other, with their whole tree. The census sees what is left over.
 *
 * A victim has a thread for each thing that a thread can be busy with. It execs itself as
 * `smp_kill --victim SEED` now and then, so that it dies there too.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <octavo/program.h>

#include "tests/lib/help.h"
#include "tests/lib/smp.h"
#include "tests/lib/tap.h"

enum {
    VICTIMS = 21,
    TREES = 20,
    AT_ONCE = 3, /* victims that live at the same time */
    DUELS = 24,
    THREAD_KILLS = 60,
    SERVER_DEATHS = 20,
    CLIENTS = 6,
    LIFE_NS = 6000000, /* at most, of a victim */
};

#define NOWHERE 0x3000000000ull /* where nothing is mapped */

static const char self[] = "/tests/smp_kill";
static uint64_t seed;

/* ---- what a victim does -----------------------------------------------------------------------
 */

static int own_port, own_channel, own_event;
static uint32_t own_word;

static void compute(uint64_t *random)
{
    volatile uint64_t sum = 0;
    for (uint64_t i = random_below(random, 20000); i > 0; i--)
        sum += i;
}

static void call_own_server(uint64_t *random)
{
    char bytes[300];
    struct message m = {.label = random_below(random, 2),
                        .buffer = bytes,
                        .length = sizeof bytes | BUFFER_IN | BUFFER_OUT};
    message_call(own_channel, &m);
}

static void serve_once(uint64_t *random)
{
    static const struct message nothing;
    struct message m;
    char bytes[200];
    if (message_recv(own_port, &m) != 0 || m.token == 0)
        return;
    if (message_has_handle(&m)) /* else exec finds no number left some day */
        handle_close(message_take_handle(&m));
    ipc_read(m.token, 0, bytes, random_below(random, sizeof bytes));
    ipc_write(m.token, 0, bytes, random_below(random, sizeof bytes));
    message_reply(m.token, 0, &nothing);
}

static void wait_and_wake(uint64_t *random)
{
    futex_wait(&own_word, 0, clock_get() + random_below(random, 300000));
    futex_wake(&own_word, 2);
}

static void wait_and_signal(uint64_t *random)
{
    event_timer(own_event, 2, clock_get() + random_below(random, 300000), 0);
    event_wait(own_event, 3, clock_get() + random_below(random, 300000), NULL);
    event_signal(own_event, 1);
}

/* The child may be killed with its parent, or end by itself. */
static void fork_and_wait(uint64_t *random)
{
    uint64_t time = random_below(random, 200000);
    long child = process_fork();
    if (child == 0) {
        clock_sleep(clock_get() + time);
        process_exit(process_fork() == 0);
    }
    if (child > 0)
        process_wait((int)child, 0, NULL);
}

static void map_and_unmap(uint64_t *random)
{
    struct mapping mapping = {.length = (1 + random_below(random, 12)) * PAGE,
                              .flags = MAP_READ | MAP_WRITE |
                                       (uint32_t)random_below(random, 2) * MAP_SHARE,
                              .memory = HANDLE_NONE};
    long address = vm_map(HANDLE_SPACE, &mapping);
    if (address > 0) {
        *(volatile uint64_t *)(uintptr_t)address = 1;
        vm_unmap(HANDLE_SPACE, (uint64_t)address, mapping.length);
    }
}

static void make_and_move_handles(uint64_t *random)
{
    int port = (int)port_create(), channel = (int)channel_create(port, random_next(random));
    struct message m = {.label = MESSAGE_MOVE, .word = {0, 0, (uint64_t)port}};
    message_call(own_channel, &m);
    handle_close(channel);
}

static void *do_nothing(void *unused) { return unused; }

static void start_and_join(uint64_t *random)
{
    static struct mutex one_at_a_time;
    mutex_lock(&one_at_a_time);
    crew_run(1 + (unsigned)random_below(random, 2), do_nothing);
    mutex_unlock(&one_at_a_time);
}

static void sleep_a_little(uint64_t *random)
{
    clock_sleep(clock_get() + random_next(random) % 200000);
}

static void (*const deeds[])(uint64_t *random) = {
    compute,        call_own_server, serve_once,    wait_and_wake,         wait_and_signal,
    fork_and_wait,  call_own_server, map_and_unmap, make_and_move_handles, serve_once,
    sleep_a_little, start_and_join,
};

static void do_deed(void *number)
{
    uint64_t random = seed * 31 + (uintptr_t)number;
    for (;;)
        deeds[(uintptr_t)number](&random);
}

static void *do_for_ever(void *number)
{
    do_deed(number);
    return NULL;
}

static void open_own(void)
{
    own_port = (int)port_create();
    own_channel = (int)channel_create(own_port, 0);
    own_event = (int)event_create();
}

static void exec_again(void)
{
    char text[32];
    char *arguments[] = {(char *)(uintptr_t)self, (char *)(uintptr_t) "--victim", text, NULL};
    snprintf(text, sizeof text, "%lu", (unsigned long)random_next(&seed));
    execv(self, arguments);
    _exit(1);
}

/* After exec: what was open before would stay for ever. */
static void close_all(void)
{
    for (int handle = STDERR_FILENO + 1; handle < HANDLE_FIXED; handle++)
        handle_close(handle);
}

/* Does everything at once for a while, then execs itself; mostly it is killed before. */
static void live(void *new_seed)
{
    struct crew crew;
    seed = (uintptr_t)new_seed;
    open_own();
    crew_start(&crew, TAP_COUNT(deeds), do_for_ever);
    clock_sleep(clock_get() + random_below(&seed, LIFE_NS));
    exec_again();
}

/* ---- killed by others, and by themselves ------------------------------------------------------
 */

static bool was_killed(int pid)
{
    int status = tap_wait(pid);
    if (status != STATUS_KILLED(DEATH_KILLED))
        tap_comment("status %#x", (unsigned)status);
    return status == STATUS_KILLED(DEATH_KILLED);
}

static int start_victim(void) { return tap_fork(live, (void *)(uintptr_t)(tap_random() >> 8)); }

static void test_by_others(void)
{
    unsigned rounds = rounds_of(VICTIMS);
    for (unsigned i = 0; i < rounds; i += AT_ONCE) {
        int victims[AT_ONCE];
        for (int j = 0; j < AT_ONCE; j++)
            victims[j] = start_victim();
        for (int j = 0; j < AT_ONCE; j++) {
            clock_sleep(clock_get() + tap_random_below(2 * LIFE_NS));
            CHECK_EQUAL(process_kill(HANDLE_SELF, victims[j], DEATH_KILLED | KILL_TREE), 0);
        }
        for (int j = 0; j < AT_ONCE; j++)
            CHECK(was_killed(victims[j]));
    }
}

/* One of its own threads ends it: by a kill, an exit, or a fault. */
static void *end_own_process(void *how)
{
    clock_sleep(clock_get() + random_below(&seed, LIFE_NS));
    if ((uintptr_t)how == 0)
        process_kill(HANDLE_SELF, 0, DEATH_KILLED);
    if ((uintptr_t)how == 1)
        process_exit(9);
    *(volatile int *)NOWHERE = 1;
    return NULL;
}

static void live_and_end(void *new_seed)
{
    struct crew deeds_crew, ends;
    seed = (uintptr_t)new_seed;
    open_own();
    crew_start(&ends, 3, end_own_process); /* while there is a handle left for them */
    crew_start(&deeds_crew, TAP_COUNT(deeds), do_for_ever);
    clock_sleep(DEADLINE_NONE);
}

static void test_by_themselves(void)
{
    unsigned rounds = rounds_of(VICTIMS);
    for (unsigned i = 0; i < rounds; i++) {
        int status = tap_wait(tap_fork(live_and_end, (void *)(uintptr_t)(tap_random() >> 8)));
        if (!CHECK(status == STATUS_KILLED(DEATH_KILLED) || status == STATUS_EXITED(9) ||
                   status == STATUS_KILLED(DEATH_FAULT)))
            tap_comment("status %#x", (unsigned)status);
    }
}

/* Has children that are victims; all of them go with it. */
static void lead_a_tree(void *new_seed)
{
    seed = (uintptr_t)new_seed;
    for (uint64_t i = 0; i < 2; i++)
        if (process_fork() == 0)
            live((void *)(uintptr_t)(random_next(&seed) + i));
    live((void *)(uintptr_t)random_next(&seed));
}

static void test_as_a_tree(void)
{
    unsigned rounds = rounds_of(TREES);
    for (unsigned i = 0; i < rounds; i++) {
        int victim = tap_fork(lead_a_tree, (void *)(uintptr_t)(tap_random() >> 8));
        clock_sleep(clock_get() + tap_random_below(2 * LIFE_NS));
        CHECK_EQUAL(process_kill(HANDLE_SELF, victim, DEATH_KILLED | KILL_TREE), 0);
        CHECK(was_killed(victim));
    }
}

/* ---- two that kill each other -----------------------------------------------------------------
 */

static struct board {
    uint32_t ready;
    int32_t pid[2];
    uint32_t answers, deaths; /* of the server */
    uint32_t stop;
} * board;

static void kill_the_other(void *number)
{
    uint64_t me = (uintptr_t)number;
    board->pid[me] = getpid();
    __atomic_fetch_add(&board->ready, 1, __ATOMIC_RELEASE);
    spin_until(&board->ready, 2);
    process_kill(HANDLE_SYSTEM, board->pid[1 - me], DEATH_KILLED);
    clock_sleep(clock_get() + 50000);
}

static void test_each_other(void)
{
    unsigned rounds = rounds_of(DUELS);
    board = map_shared(PAGE);
    for (unsigned i = 0; i < rounds; i++) {
        board->ready = 0;
        int first = tap_fork(kill_the_other, (void *)0),
            second = tap_fork(kill_the_other, (void *)1);
        int first_status = tap_wait(first), second_status = tap_wait(second);
        CHECK(WIFSIGNALED(first_status) || WIFSIGNALED(second_status));
    }
    unmap_pages(board, PAGE);
}

/* ---- single threads ---------------------------------------------------------------------------
 */

/* A thread after the other, each doing something else, is killed by one of two killers at once. */
static void *kill_threads(void *number)
{
    static char stacks[2][TAP_COUNT(deeds)][16 * 1024];
    uint64_t random = seed + (uintptr_t)number;
    unsigned rounds = rounds_of(THREAD_KILLS);
    for (unsigned i = 0; i < rounds; i++) {
        /* Not the last: who joins others must live to free their stacks. */
        uintptr_t deed = i % (TAP_COUNT(deeds) - 1);
        int thread = start_thread(do_deed, (void *)deed, stacks[(uintptr_t)number][deed],
                                  sizeof stacks[0][0]);
        clock_sleep(clock_get() + random_below(&random, 500000));
        CHECK_EQUAL(thread_control(thread, THREAD_KILL, 0), 0);
        CHECK_EQUAL(handle_close(thread), 0);
    }
    return NULL;
}

static void kill_threads_from_two(void *new_seed)
{
    seed = (uintptr_t)new_seed;
    open_own();
    crew_run(2, kill_threads);
    process_kill(HANDLE_SELF, 0, DEATH_KILLED | KILL_TREE);
}

static void test_single_threads(void)
{
    CHECK(was_killed(tap_fork(kill_threads_from_two, (void *)(uintptr_t)(tap_random() >> 8))));
}

/* ---- servers and clients ----------------------------------------------------------------------
 */

static int port, channel;

static long answer(struct message *request, struct message *reply)
{
    char bytes[64];
    ipc_read(request->token, 0, bytes, sizeof bytes);
    reply->word[0] = request->word[0] ^ 0xff;
    return 7;
}

static void call_until_stopped(void *number)
{
    char bytes[64] = {0};
    uint64_t random = seed + (uintptr_t)number;
    while (__atomic_load_n(&board->stop, __ATOMIC_RELAXED) == 0) {
        struct message m = {.label = 1, .word = {random_next(&random)}, .buffer = bytes};
        uint64_t sent = m.word[0];
        m.length = sizeof bytes | BUFFER_IN;
        long status = message_call(channel, &m);
        if (status == 7 && CHECK(m.word[0] == (sent ^ 0xff)))
            __atomic_fetch_add(&board->answers, 1, __ATOMIC_RELAXED);
        else if (CHECK_EQUAL(status, -E_PEERDIED))
            __atomic_fetch_add(&board->deaths, 1, __ATOMIC_RELAXED);
    }
}

/* Servers of one port die one after the other, and clients too; those who live get an answer or
 * hear that the server died. */
static void test_servers_and_clients(void)
{
    int clients[CLIENTS];
    unsigned rounds = rounds_of(SERVER_DEATHS);
    seed = tap_random();
    board = map_shared(PAGE);
    port = (int)port_create();
    channel = (int)channel_create(port, 3);
    for (uintptr_t i = 0; i < CLIENTS; i++)
        clients[i] = tap_fork(call_until_stopped, (void *)i);
    for (unsigned i = 0; i < rounds; i++) {
        int server = serve(port, answer), second = serve(port, answer);
        clock_sleep(clock_get() + tap_random_below(LIFE_NS));
        uintptr_t chosen = tap_random_below(CLIENTS);
        tap_kill(clients[chosen]);
        tap_kill(server);
        clients[chosen] = tap_fork(call_until_stopped, (void *)chosen);
        tap_kill(second);
    }
    board->stop = 1;
    int server = serve(port, answer);
    for (int i = 0; i < CLIENTS; i++)
        tap_join(clients[i]);
    CHECK(board->answers > 0);
    tap_kill(server);
    handle_close(port);
    handle_close(channel);
    unmap_pages(board, PAGE);
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"smp_kill_by_others", test_by_others, 120},
        {"smp_kill_by_themselves", test_by_themselves, 120},
        {"smp_kill_as_a_tree", test_as_a_tree, 120},
        {"smp_kill_each_other", test_each_other, 0},
        {"smp_kill_single_threads", test_single_threads, 0},
        {"smp_kill_servers_and_clients", test_servers_and_clients, 0},
    };
    if (argc != 3 || strcmp(argv[1], "--victim") != 0)
        return tap_main(argc, argv, tests, TAP_COUNT(tests));
    close_all();
    live((void *)(uintptr_t)strtoul(argv[2], NULL, 10));
    return 1;
}
