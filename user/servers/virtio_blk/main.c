/* main.c - the driver of virtio block devices: finds its disks, names them, and answers.
 *
 * The badge of a channel is the number of a disk, registered as `disk0`..., or a session's. Disks
 * are numbered by the place of their registers, so that a disk keeps its name.
 */
#include "main.h"

#include <octavo/calls.h>
#include <octavo/names.h>
#include <octavo/server.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bytes.h"
#include "client.h"
#include "disk.h"
#include "proto/block.h"
#include "proto/file.h"
#include "proto/name.h"
#include "proto/start.h"
#include "session.h"

enum { DEVICES_MAX = 8, EVENT_BADGE = 0 };

static struct disk disks[DISKS_MAX];
static unsigned disk_count;

/* ---- messages ---- */

/* The disk that a channel is of, by itself or as a session; NULL: the session is not there. */
static struct disk *disk_of(uint64_t badge, const struct session *session)
{
    if (session != NULL)
        return session->disk;
    return badge < disk_count ? &disks[badge] : NULL;
}

/* A disk has no names inside. */
static long open_disk(struct disk *disk, const struct message *request, struct message *reply)
{
    struct session *session;
    long result = message_read_no_path(request);

    if (result < 0)
        return result;
    if ((request->word[0] & O_DIRECTORY) != 0)
        return -E_NOTDIR;
    if (!disk->is_there)
        return -E_NODEV;
    enum error error = session_open(disk, (int)request->word[0], &session);
    if (error != E_OK)
        return -(long)error;
    long channel = channel_create(START_PORT, session->badge);
    if (channel < 0) {
        session_close(session->badge);
        return channel;
    }
    reply->label = MESSAGE_MOVE;
    reply->word[2] = (uint64_t)channel;
    return E_OK;
}

static long describe_disk(const struct disk *disk, const struct message *request)
{
    struct file_status status = {
        .inode = disk->number + 1,
        .mode = S_IFBLK | (disk->read_only ? 0444 : 0666),
        .links = 1,
        .size = disk->sectors * BLOCK_SECTOR,
        .blocks = disk->sectors,
        .block_size = disk->block_size,
    };
    long written = message_write(request, &status, sizeof status);

    return written < 0 ? written : E_OK;
}

/* What only a session can. */
static long handle_session(struct session *session, struct message *request, struct message *reply)
{
    switch (request->label & MESSAGE_LABEL) {
    case BLOCK_MAKE_MEMORY:
        return client_make_memory(session, request, reply);
    case BLOCK_READ:
        return client_transfer(session, VIRTIO_BLK_T_IN, request);
    case BLOCK_WRITE:
        return client_transfer(session, VIRTIO_BLK_T_OUT, request);
    case BLOCK_FLUSH:
    case FILE_SYNC:
        return client_flush(session, request);
    case BLOCK_DISCARD:
        return client_discard(session, request);
    case FILE_READ:
        return bytes_read(session, request);
    case FILE_WRITE:
        return bytes_write(session, request);
    case FILE_SEEK:
        return bytes_seek(session, request);
    case FILE_TRUNCATE:
        return -E_INVAL;
    case FILE_READ_DIRECTORY:
        return -E_NOTDIR;
    case FILE_GET_FLAGS:
        reply->word[0] = (uint64_t)session->flags;
        return E_OK;
    default:
        return -E_NOSYS;
    }
}

static long handle(struct server *server, struct message *request, struct message *reply)
{
    struct session *session = session_find(request->badge);
    struct disk *disk = disk_of(request->badge, session);

    (void)server;
    if (disk == NULL)
        return -E_BADF; /* opened before this server was started anew */
    switch (request->label & MESSAGE_LABEL) {
    case FILE_OPEN:
        return open_disk(disk, request, reply);
    case FILE_STAT:
        return describe_disk(disk, request);
    case FILE_STAT_PATH:
        return -E_NOSYS; /* who asks about a disk by a path opens it */
    case BLOCK_GET_INFO:
        return client_get_info(disk, request);
    default:
        return session != NULL ? handle_session(session, request, reply) : -E_BADF;
    }
}

static void handle_closed(struct server *server, uint64_t badge)
{
    (void)server;
    session_close(badge);
}

static void handle_event(struct server *server, uint64_t badge, uint64_t bits)
{
    (void)server;
    (void)badge;
    for (unsigned i = 0; i < disk_count; i++) {
        if ((bits >> i & 1) != 0)
            disk_interrupt(&disks[i]);
    }
}

/* ---- start ---- */

/* Whoever looks for that disk learns that it will not come. */
static void decline(unsigned number)
{
    char name[sizeof disks[0].name];

    snprintf(name, sizeof name, "disk%u", number);
    (void)message_call(HANDLE_NAMES, &(struct message){.label = NAME_DECLINE,
                                                       .buffer = name,
                                                       .length = strlen(name) | BUFFER_IN});
}

static void register_disk(struct disk *disk)
{
    long channel = channel_create(START_PORT, disk->number);
    long result = channel < 0 ? channel : name_register(disk->name, (int)channel);

    if (result < 0) {
        fprintf(stderr, "virtio_blk: %s: cannot register: %s\n", disk->name,
                strerror((int)-result));
        decline(disk->number);
    }
    if (channel >= 0)
        (void)handle_close((int)channel); /* init has its own now */
}

/* The first request of a disk, which shows that it works. */
struct question {
    struct disk_request request;
    struct disk *disk;
    struct disk_segment segment;
    struct dma memory;
};

/* A device need not have a name for itself. */
static void end_question(struct disk_request *request, enum error error)
{
    struct question *question = (struct question *)request;
    struct disk *disk = question->disk;
    void *answer;

    if (error == E_OK && dma_map(&question->memory, &answer) == E_OK) {
        memcpy(disk->serial, answer, VIRTIO_BLK_ID_BYTES);
        (void)vm_unmap(HANDLE_SPACE, (uint64_t)answer, question->memory.size);
    }
    if (disk->is_there)
        register_disk(disk);
    else
        decline(disk->number);
    if (!disk->is_stuck)
        dma_destroy(&question->memory);
    free(question);
}

static void ask(struct disk *disk)
{
    struct question *question = calloc(1, sizeof *question);

    if (question == NULL || dma_create(disk->device, VIRTIO_BLK_ID_BYTES, &question->memory)) {
        free(question);
        register_disk(disk); /* without a serial number */
        return;
    }
    question->disk = disk;
    question->segment = (struct disk_segment){question->memory.physical, VIRTIO_BLK_ID_BYTES};
    question->request = (struct disk_request){
        .done = end_question,
        .type = VIRTIO_BLK_T_GET_ID,
        .segment = &question->segment,
        .segments = 1,
    };
    disk_submit(disk, &question->request);
}

static void start_disk(struct disk *disk, int event)
{
    enum error error = disk_start(disk);

    if (error == E_OK) {
        long result = irq_bind(disk->irq, event, 1ull << disk->number);

        if (result == 0) {
            ask(disk);
            return;
        }
        error = (enum error) - result;
        disk->is_there = false;
    }
    fprintf(stderr, "virtio_blk: %s: does not start: %s\n", disk->name, strerror((int)error));
    decline(disk->number);
}

static uint64_t place_of(const struct boot_device *device)
{
    struct memory_info info = {0};

    (void)memory_info(device->memory, &info); /* the handle is the start's gift */
    return info.physical + device->offset;
}

static int compare_places(const void *a, const void *b)
{
    uint64_t first = place_of(a), second = place_of(b);

    return (first > second) - (first < second);
}

/* Stops all the devices before memory is used. A disk that cannot be had keeps its number. */
static void find_disks(struct boot_device *device, unsigned count)
{
    bool all_are_quiet = true;

    qsort(device, count, sizeof device[0], compare_places);
    if (count > DISKS_MAX)
        fprintf(stderr, "virtio_blk: only the first %d of %u disks\n", DISKS_MAX, count);
    for (unsigned i = 0; i < count && i < DISKS_MAX; i++) {
        struct disk *disk = &disks[disk_count++];

        disk->number = i;
        snprintf(disk->name, sizeof disk->name, "disk%u", i);
        enum error error = disk_find(disk, &device[i]);
        if (error != E_OK && error != E_NODEV)
            all_are_quiet = false;
    }
    if (all_are_quiet)
        dma_forget_predecessor();
}

int main(void)
{
    struct server server = {
        .port = START_PORT, .handle = handle, .closed = handle_closed, .event = handle_event};
    struct boot_device device[DEVICES_MAX];
    struct message request = {
        .label = START_GET_DEVICES, .buffer = device, .length = sizeof device | BUFFER_OUT};
    long count = message_call(HANDLE_NAMES, &request);
    long event = event_create();

    if (count < 0 || event < 0 || event_bind((int)event, START_PORT, EVENT_BADGE) < 0) {
        fprintf(stderr, "virtio_blk: cannot begin\n");
        return 1;
    }
    if (count == 0)
        return 0;
    session_init((uint32_t)clock_get());
    find_disks(device, (unsigned)count);
    for (unsigned i = 0; i < DISKS_MAX; i++) {
        if (i < disk_count && disks[i].is_found)
            start_disk(&disks[i], (int)event);
        else
            decline(i);
    }
    server_run(&server);
}
