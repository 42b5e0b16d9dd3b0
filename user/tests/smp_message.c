/* smp_message.c - a storm of calls: many clients, several servers, each with one thread or more on
 * its port. Every call arrives once and in its client's order, every answer is its own.
 */
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/smp.h"
#include "tests/lib/tap.h"

enum {
    CLIENTS = 64,
    SERVERS = 4,
    ROUNDS = 30,
    SERVER_THREADS = 3,
    BUFFER_MAX = 5000,
    KEPT_MAX = 8,
    LOW = PRIORITY_DEFAULT - 4,
};

/* How a storm is. */
static struct {
    unsigned server_threads;
    bool buffers;
    bool out_of_order;
} storm;

/* Shared by all processes. */
static struct board {
    uint64_t sequence[SERVERS][CLIENTS]; /* of the last call that the server saw from the client */
    uint64_t received[SERVERS], received_sum[SERVERS];
    uint64_t sent[CLIENTS], sent_sum[CLIENTS];
    uint32_t wrong; /* what servers did not like */
} * board;

static int ports[SERVERS], channels[SERVERS];

static uint8_t byte_of(uint64_t value, uint64_t place)
{
    return (uint8_t)((value >> place % 8 * 8) + place);
}

/* ---- a server ---------------------------------------------------------------------------------
 */

static int server; /* its number, in its own process */

static struct {
    struct mutex mutex; /* guards all below */
    unsigned count;
    struct message message[KEPT_MAX];
    uint64_t random;
} kept;

static void complain(void) { __atomic_fetch_add(&board->wrong, 1, __ATOMIC_RELAXED); }

/* Each byte of the caller's buffer must follow from the value; it goes back inverted. */
static void turn_buffer(const struct message *m)
{
    uint8_t bytes[BUFFER_MAX];
    size_t length = m->length & BUFFER_LENGTH;
    if (length > sizeof bytes || ipc_read(m->token, 0, bytes, length) != (long)length)
        return complain();
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != byte_of(m->word[2], i))
            complain();
        bytes[i] = (uint8_t)~bytes[i];
    }
    if (ipc_write(m->token, 0, bytes, length) != (long)length)
        complain();
}

/* Notes a call: word 0 the client, 1 its count of calls to this server, 2 a value. */
static void note(const struct message *m)
{
    uint64_t client = m->word[0];
    if (client >= CLIENTS || m->badge != (uint64_t)server)
        return complain();
    uint64_t last =
        __atomic_exchange_n(&board->sequence[server][client], m->word[1], __ATOMIC_RELAXED);
    if (m->word[1] != last + 1)
        complain();
    __atomic_fetch_add(&board->received[server], 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&board->received_sum[server], m->word[2], __ATOMIC_RELAXED);
    if ((m->length & BUFFER_LENGTH) != 0)
        turn_buffer(m);
}

static void answer(const struct message *m, struct message *reply)
{
    *reply = (struct message){.label = m->label + 1,
                              .word = {m->word[2] + 1, m->word[1] + 2, m->word[0] + 3}};
}

static void answer_any_kept(void)
{
    struct message reply;
    unsigned chosen = (unsigned)random_below(&kept.random, kept.count);
    answer(&kept.message[chosen], &reply);
    if (message_reply(kept.message[chosen].token, (long)reply.word[1], &reply) != 0)
        complain();
    kept.message[chosen] = kept.message[--kept.count];
}

/* Keeps the call, and answers another when there are many; all when time has passed. */
static void keep(const struct message *m)
{
    mutex_lock(&kept.mutex);
    if (m->token != 0) {
        kept.message[kept.count++] = *m;
        if (kept.count == KEPT_MAX)
            answer_any_kept();
    } else {
        while (kept.count > 0)
            answer_any_kept();
    }
    mutex_unlock(&kept.mutex);
}

static void *serve_storm(void *unused)
{
    struct message m = {0}, reply = {0};
    long status = 0;
    for (;;) {
        if (message_reply_recv(ports[server], status, &reply, &m) != 0)
            complain();
        if (m.token != 0)
            note(&m);
        status = (long)m.word[1] + 2;
        answer(&m, &reply);
        if (storm.out_of_order) {
            keep(&m);
            m.token = 0;
        }
    }
    return unused;
}

static void run_server(void *number)
{
    struct crew crew;
    server = (int)(intptr_t)number;
    kept.random = (uint64_t)server + 1;
    if (storm.out_of_order) {
        int event = (int)event_create();
        CHECK_EQUAL(event_bind(event, ports[server], 99), 0);
        CHECK_EQUAL(event_timer(event, 1, clock_get(), MILLISECONDS(2)), 0);
    }
    crew_start(&crew, storm.server_threads - 1, serve_storm);
    serve_storm(NULL);
}

/* ---- a client ---------------------------------------------------------------------------------
 */

static void call_once(uint64_t client, int to, uint64_t count, uint64_t value)
{
    uint8_t bytes[BUFFER_MAX];
    struct message m = {.label = 7, .word = {client, count, value}};
    size_t length = storm.buffers ? value % BUFFER_MAX : 0;
    for (size_t i = 0; i < length; i++)
        bytes[i] = byte_of(value, i);
    if (length > 0) {
        m.buffer = bytes;
        m.length = length | BUFFER_IN | BUFFER_OUT;
    }
    CHECK_EQUAL(message_call(channels[to], &m), count + 2);
    CHECK_EQUAL(m.label, 8);
    CHECK(m.word[0] == value + 1 && m.word[1] == count + 2 && m.word[2] == client + 3);
    for (size_t i = 0; i < length; i++)
        if (!CHECK_EQUAL(bytes[i], (uint8_t)~byte_of(value, i)))
            break;
}

static void run_client(void *seed)
{
    uint64_t random = (uintptr_t)seed, client = random % CLIENTS, counts[SERVERS] = {0};
    if (client % 4 != 0)
        thread_control(HANDLE_NONE, THREAD_SET_PRIORITY, LOW - client % 3);
    unsigned rounds = rounds_of(ROUNDS);
    for (unsigned round = 0; round < rounds; round++) {
        int to = (int)random_below(&random, SERVERS);
        uint64_t value = random_next(&random);
        call_once(client, to, ++counts[to], value);
        board->sent[client]++;
        board->sent_sum[client] += value;
    }
}

/* ---- the storms -------------------------------------------------------------------------------
 */

static void check_board(void)
{
    uint64_t sent = 0, received = 0, sum = 0;
    for (int i = 0; i < CLIENTS; i++) {
        sent += board->sent[i];
        sum += board->sent_sum[i];
    }
    for (int i = 0; i < SERVERS; i++) {
        received += board->received[i];
        sum -= board->received_sum[i];
    }
    CHECK_EQUAL(received, sent);
    CHECK_EQUAL(sent, CLIENTS * rounds_of(ROUNDS));
    CHECK_EQUAL(sum, 0);
    CHECK_EQUAL(board->wrong, 0);
}

static void run_storm(void)
{
    int servers[SERVERS], clients[CLIENTS];
    board = map_shared(sizeof *board);
    for (uintptr_t i = 0; i < SERVERS; i++) {
        ports[i] = (int)port_create();
        channels[i] = (int)channel_create(ports[i], i);
    }
    for (uintptr_t i = 0; i < SERVERS; i++)
        servers[i] = tap_fork(run_server, (void *)i);
    for (uintptr_t i = 0; i < CLIENTS; i++)
        clients[i] = tap_fork(run_client, (void *)((tap_random() >> 8) / CLIENTS * CLIENTS + i));
    for (int i = 0; i < CLIENTS; i++)
        tap_join(clients[i]);
    check_board();
    for (int i = 0; i < SERVERS; i++) {
        tap_kill(servers[i]);
        handle_close(ports[i]);
        handle_close(channels[i]);
    }
    unmap_pages(board, sizeof *board);
}

static void test_plain(void)
{
    storm.server_threads = 1;
    storm.buffers = storm.out_of_order = false;
    run_storm();
}

static void test_several_threads_on_a_port(void)
{
    storm.server_threads = SERVER_THREADS;
    storm.buffers = storm.out_of_order = false;
    run_storm();
}

static void test_buffers(void)
{
    storm.server_threads = SERVER_THREADS;
    storm.buffers = true;
    storm.out_of_order = false;
    run_storm();
}

static void test_answers_out_of_order(void)
{
    storm.server_threads = SERVER_THREADS;
    storm.buffers = storm.out_of_order = true;
    run_storm();
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"smp_message_storm", test_plain, 0},
        {"smp_message_several_threads_on_a_port", test_several_threads_on_a_port, 0},
        {"smp_message_buffers", test_buffers, 0},
        {"smp_message_answers_out_of_order", test_answers_out_of_order, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
