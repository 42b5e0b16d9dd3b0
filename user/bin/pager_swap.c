/* pager_swap.c - a pager that gives more memory than it has frames for.
 *
 * One process, the pager, answers for a memory object. It lets a certain number of its pages be
 * there at once; for each further one another has to go, chosen by a clock: a hand goes round over
 * the pages that are there, passes by those that were used since it came last, and takes the first
 * that was not. What had been written goes to the backing store, which is memory of the pager's own
 * for now. The other process uses the object, and knows what must be in it.
 */
#include <octavo/pager.h>
#include <octavo/server.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "utility.h"

static const char usage[] =
    "usage: pager_swap [PAGES [FRAMES]]\n"
    "Uses so many pages of memory in so many frames (4096 in 512), and prints\n"
    "how many pages came and went for each kind of use.\n";

enum { PAGE_BYTES = 4096, PAGES = 4096, FRAMES = 512, PAGES_MAX = 1 << 16, STEPS = 20000 };

/* Besides PAGER_IN: how many pages came in, were looked at, went, and of these were written. */
enum { SWAP_COUNTS = 100 };

static uint64_t pages = PAGES, frames = FRAMES;
static int memory;

/* --- the pager -------------------------------------------------------------------------------- */

static char *store;
static uint64_t *resident; /* the clock's face: pages that are there */
static uint64_t filled, hand, came, looked, wrote;

static char *place_of(uint64_t page) { return store + page * PAGE_BYTES; }

/* Was the page used since the hand came by last? */
static bool is_used(uint64_t page)
{
    looked++;
    return memory_evict(memory, page, 1, NULL, PAGER_KEEP).second != 0;
}

/* Makes room where the hand stops. -> 0 or a negated error. */
static long take_one(void)
{
    while (is_used(resident[hand]))
        hand = (hand + 1) % frames;
    struct call_result gone = memory_evict(memory, resident[hand], 1, place_of(resident[hand]), 0);
    wrote += gone.second;
    return gone.value < 0 ? gone.value : 0;
}

static long page_in(uint64_t page, struct message *reply)
{
    long result = 0;

    if (filled < frames) {
        resident[filled++] = page;
    } else {
        result = take_one();
        resident[hand] = page;
        hand = (hand + 1) % frames;
    }
    came++;
    reply->word[0] = CALL_POINTER(place_of(page));
    reply->word[1] = 1;
    reply->word[2] = PAGER_COPY;
    return result;
}

static long handle(struct server *server, struct message *request, struct message *reply)
{
    (void)server;
    if (request->label == (MESSAGE_PAGER | PAGER_IN))
        return page_in(request->word[0], reply);
    if (request->label != SWAP_COUNTS)
        return -E_NOSYS;
    reply->word[0] = came;
    reply->word[1] = looked;
    reply->word[2] = wrote;
    return 0;
}

static _Noreturn void pager(int port)
{
    struct mapping space = {
        .length = pages * PAGE_BYTES, .flags = MAP_WRITE, .memory = HANDLE_NONE};
    struct server server = {.port = port, .handle = handle};
    long address = vm_map(HANDLE_SPACE, &space);

    resident = calloc(frames, sizeof *resident);
    if (address < 0 || resident == NULL)
        exit(utility_fail("pager_swap", "backing store", ENOMEM));
    store = (char *)address;
    server_run(&server);
}

/* --- its client ------------------------------------------------------------------------------- */

static volatile uint64_t *word_of(uint64_t address, uint64_t page)
{
    return (volatile uint64_t *)(address + page * PAGE_BYTES + page % 500 * 8);
}

static bool write_all(uint64_t address)
{
    for (uint64_t page = 0; page < pages; page++)
        *word_of(address, page) = page * 3 + 1;
    return true;
}

static bool read_all(uint64_t address)
{
    for (uint64_t page = 0; page < pages; page++)
        if (*word_of(address, page) != page * 3 + 1)
            return false;
    return true;
}

/* Nine of ten steps go to an eighth of the frames. */
static bool read_some_often(uint64_t address)
{
    uint64_t random = 1;

    for (int i = 0; i < STEPS; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        const uint64_t limit = (random >> 60) % 10 != 0 ? frames / 8 : pages;
        const uint64_t page = (random >> 24) % limit;
        if (*word_of(address, page) != page * 3 + 1)
            return false;
    }
    return true;
}

static const struct {
    const char *name;
    bool (*run)(uint64_t address);
} uses[] = {
    {"write all", write_all},
    {"read all", read_all},
    {"read some often", read_some_often},
};

static int run(size_t use, uint64_t address, int channel)
{
    struct message before = {.label = SWAP_COUNTS}, after = before;
    const long result = message_call(channel, &before);
    const bool right = uses[use].run(address);

    if (result < 0 || message_call(channel, &after) < 0)
        return utility_fail("pager_swap", "pager", EIO);
    printf("%s: %lu pages in, %lu looks of the clock, %lu pages out, contents %s\n", uses[use].name,
           after.word[0] - before.word[0], after.word[1] - before.word[1],
           after.word[2] - before.word[2], right ? "right" : "wrong");
    return right ? 0 : 1;
}

static int client(int channel)
{
    struct mapping all = {
        .length = pages * PAGE_BYTES, .flags = MAP_WRITE | MAP_SHARE, .memory = memory};
    long address = vm_map(HANDLE_SPACE, &all);
    int status = 0;

    if (address < 0)
        return utility_fail("pager_swap", "map", (int)-address);
    for (size_t use = 0; use < sizeof uses / sizeof uses[0] && status == 0; use++)
        status = run(use, (uint64_t)address, channel);
    return status;
}

static bool number_read(const char *text, uint64_t *number)
{
    char *end;

    *number = strtoul(text, &end, 10);
    return *end == '\0' && *number >= 8 && *number <= PAGES_MAX;
}

int main(int argc, char **argv)
{
    if (utility_help(argc, argv, usage))
        return 0;
    if (argc > 3 || (argc > 1 && !number_read(argv[1], &pages)) ||
        (argc > 2 && !number_read(argv[2], &frames)))
        return utility_misuse(usage);
    int port = (int)port_create(), channel = (int)channel_create(port, 1);
    memory = (int)memory_create_paged(pages * PAGE_BYTES, port, 2);
    if (memory < 0)
        return utility_fail("pager_swap", "memory", -memory);
    printf("%lu pages of memory in %lu frames\n", pages, frames);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        pager(port);
    if (child < 0)
        return utility_fail("pager_swap", "pager", errno);
    handle_close(port);
    int status = client(channel);
    process_kill(HANDLE_SELF, child, DEATH_KILLED);
    waitpid(child, NULL, 0);
    return utility_finish("pager_swap", status);
}
