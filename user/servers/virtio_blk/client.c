/* client.c - the labels of proto/block.h: everything is checked before the disk hears of it. */
#include "client.h"

#include <octavo/calls.h>

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "proto/block.h"

/* A caller that waits. */
struct client {
    struct disk_request request;
    struct session *session;
    uint64_t token;
    struct disk_segment segment[];
};

/* What a request asks for, checked. */
struct transfer {
    struct block_segment segment[BLOCK_SEGMENTS_MAX];
    unsigned segments;
    uint64_t bytes;
};

bool client_is_gone(uint64_t token)
{
    char nothing;

    return ipc_read(token, 0, &nothing, 0) == -E_SRCH;
}

enum error client_may_read(const struct session *session)
{
    if ((session->flags & O_ACCMODE) == O_WRONLY)
        return E_BADF;
    return session->disk->is_there ? E_OK : E_NODEV;
}

enum error client_may_write(const struct session *session)
{
    if ((session->flags & O_ACCMODE) == O_RDONLY)
        return E_BADF;
    if (session->disk->read_only)
        return E_ROFS;
    return session->disk->is_there ? E_OK : E_NODEV;
}

/* ---- a caller that waits ---- */

static struct client *client_of(const struct disk_request *request)
{
    return (struct client *)((char *)request - offsetof(struct client, request));
}

static bool is_wanted(const struct disk_request *request)
{
    return !client_is_gone(client_of(request)->token);
}

static void answer(struct disk_request *request, enum error error)
{
    static const struct message nothing;
    struct client *client = client_of(request);

    (void)message_reply(client->token, -(long)error, &nothing); /* it may have died */
    session_release(client->session);
    free(client);
}

/* -> NULL: no memory. */
static struct client *make_client(struct session *session, uint32_t type,
                                  const struct message *request, unsigned segments)
{
    struct client *client = calloc(1, sizeof *client + segments * sizeof client->segment[0]);

    if (client == NULL)
        return NULL;
    client->request = (struct disk_request){
        .done = answer,
        .is_wanted = is_wanted,
        .type = type,
        .sector = request->word[0],
        .segment = client->segment,
        .segments = segments,
    };
    client->session = session;
    client->token = request->token;
    return client;
}

static long submit(struct client *client)
{
    session_hold(client->session);
    disk_submit(client->session->disk, &client->request);
    return SERVER_NO_REPLY;
}

/* ---- labels ---- */

long client_get_info(const struct disk *disk, const struct message *request)
{
    struct block_info info = {
        .sectors = disk->sectors,
        .block_size = disk->block_size,
        .segments_max = BLOCK_SEGMENTS_MAX,
        .queue_depth = disk_depth(disk),
        .read_only = disk->read_only,
        .has_flush = disk->has_flush,
        .has_discard = disk->has_discard,
    };

    strcpy(info.serial, disk->serial);
    long written = message_write(request, &info, sizeof info);
    return written < 0 ? written : E_OK;
}

long client_make_memory(struct session *session, const struct message *request,
                        struct message *reply)
{
    if (!session->disk->is_there)
        return -E_NODEV;
    long number = session_make_memory(session, request->word[0]);
    if (number < 0)
        return number;
    long handle = handle_dup(session->memory[number].handle, DUP_LOWEST, RIGHT_MAP, 0);
    if (handle < 0) {
        dma_destroy(&session->memory[--session->memories]);
        return handle;
    }
    reply->label = MESSAGE_MOVE;
    reply->word[2] = (uint64_t)handle;
    return number;
}

static bool is_whole(const struct session *session, uint64_t bytes)
{
    return bytes % session->disk->block_size == 0;
}

static bool is_segment(const struct session *session, const struct block_segment *segment)
{
    uint32_t number = BLOCK_PLACE_MEMORY(segment->place);
    uint64_t offset = BLOCK_PLACE_OFFSET(segment->place);

    return number < session->memories && segment->length > 0 && is_whole(session, offset) &&
           is_whole(session, segment->length) && offset <= session->memory[number].size &&
           segment->length <= session->memory[number].size - offset;
}

/* Takes the caller's list, once. */
static enum error read_segments(const struct message *request, struct transfer *transfer)
{
    size_t length = message_buffer(request, BUFFER_IN);

    if ((request->length & BUFFER_IN) == 0) {
        transfer->segment[0] = (struct block_segment){request->word[1], request->word[2]};
        transfer->segments = 1;
        return E_OK;
    }
    if (length == 0 || length % sizeof transfer->segment[0] != 0 ||
        length > sizeof transfer->segment)
        return E_INVAL;
    transfer->segments = (unsigned)(length / sizeof transfer->segment[0]);
    long copied = ipc_read(request->token, 0, transfer->segment, length);
    return copied < 0 ? (enum error) - copied : E_OK;
}

/* Is that part of the disk there? */
static enum error check_range(const struct session *session, uint64_t sector, uint64_t sectors)
{
    const struct disk *disk = session->disk;
    uint64_t block = disk->block_size / BLOCK_SECTOR;

    if (sector % block != 0 || sectors % block != 0 || sectors == 0)
        return E_INVAL;
    return sector <= disk->sectors && sectors <= disk->sectors - sector ? E_OK : E_RANGE;
}

static enum error decode(const struct session *session, const struct message *request,
                         struct transfer *transfer)
{
    enum error error = read_segments(request, transfer);

    if (error != E_OK)
        return error;
    transfer->bytes = 0; /* cannot wrap: no segment is larger than a session's memory */
    for (unsigned i = 0; i < transfer->segments; i++) {
        if (!is_segment(session, &transfer->segment[i]))
            return E_INVAL;
        transfer->bytes += transfer->segment[i].length;
    }
    return check_range(session, request->word[0], transfer->bytes / BLOCK_SECTOR);
}

long client_transfer(struct session *session, uint32_t type, const struct message *request)
{
    struct transfer transfer;
    enum error error =
        type == VIRTIO_BLK_T_OUT ? client_may_write(session) : client_may_read(session);

    if (error == E_OK)
        error = decode(session, request, &transfer);
    if (error != E_OK)
        return -(long)error;
    struct client *client = make_client(session, type, request, transfer.segments);
    if (client == NULL)
        return -E_NOMEM;
    for (unsigned i = 0; i < transfer.segments; i++) {
        const struct block_segment *segment = &transfer.segment[i];
        const struct dma *memory = &session->memory[BLOCK_PLACE_MEMORY(segment->place)];

        client->segment[i] = (struct disk_segment){
            memory->physical + BLOCK_PLACE_OFFSET(segment->place), segment->length};
    }
    return submit(client);
}

long client_flush(struct session *session, const struct message *request)
{
    struct client *client;

    if (!session->disk->is_there)
        return -E_NODEV;
    if (!session->disk->has_flush)
        return E_OK;
    client = make_client(session, VIRTIO_BLK_T_FLUSH, request, 0);
    if (client == NULL)
        return -E_NOMEM;
    client->request.sector = 0; /* section 5.2.6.1 */
    return submit(client);
}

long client_discard(struct session *session, const struct message *request)
{
    enum error error = client_may_write(session);

    if (error == E_OK && !session->disk->has_discard)
        error = E_NOSYS;
    if (error == E_OK)
        error = check_range(session, request->word[0], request->word[1]);
    if (error != E_OK)
        return -(long)error;
    struct client *client = make_client(session, VIRTIO_BLK_T_DISCARD, request, 0);
    if (client == NULL)
        return -E_NOMEM;
    client->request.sectors = request->word[1];
    return submit(client);
}
