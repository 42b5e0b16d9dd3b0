/* test_virtio_blk.c - the virtio driver's queue and disk, with a device of ours: one that works,
 * one that lies, one that dies. */
#include <stdint.h>
#include <string.h>

#include "proto/block.h"
#include "servers/virtio_blk/disk_start.h"
#include "untrusted.h"
#include "virtio_device.h"

enum { REQUESTS = 200, BUFFER = 32 * BLOCK_SECTOR };

/* ---- the driver's side ---- */

static struct disk disk;

static void *pointer(uint64_t physical) { return (void *)(uintptr_t)physical; }

struct asked {
    struct disk_request request;
    struct disk_segment segment[BLOCK_SEGMENTS_MAX];
    unsigned ended;
    enum error error;
    bool is_unwanted;
};

static void ended(struct disk_request *request, enum error error)
{
    struct asked *asked = (struct asked *)request;

    asked->ended++;
    asked->error = error;
}

static bool is_wanted(const struct disk_request *request)
{
    return !((const struct asked *)request)->is_unwanted;
}

static void ask(struct asked *asked, uint32_t type, uint64_t sector, void *memory, uint64_t bytes)
{
    asked->segment[0] = (struct disk_segment){(uintptr_t)memory, bytes};
    asked->request = (struct disk_request){.done = ended,
                                           .is_wanted = is_wanted,
                                           .type = type,
                                           .sector = sector,
                                           .sectors = bytes / BLOCK_SECTOR,
                                           .segment = asked->segment,
                                           .segments = type == VIRTIO_BLK_T_DISCARD ? 0 : 1};
    asked->ended = 0;
    disk_submit(&disk, &asked->request);
}

/* The device does all that there is to do. */
static void run(void)
{
    for (int i = 0; i < 1000; i++) {
        device_take();
        if (device.holds == 0)
            break;
        while (device.holds > 0)
            device_serve_one(device.holds - 1);
        disk_interrupt(&disk);
    }
}

static void begin(uint64_t features, uint32_t version)
{
    struct boot_device there = {.irq = 1};

    memset(&device, 0, sizeof device);
    memset(&disk, 0, sizeof disk);
    strcpy(disk.name, "test");
    device.features = features;
    device.queue_size_max = 1024;
    device.config[VIRTIO_BLK_CAPACITY / 4] = SECTORS;
    device.config[VIRTIO_BLK_SEG_MAX / 4] = 126;
    device.config[VIRTIO_BLK_MAX_DISCARD_SECTORS / 4] = 100;
    disk.transport.version = version;
    assert_int_equal(disk_find(&disk, &there), E_OK);
}

static void finish(void)
{
    if (disk.memory_address != NULL)
        dma_destroy(&disk.memory);
}

static const uint64_t kinds[] = {
    VIRTIO_BLK_F_SEG_MAX | VIRTIO_BLK_F_DISCARD | VIRTIO_F_INDIRECT_DESC,
    VIRTIO_BLK_F_SEG_MAX | VIRTIO_BLK_F_DISCARD,
    VIRTIO_F_INDIRECT_DESC,
    0,
};

static void test_transfers_arrive_however_they_are_cut(void **state)
{
    struct chance chance = chance_seeded("test_virtio_blk cut");
    static uint8_t memory[BUFFER], model[sizeof device.image];
    struct asked asked = {0};

    (void)state;
    for (unsigned round = 0; round < 400; round++) {
        begin(kinds[round % 4] | (round % 3 == 0 ? VIRTIO_BLK_F_SIZE_MAX : 0), 1 + round % 2);
        device.config[VIRTIO_BLK_SEG_MAX / 4] = (uint32_t)chance_below(&chance, 6);
        device.config[VIRTIO_BLK_SIZE_MAX / 4] = (uint32_t)chance_below(&chance, 3000);
        assert_int_equal(disk_start(&disk), E_OK);
        for (unsigned i = 0; i < sizeof model; i++)
            model[i] = device.image[i] = (uint8_t)chance_below(&chance, 256);
        uint64_t sector = chance_below(&chance, SECTORS - 32);
        for (unsigned i = 0; i < BUFFER; i++)
            memory[i] = (uint8_t)(i * 7 + round);
        ask(&asked, VIRTIO_BLK_T_OUT, sector, memory, BUFFER);
        run();
        assert_int_equal(asked.ended, 1);
        assert_int_equal(asked.error, E_OK);
        memcpy(model + sector * BLOCK_SECTOR, memory, BUFFER);
        assert_memory_equal(model, device.image, sizeof model);
        memset(memory, 0, BUFFER);
        ask(&asked, VIRTIO_BLK_T_IN, sector, memory, BUFFER);
        run();
        assert_int_equal(asked.ended, 1);
        assert_memory_equal(model + sector * BLOCK_SECTOR, memory, BUFFER);
        finish();
    }
}

static void test_segments_are_one_behind_the_other(void **state)
{
    static uint8_t memory[64 * BLOCK_SECTOR];
    struct asked asked = {0};

    (void)state;
    for (unsigned kind = 0; kind < 4; kind++) {
        begin(kinds[kind], VIRTIO_VERSION_MODERN);
        assert_int_equal(disk_start(&disk), E_OK);
        asked.request = (struct disk_request){.done = ended,
                                              .type = VIRTIO_BLK_T_OUT,
                                              .sector = 3,
                                              .segment = asked.segment,
                                              .segments = 32};
        for (unsigned i = 0; i < 32; i++) {
            asked.segment[i] = (struct disk_segment){
                (uintptr_t)memory + (63 - 2 * i - 1) * BLOCK_SECTOR, 2 * BLOCK_SECTOR};
            memset(pointer(asked.segment[i].physical), (int)i + 1, 2 * BLOCK_SECTOR);
        }
        asked.ended = 0;
        disk_submit(&disk, &asked.request);
        run();
        assert_int_equal(asked.ended, 1);
        assert_int_equal(device.pieces, (kinds[kind] & VIRTIO_BLK_F_SEG_MAX) != 0 ? 1 : 32);
        for (unsigned i = 0; i < 64 * BLOCK_SECTOR; i++)
            assert_int_equal(device.image[3 * BLOCK_SECTOR + i], i / (2 * BLOCK_SECTOR) + 1);
        finish();
    }
}

static void test_discard_goes_in_pieces(void **state)
{
    struct asked asked = {0};

    (void)state;
    begin(kinds[0], VIRTIO_VERSION_MODERN);
    assert_int_equal(disk_start(&disk), E_OK);
    ask(&asked, VIRTIO_BLK_T_DISCARD, 6, NULL, 250 * BLOCK_SECTOR);
    run();
    assert_int_equal(asked.ended, 1);
    assert_int_equal(asked.error, E_OK);
    assert_int_equal(device.pieces, 3);
    for (unsigned i = 0; i < sizeof device.image; i++)
        assert_int_equal(device.image[i], i / BLOCK_SECTOR < 6 ? 0 : 0xdd);
    finish();
}

/* More than the queue takes: all are served, in any order. */
static void test_what_does_not_fit_waits(void **state)
{
    struct chance chance = chance_seeded("test_virtio_blk wait");
    static struct asked asked[REQUESTS];
    static uint8_t memory[REQUESTS][BLOCK_SECTOR];

    (void)state;
    for (unsigned round = 0; round < 40; round++) {
        begin(kinds[round % 4], VIRTIO_VERSION_MODERN);
        device.queue_size_max = 3 + (uint32_t)chance_below(&chance, 200);
        assert_int_equal(disk_start(&disk), E_OK);
        for (unsigned i = 0; i < REQUESTS; i++) {
            memset(memory[i], (int)i, BLOCK_SECTOR);
            ask(&asked[i], VIRTIO_BLK_T_OUT, i, memory[i], BLOCK_SECTOR);
        }
        assert_true(disk.waiting_count > 0);
        while (device_take(), device.holds > 0) {
            device_serve_one((unsigned)chance_below(&chance, device.holds));
            disk_interrupt(&disk);
        }
        for (unsigned i = 0; i < REQUESTS; i++) {
            assert_int_equal(asked[i].ended, 1);
            assert_int_equal(asked[i].error, E_OK);
            assert_int_equal(device.image[i * BLOCK_SECTOR], i % 256);
        }
        assert_int_equal(disk.queue.free_count, disk.queue.size);
        finish();
    }
}

static void test_unwanted_requests_do_not_pile_up(void **state)
{
    static struct asked asked[10000];
    static uint8_t memory[BLOCK_SECTOR];
    unsigned ended_already = 0;

    (void)state;
    begin(kinds[0], VIRTIO_VERSION_MODERN);
    assert_int_equal(disk_start(&disk), E_OK);
    for (unsigned i = 0; i < 10000; i++) {
        asked[i].is_unwanted = i % 1000 != 0;
        ask(&asked[i], VIRTIO_BLK_T_IN, 0, memory, BLOCK_SECTOR);
        assert_true(disk.waiting_count < 200);
    }
    for (unsigned i = 0; i < 10000; i++)
        ended_already += asked[i].ended;
    assert_true(ended_already > 9000);
    run();
    for (unsigned i = 0; i < 10000; i++)
        assert_int_equal(asked[i].ended, 1);
    finish();
}

/* ---- a device that lies ---- */

static void check_answer(uint8_t status, int32_t written_wrong, uint32_t version,
                         enum error expected)
{
    static uint8_t memory[2 * BLOCK_SECTOR];
    struct asked asked = {0};

    begin(kinds[0], version);
    assert_int_equal(disk_start(&disk), E_OK);
    device.status = status;
    device.written_wrong = written_wrong;
    ask(&asked, VIRTIO_BLK_T_IN, 0, memory, sizeof memory);
    run();
    assert_int_equal(asked.ended, 1);
    assert_int_equal(asked.error, expected);
    device.status = VIRTIO_BLK_S_OK;
    device.written_wrong = 0;
    ask(&asked, VIRTIO_BLK_T_IN, 0, memory, sizeof memory);
    run();
    assert_int_equal(asked.ended, 1);
    assert_int_equal(asked.error, E_OK);
    finish();
}

static void test_answers_are_not_believed(void **state)
{
    const uint32_t legacy = VIRTIO_VERSION_LEGACY, modern = VIRTIO_VERSION_MODERN;

    (void)state;
    check_answer(VIRTIO_BLK_S_OK, 0, modern, E_OK);
    check_answer(VIRTIO_BLK_S_IOERR, 0, modern, E_IO);
    check_answer(VIRTIO_BLK_S_UNSUPP, 0, modern, E_NOSYS);
    check_answer(3, 0, modern, E_IO);
    check_answer(0xff, 0, modern, E_IO);
    check_answer(VIRTIO_BLK_S_OK, -1, modern, E_IO);
    check_answer(VIRTIO_BLK_S_OK, -2 * BLOCK_SECTOR - 1, modern, E_IO);
    check_answer(VIRTIO_BLK_S_OK, -1, legacy, E_OK); /* such devices count as they like */
    check_answer(VIRTIO_BLK_S_OK, 1, modern, E_IO);  /* reset: more than there was room for */
}

/* Each thing that cannot be said resets the device; what it had ends, and it works again. */
static void test_impossible_completions_reset_the_device(void **state)
{
    static uint8_t memory[BLOCK_SECTOR];
    struct asked asked[2] = {0};

    (void)state;
    for (unsigned lie = 0; lie < 5; lie++) {
        begin(kinds[lie % 2], VIRTIO_VERSION_MODERN);
        assert_int_equal(disk_start(&disk), E_OK);
        ask(&asked[0], VIRTIO_BLK_T_IN, 0, memory, BLOCK_SECTOR);
        ask(&asked[1], VIRTIO_BLK_T_IN, 0, memory, BLOCK_SECTOR);
        device_take();
        switch (lie) {
        case 0:
            device_say(disk.queue.size, 1);
            break;
        case 1:
            device_say(UINT32_MAX, 1);
            break;
        case 2:
            device_say(disk.queue.size - 1u, 1);
            break;
        case 3:
            device_say(device.held[0], BLOCK_SECTOR + 2);
            break;
        default:
            device_serve(device.held[0]); /* right, but more than there were */
            device_serve(device.held[1]);
            device.queue->used->index++;
            break;
        }
        disk_interrupt(&disk);
        assert_int_equal(device.resets, 2);
        for (unsigned i = 0; i < 2; i++) {
            assert_int_equal(asked[i].ended, 1);
            assert_int_equal(asked[i].error, E_IO);
        }
        ask(&asked[0], VIRTIO_BLK_T_IN, 0, memory, BLOCK_SECTOR);
        run();
        assert_int_equal(asked[0].error, E_OK);
        finish();
    }
}

static void test_device_that_asks_for_a_reset(void **state)
{
    static uint8_t memory[BLOCK_SECTOR];
    struct asked asked = {0};

    (void)state;
    begin(kinds[0], VIRTIO_VERSION_MODERN);
    assert_int_equal(disk_start(&disk), E_OK);
    ask(&asked, VIRTIO_BLK_T_IN, 0, memory, BLOCK_SECTOR);
    device.config[VIRTIO_BLK_CAPACITY / 4] = 77;
    device.interrupt = VIRTIO_INTERRUPT_CONFIG;
    disk_interrupt(&disk);
    assert_int_equal(disk.sectors, 77);
    assert_int_equal(asked.ended, 0);
    device.needs_reset = true;
    device.interrupt = VIRTIO_INTERRUPT_CONFIG;
    disk_interrupt(&disk);
    assert_int_equal(asked.ended, 1);
    assert_int_equal(asked.error, E_IO);
    assert_true(disk.is_there && !disk.is_stuck);
    finish();
}

/* A device that does not stop keeps its memory; one that refuses to begin again does not. */
static void test_device_that_is_gone(void **state)
{
    static uint8_t memory[BLOCK_SECTOR];
    static struct asked asked[REQUESTS];

    (void)state;
    for (unsigned stuck = 0; stuck < 2; stuck++) {
        begin(kinds[1], VIRTIO_VERSION_MODERN);
        assert_int_equal(disk_start(&disk), E_OK);
        for (unsigned i = 0; i < REQUESTS; i++)
            ask(&asked[i], VIRTIO_BLK_T_IN, 0, memory, BLOCK_SECTOR);
        device.refuses_reset = stuck == 1;
        device.refuses_features = true;
        device.needs_reset = true;
        device.interrupt = VIRTIO_INTERRUPT_CONFIG;
        disk_interrupt(&disk);
        for (unsigned i = 0; i < REQUESTS; i++) {
            assert_int_equal(asked[i].ended, 1);
            assert_int_equal(asked[i].error, E_NODEV);
        }
        assert_false(disk.is_there);
        assert_int_equal(disk.is_stuck, stuck);
        ask(&asked[0], VIRTIO_BLK_T_IN, 0, memory, BLOCK_SECTOR);
        assert_int_equal(asked[0].ended, 1);
        assert_int_equal(asked[0].error, E_NODEV);
        disk_interrupt(&disk);
        finish();
    }
}

/* Configurations of noise: the disk starts or it does not. */
static void test_limits_of_noise(void **state)
{
    struct chance chance = chance_seeded("test_virtio_blk limits");

    (void)state;
    for (unsigned round = 0; round < 3000; round++) {
        begin(~0ull, VIRTIO_VERSION_MODERN);
        for (unsigned i = 0; i < 16; i++)
            device.config[i] =
                (uint32_t)(chance_below(&chance, 1ull << 32) >> chance_below(&chance, 32));
        device.queue_size_max = (uint32_t)chance_below(&chance, 12);
        if (disk_start(&disk) == E_OK) {
            assert_true(disk.buffers_max > 0 && disk.buffers_max + 2 <= disk.queue.size);
            assert_true(disk.buffer_max >= disk.block_size);
            assert_int_equal(disk.buffer_max % disk.block_size, 0);
            assert_true(disk.block_size >= BLOCK_SECTOR && disk.block_size <= DISK_BLOCK_MAX);
            assert_true(disk.sectors <= INT64_MAX / BLOCK_SECTOR);
        } else {
            assert_true(device.queue_size_max < 4);
        }
        finish();
    }
}

static void tell_a_lie(struct chance *chance)
{
    if (chance_below(chance, 2) == 0)
        device_say((uint32_t)chance_below(chance, disk.queue.size + 2u),
                   (uint32_t)chance_below(chance, 600));
    else
        device.queue->used->index += (uint16_t)chance_below(chance, 5);
}

/* A device of noise: every request ends, once. */
static void test_noise(void **state)
{
    struct chance chance = chance_seeded("test_virtio_blk noise");
    static struct asked asked[REQUESTS];
    static uint8_t memory[BLOCK_SECTOR * 4];

    (void)state;
    for (unsigned round = 0; round < 200; round++) {
        begin(kinds[round % 4], VIRTIO_VERSION_MODERN);
        assert_int_equal(disk_start(&disk), E_OK);
        for (unsigned i = 0; i < REQUESTS; i++) {
            ask(&asked[i], VIRTIO_BLK_T_IN, 0, memory, (i % 4 + 1) * BLOCK_SECTOR);
            device_take();
            device.status =
                (uint8_t)(chance_below(&chance, 8) == 0 ? chance_below(&chance, 256) : 0);
            if (chance_below(&chance, 10) == 0)
                tell_a_lie(&chance);
            else if (device.holds > 0)
                device_serve_one((unsigned)chance_below(&chance, device.holds));
            disk_interrupt(&disk);
        }
        device.needs_reset = true;
        device.refuses_features = true;
        device.interrupt = VIRTIO_INTERRUPT_CONFIG;
        disk_interrupt(&disk);
        for (unsigned i = 0; i < REQUESTS; i++)
            assert_int_equal(asked[i].ended, 1);
        finish();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transfers_arrive_however_they_are_cut),
        cmocka_unit_test(test_segments_are_one_behind_the_other),
        cmocka_unit_test(test_discard_goes_in_pieces),
        cmocka_unit_test(test_what_does_not_fit_waits),
        cmocka_unit_test(test_unwanted_requests_do_not_pile_up),
        cmocka_unit_test(test_answers_are_not_believed),
        cmocka_unit_test(test_impossible_completions_reset_the_device),
        cmocka_unit_test(test_device_that_asks_for_a_reset),
        cmocka_unit_test(test_device_that_is_gone),
        cmocka_unit_test(test_limits_of_noise),
        cmocka_unit_test(test_noise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
