/* transfer.c - what is written is read again: at random places, by many at once, in lists, by
 * bytes. */
#include <octavo/thread.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device.h"
#include "tests.h"
#include "tests/lib/help.h"

enum {
    REGION_SECTORS = 2048, /* of disk0, for random places */
    RUN_SECTORS = 64,      /* at most, in one request */
    THREADS = 16,
    THREAD_SECTORS = 128, /* of each thread, behind the region */
    THREAD_MEMORY = BLOCK_SEGMENTS_MAX * BLOCK_SECTOR,
    BYTES_AT = 4096 * BLOCK_SECTOR, /* on disk0 */
    BYTES = 200000,
    PATTERN_SECTOR = 24576, /* as in tests/system/test_block.py */
    PATTERN_SECTORS = 64,
};

void test_info(void)
{
    struct session session;
    struct stat status;
    if (!session_open(&session, DISK_SCRATCH, O_RDWR, 0))
        return;
    struct block_info info = session_info(&session);
    CHECK_EQUAL(info.sectors, 32768);
    CHECK_EQUAL(info.block_size, BLOCK_SECTOR);
    CHECK_EQUAL(info.segments_max, BLOCK_SEGMENTS_MAX);
    CHECK(info.queue_depth >= 16);
    CHECK_EQUAL(info.read_only, 0);
    CHECK_EQUAL(info.has_flush, 1);
    CHECK(strcmp(info.serial, "octavo-disk0") == 0);
    CHECK_EQUAL(call_words(session.channel, BLOCK_FLUSH, 0, 0, 0), 0);
    session_close(&session);
    CHECK_EQUAL(stat("/dev/disk0", &status), 0);
    CHECK(S_ISBLK(status.st_mode));
    CHECK_EQUAL(status.st_size, 32768 * BLOCK_SECTOR);
}

void test_random_places(void)
{
    static uint32_t generation[REGION_SECTORS];
    struct session session;
    int rounds = tap_warming_up() ? 50 : 400;
    if (!session_open(&session, DISK_SCRATCH, O_RDWR, RUN_SECTORS * BLOCK_SECTOR))
        return;
    memset(generation, 0, sizeof generation);
    for (int i = 1; i <= rounds; i++) {
        uint64_t count = 1 + tap_random_below(RUN_SECTORS);
        uint64_t sector = tap_random_below(REGION_SECTORS - count + 1);
        uint64_t slack = (RUN_SECTORS - count) * BLOCK_SECTOR;
        uint64_t offset = tap_random_below(slack + 1) / BLOCK_SECTOR * BLOCK_SECTOR;
        bool writes = tap_random_below(2) == 0;
        if (writes) {
            for (uint64_t s = 0; s < count; s++) {
                generation[sector + s] = (uint32_t)i;
                sectors_fill(session.bytes + offset + s * BLOCK_SECTOR, sector + s, (uint32_t)i, 1);
            }
        }
        CHECK_EQUAL(session_transfer(&session, writes ? BLOCK_WRITE : BLOCK_READ, sector, offset,
                                     count * BLOCK_SECTOR),
                    0);
        for (uint64_t s = 0; s < count; s++)
            if (generation[sector + s] != 0)
                sectors_are(session.bytes + offset + s * BLOCK_SECTOR, sector + s,
                            generation[sector + s], 1);
    }
    session_close(&session);
}

/* ---- many at once ---- */

struct worker {
    struct thread thread;
    const struct session *session;
    uint64_t sector, offset, seed;
    int rounds;
    long failed;
};

/* Moves sectors, one segment for each: so that a queue gets full. */
static long move_apart(const struct worker *worker, uint64_t label, uint64_t sector, uint64_t count)
{
    struct block_segment segments[BLOCK_SEGMENTS_MAX];
    for (uint64_t i = 0; i < count; i++)
        segments[i] =
            (struct block_segment){BLOCK_PLACE(0, worker->offset + i * BLOCK_SECTOR), BLOCK_SECTOR};
    return session_list(worker->session, label, sector, segments, (unsigned)count);
}

static long write_and_read(const struct worker *worker, uint64_t round)
{
    const struct session *session = worker->session;
    uint8_t *bytes = session->bytes + worker->offset;
    uint64_t count = 1 + (worker->seed * 7 + round * 13) % (THREAD_MEMORY / BLOCK_SECTOR);
    uint64_t sector = worker->sector + (round * 29) % (THREAD_SECTORS - count + 1);
    sectors_fill(bytes, sector, round, count);
    long result = move_apart(worker, BLOCK_WRITE, sector, count);
    if (result != 0)
        return result;
    memset(bytes, 0xee, count * BLOCK_SECTOR);
    result = session_transfer(session, BLOCK_READ, sector, worker->offset, count * BLOCK_SECTOR);
    return result != 0 || sectors_are(bytes, sector, round, count) ? result : 1;
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    for (int round = 0; round < worker->rounds && worker->failed == 0; round++)
        worker->failed = write_and_read(worker, (uint64_t)round);
    return NULL;
}

static void many_in_flight(void)
{
    struct worker workers[THREADS];
    struct session session;
    if (!session_open(&session, DISK_SCRATCH, O_RDWR, THREADS * THREAD_MEMORY))
        return;
    for (uint64_t i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.session = &session,
                                     .sector = REGION_SECTORS + i * THREAD_SECTORS,
                                     .offset = i * THREAD_MEMORY,
                                     .seed = tap_random_below(100),
                                     .rounds = tap_warming_up() ? 40 : 80};
        CHECK_EQUAL(thread_start(&workers[i].thread, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        thread_join(&workers[i].thread);
        CHECK_EQUAL(workers[i].failed, 0);
    }
    session_close(&session);
}

/* The driver's heap is as large as what was in flight at once, at worst: warming up goes on until
 * that grows no more. */
void test_many_in_flight(void)
{
    enum { STEADY = 4, TRIES = 40 };
    uint64_t frames = 0;
    int steady = 0;
    many_in_flight();
    for (int i = 0; tap_warming_up() && i < TRIES && steady < STEADY; i++) {
        many_in_flight();
        steady = free_frames() == frames ? steady + 1 : 0;
        frames = free_frames();
    }
}

/* ---- lists ---- */

static void shuffle(unsigned *order, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        order[i] = i;
    for (unsigned i = count - 1; i > 0; i--) {
        unsigned other = (unsigned)tap_random_below(i + 1), was = order[i];
        order[i] = order[other];
        order[other] = was;
    }
}

/* Segments of two sectors each, in any order in memory, one behind the other on the disk. */
static void check_list(const struct session *session, unsigned count, uint64_t sector)
{
    const uint64_t length = 2 * BLOCK_SECTOR;
    struct block_segment segments[BLOCK_SEGMENTS_MAX];
    unsigned order[BLOCK_SEGMENTS_MAX];
    uint8_t *whole = session->bytes + BLOCK_SEGMENTS_MAX * length;
    shuffle(order, count);
    for (unsigned i = 0; i < count; i++) {
        segments[i] = (struct block_segment){BLOCK_PLACE(0, order[i] * length), length};
        sectors_fill(session->bytes + order[i] * length, sector + 2 * i, count, 2);
    }
    CHECK_EQUAL(session_list(session, BLOCK_WRITE, sector, segments, count), 0);
    CHECK_EQUAL(
        session_transfer(session, BLOCK_READ, sector, BLOCK_SEGMENTS_MAX * length, count * length),
        0);
    for (unsigned i = 0; i < count; i++)
        sectors_are(whole + i * length, sector + 2 * i, count, 2);
    memset(session->bytes, 0xee, BLOCK_SEGMENTS_MAX * length);
    CHECK_EQUAL(session_list(session, BLOCK_READ, sector, segments, count), 0);
    for (unsigned i = 0; i < count; i++)
        sectors_are(session->bytes + order[i] * length, sector + 2 * i, count, 2);
}

void test_lists(void)
{
    struct session session;
    if (!session_open(&session, DISK_SCRATCH, O_RDWR, 4 * BLOCK_SEGMENTS_MAX * BLOCK_SECTOR))
        return;
    for (unsigned count = 1; count <= BLOCK_SEGMENTS_MAX; count += count < 4 ? 1 : 5)
        check_list(&session, count, tap_random_below(REGION_SECTORS - 2 * BLOCK_SEGMENTS_MAX));
    check_list(&session, BLOCK_SEGMENTS_MAX, 0);
    session_close(&session);
}

void test_two_disks(void)
{
    struct session sessions[2];
    for (unsigned i = 0; i < 2; i++)
        if (!session_open(&sessions[i], DISK_SCRATCH + i, O_RDWR, PAGE))
            return;
    for (unsigned i = 0; i < 2; i++) {
        sectors_fill(sessions[i].bytes, 100, 1000 + i, 8);
        CHECK_EQUAL(session_transfer(&sessions[i], BLOCK_WRITE, 100, 0, PAGE), 0);
    }
    for (unsigned i = 0; i < 2; i++) {
        memset(sessions[i].bytes, 0, PAGE);
        CHECK_EQUAL(session_transfer(&sessions[i], BLOCK_READ, 100, 0, PAGE), 0);
        sectors_are(sessions[i].bytes, 100, 1000 + i, 8);
        session_close(&sessions[i]);
    }
}

/* ---- bytes ---- */

static uint8_t model[BYTES], back[BYTES];

static void write_some(int file, uint64_t at, uint64_t length)
{
    for (uint64_t i = 0; i < length; i++)
        model[at + i] = (uint8_t)tap_random();
    CHECK_EQUAL(pwrite(file, model + at, length, (off_t)(BYTES_AT + at)), length);
}

static void read_some(int file, uint64_t at, uint64_t length)
{
    CHECK_EQUAL(pread(file, back, length, (off_t)(BYTES_AT + at)), length);
    CHECK(memcmp(back, model + at, length) == 0);
}

static void check_end(int file)
{
    off_t size = lseek(file, 0, SEEK_END);
    CHECK_EQUAL(size, 32768l * BLOCK_SECTOR);
    CHECK_EQUAL(read(file, back, 10), 0);
    CHECK_EQUAL(write(file, back, 10), -1);
    CHECK_EQUAL(errno, ENOSPC);
    CHECK_EQUAL(lseek(file, -3, SEEK_END), size - 3);
    CHECK_EQUAL(write(file, "abcdef", 6), 3);
    CHECK_EQUAL(lseek(file, -2, SEEK_CUR), size - 2);
    CHECK_EQUAL(read(file, back, 10), 2);
    CHECK(memcmp(back, "bc", 2) == 0);
    CHECK_EQUAL(lseek(file, -1, SEEK_SET), -1);
    CHECK_EQUAL(errno, EINVAL);
}

void test_bytes(void)
{
    int file = open("/dev/disk0", O_RDWR);
    if (!CHECK(file >= 0))
        return;
    write_some(file, 0, BYTES);
    read_some(file, 0, BYTES);
    for (int i = 0; i < (tap_warming_up() ? 5 : 40); i++) {
        uint64_t length = 1 + tap_random_below(i % 4 == 0 ? 100000 : 1500);
        uint64_t at = tap_random_below(BYTES - length + 1);
        if (tap_random_below(2) == 0)
            write_some(file, at, length);
        read_some(file, at, length);
    }
    read_some(file, 0, BYTES);
    check_end(file);
    CHECK_EQUAL(fsync(file), 0);
    close(file);
}

/* What was discarded may be anything; its neighbours are what they were. */
void test_discard(void)
{
    struct session session;
    if (!session_open(&session, DISK_SECOND, O_RDWR, 16 * BLOCK_SECTOR))
        return;
    CHECK_EQUAL(session_info(&session).has_discard, 1);
    sectors_fill(session.bytes, 2048, 1, 16);
    CHECK_EQUAL(session_transfer(&session, BLOCK_WRITE, 2048, 0, 16 * BLOCK_SECTOR), 0);
    CHECK_EQUAL(call_words(session.channel, BLOCK_DISCARD, 2048 + 8, 8, 0), 0);
    CHECK_EQUAL(session_transfer(&session, BLOCK_READ, 2048, 0, 16 * BLOCK_SECTOR), 0);
    sectors_are(session.bytes, 2048, 1, 8);
    CHECK_EQUAL(call_words(session.channel, BLOCK_DISCARD, 0, 0, 0), -E_INVAL);
    CHECK_EQUAL(call_words(session.channel, BLOCK_DISCARD, 0, UINT64_MAX, 0), -E_RANGE);
    session_close(&session);
}

/* tests/system/test_block.py looks for it in the image. */
void test_pattern_for_the_host(void)
{
    struct session session;
    if (!session_open(&session, DISK_SCRATCH, O_RDWR, PATTERN_SECTORS * BLOCK_SECTOR))
        return;
    sectors_fill(session.bytes, PATTERN_SECTOR, 1, PATTERN_SECTORS);
    CHECK_EQUAL(
        session_transfer(&session, BLOCK_WRITE, PATTERN_SECTOR, 0, PATTERN_SECTORS * BLOCK_SECTOR),
        0);
    CHECK_EQUAL(call_words(session.channel, BLOCK_FLUSH, 0, 0, 0), 0);
    session_close(&session);
}
