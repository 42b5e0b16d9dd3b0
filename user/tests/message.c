/* message.c - calls and their buffers: what arrives, what comes back, what is refused. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/help.h"
#include "tests/lib/tap.h"

enum {
    LARGE = 200000,
    CLIENTS = 8,
    BADGE = 0x1122334455667788,
};

enum label {
    ECHO = 1, /* -> label, words and badge as they came, each plus its place */
    CHECKSUM, /* buffer IN. -> w0: its checksum */
    FILL,     /* buffer OUT. w0: seed */
    REVERSE,  /* buffer IN and OUT */
    READ_AT,  /* w0: offset, w1: length, w2: to this address. -> result of ipc_read */
    WRITE_AT, /* likewise, from this address */
};

static uint8_t data[LARGE], server_data[LARGE];
static int channel;

static uint64_t checksum(const uint8_t *bytes, size_t length)
{
    uint64_t sum = length;
    for (size_t i = 0; i < length; i++)
        sum = sum * 31 + bytes[i];
    return sum;
}

static long reverse(struct message *m, size_t length)
{
    long result = ipc_read(m->token, 0, server_data, length);
    for (size_t i = 0; i < length / 2; i++) {
        uint8_t byte = server_data[i];
        server_data[i] = server_data[length - 1 - i];
        server_data[length - 1 - i] = byte;
    }
    return result < 0 ? result : ipc_write(m->token, 0, server_data, length);
}

static long echo(struct message *m, struct message *reply)
{
    reply->label = (m->label + 1) & MESSAGE_LABEL;
    for (uint64_t i = 0; i < 3; i++)
        reply->word[i] = m->word[i] + i;
    return m->badge == BADGE ? (long)m->word[1] : -E_IO;
}

static long handle(struct message *m, struct message *reply)
{
    size_t length = m->length & BUFFER_LENGTH;
    size_t at_most = length < LARGE ? length : LARGE;
    void *address = (void *)m->word[2];
    switch (m->label) {
    case CHECKSUM: {
        long result = ipc_read(m->token, 0, server_data, at_most);
        reply->word[0] = result < 0 ? 0 : checksum(server_data, at_most);
        return result;
    }
    case FILL:
        for (size_t i = 0; i < at_most; i++)
            server_data[i] = (uint8_t)(m->word[0] + i * i);
        return ipc_write(m->token, 0, server_data, at_most);
    case REVERSE:
        return reverse(m, at_most);
    case READ_AT:
        return ipc_read(m->token, m->word[0], address != NULL ? address : server_data, m->word[1]);
    case WRITE_AT:
        return ipc_write(m->token, m->word[0], address != NULL ? address : server_data, m->word[1]);
    default:
        return echo(m, reply);
    }
}

/* Starts the server for a test; its channel is `channel`. */
static int start_server(void)
{
    int port = (int)port_create();
    channel = (int)channel_create(port, BADGE);
    int server = serve(port, handle);
    handle_close(port);
    return server;
}

static void stop_server(int server)
{
    tap_kill(server);
    CHECK_EQUAL(call_words(channel, ECHO, 0, 0, 0), -E_PEERDIED);
    handle_close(channel);
}

static long call_buffer(uint64_t label, uint64_t w0, void *buffer, uint64_t length)
{
    struct message m = {.label = label, .word = {w0}, .buffer = buffer, .length = length};
    return message_call(channel, &m);
}

static void test_words_and_labels_arrive(void)
{
    int server = start_server();
    for (int i = 0; i < 200; i++) {
        struct message m = {.label = 100 + tap_random_below(MESSAGE_LABEL - 100)};
        uint64_t label = m.label, words[3];
        for (int w = 0; w < 3; w++)
            words[w] = m.word[w] = tap_random();
        words[1] = m.word[1] &= INT64_MAX;
        CHECK_EQUAL(message_call(channel, &m), words[1]);
        CHECK_EQUAL(m.label, label + 1);
        for (uint64_t w = 0; w < 3; w++)
            CHECK_EQUAL(m.word[w], words[w] + w);
    }
    stop_server(server);
}

static void check_one_size(size_t length)
{
    size_t start = 64 + tap_random_below(64);
    uint8_t *buffer = data + start;
    for (size_t i = 0; i < length + 2 * start; i++)
        data[i] = (uint8_t)(i * 7 + i / 251);
    uint64_t before = checksum(data, start), after = checksum(buffer + length, start);

    struct message m = {.label = CHECKSUM, .buffer = buffer, .length = length | BUFFER_IN};
    CHECK_EQUAL(message_call(channel, &m), length);
    CHECK_EQUAL(m.word[0], checksum(buffer, length));

    CHECK_EQUAL(call_buffer(REVERSE, 0, buffer, length | BUFFER_IN | BUFFER_OUT), length);
    for (size_t i = 0; i < length; i++) {
        size_t from = start + length - 1 - i;
        if (!CHECK_EQUAL(buffer[i], (uint8_t)(from * 7 + from / 251)))
            break;
    }
    CHECK_EQUAL(call_buffer(FILL, length, buffer, length | BUFFER_OUT), length);
    for (size_t i = 0; i < length; i++)
        if (!CHECK_EQUAL(buffer[i], (uint8_t)(length + i * i)))
            break;
    CHECK_EQUAL(checksum(data, start), before);
    CHECK_EQUAL(checksum(buffer + length, start), after);
}

static void test_buffers_of_all_sizes(void)
{
    static const size_t edges[] = {0,     1,     7,     8,     9,     63,     64,    65,
                                   4095,  4096,  4097,  8191,  8192,  8193,   12288, 32768,
                                   65535, 65536, 65537, 69632, 99999, 131072, 199000};
    int server = start_server();
    for (size_t i = 0; i < TAP_COUNT(edges); i++)
        check_one_size(edges[i]);
    for (int i = 0; i < 60; i++)
        check_one_size(tap_random_below(i < 40 ? 9000 : 70000));
    stop_server(server);
}

/* Three pages in a row: two areas, then a hole. */
static void test_buffers_over_the_edges_of_areas(void)
{
    int server = start_server();
    uint8_t *first = map_pages(3 * PAGE, MAP_WRITE);
    unmap_pages(first, 3 * PAGE);
    for (uintptr_t i = 0; i < 2; i++) {
        struct mapping mapping = {.address = (uintptr_t)first + i * PAGE,
                                  .length = PAGE,
                                  .flags = (i == 0 ? MAP_WRITE : MAP_READ | MAP_WRITE) | MAP_EXACT,
                                  .memory = HANDLE_NONE};
        CHECK_EQUAL(vm_map(HANDLE_SPACE, &mapping), mapping.address);
    }
    CHECK_EQUAL(call_buffer(FILL, 3, first, 2 * PAGE | BUFFER_OUT), 2 * PAGE);
    CHECK_EQUAL(first[PAGE - 1], (uint8_t)(3 + (PAGE - 1) * (PAGE - 1)));
    CHECK_EQUAL(first[PAGE], (uint8_t)(3 + PAGE * PAGE));
    CHECK_EQUAL(call_buffer(CHECKSUM, 0, first + PAGE - 1, 2 | BUFFER_IN), 2);
    CHECK_EQUAL(call_buffer(CHECKSUM, 0, first + 2 * PAGE - 1, 1 | BUFFER_IN), 1);
    CHECK_EQUAL(call_buffer(CHECKSUM, 0, first + 2 * PAGE - 1, 2 | BUFFER_IN), -E_FAULT);
    CHECK_EQUAL(call_buffer(FILL, 0, first, (2 * PAGE + 1) | BUFFER_OUT), -E_FAULT);
    CHECK_EQUAL(call_buffer(CHECKSUM, 0, first, 8 * PAGE | BUFFER_IN), -E_FAULT);
    CHECK_EQUAL(call_buffer(FILL, 0, first, 8 * PAGE | BUFFER_OUT), -E_FAULT);
    CHECK_EQUAL(call_buffer(CHECKSUM, 0, NULL, 1 | BUFFER_IN), -E_FAULT);
    unmap_pages(first, 2 * PAGE);
    stop_server(server);
}

static long at(uint64_t label, uint64_t offset, uint64_t length, const void *address,
               uint64_t flags)
{
    struct message m = {.label = label,
                        .word = {offset, length, (uintptr_t)address},
                        .buffer = data,
                        .length = 100 | flags};
    return message_call(channel, &m);
}

static void test_buffer_bounds_and_directions(void)
{
    int server = start_server();
    CHECK_EQUAL(at(READ_AT, 0, 100, NULL, BUFFER_IN), 100);
    CHECK_EQUAL(at(READ_AT, 99, 1, NULL, BUFFER_IN), 1);
    CHECK_EQUAL(at(READ_AT, 100, 0, NULL, BUFFER_IN), 0);
    CHECK_EQUAL(at(READ_AT, 0, 101, NULL, BUFFER_IN), -E_MSGSIZE);
    CHECK_EQUAL(at(READ_AT, 100, 1, NULL, BUFFER_IN), -E_MSGSIZE);
    CHECK_EQUAL(at(READ_AT, UINT64_MAX, 2, NULL, BUFFER_IN), -E_MSGSIZE);
    CHECK_EQUAL(at(READ_AT, 1, UINT64_MAX, NULL, BUFFER_IN), -E_MSGSIZE);
    CHECK_EQUAL(at(WRITE_AT, 50, 51, NULL, BUFFER_OUT), -E_MSGSIZE);
    CHECK_EQUAL(at(READ_AT, 0, 1, NULL, BUFFER_OUT), -E_PERM);
    CHECK_EQUAL(at(WRITE_AT, 0, 1, NULL, BUFFER_IN), -E_PERM);
    CHECK_EQUAL(at(READ_AT, 0, 1, NULL, 0), -E_PERM);
    CHECK_EQUAL(at(READ_AT, 0, 1, (void *)8, BUFFER_IN), -E_FAULT);
    CHECK_EQUAL(at(READ_AT, 0, 1, (void *)(UINT64_MAX - 7), BUFFER_IN), -E_FAULT);
    CHECK_EQUAL(at(READ_AT, 0, 1, (void *)(uintptr_t)handle, BUFFER_IN), -E_FAULT);
    CHECK_EQUAL(at(WRITE_AT, 0, 1, (void *)(uintptr_t)handle, BUFFER_OUT), 1);
    CHECK_EQUAL(call_buffer(FILL, 0, (void *)(uintptr_t)handle, 4 | BUFFER_OUT), -E_FAULT);
    stop_server(server);
}

static void test_refused_calls(void)
{
    int server = start_server();
    int mute = (int)handle_dup(channel, DUP_LOWEST, RIGHT_DUP, 0);
    CHECK_EQUAL(call_words(mute, ECHO, 0, 0, 0), -E_PERM);
    handle_close(mute);
    CHECK_EQUAL(call_words(mute, ECHO, 0, 0, 0), -E_BADF);
    CHECK_EQUAL(call_words(HANDLE_SELF, ECHO, 0, 0, 0), -E_BADF);
    CHECK_EQUAL(call_words(channel, MESSAGE_CLOSED, 0, 0, 0), -E_INVAL);
    CHECK_EQUAL(call_words(channel, MESSAGE_EVENT | ECHO, 0, 0, 0), -E_INVAL);
    CHECK_EQUAL(call_words(channel, MESSAGE_MOVE | MESSAGE_COPY, 0, 0, 0), -E_INVAL);
    CHECK_EQUAL(call_buffer(ECHO, 0, (void *)(UINT64_MAX - 50), 100 | BUFFER_IN), -E_INVAL);
    CHECK_EQUAL(call_buffer(ECHO, 0, (void *)(1ull << 63), 100 | BUFFER_IN), -E_INVAL);
    struct message m = {0};
    CHECK_EQUAL(message_recv(channel, &m), -E_BADF);
    CHECK_EQUAL(channel_create(channel, 1), -E_BADF);
    stop_server(server);
}

static void call_in_a_row(void *seed)
{
    for (uint64_t i = 0; i < 200; i++) {
        uint64_t word = (uintptr_t)seed * 1000 + i;
        struct message m = {.label = 50, .word = {word, word, word}};
        CHECK_EQUAL(message_call(channel, &m), word);
        CHECK_EQUAL(m.word[2], word + 2);
    }
}

static void test_many_clients(void)
{
    int server = start_server(), clients[CLIENTS];
    for (uintptr_t i = 0; i < CLIENTS; i++)
        clients[i] = tap_fork(call_in_a_row, (void *)i);
    for (int i = 0; i < CLIENTS; i++)
        tap_join(clients[i]);
    stop_server(server);
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"message_words_and_labels_arrive", test_words_and_labels_arrive, 0},
        {"message_buffers_of_all_sizes", test_buffers_of_all_sizes, 120},
        {"message_buffers_over_the_edges_of_areas", test_buffers_over_the_edges_of_areas, 0},
        {"message_buffer_bounds_and_directions", test_buffer_bounds_and_directions, 0},
        {"message_refused_calls", test_refused_calls, 0},
        {"message_many_clients", test_many_clients, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
