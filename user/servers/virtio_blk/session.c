/* session.c - sessions. A table of pointers that grows by doubling; a badge is the number of this
 * start of the server in the upper half, and a place in the table in the lower. Place 0 stays free,
 * so that no badge is that of a disk. */
#include "session.h"

#include <octavo/calls.h>

#include <stdlib.h>

enum {
    FIRST_CAPACITY = 16,
    CAPACITY_MAX = 1 << 16,
    MEMORIES_FIRST = 4,
    MEMORIES_MAX = 512, /* init keeps as many, and some for others */
};

static struct session **table;
static uint32_t capacity, start_number;

void session_init(uint32_t start) { start_number = start != 0 ? start : 1; }

static enum error grow(void)
{
    uint32_t wanted = capacity > 0 ? 2 * capacity : FIRST_CAPACITY;
    struct session **grown =
        wanted <= CAPACITY_MAX ? realloc(table, wanted * sizeof table[0]) : NULL;

    if (grown == NULL)
        return E_NOMEM;
    table = grown;
    while (capacity < wanted)
        table[capacity++] = NULL;
    return E_OK;
}

/* -> a free place, or 0: there is no memory for one. */
static uint32_t find_place(void)
{
    uint32_t place = 1;

    while (place < capacity && table[place] != NULL)
        place++;
    return place < capacity || grow() == E_OK ? place : 0;
}

enum error session_open(struct disk *disk, int flags, struct session **session)
{
    uint32_t place = find_place();
    struct session *made = place != 0 ? calloc(1, sizeof *made) : NULL;

    if (made == NULL)
        return E_NOMEM;
    made->disk = disk;
    made->flags = flags;
    made->badge = (uint64_t)start_number << 32 | place;
    table[place] = made;
    *session = made;
    return E_OK;
}

struct session *session_find(uint64_t badge)
{
    uint32_t place = (uint32_t)badge;

    if (badge >> 32 != start_number || place >= capacity || table[place] == NULL ||
        table[place]->is_closed)
        return NULL;
    return table[place];
}

/* What a device that cannot be stopped may still write to is nobody's, for ever. */
static void free_session(struct session *session)
{
    if (!session->disk->is_stuck) {
        for (unsigned i = 0; i < session->memories; i++)
            dma_destroy(&session->memory[i]);
    }
    free(session->memory);
    table[(uint32_t)session->badge] = NULL;
    free(session);
}

static void free_if_unused(struct session *session)
{
    if (session->is_closed && session->under_way == 0)
        free_session(session);
}

void session_close(uint64_t badge)
{
    struct session *session = session_find(badge);

    if (session == NULL)
        return;
    session->is_closed = true;
    free_if_unused(session);
}

void session_hold(struct session *session) { session->under_way++; }

void session_release(struct session *session)
{
    session->under_way--;
    free_if_unused(session);
}

static enum error make_room(struct session *session)
{
    unsigned room = session->room > 0 ? 2 * session->room : MEMORIES_FIRST;

    if (session->memories < session->room)
        return E_OK;
    if (room > MEMORIES_MAX)
        return E_NOSPC;
    struct dma *grown = realloc(session->memory, room * sizeof grown[0]);
    if (grown == NULL)
        return E_NOMEM;
    session->memory = grown;
    session->room = room;
    return E_OK;
}

long session_make_memory(struct session *session, uint64_t bytes)
{
    enum error error = make_room(session);

    if (error == E_OK)
        error = dma_create(session->disk->device, bytes, &session->memory[session->memories]);
    return error == E_OK ? (long)session->memories++ : -(long)error;
}
