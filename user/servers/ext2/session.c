/* session.c - session.h.
 *
 * Memory comes from the driver in chunks, which are never given back: they are the cache, and full
 * soon. Within a chunk pages are given out and taken back by a bitmap. Any thread may read and
 * write: each message stands alone. The mutex guards the chunks; one that has been published by
 * `chunks` keeps its place and size, so that finding one needs no lock.
 */
#include "session.h"

#include <octavo/ipc.h>
#include <octavo/names.h>
#include <octavo/thread.h>
#include <proto/block.h>
#include <proto/file.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE = 4096,
    CHUNK_PAGES = 256,      /* as a rule; less when memory is in pieces */
    CHUNK_PAGES_MAX = 1024, /* for one large piece */
    CHUNKS_MAX = 256,
    WORD_BITS = 64,
};

struct chunk {
    char *start;
    uint32_t number; /* of the memory object in the session */
    uint32_t pages;
    uint32_t free;
    uint64_t used[CHUNK_PAGES_MAX / WORD_BITS]; /* a bit for each page */
};

struct session {
    struct disk disk;
    int channel;
    struct mutex mutex;
    uint32_t chunks;
    struct chunk *chunk[CHUNKS_MAX];
};

static struct session *session_of(struct disk *disk) { return (struct session *)disk; }

/* ---- memory ------------------------------------------------------------------------------ */

/* Maps `pages` of the driver's. -> the address, or a negated error. */
static long chunk_map(struct session *session, uint32_t pages, uint32_t *number)
{
    struct message m = {.label = BLOCK_MAKE_MEMORY, .word = {(uint64_t)pages * PAGE}};
    long status = message_call(session->channel, &m);

    if (status < 0 || !message_has_handle(&m))
        return status < 0 ? status : -E_IO;
    int memory = message_take_handle(&m);
    struct mapping mapping = {.length = (uint64_t)pages * PAGE,
                              .flags = MAP_READ | MAP_WRITE | MAP_SHARE,
                              .memory = memory};
    long address = vm_map(HANDLE_SPACE, &mapping);
    handle_close(memory);
    *number = (uint32_t)status;
    return address;
}

/* A new chunk with at least `pages`; NULL: there is none. */
static struct chunk *chunk_add(struct session *session, uint32_t pages)
{
    struct chunk *chunk = session->chunks < CHUNKS_MAX ? calloc(1, sizeof *chunk) : NULL;
    uint32_t wanted = pages > CHUNK_PAGES ? pages : CHUNK_PAGES;
    long address = -E_NOMEM;

    if (chunk == NULL)
        return NULL;
    while (address < 0) {
        address = chunk_map(session, wanted, &chunk->number);
        if (address < 0 && wanted / 2 < pages)
            break;
        if (address < 0)
            wanted /= 2;
    }
    if (address < 0) {
        free(chunk);
        return NULL;
    }
    chunk->start = (char *)address;
    chunk->pages = chunk->free = wanted;
    session->chunk[session->chunks] = chunk;
    __atomic_store_n(&session->chunks, session->chunks + 1, __ATOMIC_RELEASE);
    return chunk;
}

static void chunk_mark(struct chunk *chunk, uint32_t first, uint32_t pages, bool used)
{
    for (uint32_t i = first; i < first + pages; i++) {
        uint64_t bit = 1ull << i % WORD_BITS;

        if (used)
            chunk->used[i / WORD_BITS] |= bit;
        else
            chunk->used[i / WORD_BITS] &= ~bit;
    }
    chunk->free += used ? -pages : pages;
}

/* The first of so many free pages side by side; `pages` of the chunk: there are none. */
static uint32_t chunk_find(const struct chunk *chunk, uint32_t pages)
{
    uint32_t run = 0;

    if (chunk->free < pages)
        return chunk->pages;
    for (uint32_t i = 0; i < chunk->pages; i++) {
        uint64_t word = chunk->used[i / WORD_BITS];

        if (word == UINT64_MAX && i % WORD_BITS == 0)
            i += WORD_BITS - 1;
        run = (word >> i % WORD_BITS & 1) != 0 ? 0 : run + 1;
        if (run == pages)
            return i + 1 - pages;
    }
    return chunk->pages;
}

static void *chunk_take(struct chunk *chunk, uint32_t pages)
{
    uint32_t first = chunk_find(chunk, pages);

    if (first == chunk->pages)
        return NULL;
    chunk_mark(chunk, first, pages, true);
    return chunk->start + (size_t)first * PAGE;
}

/* The chunk that holds all of a piece of memory; NULL: none. */
static struct chunk *chunk_of(const struct session *session, const char *memory, size_t length)
{
    uint32_t chunks = __atomic_load_n(&session->chunks, __ATOMIC_ACQUIRE);

    for (uint32_t i = 0; i < chunks; i++) {
        struct chunk *chunk = session->chunk[i];
        size_t size = (size_t)chunk->pages * PAGE;

        if (memory >= chunk->start && memory < chunk->start + size)
            return length <= size - (size_t)(memory - chunk->start) ? chunk : NULL;
    }
    return NULL;
}

static uint32_t whole_pages(size_t length) { return (uint32_t)((length + PAGE - 1) / PAGE); }

static void *allocate(struct disk *disk, size_t length)
{
    struct session *session = session_of(disk);
    uint32_t pages = whole_pages(length);
    void *memory = NULL;

    if (length == 0 || length > (size_t)CHUNK_PAGES_MAX * PAGE)
        return NULL;
    mutex_lock(&session->mutex);
    for (uint32_t i = session->chunks; i > 0 && memory == NULL; i--)
        memory = chunk_take(session->chunk[i - 1], pages);
    if (memory == NULL && chunk_add(session, pages) != NULL)
        memory = chunk_take(session->chunk[session->chunks - 1], pages);
    mutex_unlock(&session->mutex);
    return memory;
}

static void give_back(struct disk *disk, void *memory, size_t length)
{
    struct session *session = session_of(disk);
    struct chunk *chunk = memory != NULL ? chunk_of(session, memory, length) : NULL;

    if (chunk == NULL)
        return;
    mutex_lock(&session->mutex);
    chunk_mark(chunk, (uint32_t)(((char *)memory - chunk->start) / PAGE), whole_pages(length),
               false);
    mutex_unlock(&session->mutex);
}

/* ---- the disk ---------------------------------------------------------------------------- */

/* The driver died. What it was doing nobody knows, and its successor knows no old sessions. So this
 * server begins anew too, as after a loss of power: with what the journal has. */
static _Noreturn void begin_anew(void)
{
    fputs("ext2: the disk's driver has died: beginning anew\n", stderr);
    process_exit(1);
}

/* What a driver may answer, as errors of a disk. */
static enum error disk_error(long status)
{
    switch (status) {
    case -E_BADF:
    case -E_PEERDIED:
        begin_anew();
    case -E_NODEV:
    case -E_RANGE:
    case -E_ROFS:
    case -E_NOMEM:
        return (enum error) - status;
    default:
        return status < 0 ? E_IO : E_OK;
    }
}

static enum error transfer(struct disk *disk, uint64_t label, uint64_t offset, size_t length,
                           const void *memory)
{
    struct session *session = session_of(disk);
    const struct chunk *chunk = chunk_of(session, memory, length);

    if (chunk == NULL)
        return E_INVAL;
    uint64_t place = BLOCK_PLACE(chunk->number, (uint64_t)((const char *)memory - chunk->start));
    struct message m = {.label = label, .word = {offset / BLOCK_SECTOR, place, length}};
    return disk_error(message_call(session->channel, &m));
}

static enum error read_blocks(struct disk *disk, uint64_t offset, size_t length, void *memory)
{
    return transfer(disk, BLOCK_READ, offset, length, memory);
}

static enum error write_blocks(struct disk *disk, uint64_t offset, size_t length,
                               const void *memory)
{
    return transfer(disk, BLOCK_WRITE, offset, length, memory);
}

static enum error flush(struct disk *disk)
{
    struct message m = {.label = BLOCK_FLUSH};

    return disk_error(message_call(session_of(disk)->channel, &m));
}

/* ---- opening ----------------------------------------------------------------------------- */

/* -> a session's channel, or a negated error. */
static long open_channel(const char *name, bool read_only)
{
    static char whole_disk[] = "";
    struct message m = {.label = FILE_OPEN,
                        .word = {read_only ? O_RDONLY : O_RDWR},
                        .buffer = whole_disk,
                        .length = 0 | BUFFER_IN};
    long disk = name_lookup(name, strlen(name), true);

    if (disk < 0)
        return disk;
    long status = message_call((int)disk, &m);
    handle_close((int)disk);
    if (status < 0)
        return status;
    return message_has_handle(&m) ? message_take_handle(&m) : -E_IO;
}

static long ask(int channel, struct block_info *info)
{
    struct message m = {
        .label = BLOCK_GET_INFO, .buffer = info, .length = sizeof *info | BUFFER_OUT};

    return message_call(channel, &m);
}

enum error session_open(const char *name, bool read_only, struct disk **disk)
{
    struct session *session = calloc(1, sizeof *session);
    struct block_info info = {0};
    long channel, result;

    if (session == NULL)
        return E_NOMEM;
    channel = open_channel(name, read_only);
    if (channel == -E_ROFS) {
        read_only = true;
        channel = open_channel(name, true);
    }
    result = channel < 0 ? channel : ask((int)channel, &info);
    if (result < 0) {
        if (channel >= 0)
            handle_close((int)channel);
        free(session);
        return (enum error) - result;
    }
    session->channel = (int)channel;
    session->disk = (struct disk){
        .size = info.sectors * BLOCK_SECTOR,
        .read_only = read_only || info.read_only != 0,
        .read = read_blocks,
        .write = write_blocks,
        .flush = flush,
        .allocate = allocate,
        .free = give_back,
    };
    *disk = &session->disk;
    return E_OK;
}
