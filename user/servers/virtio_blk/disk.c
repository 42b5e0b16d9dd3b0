/* disk.c - the requests of one disk. See disk.h; what brings the device up is in disk_start.c.
 *
 * Invariant: a request is in `waiting`, or it owns a chain in the queue and a wire. Whatever calls
 * `done` has the lists in order before, for `done` may submit more.
 */
#include "disk.h"

#include <stddef.h>
#include <stdio.h>

#include "disk_start.h"
#include "proto/block.h"

enum { WIRE_STATUS_NONE = 0xff, WEED_MIN = 64 };

unsigned disk_depth(const struct disk *disk)
{
    const unsigned chain_min = 3; /* header, data, status */

    return disk->queue.is_indirect ? disk->wires : disk->wires / chain_min;
}

void disk_complain(struct disk *disk, const char *what)
{
    if (!disk->has_complained)
        fprintf(stderr, "virtio_blk: %s: %s\n", disk->name, what);
    disk->has_complained = true;
}

/* ---- to the device ---- */

static uint64_t smaller(uint64_t a, uint64_t b) { return a < b ? a : b; }

static struct queue_buffer wire_buffer(const struct disk *disk, uint16_t wire, size_t offset,
                                       uint32_t length, bool is_written)
{
    return (struct queue_buffer){
        .address = disk->wire_address + wire * sizeof(struct disk_wire) + offset,
        .length = length,
        .is_written = is_written,
    };
}

/* The buffers of the next piece: as many as one piece may have. -> how many. */
static unsigned cut_piece(const struct disk *disk, struct disk_request *request,
                          struct queue_buffer *buffers)
{
    unsigned count = 0, at = request->at;
    uint64_t offset = request->offset;

    request->piece = 0;
    while (at < request->segments && count < disk->buffers_max) {
        const struct disk_segment *segment = &request->segment[at];
        uint64_t length = smaller(segment->length - offset, disk->buffer_max);

        buffers[count++] = (struct queue_buffer){.address = segment->physical + offset,
                                                 .length = (uint32_t)length,
                                                 .is_written = request->type != VIRTIO_BLK_T_OUT};
        request->piece += length;
        offset += length;
        if (offset == segment->length) {
            at++;
            offset = 0;
        }
    }
    return count;
}

static unsigned cut_discard(const struct disk *disk, struct disk_request *request,
                            struct queue_buffer *buffer)
{
    struct virtio_blk_discard *discard = &disk->wire[request->wire].discard;

    request->piece = smaller(request->sectors, disk->discard_max);
    *discard =
        (struct virtio_blk_discard){.sector = request->sector, .sectors = (uint32_t)request->piece};
    *buffer = wire_buffer(disk, request->wire, offsetof(struct disk_wire, discard), sizeof *discard,
                          false);
    return 1;
}

/* Header, data, status (section 5.2.6). False: the device has no room now. */
static bool send_piece(struct disk *disk, struct disk_request *request)
{
    struct queue_buffer buffers[QUEUE_CHAIN_MAX];
    unsigned count = 1;

    if (disk->wires_free == 0)
        return false;
    request->wire = disk->free_wire[disk->wires_free - 1];
    struct disk_wire *wire = &disk->wire[request->wire];
    wire->header = (struct virtio_blk_header){.type = request->type, .sector = request->sector};
    wire->status = WIRE_STATUS_NONE;
    buffers[0] = wire_buffer(disk, request->wire, offsetof(struct disk_wire, header),
                             sizeof wire->header, false);
    if (request->type == VIRTIO_BLK_T_DISCARD) {
        wire->header.sector = 0;
        count += cut_discard(disk, request, buffers + 1);
    } else {
        count += cut_piece(disk, request, buffers + 1);
    }
    buffers[count++] =
        wire_buffer(disk, request->wire, offsetof(struct disk_wire, status), 1, true);
    if (!queue_add(&disk->queue, buffers, count, request))
        return false;
    disk->wires_free--;
    return true;
}

static void remove_first(struct disk *disk)
{
    STAILQ_REMOVE_HEAD(&disk->waiting, link);
    disk->waiting_count--;
}

static bool is_wanted(const struct disk_request *request)
{
    return request->is_wanted == NULL || request->is_wanted(request);
}

/* Sends what waits, as far as there is room. */
static void pump(struct disk *disk)
{
    struct disk_request *request;
    bool has_sent = false;

    while (disk->is_there && (request = STAILQ_FIRST(&disk->waiting)) != NULL) {
        if (!send_piece(disk, request))
            break;
        remove_first(disk);
        has_sent = true;
    }
    if (has_sent && queue_wants_notice(&disk->queue))
        transport_notify(&disk->transport);
}

/* Those that wait and that nobody wants any more end; so a client that is killed again and again
 * while it waits for a slow device costs no memory. */
static void weed(struct disk *disk)
{
    struct disk_requests all = STAILQ_HEAD_INITIALIZER(all);
    struct disk_request *request;

    STAILQ_CONCAT(&all, &disk->waiting);
    disk->waiting_count = 0;
    while ((request = STAILQ_FIRST(&all)) != NULL) {
        STAILQ_REMOVE_HEAD(&all, link);
        if (is_wanted(request)) {
            STAILQ_INSERT_TAIL(&disk->waiting, request, link);
            disk->waiting_count++;
        } else {
            request->done(request, E_CANCELED);
        }
    }
    disk->weed_at = disk->waiting_count > WEED_MIN / 2 ? 2 * disk->waiting_count : WEED_MIN;
}

void disk_submit(struct disk *disk, struct disk_request *request)
{
    request->at = 0;
    request->offset = 0;
    if (!disk->is_there) {
        request->done(request, E_NODEV);
        return;
    }
    if (disk->waiting_count >= disk->weed_at)
        weed(disk);
    STAILQ_INSERT_TAIL(&disk->waiting, request, link);
    disk->waiting_count++;
    pump(disk);
}

/* ---- from the device ---- */

static bool is_short(const struct disk *disk, const struct disk_request *request, uint32_t written)
{
    bool reads = request->type == VIRTIO_BLK_T_IN;

    /* Legacy devices count as they like (section 2.7.8.1). */
    if (disk->transport.version == VIRTIO_VERSION_LEGACY)
        return false;
    return written < (reads ? request->piece : 0) + 1;
}

static enum error outcome(struct disk *disk, const struct disk_request *request, uint32_t written)
{
    const volatile struct disk_wire *wire = &disk->wire[request->wire];

    switch (wire->status) {
    case VIRTIO_BLK_S_OK:
        if (!is_short(disk, request, written))
            return E_OK;
        disk_complain(disk, "the device is done with a request and has not moved all of it");
        return E_IO;
    case VIRTIO_BLK_S_IOERR:
        return E_IO;
    case VIRTIO_BLK_S_UNSUPP:
        return E_NOSYS;
    default:
        disk_complain(disk, "the device has ended a request with a status that there is not");
        return E_IO;
    }
}

/* Moves behind the piece that is done. False: that was the last. */
static bool advance(struct disk_request *request)
{
    uint64_t piece = request->piece;

    if (request->type == VIRTIO_BLK_T_DISCARD) {
        request->sector += piece;
        request->sectors -= piece;
        return request->sectors > 0;
    }
    request->sector += piece / BLOCK_SECTOR;
    while (request->at < request->segments) {
        uint64_t left = request->segment[request->at].length - request->offset;

        if (piece < left) {
            request->offset += piece;
            return true;
        }
        piece -= left;
        request->at++;
        request->offset = 0;
        if (piece == 0)
            break;
    }
    return request->at < request->segments;
}

static void end_piece(struct disk *disk, struct disk_request *request, uint32_t written)
{
    enum error error = outcome(disk, request, written);

    disk->free_wire[disk->wires_free++] = request->wire;
    if (error == E_OK && advance(request)) {
        STAILQ_INSERT_HEAD(&disk->waiting, request, link);
        disk->waiting_count++;
        return;
    }
    request->done(request, error);
}

static void end_all(struct disk_requests *requests, enum error error)
{
    struct disk_request *request;

    while ((request = STAILQ_FIRST(requests)) != NULL) {
        STAILQ_REMOVE_HEAD(requests, link);
        request->done(request, error);
    }
}

/* Resets the device and begins anew with it. */
static void restart(struct disk *disk, const char *why)
{
    struct disk_requests under_way = STAILQ_HEAD_INITIALIZER(under_way);
    struct disk_requests waiting = STAILQ_HEAD_INITIALIZER(waiting);
    struct disk_request *request;

    disk_complain(disk, why);
    enum error error = transport_reset(&disk->transport);
    disk->is_stuck = error != E_OK;
    while ((request = queue_take_back(&disk->queue)) != NULL)
        STAILQ_INSERT_TAIL(&under_way, request, link);
    if (error == E_OK)
        error = disk_bring_up(disk);
    disk->is_there = error == E_OK;
    if (!disk->is_there) {
        fprintf(stderr, "virtio_blk: %s: the device is of no use any more\n", disk->name);
        STAILQ_CONCAT(&waiting, &disk->waiting);
        disk->waiting_count = 0;
    }
    end_all(&under_way, disk->is_there ? E_IO : E_NODEV);
    end_all(&waiting, E_NODEV);
}

static void harvest(struct disk *disk)
{
    struct queue_done done;
    enum queue_news news;

    while ((news = queue_take(&disk->queue, &done)) == QUEUE_DONE)
        end_piece(disk, done.owner, done.written);
    if (news == QUEUE_IMPOSSIBLE)
        restart(disk, "the device says what cannot be, and is reset");
}

static void take_note_of_change(struct disk *disk)
{
    if (transport_needs_reset(&disk->transport))
        restart(disk, "the device asks to be reset");
    else
        disk_read_capacity(disk);
}

void disk_interrupt(struct disk *disk)
{
    if (!disk->is_found || disk->is_stuck)
        return; /* without transport_listen() it stays silent */
    uint32_t bits = transport_interrupt(&disk->transport);
    if (disk->is_there) {
        harvest(disk);
        if (disk->is_there && (bits & VIRTIO_INTERRUPT_CONFIG) != 0)
            take_note_of_change(disk);
        pump(disk);
    }
    transport_listen(disk->irq);
}
