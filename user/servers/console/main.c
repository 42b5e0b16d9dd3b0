/* main.c - the console: a terminal on a serial port.
 *
 * Every channel is the same terminal: the console keeps nothing about who has it open, so a client
 * keeps its channels when the console is started anew. Requests that cannot be answered at once are
 * kept in the queues of input and output.
 */
#include <octavo/server.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <octavo/names.h>

#include "input.h"
#include "output.h"
#include "proto/file.h"
#include "proto/start.h"
#include "proto/tty.h"
#include "uart.h"

enum {
    TERMINAL_BADGE = 0,
    EVENT_BADGE = 1,
    EVENT_UART = 1 << 0,
    EVENT_TIMER = 1 << 1,
    ROWS = 24, /* what a serial line's other end shows is not known: the classical size */
    COLUMNS = 80,
    TTY_MODES = TTY_COOKED,
};

static long kept(enum error error) { return error == E_OK ? SERVER_NO_REPLY : -(long)error; }

/* The terminal has no names inside. */
static long open_terminal(const struct message *request, struct message *reply)
{
    long result = message_read_no_path(request);

    if (result < 0)
        return result;
    if ((request->word[0] & O_DIRECTORY) != 0)
        return -E_NOTDIR;
    long channel = channel_create(START_PORT, TERMINAL_BADGE);
    if (channel < 0)
        return channel;
    reply->label = MESSAGE_MOVE;
    reply->word[2] = (uint64_t)channel;
    return E_OK;
}

static long read_terminal(const struct message *request)
{
    size_t length = message_buffer(request, BUFFER_OUT);

    if (request->word[0] != FILE_AT_POSITION)
        return -E_SPIPE;
    return length == 0 ? 0 : kept(input_read(request->token, length));
}

static long write_terminal(const struct message *request)
{
    size_t length = message_buffer(request, BUFFER_IN);

    if (request->word[0] != FILE_AT_POSITION)
        return -E_SPIPE;
    return length == 0 ? 0 : kept(output_write(request->token, length));
}

static long describe_terminal(const struct message *request)
{
    struct file_status status = {.inode = 1, .mode = S_IFCHR | 0666, .links = 1, .block_size = 1};
    long written = message_write(request, &status, sizeof status);

    return written < 0 ? written : E_OK;
}

static void finish_set_mode(uint64_t token, uint64_t mode)
{
    static const struct message nothing;

    input_set_mode((unsigned)mode);
    (void)message_reply(token, E_OK, &nothing); /* the caller may have died */
}

static void finish_sync(uint64_t token, uint64_t unused)
{
    static const struct message nothing;

    (void)unused;
    (void)message_reply(token, E_OK, &nothing);
}

static long set_mode(const struct message *request)
{
    if ((request->word[0] & ~(uint64_t)TTY_MODES) != 0)
        return -E_INVAL;
    return kept(output_drain(request->token, request->word[0], finish_set_mode));
}

static long set_foreground(struct message *request)
{
    const long needed = OBJECT_PROCESS | RIGHT_MANAGE << 8;

    if (!message_has_handle(request)) {
        input_set_foreground(HANDLE_NONE);
        return E_OK;
    }
    long about = handle_control((int)request->word[2], HANDLE_GET, 0);
    if (about < 0 || (about & (0xff | RIGHT_MANAGE << 8)) != needed)
        return -E_INVAL;
    input_set_foreground(message_take_handle(request));
    return E_OK;
}

static long handle(struct server *server, struct message *request, struct message *reply)
{
    (void)server;
    switch (request->label & MESSAGE_LABEL) {
    case FILE_OPEN:
        return open_terminal(request, reply);
    case FILE_READ:
        return read_terminal(request);
    case FILE_WRITE:
        return write_terminal(request);
    case FILE_SEEK:
        return -E_SPIPE;
    case FILE_STAT:
        return describe_terminal(request);
    case FILE_READ_DIRECTORY:
        return -E_NOTDIR;
    case FILE_SYNC:
        return kept(output_drain(request->token, 0, finish_sync));
    case TTY_GET_MODE:
        reply->word[0] = input_mode();
        return E_OK;
    case TTY_SET_MODE:
        return set_mode(request);
    case TTY_SET_FOREGROUND:
        return set_foreground(request);
    case TTY_GET_SIZE:
        reply->word[0] = ROWS;
        reply->word[1] = COLUMNS;
        return E_OK;
    default:
        return -E_NOSYS;
    }
}

static void handle_event(struct server *server, uint64_t badge, uint64_t bits)
{
    (void)server;
    (void)badge;
    if ((bits & EVENT_UART) != 0) {
        input_pump();
        uart_interrupt();
        output_pump();
    }
    if ((bits & EVENT_TIMER) != 0)
        output_continue();
}

/* The first device of our line in /etc/servers. */
static enum error start_uart(void)
{
    struct boot_device device;
    struct message request = {
        .label = START_GET_DEVICES, .buffer = &device, .length = sizeof device | BUFFER_OUT};
    long count = message_call(HANDLE_NAMES, &request);

    if (count < 0)
        return (enum error) - count;
    if (count == 0 || device.irq == HANDLE_NONE)
        return E_NODEV;
    long event = event_create();
    if (event < 0)
        return (enum error) - event;
    long result = event_bind((int)event, START_PORT, EVENT_BADGE);
    if (result < 0)
        return (enum error) - result;
    output_init((int)event, EVENT_TIMER);
    return uart_init(&device, (int)event, EVENT_UART);
}

int main(void)
{
    struct server server = {.port = START_PORT, .handle = handle, .event = handle_event};
    enum error error = start_uart();

    if (error != E_OK) {
        fprintf(stderr, "console: no serial port: %s\n", strerror(error));
        return 1;
    }
    long channel = channel_create(START_PORT, TERMINAL_BADGE);
    long result = channel < 0 ? channel : name_register("console", (int)channel);
    if (result < 0) {
        fprintf(stderr, "console: cannot register: %s\n", strerror((int)-result));
        return 1;
    }
    (void)handle_close((int)channel); /* init has its own now */
    server_run(&server);
}
