/* pager.c - row pager: touching a page that a server supplies, from its fault to the instruction
 * after it.
 *
 * The server has the contents; finding a frame for them and copying is counted. The pages are taken
 * back after each sample. The table that leads to them stays, for a page beside them stays.
 */
#include <octavo/ipc.h>
#include <octavo/pager.h>

#include "bench.h"
#include "counter.h"
#include "peer.h"

enum { PAGES = 64, PAGE_BYTES = 4096, SAMPLES = 40 };

static int port = HANDLE_NONE, memory = HANDLE_NONE;
static long address = -1;
static struct peer server;
static _Alignas(PAGE_BYTES) unsigned char contents[PAGE_BYTES];

static void serve(void)
{
    const struct message reply = {.word = {CALL_POINTER(contents), 1, PAGER_COPY}};
    struct message m = {0};

    while (message_reply_recv(port, 0, &reply, &m) == 0)
        continue;
}

/* One page more than a sample touches. */
static long prepare(void)
{
    long made = port_create();

    if (made < 0)
        return made;
    port = (int)made;
    made = memory_create_paged((PAGES + 1) * PAGE_BYTES, port, 0);
    if (made < 0)
        return made;
    memory = (int)made;
    contents[0] = 1;
    made = peer_start(&server, serve);
    if (made < 0)
        return made;
    struct mapping mapping = {
        .length = (PAGES + 1) * PAGE_BYTES, .flags = MAP_READ | MAP_SHARE, .memory = memory};
    address = vm_map(HANDLE_SPACE, &mapping);
    if (address > 0)
        (void)((volatile unsigned char *)address)[PAGES * PAGE_BYTES];
    return address < 0 ? address : 0;
}

static long sample(unsigned batch)
{
    volatile unsigned char *page = (volatile unsigned char *)address;
    uint64_t start = counter_read();

    COUNTER_LOOP(batch)
    {
        (void)*page;
        page += PAGE_BYTES;
    }
    uint64_t used = counter_read() - start - counter_loop_overhead(batch);
    long gone = memory_evict(memory, 0, batch, NULL, 0).value;
    return gone == batch ? (long)used : -1;
}

static void finish(void)
{
    peer_stop(&server);
    if (address > 0)
        vm_unmap(HANDLE_SPACE, (uint64_t)address, (PAGES + 1) * PAGE_BYTES);
    if (memory != HANDLE_NONE)
        handle_close(memory);
    if (port != HANDLE_NONE)
        handle_close(port);
    memory = port = HANDLE_NONE;
    address = -1;
}

const struct row pager_rows[] = {
    {"pager", "page", PAGES, SAMPLES, prepare, sample, finish},
    {0},
};
