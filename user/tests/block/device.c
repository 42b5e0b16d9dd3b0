/* device.c - device.h. No state. */
#include "device.h"

#include <octavo/names.h>
#include <proto/file.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "tests/lib/help.h"

enum { WORDS = BLOCK_SECTOR / sizeof(uint64_t) };

long disk_channel(unsigned disk)
{
    char name[8];
    snprintf(name, sizeof name, "disk%u", disk);
    return name_lookup(name, strlen(name), true);
}

static long open_channel(unsigned disk, int flags)
{
    long channel = disk_channel(disk);
    if (channel < 0)
        return channel;
    struct message m = {.label = FILE_OPEN, .word = {(uint64_t)flags}};
    long status = message_call((int)channel, &m);
    handle_close((int)channel);
    return status == 0 ? message_take_handle(&m) : status;
}

static bool make_memory(struct session *session, uint64_t size)
{
    struct message m = {.label = BLOCK_MAKE_MEMORY, .word = {size}};
    if (!CHECK_EQUAL(message_call(session->channel, &m), 0))
        return false;
    session->memory = message_take_handle(&m);
    struct mapping mapping = {
        .length = size, .flags = MAP_READ | MAP_WRITE | MAP_SHARE, .memory = session->memory};
    long address = vm_map(HANDLE_SPACE, &mapping);
    session->bytes = (uint8_t *)address;
    session->size = size;
    return CHECK(address > 0);
}

bool session_open(struct session *session, unsigned disk, int flags, uint64_t size)
{
    *session = (struct session){.channel = (int)open_channel(disk, flags), .memory = HANDLE_NONE};
    return CHECK(session->channel >= 0) && (size == 0 || make_memory(session, size));
}

void session_close(struct session *session)
{
    if (session->size > 0) {
        unmap_pages(session->bytes, session->size);
        handle_close(session->memory);
    }
    handle_close(session->channel);
}

struct block_info session_info(const struct session *session)
{
    struct block_info info = {0};
    struct message m = {
        .label = BLOCK_GET_INFO, .buffer = &info, .length = sizeof info | BUFFER_OUT};
    CHECK_EQUAL(message_call(session->channel, &m), 0);
    return info;
}

long session_transfer(const struct session *session, uint64_t label, uint64_t sector,
                      uint64_t offset, uint64_t length)
{
    return call_words(session->channel, label, sector, BLOCK_PLACE(0, offset), length);
}

long session_list(const struct session *session, uint64_t label, uint64_t sector,
                  const struct block_segment *segments, unsigned count)
{
    struct message m = {.label = label,
                        .word = {sector},
                        .buffer = (void *)(uintptr_t)segments,
                        .length = count * sizeof segments[0] | BUFFER_IN};
    return message_call(session->channel, &m);
}

/* The host computes the same: tests/system/test_block.py. */
static uint64_t word_of(uint64_t sector, uint64_t generation, uint64_t index)
{
    return (sector * WORDS + index) * 0x9e3779b97f4a7c15u ^ generation;
}

void sectors_fill(uint8_t *bytes, uint64_t sector, uint64_t generation, uint64_t count)
{
    uint64_t *words = (uint64_t *)bytes;
    for (uint64_t i = 0; i < count * WORDS; i++)
        words[i] = word_of(sector, generation, i);
}

bool sectors_are(const uint8_t *bytes, uint64_t sector, uint64_t generation, uint64_t count)
{
    const uint64_t *words = (const uint64_t *)bytes;
    for (uint64_t i = 0; i < count * WORDS; i++)
        if (words[i] != word_of(sector, generation, i))
            return CHECK_EQUAL(words[i], word_of(sector, generation, i));
    return true;
}
