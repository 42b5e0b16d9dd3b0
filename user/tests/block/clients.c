/* clients.c - several clients, and deaths on either side while requests are under way. */
#include <octavo/thread.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "tests.h"
#include "tests/lib/help.h"

enum {
    CLIENT_BYTES = 16 * PAGE,
    READERS = 8,
    AREA = 8192, /* sector of disk0 where they write */
    QUICK_DEATH_MS = 2100,
    LARGE_BYTES = 4 << 20,
};

/* ---- two clients ---- */

static void use_disk(void *argument)
{
    uint64_t number = (uintptr_t)argument, sector = AREA + number * 256;
    struct session session;
    if (!session_open(&session, DISK_SCRATCH, O_RDWR, CLIENT_BYTES))
        return;
    for (uint64_t round = 0; round < 20; round++) {
        sectors_fill(session.bytes, sector, round, CLIENT_BYTES / BLOCK_SECTOR);
        CHECK_EQUAL(session_transfer(&session, BLOCK_WRITE, sector, 0, CLIENT_BYTES), 0);
        memset(session.bytes, 0, CLIENT_BYTES);
        CHECK_EQUAL(session_transfer(&session, BLOCK_READ, sector, 0, CLIENT_BYTES), 0);
        sectors_are(session.bytes, sector, round, CLIENT_BYTES / BLOCK_SECTOR);
    }
    /* Another session's memory is out of reach, whatever number one tries. */
    CHECK_EQUAL(call_words(session.channel, BLOCK_READ, 0, BLOCK_PLACE(1, 0), 512), -E_INVAL);
    session_close(&session);
}

void test_two_clients(void)
{
    int first = tap_fork(use_disk, (void *)0), second = tap_fork(use_disk, (void *)1);
    tap_join(first);
    tap_join(second);
}

/* ---- requests under way ---- */

struct reader {
    struct thread thread;
    const struct session *session;
    uint64_t label, sector;
    uint32_t rounds; /* shared */
    bool goes_on;
    long last;
};

/* Moves all the memory, until an error. */
static void *move(void *argument)
{
    struct reader *reader = argument;
    do {
        reader->last =
            session_transfer(reader->session, reader->label, reader->sector, 0, CLIENT_BYTES);
        __atomic_fetch_add(&reader->rounds, 1, __ATOMIC_RELAXED);
    } while (reader->last == 0 && reader->goes_on);
    return NULL;
}

static void start_readers(struct reader *readers, const struct session *session, uint64_t label,
                          bool goes_on)
{
    for (uint64_t i = 0; i < READERS; i++) {
        readers[i] = (struct reader){
            .session = session, .label = label, .sector = AREA + i * 256, .goes_on = goes_on};
        CHECK_EQUAL(thread_start(&readers[i].thread, move, &readers[i]), 0);
    }
}

static void wait_for_rounds(struct reader *readers, uint32_t rounds)
{
    for (int i = 0; i < READERS; i++)
        for (int tries = 0; tries < 10000; tries++) {
            if (__atomic_load_n(&readers[i].rounds, __ATOMIC_RELAXED) >= rounds)
                break;
            sleep_ms(1);
        }
}

/* Each request is answered, by success or not at all having begun; the memory outlives it. */
void test_session_closed_in_flight(void)
{
    for (int i = 0; i < 4; i++) {
        struct reader readers[READERS];
        struct session session;
        if (!session_open(&session, DISK_SCRATCH, O_RDWR, CLIENT_BYTES))
            return;
        start_readers(readers, &session, i % 2 == 0 ? BLOCK_READ : BLOCK_WRITE, true);
        wait_for_rounds(readers, 2);
        session_close(&session);
        for (int k = 0; k < READERS; k++) {
            thread_join(&readers[k].thread);
            CHECK_EQUAL(readers[k].last, -E_BADF);
        }
    }
    use_disk((void *)2);
}

static void move_for_ever(void *label)
{
    struct reader readers[READERS];
    struct session session;
    if (!session_open(&session, DISK_SCRATCH, O_RDWR, CLIENT_BYTES))
        return;
    start_readers(readers, &session, (uintptr_t)label, true);
    thread_join(&readers[0].thread);
}

void test_client_killed_in_flight(void)
{
    for (int i = 0; i < (tap_warming_up() ? 4 : 12); i++) {
        int child = tap_fork(move_for_ever, (void *)(uintptr_t)(i % 2 ? BLOCK_READ : BLOCK_WRITE));
        sleep_ms(5 + tap_random_below(40));
        tap_kill(child);
    }
    use_disk((void *)3);
}

/* ---- the driver dies ---- */

static int find_driver(void)
{
    struct process_info process;
    for (int pid = 0; process_info(HANDLE_SYSTEM, pid, &process) > 0; pid = process.pid + 1)
        if (strcmp(process.name, "virtio_blk") == 0)
            return process.pid;
    return -1;
}

static void wait_for_next_driver(int driver)
{
    int next = driver;
    for (int tries = 0; tries < 2000 && (next == driver || next < 0); tries++) {
        sleep_ms(5);
        next = find_driver();
    }
    CHECK(next != driver && next > 0);
}

/* Who calls from now on has the next driver. */
static void kill_driver(void)
{
    int driver = find_driver();
    CHECK_EQUAL(process_kill(HANDLE_SYSTEM, driver, DEATH_KILLED), 0);
    wait_for_next_driver(driver);
}

static void use_once(void)
{
    struct session session;
    if (session_open(&session, DISK_SCRATCH, O_RDWR, PAGE))
        session_close(&session);
}

/* A driver that has done nothing yet has a heap that depends on nothing. */
static void begin_with_a_new_driver(void)
{
    kill_driver();
    use_once();
}

/* What was flushed is there, the sessions are gone, and new ones work. */
void test_driver_killed(void)
{
    struct reader readers[READERS];
    struct session session, other;
    sleep_ms(QUICK_DEATH_MS); /* init counts deaths soon after the start, up to five */
    if (!session_open(&session, DISK_SCRATCH, O_RDWR, CLIENT_BYTES) ||
        !session_open(&other, DISK_SCRATCH, O_RDWR, CLIENT_BYTES))
        return;
    sectors_fill(other.bytes, AREA - 256, 99, CLIENT_BYTES / BLOCK_SECTOR);
    CHECK_EQUAL(session_transfer(&other, BLOCK_WRITE, AREA - 256, 0, CLIENT_BYTES), 0);
    CHECK_EQUAL(call_words(other.channel, BLOCK_FLUSH, 0, 0, 0), 0);
    start_readers(readers, &session, BLOCK_READ, true);
    wait_for_rounds(readers, 2);
    kill_driver();
    for (int i = 0; i < READERS; i++) {
        thread_join(&readers[i].thread);
        CHECK(readers[i].last == -E_PEERDIED || readers[i].last == -E_BADF);
    }
    CHECK_EQUAL(session_transfer(&other, BLOCK_READ, 0, 0, PAGE), -E_BADF);
    session_close(&session);
    session_close(&other);
    if (!session_open(&session, DISK_SCRATCH, O_RDWR, CLIENT_BYTES))
        return;
    CHECK_EQUAL(session_transfer(&session, BLOCK_READ, AREA - 256, 0, CLIENT_BYTES), 0);
    sectors_are(session.bytes, AREA - 256, 99, CLIENT_BYTES / BLOCK_SECTOR);
    session_close(&session);
    use_disk((void *)4);
    begin_with_a_new_driver();
}

/* Neither driver nor client has it any more, but the device may: it is free only when the next
 * driver has reset that. A second death soon after the first leaves time to look. */
void test_memory_outlives_the_driver(void)
{
    struct session session;
    sleep_ms(QUICK_DEATH_MS);
    kill_driver();
    if (!session_open(&session, DISK_SCRATCH, O_RDWR, LARGE_BYTES))
        return;
    int driver = find_driver();
    CHECK_EQUAL(process_kill(HANDLE_SYSTEM, driver, DEATH_KILLED), 0);
    for (int tries = 0; tries < 100 && find_driver() == driver; tries++)
        sleep_ms(1);
    session_close(&session);
    uint64_t without_driver = free_frames();
    bool has_seen =
        find_driver() < 0; /* else this was too slow, and the next one is here already */
    wait_for_next_driver(driver);
    use_once();
    if (has_seen)
        CHECK(free_frames() > without_driver + LARGE_BYTES / PAGE / 2);
    else
        tap_comment("the next driver was there too soon to see");
}
