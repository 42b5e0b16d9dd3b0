/* refuse.c - requests that make no sense, disks that may not be written to, devices that fail. */
#include <proto/file.h>

#include <errno.h>
#include <fcntl.h>
#include <octavo/names.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "tests.h"
#include "tests/lib/help.h"

enum { SECTORS = 32768 /* of disk0 */ };

void test_refusals(void)
{
    static const struct {
        uint64_t sector, place, length;
        enum error error;
    } bad[] = {
        {0, BLOCK_PLACE(0, 0), 0, E_INVAL},
        {0, BLOCK_PLACE(0, 0), 1, E_INVAL},
        {0, BLOCK_PLACE(0, 0), 513, E_INVAL},
        {0, BLOCK_PLACE(0, 1), 512, E_INVAL},
        {0, BLOCK_PLACE(0, 256), 512, E_INVAL},
        {0, BLOCK_PLACE(0, PAGE), 512, E_INVAL},
        {0, BLOCK_PLACE(0, 512), PAGE, E_INVAL},
        {0, BLOCK_PLACE(1, 0), 512, E_INVAL},
        {0, BLOCK_PLACE(0xffff, 0), 512, E_INVAL},
        {0, UINT64_MAX, 512, E_INVAL},
        {0, BLOCK_PLACE(0, 0xfffffffffe00), 512, E_INVAL},
        {0, BLOCK_PLACE(0, 512), -512ull, E_INVAL},
        {0, BLOCK_PLACE(0, 0), UINT64_MAX, E_INVAL},
        {SECTORS, BLOCK_PLACE(0, 0), 512, E_RANGE},
        {SECTORS - 1, BLOCK_PLACE(0, 0), 1024, E_RANGE},
        {UINT64_MAX, BLOCK_PLACE(0, 0), 512, E_RANGE},
        {UINT64_MAX - 1, BLOCK_PLACE(0, 0), 1024, E_RANGE},
        {1ull << 55, BLOCK_PLACE(0, 0), 512, E_RANGE},
        {1ull << 63, BLOCK_PLACE(0, 0), 512, E_RANGE},
    };
    struct session session;
    if (!session_open(&session, DISK_SCRATCH, O_RDWR, PAGE))
        return;
    for (unsigned i = 0; i < TAP_COUNT(bad); i++) {
        CHECK_EQUAL(
            call_words(session.channel, BLOCK_READ, bad[i].sector, bad[i].place, bad[i].length),
            -(long)bad[i].error);
        CHECK_EQUAL(
            call_words(session.channel, BLOCK_WRITE, bad[i].sector, bad[i].place, bad[i].length),
            -(long)bad[i].error);
    }
    CHECK_EQUAL(session_transfer(&session, BLOCK_READ, SECTORS - 1, 0, 512), 0);
    CHECK_EQUAL(call_words(session.channel, 0x4ff, 0, 0, 0), -E_NOSYS);
    CHECK_EQUAL(call_words(session.channel, FILE_READ_DIRECTORY, 0, 0, 0), -E_NOTDIR);
    CHECK_EQUAL(call_words(session.channel, FILE_SEEK, 0, 77, 0), -E_INVAL);
    session_close(&session);
}

void test_lists_refused(void)
{
    struct block_segment list[BLOCK_SEGMENTS_MAX + 1];
    struct session session;
    if (!session_open(&session, DISK_SCRATCH, O_RDWR, PAGE))
        return;
    for (unsigned i = 0; i < TAP_COUNT(list); i++)
        list[i] = (struct block_segment){BLOCK_PLACE(0, 0), 512};
    CHECK_EQUAL(session_list(&session, BLOCK_READ, 0, list, BLOCK_SEGMENTS_MAX), 0);
    CHECK_EQUAL(session_list(&session, BLOCK_READ, 0, list, BLOCK_SEGMENTS_MAX + 1), -E_INVAL);
    CHECK_EQUAL(session_list(&session, BLOCK_READ, 0, list, 0), -E_INVAL);
    CHECK_EQUAL(session_list(&session, BLOCK_READ, SECTORS - 3, list, 4), -E_RANGE);
    CHECK_EQUAL(session_list(&session, BLOCK_READ, 0, (void *)8, 4), -E_FAULT);
    struct message odd = {.label = BLOCK_READ, .buffer = list, .length = 24 | BUFFER_IN};
    CHECK_EQUAL(message_call(session.channel, &odd), -E_INVAL);
    list[3].length = UINT64_MAX - 511;
    CHECK_EQUAL(session_list(&session, BLOCK_READ, 0, list, 4), -E_INVAL);
    list[3] = (struct block_segment){BLOCK_PLACE(9, 0), 512};
    CHECK_EQUAL(session_list(&session, BLOCK_READ, 0, list, 4), -E_INVAL);
    session_close(&session);
}

void test_memory_refused(void)
{
    static const uint64_t sizes[] = {0, 5 << 20, 1ull << 40, UINT64_MAX};
    struct session session;
    if (!session_open(&session, DISK_SCRATCH, O_RDWR, 0))
        return;
    for (unsigned i = 0; i < TAP_COUNT(sizes); i++)
        CHECK(call_words(session.channel, BLOCK_MAKE_MEMORY, sizes[i], 0, 0) < 0);
    struct message m = {.label = BLOCK_MAKE_MEMORY, .word = {1}};
    CHECK_EQUAL(message_call(session.channel, &m), 0); /* the number is not used up */
    int memory = message_take_handle(&m);
    CHECK_EQUAL(handle_control(memory, HANDLE_GET, 0) >> 8 & RIGHTS_ALL, RIGHT_MAP);
    CHECK_EQUAL(session_transfer(&session, BLOCK_READ, 0, 0, PAGE), 0);
    handle_close(memory); /* the session has it still */
    CHECK_EQUAL(session_transfer(&session, BLOCK_READ, 0, 0, PAGE), 0);
    session_close(&session);
    CHECK_EQUAL(name_lookup("disk9", 5, false), -E_NOENT);
}

/* Words that are right, nearly right, and far out. */
static uint64_t any_word(void)
{
    static const uint64_t edges[] = {
        0,       1,       511,        512,        513,        4096,       SECTORS - 1,
        SECTORS, 5 << 20, 1ull << 32, 1ull << 48, 1ull << 63, UINT64_MAX, UINT64_MAX - 511,
    };
    uint64_t word = edges[tap_random_below(TAP_COUNT(edges))];
    return tap_random_below(4) == 0 ? word ^ 1ull << tap_random_below(64) : word;
}

static void send_noise(int channel)
{
    static const uint32_t labels[] = {FILE_OPEN,   FILE_READ,        FILE_SEEK,      FILE_STAT,
                                      FILE_SYNC,   FILE_TRUNCATE,    BLOCK_GET_INFO, BLOCK_READ,
                                      BLOCK_FLUSH, BLOCK_DISCARD + 1};
    static const uint64_t directions[] = {0, BUFFER_IN, BUFFER_OUT, BUFFER_IN | BUFFER_OUT};
    static uint64_t words[130];
    for (unsigned i = 0; i < TAP_COUNT(words); i++)
        words[i] = any_word();
    struct message m = {.label = labels[tap_random_below(TAP_COUNT(labels))],
                        .word = {any_word(), any_word(), any_word()},
                        .buffer = words,
                        .length = tap_random_below(sizeof words) / (1 + tap_random_below(64)) |
                                  directions[tap_random_below(4)]};
    (void)message_call(channel, &m); /* an answer is all that is asked for */
    if (message_has_handle(&m))
        handle_close(message_take_handle(&m));
}

/* Both a session and the disk itself answer each of them. */
void test_noise(void)
{
    struct session session;
    int channel = (int)disk_channel(DISK_SCRATCH);
    if (!session_open(&session, DISK_SCRATCH, O_RDWR, PAGE))
        return;
    for (int i = 0; i < (tap_warming_up() ? 200 : 3000); i++)
        send_noise(i % 8 == 0 ? channel : session.channel);
    CHECK_EQUAL(session_transfer(&session, BLOCK_READ, 0, 0, PAGE), 0);
    session_close(&session);
    handle_close(channel);
}

static long write_bytes(const struct session *session)
{
    char text[] = "text";
    struct message m = {.label = FILE_WRITE, .buffer = text, .length = 4 | BUFFER_IN};
    return message_call(session->channel, &m);
}

static void check_not_writable(const struct session *session, enum error error)
{
    CHECK_EQUAL(session_transfer(session, BLOCK_READ, 8, 0, PAGE), 0);
    CHECK_EQUAL(session_transfer(session, BLOCK_WRITE, 8, 0, PAGE), -(long)error);
    CHECK_EQUAL(call_words(session->channel, BLOCK_DISCARD, 0, 8, 0), -(long)error);
    CHECK_EQUAL(write_bytes(session), -(long)error);
    CHECK_EQUAL(call_words(session->channel, BLOCK_FLUSH, 0, 0, 0), 0);
}

void test_read_only_disk(void)
{
    struct session session;
    if (!session_open(&session, DISK_READ_ONLY, O_RDWR, PAGE))
        return;
    CHECK_EQUAL(session_info(&session).read_only, 1);
    check_not_writable(&session, E_ROFS);
    sectors_are(session.bytes, 8, 1, 8); /* the host wrote it */
    session_close(&session);
    if (!session_open(&session, DISK_SCRATCH, O_RDONLY, PAGE))
        return;
    check_not_writable(&session, E_BADF);
    session_close(&session);
}

/* The request that meets the bad sector fails, and no other. */
void test_errors_of_the_device(void)
{
    struct session session;
    char bytes[600];
    if (!session_open(&session, DISK_FAILS, O_RDWR, PAGE))
        return;
    for (int i = 0; i < 3; i++) {
        CHECK_EQUAL(session_transfer(&session, BLOCK_READ, FAILS_READ, 0, PAGE), -E_IO);
        CHECK_EQUAL(session_transfer(&session, BLOCK_READ, FAILS_READ + 8, 0, PAGE), 0);
        CHECK_EQUAL(session_transfer(&session, BLOCK_WRITE, FAILS_WRITE, 0, PAGE), -E_IO);
        CHECK_EQUAL(session_transfer(&session, BLOCK_WRITE, FAILS_WRITE + 8, 0, PAGE), 0);
    }
    session_close(&session);
    int file = open("/dev/disk3", O_RDWR);
    CHECK_EQUAL(pread(file, bytes, 600, FAILS_READ * BLOCK_SECTOR + 100), -1);
    CHECK_EQUAL(errno, EIO);
    CHECK_EQUAL(pread(file, bytes, 600, (FAILS_READ + 1) * BLOCK_SECTOR + 100), 600);
    CHECK_EQUAL(pwrite(file, bytes, 600, FAILS_WRITE * BLOCK_SECTOR + 100), -1);
    CHECK_EQUAL(errno, EIO);
    CHECK_EQUAL(pwrite(file, bytes, 600, (FAILS_WRITE + 1) * BLOCK_SECTOR + 100), 600);
    close(file);
}
