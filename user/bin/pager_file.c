/* pager_file.c - a pager in two pages of text: a file as memory.
 *
 * One process, the pager, has the file open and answers for a memory object: whoever touches a page
 * that is not there gets it from the file. Two others map the object and add up its bytes. The
 * second one finds all pages there: they are the same pages.
 */
#include <fcntl.h>
#include <octavo/pager.h>
#include <octavo/server.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "utility.h"

static const char usage[] = "usage: pager_file FILE\n"
                            "Maps the file through a pager in two processes, and prints what each\n"
                            "of them found and how often the pager was asked.\n";

enum { PAGE_BYTES = 4096, RANGE = 8 /* pages that are read at once */ };

/* Besides PAGER_IN: how often the pager was asked, and for how many pages in all. */
enum { PAGER_FILE_COUNTS = 100 };

/* --- the pager -------------------------------------------------------------------------------- */

static int file;
static uint64_t file_pages, asked, supplied;
static _Alignas(PAGE_BYTES) char contents[RANGE * PAGE_BYTES];

/* Fills `bytes` from the file, with zeroes behind its end. -> 0 or a negated error. */
static long read_at(off_t position, size_t bytes)
{
    size_t done = 0;
    ssize_t part = 1;

    if (lseek(file, position, SEEK_SET) < 0)
        return -errno;
    while (done < bytes && part > 0) {
        part = read(file, contents + done, bytes - done);
        if (part > 0)
            done += (size_t)part;
    }
    memset(contents + done, 0, bytes - done);
    return part < 0 ? -errno : 0;
}

static long page_in(uint64_t page, struct message *reply)
{
    const uint64_t left = file_pages - page, count = left < RANGE ? left : RANGE;

    reply->word[0] = CALL_POINTER(contents);
    reply->word[1] = count;
    reply->word[2] = PAGER_COPY;
    asked++;
    supplied += count;
    return read_at((off_t)(page * PAGE_BYTES), count * PAGE_BYTES);
}

static long handle(struct server *server, struct message *request, struct message *reply)
{
    (void)server;
    if (request->label == (MESSAGE_PAGER | PAGER_IN))
        return page_in(request->word[0], reply);
    if (request->label != PAGER_FILE_COUNTS)
        return -E_NOSYS;
    reply->word[0] = asked;
    reply->word[1] = supplied;
    return 0;
}

/* --- those who read --------------------------------------------------------------------------- */

/* Adds up all bytes, as BSD's sum does. */
static int reader(int number, int memory, uint64_t bytes)
{
    struct mapping mapping = {.length = bytes, .flags = MAP_READ | MAP_SHARE, .memory = memory};
    long address = vm_map(HANDLE_SPACE, &mapping);
    const unsigned char *byte = (const unsigned char *)address;
    struct vm_area area;
    unsigned sum = 0;

    if (address < 0)
        return utility_fail("pager_file", "map", (int)-address);
    for (uint64_t i = 0; i < bytes; i++)
        sum = ((sum >> 1) + ((sum & 1) << 15) + byte[i]) & 0xffff;
    if (vm_query(HANDLE_SELF, 0, (uint64_t)address, &area) < 0)
        return utility_fail("pager_file", "query", EINVAL);
    printf("reader %d: sum %05u, %lu pages, %lu of them shared\n", number, sum, area.resident,
           area.shared);
    return utility_finish("pager_file", 0);
}

static int run_reader(int number, int memory, uint64_t bytes, int channel)
{
    struct message counts = {.label = PAGER_FILE_COUNTS};
    int status = 0;
    pid_t pid = fork();

    if (pid == 0)
        exit(reader(number, memory, bytes));
    if (pid < 0 || waitpid(pid, &status, 0) < 0)
        return utility_fail("pager_file", "reader", errno);
    if (message_call(channel, &counts) < 0)
        return utility_fail("pager_file", "pager", EIO);
    printf("pager: asked %lu times so far, supplied %lu pages\n", counts.word[0], counts.word[1]);
    fflush(stdout);
    return status == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct stat info;

    if (utility_help(argc, argv, usage))
        return 0;
    if (argc != 2)
        return utility_misuse(usage);
    file = open(argv[1], O_RDONLY);
    if (file < 0 || fstat(file, &info) < 0)
        return utility_fail("pager_file", argv[1], errno);
    const uint64_t bytes = (uint64_t)info.st_size;
    file_pages = (bytes + PAGE_BYTES - 1) / PAGE_BYTES;
    int port = (int)port_create(), channel = (int)channel_create(port, 1);
    int memory = (int)memory_create_paged(bytes, port, 2);
    if (memory < 0)
        return utility_fail("pager_file", argv[1], -memory);
    printf("%s: %lu bytes, %lu pages\n", argv[1], bytes, file_pages);
    fflush(stdout);
    pid_t pager = fork();
    if (pager == 0) {
        struct server server = {.port = port, .handle = handle};
        server_run(&server);
    }
    handle_close(port);
    int status = run_reader(1, memory, bytes, channel);
    status |= run_reader(2, memory, bytes, channel);
    process_kill(HANDLE_SELF, pager, DEATH_KILLED);
    waitpid(pager, NULL, 0);
    return utility_finish("pager_file", status);
}
