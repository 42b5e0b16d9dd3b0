/* file_map.c - mappings of files: what the library makes of the memory that a file server gives.
 *
 * The server is a child whose channel stands at HANDLE_CWD; every file that can be mapped has the
 * same two pages. The first letter of a path says what it answers.
 */
#include <errno.h>
#include <fcntl.h>
#include <octavo/calls.h>
#include <proto/file.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/tap.h"

enum { SIZE = 2 * PAGE, BYTE_ONE = 'a', BYTE_TWO = 'b' };

static int port;

/* ---- the server: a file's badge is the first letter of its path ------------------------------ */

static char *contents;
static int memory;

static long answer_open(const struct message *request, struct message *reply)
{
    char first = '\0';
    long result = ipc_read(request->token, 0, &first, 1);

    if (result >= 0)
        result = channel_create(port, (uint64_t)first);
    if (result < 0)
        return result;
    reply->label = MESSAGE_MOVE;
    reply->word[2] = (uint64_t)result;
    return 0;
}

static long give(struct message *reply, int handle)
{
    reply->label = MESSAGE_COPY;
    reply->word[2] = (uint64_t)handle;
    return 0;
}

static long answer_map(const struct message *request, struct message *reply)
{
    switch (request->badge) {
    case 'm':
        return give(reply, memory);
    case 'r': /* open for reading alone */
        return request->word[0] == FILE_MAP_SHARED ? -E_ACCES : give(reply, memory);
    case 'n':
        return -E_NODEV;
    case 'h': /* no handle */
        return 0;
    case 'p': /* no memory */
        return give(reply, HANDLE_CWD);
    default:
        return -E_NOSYS;
    }
}

static long handle(struct message *request, struct message *reply)
{
    switch (request->label & MESSAGE_LABEL) {
    case FILE_OPEN:
        return answer_open(request, reply);
    case FILE_READ:
        return ipc_write(request->token, 0, contents + request->word[0], 1);
    case FILE_MAP:
        return answer_map(request, reply);
    default:
        return -E_NOSYS;
    }
}

/* ---- the client ------------------------------------------------------------------------------ */

static struct {
    int channel, pid;
    long home; /* the directory that stood at HANDLE_CWD */
} fixture;

/* The memory is made here and mapped by both; the server alone keeps a handle. */
static void start_server(void)
{
    struct mapping mapping = {.length = SIZE, .flags = MAP_READ | MAP_WRITE | MAP_SHARE};

    port = (int)port_create();
    memory = (int)memory_create(SIZE, MEMORY_ANONYMOUS, HANDLE_NONE);
    mapping.memory = memory;
    contents = (char *)vm_map(HANDLE_SPACE, &mapping);
    contents[0] = BYTE_ONE;
    contents[PAGE] = BYTE_TWO;
    fixture.channel = (int)channel_create(port, 0);
    fixture.pid = serve(port, handle);
    fixture.home = handle_dup(HANDLE_CWD, DUP_LOWEST, RIGHTS_ALL, 0);
    CHECK_EQUAL(handle_dup(fixture.channel, HANDLE_CWD, RIGHTS_ALL, 0), HANDLE_CWD);
    handle_close(memory);
    unmap_pages(contents, SIZE);
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

static int byte_in_file(int file, off_t offset)
{
    char byte = 0;

    CHECK_EQUAL(pread(file, &byte, 1, offset), 1);
    return byte;
}

static char *map(const char *path, size_t size, int protection, int flags, off_t offset)
{
    int file = open(path, O_RDWR);
    char *address = mmap(NULL, size, protection, flags, file, offset);

    CHECK(file >= 0);
    close(file);
    return address;
}

static void touch(void *address) { (void)*(volatile char *)address; }

static bool faults_at(char *address)
{
    int status = tap_wait(tap_fork(touch, address));

    return WIFSIGNALED(status) && WTERMSIG(status) == DEATH_FAULT;
}

static void shared_is_the_file(void)
{
    char *pages;
    int file;

    start_server();
    file = open("mapped", O_RDWR);
    pages = map("mapped", SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
    if (CHECK(pages != MAP_FAILED)) {
        CHECK_EQUAL(pages[0], BYTE_ONE);
        CHECK_EQUAL(pages[PAGE], BYTE_TWO);
        pages[0] = 'x';
        CHECK_EQUAL(byte_in_file(file, 0), 'x');
        munmap(pages, SIZE);
    }
    close(file);
    stop_server();
}

static void private_is_a_copy(void)
{
    char *pages;
    int file;

    start_server();
    file = open("mapped", O_RDWR);
    pages = map("mapped", PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, PAGE);
    if (CHECK(pages != MAP_FAILED)) {
        CHECK_EQUAL(pages[0], BYTE_TWO);
        pages[0] = 'x';
        CHECK_EQUAL(pages[0], 'x');
        CHECK_EQUAL(byte_in_file(file, PAGE), BYTE_TWO);
        munmap(pages, PAGE);
    }
    close(file);
    stop_server();
}

static void behind_the_end_is_nothing(void)
{
    char *pages;

    start_server();
    pages = map("mapped", (size_t)2 * SIZE, PROT_READ, MAP_SHARED, PAGE);
    if (CHECK(pages != MAP_FAILED)) {
        CHECK_EQUAL(pages[0], BYTE_TWO);
        CHECK(faults_at(pages + PAGE));
        CHECK(faults_at(pages + 2 * SIZE - 1));
        CHECK_EQUAL(munmap(pages, (size_t)2 * SIZE), 0);
    }
    pages = map("mapped", PAGE, PROT_READ, MAP_PRIVATE, (off_t)16 * PAGE);
    if (CHECK(pages != MAP_FAILED)) {
        CHECK(faults_at(pages));
        CHECK_EQUAL(munmap(pages, PAGE), 0);
    }
    stop_server();
}

static void fixed_replaces_what_was_there(void)
{
    char *pages = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int file;

    start_server();
    file = open("mapped", O_RDWR);
    pages[PAGE] = 'x';
    CHECK(mmap(pages, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, PAGE) == pages);
    CHECK_EQUAL(pages[0], BYTE_TWO);
    CHECK_EQUAL(pages[PAGE], 'x');
    close(file);
    munmap(pages, SIZE);
    stop_server();
}

#define CHECK_NOT_MAPPED(path, protection, flags, reason)                 \
    do {                                                                  \
        errno = 0;                                                        \
        CHECK(map((path), PAGE, (protection), (flags), 0) == MAP_FAILED); \
        CHECK_EQUAL(errno, (reason));                                     \
    } while (0)

static void refusals_cost_nothing(void)
{
    char *pages;
    long before;

    start_server();
    before = count_handles();
    CHECK_NOT_MAPPED("none", PROT_READ, MAP_SHARED, ENODEV);
    CHECK_NOT_MAPPED("unknown", PROT_READ, MAP_PRIVATE, ENODEV);
    CHECK_NOT_MAPPED("handless", PROT_READ, MAP_PRIVATE, EIO);
    CHECK_NOT_MAPPED("port", PROT_READ, MAP_PRIVATE, EBADF);
    CHECK_NOT_MAPPED("readable", PROT_READ | PROT_WRITE, MAP_SHARED, EACCES);
    CHECK_NOT_MAPPED("mapped", PROT_WRITE | PROT_EXEC, MAP_PRIVATE, EACCES);
    CHECK_NOT_MAPPED("mapped", PROT_READ, MAP_PRIVATE | MAP_SHARED, EINVAL);
    pages = map("readable", PAGE, PROT_READ, MAP_SHARED, 0);
    if (CHECK(pages != MAP_FAILED)) {
        CHECK_EQUAL(pages[0], BYTE_ONE);
        munmap(pages, PAGE);
    }
    CHECK_EQUAL(count_handles(), before);
    stop_server();
}

static void msync_looks_at_its_range(void)
{
    char *pages = mmap(NULL, SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK_EQUAL(msync(pages, SIZE, MS_SYNC), 0);
    CHECK_EQUAL(msync(pages, SIZE, MS_ASYNC | MS_INVALIDATE), 0);
    errno = 0;
    CHECK_EQUAL(msync(pages + 1, PAGE, MS_SYNC), -1);
    CHECK_EQUAL(errno, EINVAL);
    munmap(pages + PAGE, PAGE);
    errno = 0;
    CHECK_EQUAL(msync(pages, SIZE, MS_ASYNC), -1);
    CHECK_EQUAL(errno, ENOMEM);
    errno = 0;
    CHECK_EQUAL(msync(pages, -(size_t)PAGE, MS_ASYNC), -1);
    CHECK_EQUAL(errno, ENOMEM);
    munmap(pages, PAGE);
}

static const struct tap_test tests[] = {
    {"file_map_shared_is_the_file", shared_is_the_file, 0},
    {"file_map_private_is_a_copy", private_is_a_copy, 0},
    {"file_map_behind_the_end_is_nothing", behind_the_end_is_nothing, 0},
    {"file_map_fixed_replaces_what_was_there", fixed_replaces_what_was_there, 0},
    {"file_map_refusals_cost_nothing", refusals_cost_nothing, 0},
    {"file_map_msync_looks_at_its_range", msync_looks_at_its_range, 0},
};

int main(int argc, char **argv) { return tap_main(argc, argv, tests, TAP_COUNT(tests)); }
