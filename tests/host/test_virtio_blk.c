/* test_virtio_blk.c - the virtio driver's queue and disk, with a device of ours in place of
 * transport.c and dma.c: one that works, one that lies, one that dies. Physical addresses are
 * addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/block.h"
#include "servers/virtio_blk/disk.h"
#include "servers/virtio_blk/disk_start.h"
#include "untrusted.h"

enum { SECTORS = 256, REQUESTS = 200, BUFFER = 32 * BLOCK_SECTOR };

/* ---- the device ---- */

static struct {
    uint64_t features;
    uint32_t config[16];
    uint32_t queue_size_max;
    bool refuses_reset, refuses_features;
    bool needs_reset;
    uint32_t interrupt;
    struct queue *queue;           /* as the driver set it up; the device uses the shared part */
    uint16_t seen;                 /* of the available ring */
    uint16_t held[QUEUE_SIZE_MAX]; /* heads that it has */
    unsigned holds, resets;
    uint8_t status;        /* to answer instead of OK */
    int32_t written_wrong; /* added to what it says it has written */
    uint8_t image[SECTORS * BLOCK_SECTOR];
    unsigned pieces; /* requests served */
} device;

enum error transport_map(struct transport *transport, const struct boot_device *ignored)
{
    (void)transport;
    (void)ignored;
    return E_OK;
}

enum error transport_reset(struct transport *transport)
{
    (void)transport;
    if (device.refuses_reset)
        return E_IO;
    device.queue = NULL;
    device.seen = 0;
    device.holds = 0;
    device.needs_reset = false;
    device.resets++;
    return E_OK;
}

enum error transport_negotiate(struct transport *transport, uint64_t wanted)
{
    transport->features = device.features & wanted;
    return device.refuses_features ? E_NODEV : E_OK;
}

uint32_t transport_queue_size_max(struct transport *transport)
{
    (void)transport;
    return device.queue_size_max;
}

void transport_set_queue(struct transport *transport, const struct queue *queue)
{
    (void)transport;
    device.queue = (struct queue *)(uintptr_t)queue;
}

void transport_start(struct transport *transport) { (void)transport; }
void transport_give_up(struct transport *transport) { (void)transport; }
void transport_notify(struct transport *transport) { (void)transport; }
void transport_listen(int irq) { (void)irq; }

uint32_t transport_interrupt(struct transport *transport)
{
    uint32_t bits = device.interrupt;

    (void)transport;
    device.interrupt = 0;
    return bits;
}

bool transport_needs_reset(struct transport *transport)
{
    (void)transport;
    return device.needs_reset;
}

uint32_t transport_config32(struct transport *transport, uint32_t offset)
{
    (void)transport;
    return device.config[offset / 4];
}

uint64_t transport_config64(struct transport *transport, uint32_t offset)
{
    return transport_config32(transport, offset) |
           (uint64_t)transport_config32(transport, offset + 4) << 32;
}

enum error dma_create(int ignored, uint64_t bytes, struct dma *dma)
{
    (void)ignored;
    dma->size = (bytes + 4095) / 4096 * 4096;
    dma->physical = (uintptr_t)aligned_alloc(4096, dma->size);
    return E_OK;
}

enum error dma_map(const struct dma *dma, void **address)
{
    *address = (void *)dma->physical;
    return E_OK;
}

void dma_destroy(const struct dma *dma) { free((void *)dma->physical); }

static void *pointer(uint64_t physical) { return (void *)(uintptr_t)physical; }

static void device_take(void)
{
    while (device.queue != NULL && device.seen != device.queue->available->index)
        device.held[device.holds++] =
            device.queue->available->ring[device.seen++ % device.queue->size];
}

static void device_say(uint32_t id, uint32_t length)
{
    volatile struct virtq_used *used = device.queue->used;

    used->ring[used->index % device.queue->size] = (struct virtq_used_element){id, length};
    used->index++;
}

/* Moves the data of one buffer. -> bytes that it wrote to memory. */
static uint32_t device_move(const struct virtio_blk_header *header, uint64_t *at,
                            const struct virtq_descriptor *buffer)
{
    if (header->type == VIRTIO_BLK_T_DISCARD) {
        const struct virtio_blk_discard *discard = pointer(buffer->address);

        assert_true(discard->sector + discard->sectors <= SECTORS);
        memset(device.image + discard->sector * BLOCK_SECTOR, 0xdd,
               discard->sectors * BLOCK_SECTOR);
        return 0;
    }
    assert_true(*at + buffer->length <= sizeof device.image);
    if (header->type == VIRTIO_BLK_T_IN)
        memcpy(pointer(buffer->address), device.image + *at, buffer->length);
    else
        memcpy(device.image + *at, pointer(buffer->address), buffer->length);
    *at += buffer->length;
    return header->type == VIRTIO_BLK_T_IN ? buffer->length : 0;
}

/* Does what the chain says, and checks that it is one. */
static void device_serve(uint16_t head)
{
    const struct virtq_descriptor *table = device.queue->descriptor;
    const struct virtq_descriptor *buffer = &table[head];
    uint32_t written = 1, count = 1;

    if ((buffer->flags & VIRTQ_DESC_INDIRECT) != 0) {
        table = pointer(buffer->address);
        buffer = table;
    }
    assert_int_equal(buffer->length, sizeof(struct virtio_blk_header));
    const struct virtio_blk_header *header = pointer(buffer->address);
    uint64_t at = header->sector * BLOCK_SECTOR;
    for (buffer = &table[buffer->next]; (buffer->flags & VIRTQ_DESC_NEXT) != 0;
         buffer = &table[buffer->next], count++)
        written += device_move(header, &at, buffer);
    assert_true(count + 1 <= device.queue->size);
    assert_int_equal(buffer->length, 1);
    assert_true((buffer->flags & VIRTQ_DESC_WRITE) != 0);
    *(uint8_t *)pointer(buffer->address) = device.status;
    device.pieces++;
    device_say(head, written + (uint32_t)device.written_wrong);
}

/* Serves one of those that it has, by number. */
static void device_serve_one(unsigned which)
{
    uint16_t head = device.held[which];

    device.held[which] = device.held[--device.holds];
    device_serve(head);
}

/* ---- the driver's side ---- */

static struct disk disk;

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
