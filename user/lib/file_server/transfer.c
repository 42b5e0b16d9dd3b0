/* transfer.c - what moves through an open file: contents, entries, the position. */
#include "request.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define OFFSET_MAX ((uint64_t)INT64_MAX)

enum { ENTRIES_SIZE = 4096 /* directory entries that one message carries, bytes */ };

/* ---- the caller's buffer ---- */

enum error file_transfer_out(struct file_transfer *transfer, const void *source, size_t length)
{
    long copied;

    if (length > transfer->length)
        return E_MSGSIZE;
    copied = length == 0 ? 0 : ipc_write(transfer->token, transfer->at, source, length);
    if (copied < 0)
        return (enum error) - copied;
    transfer->at += length;
    transfer->length -= length;
    return E_OK;
}

enum error file_transfer_in(struct file_transfer *transfer, void *destination, size_t length)
{
    long copied;

    if (length > transfer->length)
        return E_MSGSIZE;
    copied = length == 0 ? 0 : ipc_read(transfer->token, transfer->at, destination, length);
    if (copied < 0)
        return (enum error) - copied;
    transfer->at += length;
    transfer->length -= length;
    return E_OK;
}

/* ---- contents ---- */

static uint32_t flags_of(const struct open_file *file)
{
    return __atomic_load_n(&file->flags, __ATOMIC_RELAXED);
}

static bool may_read(const struct open_file *file)
{
    return (flags_of(file) & O_ACCMODE) != O_WRONLY;
}

static bool may_write(const struct open_file *file)
{
    return (flags_of(file) & O_ACCMODE) != O_RDONLY;
}

/* The buffer as far as no offset behind it exceeds OFFSET_MAX. */
static struct file_transfer transfer_of(const struct file_request *request, uint64_t direction,
                                        uint64_t offset)
{
    size_t length = message_buffer(request->message, direction);

    return (struct file_transfer){
        .token = request->message->token,
        .length = length < OFFSET_MAX - offset ? length : OFFSET_MAX - offset,
    };
}

static long read_at(const struct file_request *request, uint64_t offset)
{
    struct file_transfer transfer = transfer_of(request, BUFFER_OUT, offset);

    return request->fs->operations->read(request->fs, request->file->node, offset, &transfer);
}

long request_read(const struct file_request *request)
{
    struct open_file *file = request->file;
    uint64_t offset = request->message->word[0];
    long count;

    if (!may_read(file))
        return -E_BADF;
    if ((request_mode(request, file->node) & S_IFMT) == S_IFDIR)
        return -E_ISDIR;
    if (request->fs->operations->read == NULL)
        return -E_NOSYS;
    if (offset != FILE_AT_POSITION)
        return offset > OFFSET_MAX ? -E_INVAL : read_at(request, offset);
    mutex_lock(&file->position_lock);
    count = read_at(request, file->position);
    if (count > 0)
        file->position += (uint64_t)count;
    mutex_unlock(&file->position_lock);
    return count;
}

/* What O_SYNC promises of a write of `count` bytes. */
static long sync_written(const struct file_request *request, long count)
{
    const struct file_operations *operations = request->fs->operations;
    enum error error;

    if (count <= 0 || (flags_of(request->file) & O_SYNC) == 0 || operations->sync == NULL)
        return count;
    error = operations->sync(request->fs, request->file->node, FILE_SYNC_FILE);
    return error == E_OK ? count : -(long)error;
}

static long write_at(const struct file_request *request, uint64_t *offset)
{
    bool append = (flags_of(request->file) & O_APPEND) != 0;
    struct file_transfer transfer = transfer_of(request, BUFFER_IN, append ? 0 : *offset);

    if (message_buffer(request->message, BUFFER_IN) == 0)
        return 0;
    if (transfer.length == 0)
        return -E_FBIG;
    return request->fs->operations->write(request->fs, request->file->node, offset, append,
                                          &transfer);
}

long request_write(const struct file_request *request)
{
    struct open_file *file = request->file;
    uint64_t offset = request->message->word[0];
    bool at_position = offset == FILE_AT_POSITION;
    long count;

    if (!may_write(file))
        return -E_BADF;
    if (request_check_change(request, request->fs->operations->write != NULL) != 0)
        return -E_ROFS;
    if (!at_position && offset > OFFSET_MAX)
        return -E_INVAL;
    if (!at_position)
        return sync_written(request, write_at(request, &offset));
    mutex_lock(&file->position_lock);
    offset = file->position;
    count = write_at(request, &offset);
    if (count > 0)
        file->position = offset + (uint64_t)count;
    mutex_unlock(&file->position_lock);
    return sync_written(request, count);
}

long request_truncate(const struct file_request *request)
{
    const struct file_operations *operations = request->fs->operations;
    uint64_t size = request->message->word[0];

    if (!may_write(request->file) || size > OFFSET_MAX)
        return -E_INVAL;
    if (request_check_change(request, operations->truncate != NULL) != 0)
        return -E_ROFS;
    return -(long)operations->truncate(request->fs, request->file->node, size);
}

long request_sync(const struct file_request *request)
{
    uint64_t what = request->message->word[0];

    if (what > FILE_SYNC_REST)
        return -E_INVAL;
    if (request->fs->operations->sync == NULL)
        return -E_NOSYS;
    return -(long)request->fs->operations->sync(request->fs, request->file->node,
                                                (enum file_sync)what);
}

long request_map(const struct file_request *request)
{
    const struct file_operations *operations = request->fs->operations;
    uint64_t kind = request->message->word[0];
    long memory;

    if (kind > FILE_MAP_SHARED)
        return -E_INVAL;
    if ((request_mode(request, request->file->node) & S_IFMT) != S_IFREG || operations->map == NULL)
        return -E_NODEV;
    if (!may_read(request->file) || (kind == FILE_MAP_SHARED && !may_write(request->file)))
        return -E_ACCES;
    memory = operations->map(request->fs, request->file->node, (enum file_map)kind);
    if (memory < 0)
        return memory;
    request->reply->label = MESSAGE_COPY;
    request->reply->word[2] = (uint64_t)memory;
    return 0;
}

/* ---- the position ---- */

/* Where `whence` begins. The caller holds the position's lock. */
static int64_t base_of(const struct file_request *request, uint64_t whence)
{
    struct file_status status = {0};

    switch (whence) {
    case SEEK_SET:
        return 0;
    case SEEK_CUR:
        return (int64_t)request->file->position;
    case SEEK_END:
        request->fs->operations->stat(request->fs, request->file->node, &status);
        return (int64_t)status.size;
    default:
        return -1;
    }
}

long request_seek(const struct file_request *request)
{
    int64_t offset = (int64_t)request->message->word[0], base, position;

    mutex_lock(&request->file->position_lock);
    base = base_of(request, request->message->word[1]);
    if (base < 0 || __builtin_add_overflow(base, offset, &position) || position < 0)
        position = -E_INVAL;
    else
        request->file->position = (uint64_t)position;
    mutex_unlock(&request->file->position_lock);
    return position;
}

/* ---- directories ---- */

/* The caller holds the position's lock. */
static long give_entries(const struct file_request *request)
{
    char entries[ENTRIES_SIZE] __attribute__((aligned(8)));
    uint64_t position = request->file->position;
    size_t size = message_buffer(request->message, BUFFER_OUT);
    long filled, written;

    if (size > sizeof entries)
        size = sizeof entries;
    filled = request->fs->operations->read_directory(request->fs, request->file->node, &position,
                                                     entries, size);
    if (filled <= 0)
        return filled;
    written = message_write(request->message, entries, (size_t)filled);
    if (written == filled)
        request->file->position = position;
    return written;
}

long request_read_directory(const struct file_request *request)
{
    long result;

    if ((request_mode(request, request->file->node) & S_IFMT) != S_IFDIR)
        return -E_NOTDIR;
    mutex_lock(&request->file->position_lock);
    result = give_entries(request);
    mutex_unlock(&request->file->position_lock);
    return result;
}
