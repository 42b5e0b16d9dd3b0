/* bytes.c - a disk as a file. See bytes.h.
 *
 * Each disk has a desk: the jobs that wait, and a window through which the first of them moves,
 * whole blocks at a time. Invariant: `is_busy` is true from the time the first job is begun until
 * it is answered; the window is with the disk, or with nobody.
 */
#include "bytes.h"

#include <octavo/calls.h>

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "main.h"
#include "proto/block.h"
#include "proto/file.h"

enum { WINDOW_BYTES = 65536, WEED_MIN = 64 };

_Static_assert(WINDOW_BYTES % DISK_BLOCK_MAX == 0, "a window is whole blocks");

struct job {
    STAILQ_ENTRY(job) link;
    struct session *session;
    uint64_t token;
    uint64_t offset; /* where the next byte goes or comes from */
    uint64_t length; /* bytes that are left */
    uint64_t moved;
    bool is_write, moves_position;
};

STAILQ_HEAD(jobs, job);

struct desk {
    struct disk_request request;
    struct disk_segment segment; /* of the window, that moves */
    struct dma memory;
    char *window; /* NULL: nobody has used it yet */
    struct jobs jobs;
    unsigned waiting, weed_at;
    bool is_busy, is_pumping;
    uint64_t skip, count; /* the job's bytes in the window */
};

static struct desk desks[DISKS_MAX];

static struct desk *desk_of(const struct disk *disk) { return &desks[disk->number]; }

static void forget(struct job *job, long status)
{
    static const struct message nothing;

    (void)message_reply(job->token, status, &nothing); /* it may have died */
    session_release(job->session);
    free(job);
}

/* ---- the job that is served ---- */

static void pump(struct desk *desk);

/* What was moved counts, whatever happened then. */
static void finish(struct desk *desk, enum error error)
{
    struct job *job = STAILQ_FIRST(&desk->jobs);

    STAILQ_REMOVE_HEAD(&desk->jobs, link);
    desk->waiting--;
    desk->is_busy = false;
    if (job->moves_position)
        job->session->position = job->offset;
    forget(job, job->moved > 0 ? (long)job->moved : -(long)error);
    pump(desk);
}

static void submit(struct desk *desk, uint32_t type,
                   void (*done)(struct disk_request *request, enum error error))
{
    struct job *job = STAILQ_FIRST(&desk->jobs);

    desk->request = (struct disk_request){
        .done = done,
        .type = type,
        .sector = (job->offset - desk->skip) / BLOCK_SECTOR,
        .segment = &desk->segment,
        .segments = 1,
    };
    disk_submit(job->session->disk, &desk->request);
}

static void step(struct desk *desk);

/* The window's part of the job is done: on to the next. */
static void advance(struct desk *desk)
{
    struct job *job = STAILQ_FIRST(&desk->jobs);

    job->offset += desk->count;
    job->length -= desk->count;
    job->moved += desk->count;
    step(desk);
}

static struct desk *desk_with(struct disk_request *request)
{
    return (struct desk *)((char *)request - offsetof(struct desk, request));
}

static void window_is_read(struct disk_request *request, enum error error)
{
    struct desk *desk = desk_with(request);
    struct job *job = STAILQ_FIRST(&desk->jobs);

    if (error == E_OK) {
        long copied = ipc_write(job->token, job->moved, desk->window + desk->skip, desk->count);

        if (copied < 0)
            error = (enum error) - copied;
    }
    if (error == E_OK)
        advance(desk);
    else
        finish(desk, error);
}

static void window_is_written(struct disk_request *request, enum error error)
{
    if (error == E_OK)
        advance(desk_with(request));
    else
        finish(desk_with(request), error);
}

/* The window has what the caller leaves as it is. */
static void window_is_ready(struct disk_request *request, enum error error)
{
    struct desk *desk = desk_with(request);
    struct job *job = STAILQ_FIRST(&desk->jobs);

    if (error == E_OK) {
        long copied = ipc_read(job->token, job->moved, desk->window + desk->skip, desk->count);

        if (copied < 0)
            error = (enum error) - copied;
    }
    if (error == E_OK)
        submit(desk, VIRTIO_BLK_T_OUT, window_is_written);
    else
        finish(desk, error);
}

/* Puts the window where the job goes on. */
static void step(struct desk *desk)
{
    struct job *job = STAILQ_FIRST(&desk->jobs);
    const struct disk *disk = job->session->disk;
    uint64_t size = disk->sectors * BLOCK_SECTOR;

    if (job->length == 0 || job->offset >= size) {
        finish(desk, job->is_write && job->length > 0 ? E_NOSPC : E_OK);
        return;
    }
    desk->skip = job->offset % disk->block_size;
    uint64_t end = desk->skip + job->length;
    if (end > WINDOW_BYTES)
        end = WINDOW_BYTES;
    if (end > size - (job->offset - desk->skip))
        end = size - (job->offset - desk->skip);
    desk->count = end - desk->skip;
    uint64_t blocks = (end + disk->block_size - 1) / disk->block_size;
    desk->segment = (struct disk_segment){desk->memory.physical, blocks * disk->block_size};
    if (!job->is_write)
        submit(desk, VIRTIO_BLK_T_IN, window_is_read);
    else if (desk->count == desk->segment.length)
        window_is_ready(&desk->request, E_OK);
    else
        submit(desk, VIRTIO_BLK_T_IN, window_is_ready);
}

/* Serves what waits. A job that ends at once comes back here: the loop goes on for it. */
static void pump(struct desk *desk)
{
    struct job *job;

    if (desk->is_pumping)
        return;
    desk->is_pumping = true;
    while (!desk->is_busy && (job = STAILQ_FIRST(&desk->jobs)) != NULL) {
        desk->is_busy = true;
        if (job->moves_position)
            job->offset = job->session->position;
        if (client_is_gone(job->token))
            job->length = 0;
        step(desk);
    }
    desk->is_pumping = false;
}

/* ---- jobs that come ---- */

static enum error open_desk(struct desk *desk, const struct disk *disk)
{
    if (desk->window != NULL)
        return E_OK;
    enum error error = dma_create(disk->device, WINDOW_BYTES, &desk->memory);
    if (error != E_OK)
        return error;
    void *window;
    error = dma_map(&desk->memory, &window);
    if (error != E_OK) {
        dma_destroy(&desk->memory);
        return error;
    }
    desk->window = window;
    desk->weed_at = WEED_MIN;
    STAILQ_INIT(&desk->jobs);
    return E_OK;
}

/* Callers that died while they waited; not the first, which may be under way. */
static void weed(struct desk *desk)
{
    struct job *job = STAILQ_FIRST(&desk->jobs), *next;

    while (job != NULL && (next = STAILQ_NEXT(job, link)) != NULL) {
        if (!client_is_gone(next->token)) {
            job = next;
            continue;
        }
        STAILQ_REMOVE_AFTER(&desk->jobs, job, link);
        desk->waiting--;
        forget(next, -E_CANCELED);
    }
    desk->weed_at = desk->waiting > WEED_MIN / 2 ? 2 * desk->waiting : WEED_MIN;
}

static long add_job(struct session *session, const struct message *request, uint64_t direction)
{
    struct desk *desk = desk_of(session->disk);
    bool moves_position = request->word[0] == FILE_AT_POSITION;

    if (message_buffer(request, direction) == 0)
        return 0;
    if (!moves_position && request->word[0] > INT64_MAX)
        return -E_INVAL;
    enum error error = open_desk(desk, session->disk);
    struct job *job = error == E_OK ? calloc(1, sizeof *job) : NULL;
    if (job == NULL)
        return error == E_OK ? -E_NOMEM : -(long)error;
    *job = (struct job){
        .session = session,
        .token = request->token,
        .offset = request->word[0],
        .length = message_buffer(request, direction),
        .is_write = direction == BUFFER_IN,
        .moves_position = moves_position,
    };
    session_hold(session);
    if (desk->waiting >= desk->weed_at)
        weed(desk);
    STAILQ_INSERT_TAIL(&desk->jobs, job, link);
    desk->waiting++;
    pump(desk);
    return SERVER_NO_REPLY;
}

long bytes_read(struct session *session, const struct message *request)
{
    enum error error = client_may_read(session);

    return error == E_OK ? add_job(session, request, BUFFER_OUT) : -(long)error;
}

long bytes_write(struct session *session, const struct message *request)
{
    enum error error = client_may_write(session);

    return error == E_OK ? add_job(session, request, BUFFER_IN) : -(long)error;
}

long bytes_seek(struct session *session, const struct message *request)
{
    int64_t offset = (int64_t)request->word[0], position;
    uint64_t base;

    switch (request->word[1]) {
    case SEEK_SET:
        base = 0;
        break;
    case SEEK_CUR:
        base = session->position;
        break;
    case SEEK_END:
        base = session->disk->sectors * BLOCK_SECTOR;
        break;
    default:
        return -E_INVAL;
    }
    if (__builtin_add_overflow((int64_t)base, offset, &position) || position < 0)
        return -E_INVAL;
    session->position = (uint64_t)position;
    return position;
}
