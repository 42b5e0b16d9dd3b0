/* server.c - a file server that lies to exec: the program that asked is told, and keeps nothing. */
#include "image.h"

#include <errno.h>
#include <proto/file.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/tap.h"

enum behaviour {
    HONEST,
    LARGER,         /* says that the file is larger than it is: no matter */
    HUGE,           /* says that it has 2^63 bytes: neither */
    NO_HANDLE,      /* says that it opened, and gives no channel */
    WRONG_HANDLE,   /* gives an event for a file */
    READS_TOO_MUCH, /* says that it read more than was asked for */
    READS_NOTHING,
    FAILS_LATE, /* the first read is good, the second fails */
    ODD_STATUS, /* an error number that nobody knows */
    BEHAVIOURS,
};
static struct image good;
static enum behaviour behaviour;
static int evil_port, reads;

static long evil_open(struct message *reply)
{
    if (behaviour == NO_HANDLE)
        return 0;
    reply->label = MESSAGE_MOVE;
    reply->word[2] =
        (uint64_t)(behaviour == WRONG_HANDLE ? event_create() : channel_create(evil_port, 1));
    return 0;
}

static long evil_status(struct message *m)
{
    struct file_status status = {.mode = S_IFREG | 0755, .links = 1, .size = IMAGE_SIZE};
    if (behaviour == LARGER)
        status.size += PAGE;
    if (behaviour == HUGE)
        status.size = 1ull << 63;
    return ipc_write(m->token, 0, &status, sizeof status) < 0 ? -E_IO : 0;
}

static long evil_read(struct message *m)
{
    uint64_t offset = m->word[0], length = m->length & BUFFER_LENGTH;
    if (behaviour == READS_NOTHING || offset >= IMAGE_SIZE)
        return 0;
    if (behaviour == ODD_STATUS)
        return -987654321;
    if (behaviour == FAILS_LATE && ++reads > 1)
        return -E_IO;
    if (length > IMAGE_SIZE - offset)
        length = IMAGE_SIZE - offset;
    long result = ipc_write(m->token, 0, (uint8_t *)&good + offset, length);
    return behaviour == READS_TOO_MUCH ? INT64_MAX : result;
}

static long evil_handle(struct message *m, struct message *reply)
{
    switch (m->label & MESSAGE_LABEL) {
    case FILE_OPEN:
        return evil_open(reply);
    case FILE_STAT:
        return evil_status(m);
    case FILE_READ:
        return evil_read(m);
    default:
        return -E_NOSYS;
    }
}

/* In a child, whose current directory becomes the evil server. Exits with the good program's
 * status if exec works. */
static void exec_from(void *channel)
{
    CHECK_EQUAL(handle_dup(*(int *)channel, HANDLE_CWD, RIGHTS_ALL, 0), HANDLE_CWD);
    static char *const no_strings[] = {NULL};
    execve("evil", no_strings, no_strings);
    CHECK(errno != 0);
}

void test_lying_file_server(void)
{
    image_make(&good);
    for (behaviour = HONEST; behaviour < BEHAVIOURS; behaviour++) {
        evil_port = (int)port_create();
        int channel = (int)channel_create(evil_port, 0);
        int server = serve(evil_port, evil_handle);
        int status = tap_wait(tap_fork(exec_from, &channel));
        bool runs = behaviour <= HUGE;
        if (!CHECK(WIFEXITED(status) && WEXITSTATUS(status) == (runs ? GOOD_STATUS : 0)))
            tap_comment("behaviour %d: status %#x", behaviour, status);
        tap_kill(server);
        handle_close(channel);
        handle_close(evil_port);
    }
}
