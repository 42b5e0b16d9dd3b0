/* run.c - the process of a file server: its threads, its port, its name. */
#include <octavo/file_server.h>

#include <octavo/names.h>
#include <octavo/thread.h>
#include <proto/start.h>

#include <unistd.h>

#include "serve.h"

struct file_server {
    struct server server; /* first: the loop gives this */
    struct file_system *fs;
};

enum { START_PID_BITS = 12, THREADS_MAX = 64 };

static struct file_system *fs_of(struct server *server)
{
    return ((struct file_server *)server)->fs;
}

static long handle(struct server *server, struct message *message, struct message *reply)
{
    return serve_message(fs_of(server), server, message, reply);
}

static void handle_closed(struct server *server, uint64_t badge)
{
    serve_closed(fs_of(server), server, badge);
}

static void handle_event(struct server *server, uint64_t badge, uint64_t bits)
{
    if (fs_of(server)->event != NULL)
        fs_of(server)->event(server, badge, bits);
}

static void *run(void *server) { server_run(server); }

static long register_root(const char *name)
{
    long channel = channel_create(START_PORT, FILE_SERVER_ROOT);
    long result;

    if (channel < 0)
        return channel;
    result = name_register(name, (int)channel);
    handle_close((int)channel); /* init has its own now */
    return result;
}

/* Differs from that of each other server alive by the process, and from those of earlier servers
 * that had the same number of it by the time. */
static uint32_t draw_start(void)
{
    return (uint32_t)(clock_get() >> 10) << START_PID_BITS |
           ((uint32_t)getpid() & ((1u << START_PID_BITS) - 1));
}

long file_server_run(struct file_system *fs, const char *name)
{
    static struct file_server server = {
        .server = {.handle = handle, .closed = handle_closed, .event = handle_event}};
    static struct thread thread[THREADS_MAX];
    long result = -(long)serve_begin(fs, START_PORT, draw_start());

    if (result < 0)
        return result;
    server.server.port = START_PORT;
    server.fs = fs;
    restore_mounts(fs, name);
    for (unsigned i = 1; i < fs->threads && i < THREADS_MAX; i++) {
        result = thread_start(&thread[i], run, &server.server);
        if (result < 0)
            return result;
    }
    result = register_root(name);
    if (result < 0)
        return result;
    server_run(&server.server);
}
