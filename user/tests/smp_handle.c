/* smp_handle.c - handles go round in a ring of processes, moved and copied: each arrives and is
 * what it was, and none is left when members of the ring die.
 *
 * A handle on its way names a memory object, whose first word says which it is. It rides with the
 * number of steps it has left; at the last it moves to the parent.
 */
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/smp.h"
#include "tests/lib/tap.h"

enum {
    MEMBERS = 5,
    HANDLES = 24,
    STEPS = 20, /* of each handle */
    QUEUE = HANDLES,
    DEATHS = 20,
};

static int ports[MEMBERS + 1], channels[MEMBERS + 1]; /* the last is the parent's */

/* ---- a member ---------------------------------------------------------------------------------
 */

static int member;

static struct {
    struct mutex mutex; /* guards all below */
    uint32_t news;      /* futex: counts what came in */
    unsigned count;
    struct message message[QUEUE];
} incoming;

/* Replies at once, so that nobody in the ring waits for the one behind. */
static void *receive(void *unused)
{
    static const struct message nothing;
    struct message m = {0};
    while (message_reply_recv(ports[member], 0, &nothing, &m) == 0) {
        CHECK(m.token != 0 && message_has_handle(&m));
        mutex_lock(&incoming.mutex);
        incoming.message[incoming.count++] = m;
        mutex_unlock(&incoming.mutex);
        __atomic_fetch_add(&incoming.news, 1, __ATOMIC_RELEASE);
        futex_wake(&incoming.news, 1);
    }
    return unused;
}

static struct message take_incoming(void)
{
    for (;;) {
        uint32_t seen = __atomic_load_n(&incoming.news, __ATOMIC_ACQUIRE);
        mutex_lock(&incoming.mutex);
        if (incoming.count > 0) {
            struct message m = incoming.message[--incoming.count];
            mutex_unlock(&incoming.mutex);
            return m;
        }
        mutex_unlock(&incoming.mutex);
        futex_wait(&incoming.news, seen, DEADLINE_NONE);
    }
}

/* What a handle's object says; 0: it cannot be mapped. */
static uint64_t name_of(int memory)
{
    struct mapping mapping = {.length = PAGE, .flags = MAP_READ, .memory = memory};
    long address = vm_map(HANDLE_SPACE, &mapping);
    if (address < 0)
        return 0;
    uint64_t name = *(volatile uint64_t *)(uintptr_t)address;
    vm_unmap(HANDLE_SPACE, (uint64_t)address, PAGE);
    return name;
}

/* Word 0: the handle's name; 1: steps left; 2: the handle. Copies it at even steps. A call fails
 * only when the port's last handle is gone, which is the end of the test. */
static void pass_on(const struct message *m)
{
    int handle = (int)m->word[2], to = m->word[1] == 0 ? MEMBERS : (member + 1) % MEMBERS;
    bool copy = m->word[1] % 2 == 0;
    struct message next = {.label = 1 | (copy ? MESSAGE_COPY : MESSAGE_MOVE),
                           .word = {m->word[0], m->word[1] - (m->word[1] != 0), m->word[2]}};
    if (name_of(handle) != m->word[0])
        next.word[0] = 0;
    CHECK_EQUAL(message_call(channels[to], &next), 0);
    if (copy)
        handle_close(handle);
}

static void run_member(void *number)
{
    struct crew crew;
    member = (int)(intptr_t)number;
    crew_start(&crew, 1, receive);
    for (;;) {
        struct message m = take_incoming();
        pass_on(&m);
    }
}

/* ---- the parent -------------------------------------------------------------------------------
 */

static int members[MEMBERS];

static void open_ring(void)
{
    for (uint64_t i = 0; i <= MEMBERS; i++) {
        ports[i] = (int)port_create();
        channels[i] = (int)channel_create(ports[i], i);
    }
    for (uintptr_t i = 0; i < MEMBERS; i++)
        members[i] = tap_fork(run_member, (void *)i);
}

static void close_ring(void)
{
    for (int i = 0; i < MEMBERS; i++)
        tap_kill(members[i]);
    for (int i = 0; i <= MEMBERS; i++) {
        handle_close(ports[i]);
        handle_close(channels[i]);
    }
}

/* Makes an object with a name and lets it go at a member's place. */
static void let_go(uint64_t name, uint64_t steps)
{
    struct mapping mapping = {.length = PAGE, .flags = MAP_READ | MAP_WRITE | MAP_SHARE};
    mapping.memory = (int32_t)memory_create(PAGE, MEMORY_ANONYMOUS, HANDLE_NONE);
    long address = vm_map(HANDLE_SPACE, &mapping);
    CHECK(address > 0);
    *(volatile uint64_t *)(uintptr_t)address = name;
    CHECK_EQUAL(vm_unmap(HANDLE_SPACE, (uint64_t)address, PAGE), 0);
    struct message m = {.label = 1 | MESSAGE_MOVE, .word = {name, steps, (uint64_t)mapping.memory}};
    CHECK_EQUAL(message_call(channels[tap_random_below(MEMBERS)], &m), 0);
}

static void test_all_come_home(void)
{
    static const struct message nothing;
    uint64_t seen = 0, base = tap_random() | 1 << 10;
    struct message m = {0};
    open_ring();
    for (uint64_t i = 0; i < HANDLES; i++)
        let_go(base + i, rounds_of(STEPS) + i);
    for (int i = 0; i < HANDLES; i++) {
        CHECK_EQUAL(message_recv(ports[MEMBERS], &m), 0);
        CHECK_EQUAL(name_of((int)m.word[2]), m.word[0]);
        if (CHECK(m.word[0] - base < HANDLES))
            seen |= 1ull << (m.word[0] - base);
        CHECK_EQUAL(handle_close((int)m.word[2]), 0);
        CHECK_EQUAL(message_reply(m.token, 0, &nothing), 0);
    }
    CHECK_EQUAL(seen, (1ull << HANDLES) - 1);
    close_ring();
}

/* One after the other is killed while handles go round for ever. The census sees what is left. */
static void test_members_die(void)
{
    unsigned rounds = rounds_of(DEATHS);
    for (unsigned round = 0; round < rounds; round++) {
        open_ring();
        for (uint64_t i = 0; i < MEMBERS; i++)
            let_go(1000 + i, 1 << 30);
        clock_sleep(clock_get() + tap_random_below(4000000));
        int first = (int)tap_random_below(MEMBERS);
        CHECK_EQUAL(process_kill(HANDLE_SELF, members[first], DEATH_KILLED), 0);
        clock_sleep(clock_get() + tap_random_below(2000000));
        for (int i = 0; i < MEMBERS; i++)
            if (i != first)
                process_kill(HANDLE_SELF, members[i], DEATH_KILLED);
        for (int i = 0; i < MEMBERS; i++)
            tap_wait(members[i]);
        for (int i = 0; i <= MEMBERS; i++) {
            handle_close(ports[i]);
            handle_close(channels[i]);
        }
    }
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"smp_handle_all_come_home", test_all_come_home, 0},
        {"smp_handle_members_die", test_members_die, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
