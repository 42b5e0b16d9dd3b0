/* message.c - rows ipc_...: a call to a server in another process and its reply.
 *
 * Client and server use the library's stubs; both are counted. The loops are inlined by hand (one
 * function for each kind of server) so that messages stay in registers, as they do in a server that
 * was written for speed.
 */
#include <octavo/ipc.h>

#include "bench.h"
#include "counter.h"
#include "peer.h"

enum { CALLS = 100, SAMPLES = 40, BUFFER_BYTES = 4096 };

static int port = HANDLE_NONE, channel = HANDLE_NONE;
static struct peer server;
/* Page-aligned, as a file system's would be. In the server it is another page: fork copied it. */
static _Alignas(BUFFER_BYTES) unsigned char data[BUFFER_BYTES];

/* ---- servers ---- */

/* Replies with what came. */
static void serve_words(void)
{
    struct message m = {0};
    int at = port;

    while (message_reply_recv(at, 0, &m, &m) == 0)
        continue;
}

/* Copies the caller's buffer, and replies with what came. */
static void serve_reading(void)
{
    struct message m = {0};
    long status = 0;

    while (message_reply_recv(port, status, &m, &m) == 0)
        status = ipc_read(m.token, 0, data, sizeof data);
}

/* Fills the caller's buffer, and replies with what came. */
static void serve_writing(void)
{
    struct message m = {0};
    long status = 0;

    while (message_reply_recv(port, status, &m, &m) == 0)
        status = ipc_write(m.token, 0, data, sizeof data);
}

/* ---- clients ---- */

static long start_server(void (*body)(void))
{
    long made = port_create();

    if (made < 0)
        return made;
    port = (int)made;
    made = channel_create(port, 0);
    if (made < 0)
        return made;
    channel = (int)made;
    return peer_start(&server, body);
}

static long words_prepare(void) { return start_server(serve_words); }
static long reading_prepare(void) { return start_server(serve_reading); }
static long writing_prepare(void) { return start_server(serve_writing); }

static void finish(void)
{
    peer_stop(&server);
    if (channel != HANDLE_NONE)
        handle_close(channel);
    if (port != HANDLE_NONE)
        handle_close(port);
    channel = port = HANDLE_NONE;
}

/* `batch` times the call *first, which is to be answered with `status`. Inlined, so that the
 * compiler sees which registers carry anything. */
static inline __attribute__((always_inline)) long sample(unsigned batch,
                                                         const struct message *first, long status)
{
    struct message m = *first;
    int to = channel;
    long result = status;
    uint64_t start = counter_read();

    COUNTER_LOOP(batch)
    result = message_call(to, &m);
    uint64_t used = counter_read() - start - counter_loop_overhead(batch);
    if (result != status)
        return result < 0 ? result : -E_IO;
    return (long)used;
}

static long empty_sample(unsigned batch) { return sample(batch, &(struct message){0}, 0); }

static long words_sample(unsigned batch)
{
    return sample(batch, &(struct message){.label = 1, .word = {2, 3, 4}}, 0);
}

static long in_sample(unsigned batch)
{
    struct message m = {.label = 1, .buffer = data, .length = sizeof data | BUFFER_IN};

    return sample(batch, &m, sizeof data);
}

static long out_sample(unsigned batch)
{
    struct message m = {.label = 1, .buffer = data, .length = sizeof data | BUFFER_OUT};

    return sample(batch, &m, sizeof data);
}

const struct row message_rows[] = {
    {"ipc_0", "call and reply", CALLS, SAMPLES, words_prepare, empty_sample, finish},
    {"ipc_4", "call and reply", CALLS, SAMPLES, words_prepare, words_sample, finish},
    {"ipc_4k_in", "call and reply", CALLS, SAMPLES, reading_prepare, in_sample, finish},
    {"ipc_4k_out", "call and reply", CALLS, SAMPLES, writing_prepare, out_sample, finish},
    {0},
};
