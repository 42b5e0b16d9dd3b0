/* path_lies.c - paths that go on elsewhere: where the library goes when a file server says so, what
 * it takes along, and what it makes of a server that lies.
 *
 * The server is a child whose channel stands at HANDLE_CWD; the first letter of a path says what it
 * answers. A second badge is the place where good paths go on.
 */
#include <errno.h>
#include <fcntl.h>
#include <octavo/calls.h>
#include <proto/file.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/tap.h"

enum { FIRST = 0, SECOND = 1, NUMBER = 4711, TOO_MUCH = 1 << 20 };
enum { READ_SIZE = 2 * FILE_PATH_MAX + 128 };

static int port;

/* ---- the server ------------------------------------------------------------------------------ */

static long give_channel(uint64_t badge, struct message *reply)
{
    long channel = channel_create(port, badge);

    if (channel < 0)
        return channel;
    reply->label = MESSAGE_MOVE;
    reply->word[2] = (uint64_t)channel;
    return 0;
}

/* -> FILE_GO_ON with the text that remains. */
static long go_on(const struct message *request, struct message *reply, uint64_t from,
                  const char *rest)
{
    long written = ipc_write(request->token, 0, rest, strlen(rest));

    if (written < 0)
        return written;
    if (from == FILE_FROM_CHANNEL && give_channel(SECOND, reply) != 0)
        return -E_NOMEM;
    reply->word[0] = from;
    reply->word[1] = strlen(rest);
    return FILE_GO_ON;
}

static long answer_first(const struct message *request, struct message *reply, const char *path)
{
    switch (*path) {
    case 'c':
        return go_on(request, reply, FILE_FROM_CHANNEL, "good");
    case 'r':
        return go_on(request, reply, FILE_FROM_ROOT, "/bin/ls");
    case 'd':
        return go_on(request, reply, FILE_FROM_ROOT, "/dev/console");
    case 'e': /* for ever */
        return go_on(request, reply, FILE_FROM_CHANNEL, "ever");
    case 'n': /* no channel */
        reply->word[0] = FILE_FROM_CHANNEL;
        return FILE_GO_ON;
    case 'l': /* a length that cannot be */
        (void)give_channel(SECOND, reply);
        reply->word[1] = TOO_MUCH;
        return FILE_GO_ON;
    case 'u': /* from a place that nobody knows */
        (void)give_channel(SECOND, reply);
        reply->word[0] = 77;
        return FILE_GO_ON;
    case 'g': /* a handle that nobody asked for */
        return give_channel(SECOND, reply);
    case 't': /* too much of a text */
        return TOO_MUCH - 1;
    default:
        return -E_NOENT;
    }
}

/* Is `text` what stands at this place of the buffer? */
static bool holds(const char *buffer, size_t place, const char *text)
{
    return strcmp(buffer + place, text) == 0;
}

/* Says whether everything came along. */
static long answer_second(const struct message *request, struct message *reply, const char *buffer)
{
    struct file_change change;

    switch (request->label & MESSAGE_LABEL) {
    case FILE_OPEN:
        return holds(buffer, 0, "good") ? give_channel(SECOND, reply) : -E_NOENT;
    case FILE_SYMLINK:
        return holds(buffer, 0, "good") && holds(buffer, 5, "target") ? 0 : -E_NOENT;
    case FILE_RENAME:
    case FILE_LINK:
        return holds(buffer, 0, "good") && holds(buffer, 5, "name") && request->word[0] == NUMBER
                   ? 0
                   : -E_NOENT;
    case FILE_MAKE_DIRECTORY:
        return holds(buffer, 0, "good") && request->word[0] == 0700 ? 0 : -E_NOENT;
    case FILE_CHANGE:
        memcpy(&change, buffer, sizeof change);
        return holds(buffer, sizeof change, "good") && change.mode == 0600 ? 0 : -E_NOENT;
    default:
        return -E_NOSYS;
    }
}

static long handle(struct message *request, struct message *reply)
{
    static char buffer[READ_SIZE];
    uint64_t label = request->label & MESSAGE_LABEL;
    const char *path = label == FILE_CHANGE ? buffer + sizeof(struct file_change) : buffer;
    size_t size = (size_t)(request->length & BUFFER_LENGTH);

    memset(buffer, 0, sizeof buffer);
    if (label == FILE_IDENTIFY) {
        reply->word[0] = NUMBER;
        return 0;
    }
    if (label == FILE_GET_PATH)
        return TOO_MUCH;
    if ((request->length & BUFFER_IN) != 0)
        ipc_read(request->token, 0, buffer, size < READ_SIZE ? size : READ_SIZE - 1);
    if (request->badge == SECOND && strcmp(path, "ever") != 0)
        return answer_second(request, reply, buffer);
    return answer_first(request, reply, path);
}

/* ---- the client ------------------------------------------------------------------------------ */

static struct {
    int channel, pid;
    long home; /* the directory that stood at HANDLE_CWD */
} fixture;

static void start_server(void)
{
    port = (int)port_create();
    fixture.channel = (int)channel_create(port, FIRST);
    fixture.pid = serve(port, handle);
    fixture.home = handle_dup(HANDLE_CWD, DUP_LOWEST, RIGHTS_ALL, 0);
    CHECK_EQUAL(handle_dup(fixture.channel, HANDLE_CWD, RIGHTS_ALL, 0), HANDLE_CWD);
}

static void stop_server(void)
{
    CHECK_EQUAL(handle_dup((int)fixture.home, HANDLE_CWD, RIGHTS_ALL, 0), HANDLE_CWD);
    handle_close((int)fixture.home);
    handle_close(fixture.channel);
    tap_kill(fixture.pid);
    handle_close(port);
}

static long count_handles(void)
{
    struct process_info info = {.handles = 0};

    process_info(HANDLE_SELF, getpid(), &info);
    return info.handles;
}

#define CHECK_REFUSED(call, reason)   \
    do {                              \
        errno = 0;                    \
        CHECK_EQUAL((call), -1);      \
        CHECK_EQUAL(errno, (reason)); \
    } while (0)

static void goes_on_where_the_server_says(void)
{
    struct stat status;
    char bytes[4];
    int file;

    start_server();
    file = open("channel", O_RDONLY);
    CHECK(file >= 0);
    close(file);
    file = open("root", O_RDONLY);
    CHECK_EQUAL(read(file, bytes, sizeof bytes), sizeof bytes);
    CHECK(memcmp(bytes, "\177ELF", sizeof bytes) == 0);
    close(file);
    errno = 0;
    CHECK_EQUAL(stat("device", &status), 0);
    CHECK_EQUAL(errno, 0);
    CHECK(S_ISCHR(status.st_mode));
    stop_server();
}

static void takes_along_what_stands_beside_the_path(void)
{
    start_server();
    CHECK_EQUAL(symlink("target", "channel"), 0);
    CHECK_EQUAL(rename("channel", "name"), 0);
    CHECK_EQUAL(link("channel", "name"), 0);
    CHECK_EQUAL(chmod("channel", 0600), 0);
    CHECK_EQUAL(mkdir("channel", 0700), 0);
    CHECK_REFUSED(symlink("other", "channel"), ENOENT);
    CHECK_REFUSED(rename("channel", "other"), ENOENT);
    CHECK_REFUSED(chmod("channel", 0601), ENOENT);
    stop_server();
}

static void ways_without_end_are_loops(void)
{
    struct stat status;
    long before;

    start_server();
    before = count_handles();
    CHECK_REFUSED(open("ever", O_RDONLY), ELOOP);
    CHECK_REFUSED(stat("ever", &status), ELOOP);
    CHECK_REFUSED(mkdir("ever", 0700), ELOOP);
    CHECK_REFUSED(unlink("ever"), ELOOP);
    CHECK_REFUSED(symlink("target", "ever"), ELOOP);
    CHECK_REFUSED(rename("ever", "name"), ELOOP);
    CHECK_REFUSED(chmod("ever", 0600), ELOOP);
    CHECK_EQUAL(count_handles(), before);
    stop_server();
}

static void ways_to_nowhere_are_errors(void)
{
    static const char *const lies[] = {"no channel", "length", "unknown"};
    long before;

    start_server();
    before = count_handles();
    for (size_t i = 0; i < TAP_COUNT(lies); i++) {
        CHECK_REFUSED(open(lies[i], O_RDONLY), EIO);
        CHECK_REFUSED(rmdir(lies[i]), EIO);
        CHECK_REFUSED(rename(lies[i], "name"), EIO);
        CHECK_EQUAL(count_handles(), before);
    }
    stop_server();
}

static void lengths_that_cannot_be_are_errors(void)
{
    char text[16];
    long before;

    start_server();
    before = count_handles();
    CHECK_REFUSED(readlink("text", text, sizeof text), EIO);
    errno = 0;
    CHECK(getcwd(text, sizeof text) == NULL);
    CHECK_EQUAL(errno, EIO);
    CHECK_REFUSED(open("text", O_RDONLY), EIO); /* no handle came */
    CHECK_EQUAL(count_handles(), before);
    stop_server();
}

static void handles_that_nobody_asked_for_are_closed(void)
{
    long before;

    start_server();
    before = count_handles();
    CHECK_EQUAL(mkdir("gift", 0700), 0);
    CHECK_EQUAL(unlink("gift"), 0);
    CHECK_EQUAL(rename("gift", "name"), 0);
    CHECK_EQUAL(count_handles(), before);
    stop_server();
}

static const struct tap_test tests[] = {
    {"path_goes_on_where_the_server_says", goes_on_where_the_server_says, 0},
    {"path_takes_along_what_stands_beside_it", takes_along_what_stands_beside_the_path, 0},
    {"path_ways_without_end_are_loops", ways_without_end_are_loops, 0},
    {"path_ways_to_nowhere_are_errors", ways_to_nowhere_are_errors, 0},
    {"path_lengths_that_cannot_be_are_errors", lengths_that_cannot_be_are_errors, 0},
    {"path_handles_that_nobody_asked_for_are_closed", handles_that_nobody_asked_for_are_closed, 0},
};

int main(int argc, char **argv) { return tap_main(argc, argv, tests, TAP_COUNT(tests)); }
